"""One transaction a request or task: commit once, then hand the outbox to the queue."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session

from tuoju.database.engine import WRITES
from tuoju.database.jobs import Job, take_requested
from tuoju_notifications.outbox import QueuedNotification, take_queued


def _leave_to_sweep(_posted: Sequence[QueuedNotification]) -> None:
    """Without a queue, the sweep sends what was posted."""


def _leave_jobs_to_sweep(_jobs: Sequence[Job]) -> None:
    """Without a queue, the sweep starts what was requested."""


@dataclass(frozen=True)
class UnitOfWork:
    """Opens transactions on `engine`; after a commit `dispatch` gets the notifications posted, `start` the jobs
    requested.

    SQLAlchemy's after_commit event also fires on savepoints, so dispatching is done here.
    """

    engine: Engine
    dispatch: Callable[[Sequence[QueuedNotification]], None] = _leave_to_sweep
    start: Callable[[Sequence[Job]], None] = _leave_jobs_to_sweep

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back on any error."""
        engine = self.engine.execution_options(**WRITES)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
            session.flush()
            posted, requested = take_queued(session), take_requested(session)
        if posted:
            self.dispatch(posted)
        if requested:
            self.start(requested)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that never commits."""
        with Session(self.engine) as session:
            yield session
            session.rollback()
