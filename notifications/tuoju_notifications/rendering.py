"""From a notification to words: templates/{channel}/{language}, filled from words/{language}.j2, which has them by kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, select_autoescape
from sqlmodel import Session

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification

TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "_any"
"""The template of a channel; a kind that says more by it than its words (words/{language}.j2) has one of its own."""

SAMPLE: Mapping[str, Any] = {
    "number": "341124105205-2026-0001-1",
    "overdue": 1,
    "due_today": 2,
    "due_next": 3,
    "to_answer": 4,
    "matter": "opinion",
    "day": "2026-09-24",
    "organization": "演示社工服务中心",
}
"""Every value a template may ask for, for previews and tests."""


@dataclass(frozen=True)
class Message:
    """What is sent. `kind` and `values` are for gateways that keep the words themselves under a template code."""

    subject: str
    text: str
    html: str = ""
    link: str = ""
    kind: str = ""
    language: str = "zh_CN"
    values: Mapping[str, str] = field(default_factory=dict)


Render = Callable[[Session, Notification], Message]


class Templates:
    """Renders notifications. `.txt` begins with the subject on a line of its own and a blank line wherever the channel
    has subjects (all but SMS); only `.html` is escaped."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, notification: Notification, link: str) -> Message:
        """The message of a notification; `link` is the whole address of what it is about.

        Raises jinja2.TemplateError if there is no template or it wants what the notification does not have.
        """
        values: dict[str, Any] = {**notification.parameters, "link": link}
        told = {**values, "kind": notification.kind.value}
        name = notification.kind.value if self._find(notification, notification.kind.value, "txt") else FALLBACK
        words = self._find(notification, name, "txt")
        if words is None:
            raise TemplateNotFound(self._path(notification, name, "txt"))
        text, subject = words.render(told).strip(), ""
        if notification.channel is not Channel.sms:
            subject, _, text = text.partition("\n\n")
        page = self._find(notification, name, "html") if notification.channel is Channel.email else None
        return Message(
            subject=" ".join(subject.split()),
            text=text.strip(),
            html=page.render(told | {"subject": subject}) if page else "",
            link=link,
            kind=notification.kind.value,
            language=notification.language,
            values={name: str(value) for name, value in values.items()},
        )

    def _find(self, notification: Notification, name: str, ending: str) -> Template | None:
        try:
            return self._environment.get_template(self._path(notification, name, ending))
        except TemplateNotFound:
            return None

    def _path(self, notification: Notification, name: str, ending: str) -> str:
        return f"{notification.channel.value}/{notification.language}/{name}.{ending}"
