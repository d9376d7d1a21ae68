"""What every table shares: ids, versions for compare-and-swap, words stored as checked text."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

_clock_override: ContextVar[datetime | None] = ContextVar("clock_override", default=None)


def now() -> datetime:
    """The current time, aware, in UTC; the moment of `frozen_time` within its block."""
    return _clock_override.get() or datetime.now(UTC)


@contextmanager
def frozen_time(moment: datetime) -> Iterator[None]:
    """Make `now()` return `moment` within the block. The simulation of past weeks and the tests use it."""
    token = _clock_override.set(moment)
    try:
        yield
    finally:
        _clock_override.reset(token)


def words(enum: type[StrEnum], check: str = "") -> Any:
    """A column type that stores the enum's values as text, with a CHECK that allows no other. `check` names the
    constraint where a table has two columns of one enum."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=check or enum.__name__.lower(),
    )


class Record(SQLModel):
    """A row with an integer id."""

    id: int | None = Field(default=None, primary_key=True)

    @property
    def pk(self) -> int:
        """The id of a row that has been flushed."""
        if self.id is None:
            raise ValueError(f"{type(self).__name__} has no id before it is flushed")
        return self.id


class VersionedRecord(Record):
    """A row whose every update compares and swaps its version; the loser raises StaleDataError."""

    version: int = Field(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]
