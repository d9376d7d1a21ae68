"""The engine: PostgreSQL, or SQLite tuned to lose nothing."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlmodel import create_engine

WRITES = {"writes": True}
"""Execution option of a transaction that will write: SQLite takes its lock at once, since a
deferred read-then-write transaction fails with "database is locked" whatever the timeout."""


DIALECTS = ("sqlite", "postgresql")
"""Partial indexes state their WHERE for these two; any other dialect would drop it without a word."""


class UnsupportedDatabase(Exception):
    """The address names a database of another kind than SQLite or PostgreSQL."""

    def __init__(self, dialect: str) -> None:
        super().__init__(f"Tuoju runs on SQLite and PostgreSQL, not on {dialect!r}. Please change TUOJU_DATABASE_URL.")


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for `url`; a SQLite file's folder is made if it is missing. Raises UnsupportedDatabase.

    Bound values are personal data, so they are left out of the texts of database errors.
    """
    parsed = make_url(url)
    dialect = parsed.get_backend_name()
    if dialect not in DIALECTS:
        raise UnsupportedDatabase(dialect)
    options = {"hide_parameters": True} | options
    if dialect != "sqlite":
        return create_engine(url, pool_pre_ping=True, **options)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30}, **options)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event speaks, not the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
