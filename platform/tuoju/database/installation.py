"""Which installation a database belongs to: the mark that keeps a demo and production out of each other's data."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import Field, Session

from tuoju.database.records import Record, now, words


class Environment(StrEnum):
    """What an installation is for. It is named by TUOJU_ENVIRONMENT and kept in the database."""

    production = "production"
    """Real people. Every secret must be given and strong."""
    demo = "demo"
    """The demo city or a simulated one. Makes the secrets that are not given, shows its sign-ins, sends nothing."""
    development = "development"
    """An engineer's own data. Makes the secrets that are not given; shows no sign-ins."""

    @property
    def makes_own_secrets(self) -> bool:
        """Whether secrets that are not given are made once and kept in the data folder."""
        return self is not Environment.production


class Installation(Record, table=True):
    """The mark of a database, in one row. The service may add it, and neither change nor remove it (APPEND_ONLY)."""

    __tablename__ = "installation"

    environment: Environment = Field(sa_type=words(Environment))
    """Of the processes that may use this database."""
    made_at: datetime = Field(default_factory=now)


ONLY_ROW = 1
"""The id of the one row."""


class WrongDatabase(Exception):
    """A process of one environment was pointed at the database of another."""

    def __init__(self, environment: str, marked: str) -> None:
        super().__init__(f"This database belongs to {marked}, but TUOJU_ENVIRONMENT is {environment}.")
        self.environment, self.marked = environment, marked


def keep_to(engine: Engine, environment: Environment) -> None:
    """Let `engine` connect to databases of this environment only; one without a mark is taken.

    Every new connection is checked, so that a database which was away at the start, or was exchanged since, is too.
    Connecting raises WrongDatabase.
    """

    def check(connection: Any, _record: Any) -> None:
        marked = _mark_of(connection, is_sqlite=engine.dialect.name == "sqlite")
        if marked not in ("", environment.value):
            raise WrongDatabase(environment.value, marked)

    event.listen(engine, "connect", check)


def mark(session: Session, environment: Environment) -> None:
    """Mark a database that has no mark; one that has keeps it."""
    if session.get(Installation, ONLY_ROW) is None:
        session.add(Installation(id=ONLY_ROW, environment=environment))


_TABLE_EXISTS = {
    True: "SELECT 1 FROM sqlite_master WHERE name = 'installation'",
    False: "SELECT 1 WHERE to_regclass('installation') IS NOT NULL",
}


def _mark_of(connection: Any, *, is_sqlite: bool) -> str:
    """The mark, read by the driver alone; "" if there is none."""
    cursor = connection.cursor()
    try:
        cursor.execute(_TABLE_EXISTS[is_sqlite])
        if cursor.fetchone() is None:
            return ""
        cursor.execute("SELECT environment FROM installation")
        row = cursor.fetchone()
        return str(row[0]) if row else ""
    finally:
        cursor.close()
        connection.rollback()
