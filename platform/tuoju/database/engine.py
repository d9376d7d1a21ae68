"""The engine: PostgreSQL, or SQLite tuned to lose nothing."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.engine import make_url
from sqlmodel import create_engine

from tuoju.database.scopes import RowOutOfScope, tell_reach

WRITES = {"writes": True}
"""Execution option of a transaction that will write: SQLite takes its lock at once, since a
deferred read-then-write transaction fails with "database is locked" whatever the timeout."""

BUSY_SECONDS = 30.0
"""How long a transaction on SQLite waits for another one's lock where no setting says otherwise."""

DIALECTS = ("sqlite", "postgresql")
"""Partial indexes state their WHERE for these two; any other dialect would drop it without a word."""


class UnsupportedDatabase(Exception):
    """The address names a database of another kind than SQLite or PostgreSQL."""

    def __init__(self, dialect: str) -> None:
        super().__init__(f"Tuoju runs on SQLite and PostgreSQL, not on {dialect!r}. Please change TUOJU_DATABASE_URL.")


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for `url`; a SQLite file's folder is made if it is missing. Raises UnsupportedDatabase.

    `options` are those of SQLAlchemy's create_engine. On SQLite a transaction waits BUSY_SECONDS for the lock of
    another, unless `connect_args` say otherwise. Bound values are personal data, so they are left out of the texts of
    database errors.
    """
    parsed = make_url(url)
    dialect = parsed.get_backend_name()
    if dialect not in DIALECTS:
        raise UnsupportedDatabase(dialect)
    options = {"hide_parameters": True} | options
    if dialect != "sqlite":
        if parsed.get_driver_name() == "psycopg":
            # PgBouncer gives the next transaction another connection, which lacks what was prepared on this one.
            options["connect_args"] = {"prepare_threshold": None} | options.get("connect_args", {})
        engine = create_engine(url, pool_pre_ping=True, **options)
        event.listen(engine, "handle_error", _tell_row_out_of_scope)
        tell_reach(engine)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    options["connect_args"] = {"timeout": BUSY_SECONDS} | options.get("connect_args", {})
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tell_row_out_of_scope(context: ExceptionContext) -> None:
    """A row that a policy refuses is out of the transaction's scope. A missing grant has the same code, and is not."""
    diagnosis = getattr(context.original_exception, "diag", None)
    if diagnosis is not None and diagnosis.source_function == "ExecWithCheckOptions" and diagnosis.sqlstate == "42501":
        raise RowOutOfScope(diagnosis.table_name or "") from context.original_exception


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event speaks, not the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
