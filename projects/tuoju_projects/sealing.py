"""Encryption of contacts and remarks at rest, with the functions that the platform sets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class NoSeal(Exception):
    """`use_seal` was not called: the process was not bootstrapped."""


@dataclass(frozen=True)
class Seal:
    """How a process encrypts: `seal` and `open` one value bound to its row, and what to select for a column so that
    `open` learns the row."""

    seal: Callable[[str], str]
    open: Callable[[str], str]
    select: Callable[[ColumnElement[Any], TypeEngine[Any]], ColumnElement[Any]]


_seal: Seal | None = None


def use_seal(seal: Seal) -> None:
    """Set how this process encrypts and decrypts; called once, where the key ring is set."""
    global _seal
    _seal = seal


def _in_use() -> Seal:
    if _seal is None:
        raise NoSeal
    return _seal


class SealedText(TypeDecorator[str]):
    """Text that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True
    is_sealed = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return _in_use().select(column, self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _in_use().seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _in_use().open(value)
