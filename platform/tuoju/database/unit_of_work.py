"""One transaction a request or task: commit once, then hand the outbox to the queue."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event
from sqlmodel import Session

from tuoju.database import write_guard
from tuoju.database.engine import WRITES
from tuoju.database.jobs import Job, take_requested
from tuoju.database.scopes import Escape, RowScope, ScopedSession, begin_in_scope, system_scope
from tuoju_notifications.outbox import ALL_RECIPIENTS, QueuedNotification, take_queued

event.listen(ScopedSession, "after_begin", begin_in_scope)
event.listen(ScopedSession, "before_flush", write_guard.check_before)
event.listen(ScopedSession, "after_flush", write_guard.check_after)


def _leave_to_sweep(_posted: Sequence[QueuedNotification]) -> None:
    """Without a queue, the sweep sends what was posted."""


def _leave_jobs_to_sweep(_jobs: Sequence[Job]) -> None:
    """Without a queue, the sweep starts what was requested."""


@dataclass(frozen=True)
class UnitOfWork:
    """Opens transactions on `engine`, each under a scope; after a commit `dispatch` gets the notifications posted,
    `start` the jobs requested.

    SQLAlchemy's after_commit event also fires on savepoints, so dispatching is done here.
    """

    engine: Engine
    dispatch: Callable[[Sequence[QueuedNotification]], None] = _leave_to_sweep
    start: Callable[[Sequence[Job]], None] = _leave_jobs_to_sweep

    @contextmanager
    def write(self, scope: RowScope) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back on any error. It reaches the rows of `scope`."""
        engine = self.engine.execution_options(**WRITES)
        with ScopedSession(engine, expire_on_commit=False, scope=scope) as session, session.begin():
            session.info[ALL_RECIPIENTS] = lambda: system_scope(session, Escape.outbox)
            yield session
            session.flush()
            posted, requested = take_queued(session), take_requested(session)
        if posted:
            self.dispatch(posted)
        if requested:
            self.start(requested)

    @contextmanager
    def read(self, scope: RowScope) -> Iterator[Session]:
        """A transaction that never commits. It reaches the rows of `scope`."""
        with ScopedSession(self.engine, scope=scope) as session:
            session.info[ALL_RECIPIENTS] = lambda: system_scope(session, Escape.outbox)
            yield session
            session.rollback()
