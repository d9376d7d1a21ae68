"""Read transactions of reports: on a copy of the database that follows it, or on the database itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, col, func, select

from tuoju.database.installation import WrongDatabase
from tuoju.database.records import now
from tuoju.database.scopes import RowScope
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.models import Heartbeat

RETRY_SECONDS = 30.0
"""How long a process leaves a replica alone that did not answer or was behind."""

log = structlog.get_logger()


@dataclass
class ReportReads:
    """Opens read transactions of reports. What decides a write is never read here.

    How far the replica is behind is told by the heartbeats, which a worker writes every five seconds: the latest one
    that has arrived. Where no worker runs, the database itself is read.
    """

    primary: UnitOfWork
    replica: UnitOfWork | None = None
    longest_lag: timedelta = timedelta(seconds=60)
    clock: Callable[[], float] = time.monotonic
    _retry_at: float = field(default=float("-inf"), init=False)

    @contextmanager
    def read(self, scope: RowScope) -> Iterator[Session]:
        """A transaction that never commits and reaches the rows of `scope`: on the replica, or on the database."""
        with ExitStack() as stack:
            session = self._open_replica(stack, scope)
            yield session if session is not None else stack.enter_context(self.primary.read(scope))

    @contextmanager
    def read_beside(self, session: Session, scope: RowScope) -> Iterator[Session]:
        """The same for a report whose issue is written by `session`, which also reads it where there is no replica: a
        request never holds two connections to one database."""
        with ExitStack() as stack:
            yield self._open_replica(stack, scope) or session

    def _open_replica(self, stack: ExitStack, scope: RowScope) -> Session | None:
        """A transaction on the replica, ended by `stack`; None if it does not answer or is too far behind."""
        if self.replica is None or self.clock() < self._retry_at:
            return None
        attempt, problem, session = ExitStack(), "behind", None
        try:
            session = attempt.enter_context(self.replica.read(scope))
            if self._is_recent(session):
                stack.push(attempt.pop_all())
                return session
        except (DBAPIError, PoolTimeout, WrongDatabase) as error:
            problem = type(error).__name__
        with suppress(DBAPIError):
            attempt.close()
        self._retry_at = self.clock() + RETRY_SECONDS
        log.warning("replica_not_used", problem=problem)
        return None

    def _is_recent(self, session: Session) -> bool:
        latest = session.exec(select(func.max(col(Heartbeat.at)))).one()
        return latest is not None and now() - latest <= self.longest_lag
