"""The words of all languages, and how they are filled in."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, select_autoescape

from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.words import chinese, english
from tuoju_notifications.words.entry import KindWords

WORDS: Mapping[str, Mapping[NotificationKind, KindWords]] = {"zh_CN": chinese.WORDS, "en": english.WORDS}

_PLAIN_TEXT = Environment(
    autoescape=select_autoescape(enabled_extensions=(), default_for_string=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def _template(text: str) -> Template:
    return _PLAIN_TEXT.from_string(text)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """A text of the table with its values, as plain text. Raises jinja2.UndefinedError if a value is missing."""
    return _template(text).render(values)


def in_app_line(kind: NotificationKind, language: str, values: Mapping[str, Any]) -> str:
    """The line for the list of notifications. A notification without a number leaves its place empty."""
    return fill(WORDS[language][kind].in_app, {"number": "", **values})
