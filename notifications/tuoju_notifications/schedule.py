"""The schedule of periodic jobs: one scheduler takes each turn, however many run, and a changed clock does not matter.

Celery's own scheduler stops for as long as the clock was set back, and sends every task twice when two run.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

import structlog
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.schedules import crontab
from kombu.exceptions import OperationalError
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col

from tuoju_notifications.models import PeriodicTurn, now

Transaction = Callable[[], AbstractContextManager[Session]]

TICK = 0.5
"""Seconds between looks at the schedule."""

log = structlog.get_logger()


class Turns:
    """Takes turns for one scheduler.

    An interval is measured with the monotonic clock of this process, from when it saw that the last turn was taken; a
    time of day with the calendar, from the instant of the last turn.
    """

    def __init__(self, transaction: Transaction, clock: Callable[[], float] = time.monotonic) -> None:
        self._transaction, self._clock = transaction, clock
        self._seen: dict[str, tuple[int, float]] = {}

    def take(self, job: str, schedule: Any, send: Callable[[], None]) -> bool:
        """Take the next turn of a job if it is due, and send it; whether this call did.

        It is sent before the turn is committed: if the broker is unreachable, the turn is not taken.
        """
        with self._transaction() as session:
            turn = _turn(session, job)
            if not self._is_due(turn, schedule):
                return False
            taken = (
                update(PeriodicTurn)
                .where(col(PeriodicTurn.job) == job, col(PeriodicTurn.number) == turn.number)
                .values(number=turn.number + 1, taken_at=now())
                .returning(col(PeriodicTurn.number))
                .execution_options(synchronize_session=False)
            )
            if session.execute(taken).first() is None:
                return False
            send()
        return True

    def _is_due(self, turn: PeriodicTurn, schedule: Any) -> bool:
        if isinstance(schedule, crontab):
            return bool(schedule.is_due(turn.taken_at).is_due) and turn.taken_at < now()
        interval = schedule.run_every.total_seconds()
        if turn.job not in self._seen:  # This process has just started: only the wall clock is known.
            passed = interval if turn.number == 0 else (now() - turn.taken_at).total_seconds()
            self._seen[turn.job] = (turn.number, self._clock() - min(max(passed, 0.0), interval))
        elif self._seen[turn.job][0] != turn.number:
            self._seen[turn.job] = (turn.number, self._clock())
        return self._clock() - self._seen[turn.job][1] >= float(interval)


def _turn(session: Session, job: str) -> PeriodicTurn:
    turn = session.get(PeriodicTurn, job)
    if turn is not None:
        return turn
    with suppress(IntegrityError), session.begin_nested():  # Another scheduler may add it at the same moment.
        session.add(PeriodicTurn(job=job))
        session.flush()
    return session.get_one(PeriodicTurn, job)


def scheduler_over(transaction: Transaction) -> type[Scheduler]:
    """The class of a scheduler for `celery beat` that takes its turns from the database; several may run."""

    class DatabaseScheduler(Scheduler):
        def __init__(self, app: Celery, **options: Any) -> None:
            self._turns = Turns(transaction)
            super().__init__(app, **options)

        def tick(self, *_args: Any, **_options: Any) -> float:
            for entry in list(self.schedule.values()):
                try:
                    self._turns.take(str(entry.name), entry.schedule, partial(_send, self.app, entry))
                except (OperationalError, OSError, DBAPIError) as error:
                    log.warning("turn_not_taken", job=entry.name, error=type(error).__name__)
            return TICK

    return DatabaseScheduler


def _send(app: Celery, entry: ScheduleEntry) -> None:
    app.send_task(str(entry.task), args=entry.args, kwargs=entry.kwargs, retry=False, **(entry.options or {}))
