"""Seals everything again under the current key while the system runs, so that an old key can be taken off the ring.

The job keeps no state of its own: every value names its suite and key, so what is left to do is read from the data.
It can be killed at any point and started again. A row is written only if it still holds what was read, and rows that
others hold are passed over and taken later, so nothing that the running system writes is lost or waited for.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError

from tuoju.database.keys import SUITES, EncryptionError, KeyRing, keys
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import all_files, header_of, reseal_file
from tuoju.database.sealing import BlindIndex, primary_key, sealed_columns
from tuoju.database.unit_of_work import UnitOfWork

BATCH = 200
"""Rows of one transaction: short, so that SQLite's only writer is never kept waiting for long."""
PAUSE = 0.2
"""Seconds before rows are tried again that others were writing."""
FILES = "files"

Progress = Callable[[int], None]
"""Told how many rows and files were sealed again since the last call."""


@dataclass
class Unfinished:
    """What could not be sealed again, as "table:row" or "files:key"."""

    unopened: list[str] = field(default_factory=list)
    """Opens with no key of the ring, or was changed or moved."""
    doubled: list[str] = field(default_factory=list)
    """Its ID number is also in another row: both were registered while processes wrote under different keys."""

    def __bool__(self) -> bool:
        return bool(self.unopened or self.doubled)


def tables_to_seal(tables: Collection[Table]) -> list[Table]:
    """The tables that hold sealed columns."""
    return [table for table in tables if sealed_columns(table)]


def count_by_key(unit_of_work: UnitOfWork, tables: Collection[Table]) -> Counter[str]:
    """How many values, hashes and files each `suite:key:` wrote; those of no key on the ring under ""."""
    counts: Counter[str] = Counter()
    with unit_of_work.read(SYSTEM) as session:
        for table in tables_to_seal(tables):
            counts += _count_in(session.connection(), table)
    for key in all_files():
        header = header_of(key)
        counts[header if header in _headers(keys()) else ""] += 1
    return counts


def count_stale(unit_of_work: UnitOfWork, tables: Collection[Table]) -> int:
    """How many rows and files are not yet sealed under the current key."""
    total = sum(header_of(key) != keys().header for key in all_files())
    with unit_of_work.read(SYSTEM) as session:
        for table in tables_to_seal(tables):
            query = select(func.count()).select_from(table).where(_is_stale(table))
            total += session.connection().execute(query).scalar_one()
    return total


def seal_everything_again(unit_of_work: UnitOfWork, tables: Collection[Table], tell: Progress) -> Unfinished:
    """Seal every value, hash and file again that the current key did not write. Returns what could not be."""
    unfinished = Unfinished()
    for table in tables_to_seal(tables):
        while not _pass_through(unit_of_work, table, tell, unfinished):
            time.sleep(PAUSE)
    for key in all_files():
        try:
            if reseal_file(key):
                tell(1)
        except EncryptionError:
            unfinished.unopened.append(f"{FILES}:{key}")
    return unfinished


def _pass_through(unit_of_work: UnitOfWork, table: Table, tell: Progress, unfinished: Unfinished) -> bool:
    """Seal the stale rows of a table again in the order of their keys; whether none is left that could be."""
    last: int | None = None
    while True:
        with unit_of_work.write(SYSTEM) as session:
            rows = _lock_stale_rows(session.connection(), table, last)
            if not rows:
                break
            last = rows[-1][0]
            changes = list(_changes_of(table, rows, unfinished))
            done = _write(session.connection(), table, changes, unfinished)
        tell(done)
    with unit_of_work.read(SYSTEM) as session:
        left = select(primary_key(table)).where(_is_stale(table))
        stuck = {*unfinished.unopened, *unfinished.doubled}
        return all(f"{table.name}:{row}" in stuck for row in session.connection().execute(left).scalars())


def _lock_stale_rows(connection: Connection, table: Table, last: int | None) -> Sequence[Row[Any]]:
    """The next stale rows as they are stored, without those that another transaction holds."""
    key = primary_key(table)
    query = select(key, *(_stored(column) for column in _columns(table))).where(_is_stale(table))
    if last is not None:
        query = query.where(key > last)
    return connection.execute(query.order_by(key).limit(BATCH).with_for_update(skip_locked=True)).all()


def _changes_of(table: Table, rows: Sequence[Row[Any]], unfinished: Unfinished) -> Iterator[dict[str, Any]]:
    """For each row the stored values and the new ones, as parameters of `_write`."""
    columns = _columns(table)
    stored: list[str | None]
    for row_id, *stored in rows:
        try:
            new = _sealed_again(table, row_id, dict(zip((column.name for column in columns), stored, strict=True)))
        except EncryptionError:
            unfinished.unopened.append(f"{table.name}:{row_id}")
            continue
        old = {f"old_{column.name}": value for column, value in zip(columns, stored, strict=True)}
        yield {"row": row_id} | old | {f"new_{name}": value for name, value in new.items()}


def _sealed_again(table: Table, row_id: int, stored: dict[str, str | None]) -> dict[str, str | None]:
    ring = keys()
    new: dict[str, str | None] = {}
    plain: dict[str, str] = {}
    for column in sealed_columns(table):
        value = stored[column.name]
        if value is not None:
            binding = f"{table.name}.{column.name}:{row_id}"
            plain[column.name] = ring.open(value, binding)
            value = value if value.startswith(ring.header) else ring.seal(plain[column.name], binding)
        new[column.name] = value
    for column in _indexes(table):
        of: BlindIndex = column.type  # type: ignore[assignment]
        number = plain.get(of.source)
        new[column.name] = None if number is None else ring.blind_index(of.prefix + number)
    return new


def _write(connection: Connection, table: Table, changes: list[dict[str, Any]], unfinished: Unfinished) -> int:
    """Write rows that still hold what was read; how many. A row whose new hash another row has is left and named."""
    if not changes:
        return 0
    statement = update(table).where(primary_key(table) == bindparam("row"))
    for column in _columns(table):
        statement = statement.where(_stored(column).is_not_distinct_from(bindparam(f"old_{column.name}", type_=Text)))
    statement = statement.values(
        {column.name: bindparam(f"new_{column.name}", type_=Text) for column in _columns(table)}
    )
    try:
        with connection.begin_nested():
            return connection.execute(statement, changes).rowcount
    except IntegrityError:
        if len(changes) == 1:
            unfinished.doubled.append(f"{table.name}:{changes[0]['row']}")
            return 0
    return sum(_write(connection, table, [change], unfinished) for change in changes)


def _count_in(connection: Connection, table: Table) -> Counter[str]:
    columns, headers = _columns(table), _headers(keys())
    counted = [
        func.coalesce(func.sum(case((_begins_with(column, header), 1), else_=0)), 0)
        for column in columns
        for header in headers
    ]
    row = connection.execute(select(*counted, *(func.count(_stored(column)) for column in columns))).one()
    counts: Counter[str] = Counter()
    for number, header in enumerate(headers * len(columns)):
        counts[header] += row[number]
    counts[""] += sum(row[len(counted) :]) - sum(row[: len(counted)])
    return counts


def _headers(ring: KeyRing) -> list[str]:
    return [f"{suite}:{name}:" for suite in SUITES for name in ring.masters]


def _columns(table: Table) -> list[Column[Any]]:
    return [*sealed_columns(table), *_indexes(table)]


def _indexes(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, BlindIndex)]


def _stored(column: Column[Any]) -> ColumnElement[Any]:
    """The column as it is stored."""
    return type_coerce(column, Text)


def _begins_with(column: Column[Any], header: str) -> ColumnElement[bool]:
    return func.substr(_stored(column), 1, len(header)) == header


def _is_stale(table: Table) -> ColumnElement[bool]:
    header = keys().header
    return or_(*(_stored(column).is_not(None) & ~_begins_with(column, header) for column in _columns(table)))
