"""What a room declares as always true, for `tuoju check invariants`: named rules, each a plain function that yields the
ids of the rows that break it, never a personal value."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Table, Text, type_coerce
from sqlalchemy import select as sql_select
from sqlmodel import Session, SQLModel

from tuoju.database.keys import EncryptionError, keys
from tuoju.database.sealing import primary_key, sealed_columns

RowIds = Mapping[str, int | str]
"""The rows that break a rule together: table to id."""
Rule = Callable[[Session], Iterator[RowIds]]

State = TypeVar("State")
Verb = TypeVar("Verb")


def follow(
    table: Mapping[tuple[State, Verb], State], states: frozenset[State], verb: Verb, *, unrecorded: frozenset[Verb]
) -> frozenset[State]:
    """The states in which a row may be after a recorded step, if before it was in one of `states`. Steps by the verbs
    `unrecorded` leave no trace, so any of them may have come before. Empty: the step was not lawful."""
    before = states_without_trace(table, states, unrecorded)
    return frozenset(to for (start, step), to in table.items() if step == verb and start in before)


def states_without_trace(
    table: Mapping[tuple[State, Verb], State], states: frozenset[State], unrecorded: frozenset[Verb]
) -> frozenset[State]:
    """`states`, and those that steps by the verbs `unrecorded` lead to from there."""
    reached = states
    while True:
        further = frozenset(to for (start, step), to in table.items() if step in unrecorded and start in reached)
        if further <= reached:
            return reached
        reached |= further


def sealed_values_open(session: Session) -> Iterator[RowIds]:
    """Every sealed value opens with a key of the ring, in the place that it was sealed for."""
    for table in SQLModel.metadata.sorted_tables:
        if sealed_columns(table):
            yield from _unopened_in(session, table)


def _unopened_in(session: Session, table: Table) -> Iterator[RowIds]:
    key, columns, ring = primary_key(table), sealed_columns(table), keys()
    stored: list[Any] = [type_coerce(column, Text) for column in columns]
    query = sql_select(key, *stored).order_by(key)
    rows = session.execute(query, execution_options={"yield_per": 1000})
    for row_id, *values in rows:
        for column, value in zip(columns, values, strict=True):
            if value is not None:
                try:
                    ring.open(value, f"{table.name}.{column.name}:{row_id}")
                except EncryptionError:
                    yield {table.name: row_id, "column": column.name}


INVARIANTS: Mapping[str, Rule] = {"sealed_values_open": sealed_values_open}
