"""Sealed columns: encrypted in the database, plain in Python, bound to their table, column and row.

The binding of a value, "table.column:row", is authenticated with it (`KeyRing.seal`). A value that somebody moved to
another row, column or table of the database does not open.

- Writing: a session gives every new row its id before the INSERT and marks each sealed value with its binding. The
  column types refuse a value without a binding, so a statement that goes past the session cannot write an unbound one.
- Reading: beside each value the column types make the database return the table, column and row that it was read from,
  in every SELECT and RETURNING, of the ORM or not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Label,
    String,
    Table,
    Text,
    event,
    literal_column,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import inspect as inspect_orm
from sqlalchemy import text as sql_text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from tuoju.database.keys import EncryptionError, keys

_MARKED = "tuoju.sealing.marked"
_RESERVED = "tuoju.sealing.reserved"


class BoundText(str):
    """A text that knows where it will be stored."""

    __slots__ = ("binding",)
    binding: str


class BoundDate(date):
    """A day that knows where it will be stored."""

    binding: str


class UnboundValue(EncryptionError, DontWrapMixin):
    """A sealed column was to be written or read by a statement that does not tell the row.

    Write through a session; select the column itself, together with the primary key where it comes from a subquery.
    """


def seal(value: str) -> str:
    """The sealed text for the binding of `value`. Raises UnboundValue."""
    if not isinstance(value, BoundText):
        raise UnboundValue("a sealed column is written through a session, which knows the row")
    return keys().seal(value, value.binding)


def open_bound(value: str) -> str:
    """The text of what `with_binding` selected. Raises EncryptionError for a value that belongs elsewhere."""
    binding, _, sealed = value.partition("|")
    return keys().open(sealed, binding)


def with_binding(column: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """SQL for the binding and the value of a sealed column, `table.column:row|value`; aliases and subqueries included.

    Raises UnboundValue if the row's primary key is not at hand.
    """
    while isinstance(column, Label):
        column = column.element
    origin = next(iter(column.base_columns))
    if not isinstance(origin, Column) or not isinstance(column, Column):
        raise UnboundValue(f"{column} is computed from a sealed column")
    key = primary_key(origin.table)
    row = column.table.corresponding_column(key)
    if row is None:
        raise UnboundValue(f"select {key} together with {origin}")
    label: ColumnElement[Any] = literal_column(f"'{origin.table.name}.{origin.name}:'", String)
    bound = label.concat(sql_cast(row, String)).concat(literal_column("'|'", String)).concat(type_coerce(column, Text))
    return type_coerce(bound, kind)


def primary_key(table: Any) -> Column[Any]:
    """The one column that names a row of a table."""
    key: Column[Any]
    (key,) = table.primary_key.columns
    return key


class EncryptedText(TypeDecorator[str]):
    """Text sealed in the database, plain in Python."""

    impl = Text
    cache_ok = True
    is_sealed = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return with_binding(column, self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else open_bound(value)


class EncryptedDate(TypeDecorator[date]):
    """A calendar day sealed in the database."""

    impl = Text
    cache_ok = True
    is_sealed = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return with_binding(column, self)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, BoundDate):
            raise UnboundValue("a sealed column is written through a session, which knows the row")
        return keys().seal(value.isoformat(), value.binding)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(open_bound(value))


class BlindIndex(TypeDecorator[str]):
    """A keyed hash of the sealed column `source` of the same row (`KeyRing.blind_index`), by which the row is found.

    `prefix` goes before the hashed text; it keeps the hashes of different kinds of texts apart.
    """

    impl = String
    cache_ok = True

    def __init__(self, source: str, prefix: str) -> None:
        super().__init__()
        self.source = source
        self.prefix = prefix


def sealed_columns(table: Table) -> list[Column[Any]]:
    """The sealed columns of a table, also those of the types that the workshops declare."""
    return [column for column in table.columns if getattr(column.type, "is_sealed", False)]


def bound_value(value: str | date, binding: str) -> BoundText | BoundDate:
    """`value`, marked with where it will be stored."""
    if isinstance(value, date):
        day = BoundDate(value.year, value.month, value.day)
        day.binding = binding
        return day
    text = BoundText(value)
    text.binding = binding
    return text


_SEALED: dict[Mapper[Any], tuple[Column[Any], tuple[tuple[str, str], ...]]] = {}


def _sealed_attributes(instance: Any) -> tuple[Column[Any], tuple[tuple[str, str], ...]] | None:
    """The primary key of the instance's table, and attribute and "table.column:" of each sealed column; None without
    one."""
    mapper = inspect_orm(instance).mapper
    known = _SEALED.get(mapper)
    if known is None:
        table = mapper.local_table
        attributes = tuple(
            (mapper.get_property_by_column(column).key, f"{table.name}.{column.name}:")
            for column in sealed_columns(table)
        )
        known = _SEALED[mapper] = (primary_key(table) if attributes else Column(), attributes)
    return known if known[1] else None


@event.listens_for(Session, "before_flush")
def _mark_values(session: Session, _context: Any, _instances: Any) -> None:
    """Give new rows with sealed columns their ids, and mark what will be sealed with its binding."""
    new = [(instance, sealed) for instance in session.new if (sealed := _sealed_attributes(instance))]
    _allocate_ids(session, new)
    marked: list[tuple[dict[str, Any], str, Any]] = session.info.setdefault(_MARKED, [])
    for instance, (key, attributes) in new:
        _mark(instance.__dict__, key, attributes, marked)
    for instance in session.dirty:
        if sealed := _sealed_attributes(instance):
            key, attributes = sealed
            changed = inspect_orm(instance).committed_state
            _mark(instance.__dict__, key, [named for named in attributes if named[0] in changed], marked)


def _mark(state: dict[str, Any], key: Column[Any], attributes: Iterable[tuple[str, str]], marked: list[Any]) -> None:
    for attribute, column in attributes:
        value = state.get(attribute)
        if value is not None:
            marked.append((state, attribute, value))
            state[attribute] = bound_value(value, f"{column}{state[key.key]}")


@event.listens_for(Session, "after_flush")
def _unmark_values(session: Session, _context: Any) -> None:
    for state, attribute, value in session.info.pop(_MARKED, ()):
        state[attribute] = value


@event.listens_for(Session, "after_soft_rollback")
def _unmark_after_failure(session: Session, _previous: Any) -> None:
    """A flush that failed leaves its instances as they were, too."""
    _unmark_values(session, None)


def _allocate_ids(session: Session, new: Sequence[tuple[Any, Any]]) -> None:
    """Ids for the rows that have none: one query for each database, whatever the number of rows and tables."""
    waiting: dict[Table, list[Any]] = defaultdict(list)
    for instance, (key, _) in new:
        if instance.__dict__.get(key.key) is None:
            waiting[key.table].append(instance)
    if not waiting:
        return
    connection = session.connection(bind_arguments={"mapper": inspect_orm(new[0][0]).mapper})
    wanted = {table: len(instances) for table, instances in waiting.items()}
    for table, ids in _take_ids(session, connection, wanted).items():
        for instance, row_id in zip(waiting[table], ids, strict=True):
            setattr(instance, primary_key(table).key, row_id)


def reserve_ids(session: Session, *models: type[Any]) -> None:
    """Take one id for a row of each of these tables that this transaction is about to add, in one query."""
    tables = [inspect_orm(model).local_table for model in models]
    reserved = _reserved(session)
    missing = {table: 1 for table in tables if not reserved.get(table)}
    if missing:
        connection = session.connection(bind_arguments={"mapper": inspect_orm(models[0])})
        for table, ids in _allocate(connection, missing).items():
            reserved[table] = list(ids)


def _reserved(session: Session) -> dict[Table, list[int]]:
    """The ids that this transaction took and has not used; those of an earlier transaction are gone."""
    transaction, reserved = session.info.get(_RESERVED, (None, {}))
    if transaction is not session.get_transaction():
        transaction, reserved = session.get_transaction(), {}
        session.info[_RESERVED] = transaction, reserved
    return reserved  # type: ignore[no-any-return]


def _take_ids(session: Session, connection: Connection, wanted: dict[Table, int]) -> dict[Table, Sequence[int]]:
    """Ids from those that were reserved, if they are enough, or else from the database: what was reserved is let go,
    since SQLite would give the same numbers again."""
    reserved = _reserved(session)
    taken: dict[Table, Sequence[int]] = {}
    for table, count in wanted.items():
        ids = reserved.pop(table, [])
        if len(ids) >= count:
            taken[table], reserved[table] = ids[:count], ids[count:]
    missing = {table: count for table, count in wanted.items() if table not in taken}
    return taken | (_allocate(connection, missing) if missing else {})


def _allocate(connection: Connection, wanted: dict[Table, int]) -> dict[Table, Sequence[int]]:
    return (_from_sequences if connection.dialect.name == "postgresql" else _from_largest)(connection, wanted)


def _from_sequences(connection: Connection, wanted: dict[Table, int]) -> dict[Table, Sequence[int]]:
    selected = ", ".join(
        f"ARRAY(SELECT nextval(pg_get_serial_sequence('\"{table.name}\"', '{primary_key(table).name}'))"  # noqa: S608
        f" FROM generate_series(1, {count}))"
        for table, count in wanted.items()
    )
    return dict(zip(wanted, connection.execute(sql_text(f"SELECT {selected}")).one(), strict=True))


def _from_largest(connection: Connection, wanted: dict[Table, int]) -> dict[Table, Sequence[int]]:
    """The next ids on SQLite. No other transaction takes them: two that write never run at once, and one that began to
    read before another's commit may not write."""
    selected = ", ".join(
        f'(SELECT coalesce(max({primary_key(table).name}), 0) FROM "{table.name}")'  # noqa: S608
        for table in wanted
    )
    largest = connection.execute(sql_text(f"SELECT {selected}")).one()
    return {
        table: range(last + 1, last + 1 + count) for (table, count), last in zip(wanted.items(), largest, strict=True)
    }
