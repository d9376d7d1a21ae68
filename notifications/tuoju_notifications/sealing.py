"""Addresses at rest: sealed by what the platform lends, since they are personal."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class NoSeal(Exception):
    """No seal was lent: the process was not bootstrapped."""


_seal: Callable[[str], str] | None = None
_open: Callable[[str], str] | None = None


def use_seal(seal: Callable[[str], str], opening: Callable[[str], str]) -> None:
    """Set how this process seals and opens; done once, where the key ring is set."""
    global _seal, _open
    _seal, _open = seal, opening


class SealedText(TypeDecorator[str]):
    """Text sealed in the database, plain in Python; the empty text stays empty."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return value
        if _seal is None:
            raise NoSeal
        return _seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if not value:
            return None if value is None else ""
        if _open is None:
            raise NoSeal
        return _open(value)
