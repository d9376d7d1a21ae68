"""Encryption of addresses at rest, with the functions that the platform sets."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class NoSeal(Exception):
    """`use_seal` was not called: the process was not bootstrapped."""


_seal: Callable[[str], str] | None = None
_open: Callable[[str], str] | None = None


def use_seal(seal: Callable[[str], str], opening: Callable[[str], str]) -> None:
    """Set how this process encrypts and decrypts; called once, where the key ring is set."""
    global _seal, _open
    _seal, _open = seal, opening


class SealedText(TypeDecorator[str]):
    """Text that is encrypted in the database and plain in Python; an empty text stays empty."""

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
