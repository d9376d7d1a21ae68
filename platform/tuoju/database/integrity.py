"""Reads from a database error which constraint was violated."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel


class ViolationKind(StrEnum):
    unique = "unique"
    """A unique constraint, unique index or primary key: a row with the same values exists."""
    check = "check"
    foreign_key = "foreign_key"
    not_null = "not_null"
    other = "other"
    """A trigger or an exclusion constraint."""


@dataclass(frozen=True)
class Violation:
    """What a database error says of the constraint; holds no value of the row."""

    kind: ViolationKind
    constraint: str
    """Its name; of NOT NULL `table.column`; empty where SQLite does not tell (foreign keys)."""


_BY_SQLSTATE = {
    "23505": ViolationKind.unique,
    "23514": ViolationKind.check,
    "23503": ViolationKind.foreign_key,
    "23502": ViolationKind.not_null,
}
_BY_SQLITE_NAME = {
    "SQLITE_CONSTRAINT_UNIQUE": ViolationKind.unique,
    "SQLITE_CONSTRAINT_PRIMARYKEY": ViolationKind.unique,
    "SQLITE_CONSTRAINT_CHECK": ViolationKind.check,
    "SQLITE_CONSTRAINT_FOREIGNKEY": ViolationKind.foreign_key,
    "SQLITE_CONSTRAINT_NOTNULL": ViolationKind.not_null,
}


def read_violation(error: IntegrityError) -> Violation:
    """The kind and name of the constraint, as psycopg or SQLite tell them."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        kind = _BY_SQLSTATE.get(getattr(error.orig, "sqlstate", ""), ViolationKind.other)
        column = f"{diagnosis.table_name}.{diagnosis.column_name}"
        return Violation(kind, column if kind is ViolationKind.not_null else diagnosis.constraint_name or "")
    kind = _BY_SQLITE_NAME.get(getattr(error.orig, "sqlite_errorname", ""), ViolationKind.other)
    _, _, subject = str(error.orig).partition("constraint failed: ")
    return Violation(kind, _unique_name(subject) if kind is ViolationKind.unique else subject)


def violated_unique(error: IntegrityError) -> str | None:
    """The name of the unique constraint, unique index or primary key; None for a violation of another kind."""
    violation = read_violation(error)
    return violation.constraint if violation.kind is ViolationKind.unique else None


def unique_names(table: Table) -> Iterator[tuple[str, frozenset[str]]]:
    """Name and columns of everything in a table that must be unique."""
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield str(constraint.name), frozenset(column.name for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield str(index.name), frozenset(column.name for column in index.columns)


def _unique_name(subject: str) -> str:
    """SQLite names the columns (`referral.need_id, ...`), or for an index over an expression `index 'name'`."""
    if subject.startswith("index "):
        return subject.removeprefix("index ").strip("'")
    pairs = [part.split(".", 1) for part in subject.split(", ")]
    table = SQLModel.metadata.tables.get(pairs[0][0])
    columns = frozenset(pair[-1] for pair in pairs)
    names = [] if table is None else [name for name, of in unique_names(table) if of == columns]
    return names[0] if names else subject
