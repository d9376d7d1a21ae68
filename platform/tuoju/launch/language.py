"""The language of the command line: that of the operator's system, or what `--language` says.

It is not that of tuoju.words.languages, in which sheets are read and rows are written: those stay Chinese by default.
"""

import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tuoju.words.languages import translations

_operators: ContextVar[str] = ContextVar("operators_language", default="en")

_CHINESE = ("zh", "Chinese")
"""How names of locales begin: `zh_CN.UTF-8`, on Windows `Chinese (Simplified)_China`."""


def systems_language() -> str:
    """zh_CN or en, by the first of LC_ALL, LC_MESSAGES and LANG that is set (POSIX), or the locale of Windows."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    name = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "zh_CN" if name.startswith(_CHINESE) else "en"


@contextmanager
def use_language(name: str) -> Iterator[None]:
    """Speak zh_CN or en to the operator within the block."""
    token = _operators.set(name)
    try:
        yield
    finally:
        _operators.reset(token)


def operators_language() -> str:
    """zh_CN or en: the language in which the command line speaks."""
    return _operators.get()


def gettext(message: str) -> str:
    """The message in the language of the operator."""
    return translations(_operators.get()).ugettext(message)
