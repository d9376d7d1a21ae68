"""What requests write to a database on SQLite, and the way back to what it was before."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Writes:
    """Notes the tables that committed transactions wrote to, and puts the database back as it was."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path = str(engine.url.database)
        self._begun: set[str] = set()
        self.committed: set[str] = set()
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        event.listen(engine, "after_cursor_execute", self._note)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "rollback", lambda _connection: self._begun.clear())
        self._kept: list[sqlite3.Connection] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Within the block `put_back` leads to the database as it is now; at its end to the one before."""
        self._kept.append(sqlite3.connect(":memory:"))
        with sqlite3.connect(self.path) as source:
            source.backup(self._kept[-1])
        self.committed = set()
        yield
        self._kept.pop().close()

    def put_back(self, *, force: bool = False) -> None:
        """Undo what was committed since; with `force` also what is no longer noted."""
        if self.committed or force:
            with sqlite3.connect(self.path) as target:
                target.execute("PRAGMA synchronous=OFF")
                self._kept[-1].backup(target)
        self.committed = set()

    def _note(self, _connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        written = re.match(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) \"?(\w+)", statement)
        if written and cursor.rowcount != 0:
            self._begun.add(written[1])

    def _commit(self, _connection: Any) -> None:
        self.committed |= self._begun
        self._begun.clear()
