"""Chinese and English by gettext; the message ids are the English sentences. Chinese is the default."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

DEFAULT = "zh_CN"
LANGUAGES = {"zh_CN": "中文", "en": "English"}
FOLDER = files("tuoju.words") / "translations"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for extraction; it is translated where it is shown."""
    return message


def language() -> str:
    """The language of this request: zh_CN or en."""
    return _language.get()


def short_language() -> Literal["zh", "en"]:
    """The language as the matching workshop names it."""
    return "zh" if language() == "zh_CN" else "en"


@contextmanager
def use_language(name: str) -> Iterator[None]:
    """Use a language within the block; the default if the name is unknown."""
    token = _language.set(name if name in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _language.reset(token)


@cache
def merged_catalog(name: str) -> Catalog:
    """All .po files of a language as one catalog."""
    catalog = Catalog(locale=name)
    for path in sorted((FOLDER / name).iterdir(), key=lambda file: file.name):
        if path.name.endswith(".po"):
            with path.open("rb") as file:
                for message in read_po(file, locale=name):
                    if message.id:
                        catalog.add(message.id, message.string, context=message.context)
    return catalog


@cache
def translations(name: str) -> NullTranslations:
    """The catalog for gettext; English needs none."""
    if name != "zh_CN":
        return NullTranslations()
    buffer = BytesIO()
    write_mo(buffer, merged_catalog(name))
    buffer.seek(0)
    return Translations(buffer)


def gettext(message: str) -> str:
    """The message in the language of the request."""
    return translations(language()).ugettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for a number, in the language of the request."""
    return translations(language()).ungettext(singular, plural, count)


def from_header(accept_language: str) -> str:
    """The language of an Accept-Language header: Chinese unless English comes first."""
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT
