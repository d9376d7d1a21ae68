"""From a notification to the message that is sent: its words in the layout of its channel and language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlmodel import Session

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification
from tuoju_notifications.words.table import WORDS, fill

LAYOUTS = Path(__file__).parent / "templates"
"""{channel}/{language}.txt, and .html for e-mail."""

SAMPLE: Mapping[str, Any] = {
    "percent": 80,
    "number": "110101001001-2026-0001-1",
    "overdue": 1,
    "due_today": 2,
    "due_next": 3,
    "to_answer": 4,
    "matter": "opinion",
    "day": "2026-09-24",
    "organization": "演示社工服务中心",
    "title": "公益创投",
}
"""Every value that words may ask for, for previews and tests."""


@dataclass(frozen=True)
class Message:
    """What is sent."""

    subject: str
    """Empty for SMS."""
    text: str
    html: str = ""
    """Empty if the message is plain text only."""
    link: str = ""
    kind: str = ""
    """With `values`, for gateways that keep the texts themselves under a template code."""
    language: str = "zh_CN"
    values: Mapping[str, str] = field(default_factory=dict)


Render = Callable[[Session, Notification], Message]


class Templates:
    """Renders notifications. Only HTML is escaped."""

    def __init__(self, folder: Path = LAYOUTS) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, notification: Notification, link: str) -> Message:
        """The message of a notification; `link` is the full address of the page that it is about.

        Raises jinja2.TemplateError if there is no layout or a value is missing.
        """
        values: dict[str, Any] = {**notification.parameters, "link": link}
        subject, text, html = self._texts(notification, values)
        return Message(
            subject=subject,
            text=text,
            html=html,
            link=link,
            kind=notification.kind.value,
            language=notification.language,
            values={name: str(value) for name, value in values.items()},
        )

    def _texts(self, notification: Notification, values: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, plain text and HTML."""
        words = WORDS[notification.language][notification.kind]
        if notification.channel is Channel.email and words.email:
            return *_split(fill(words.email, values)), ""
        context = {"number": "", "headline": words.headline, "next_step": words.next_step, "sms": "", **values}
        if notification.channel is Channel.sms:
            text = self._lay_out(notification, "txt", context | {"sms": fill(words.sms, values)})
            return "", text.strip(), ""
        subject, text = _split(self._lay_out(notification, "txt", context))
        html = ""
        if notification.channel is Channel.email:
            html = self._lay_out(notification, "html", context | {"subject": subject})
        return subject, text, html

    def _lay_out(self, notification: Notification, ending: str, context: Mapping[str, Any]) -> str:
        path = f"{notification.channel.value}/{notification.language}.{ending}"
        return self._environment.get_template(path).render(context)


def _split(text: str) -> tuple[str, str]:
    """The subject, which is the first paragraph on one line, and the text after it."""
    subject, _, rest = text.strip().partition("\n\n")
    return " ".join(subject.split()), rest.strip()
