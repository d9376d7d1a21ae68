"""The schedule: each turn of a periodic job is taken by one scheduler, however many run, and by no wall clock.

Celery's own scheduler stands still for as long as the clock is set back, and doubles everything when two run.
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
    """What one scheduler knows of the turns. An interval is measured by this process's own ticking since it saw the
    last turn taken; a time of day by the calendar, from the instant the last turn was taken."""

    def __init__(self, transaction: Transaction, ticking: Callable[[], float] = time.monotonic) -> None:
        self._transaction, self._ticking = transaction, ticking
        self._seen: dict[str, tuple[int, float]] = {}

    def take(self, job: str, schedule: Any, send: Callable[[], None]) -> bool:
        """Take the next turn of a job if it is due, and send it; whether this call did.

        It is sent before the turn is committed: if the queue is away the turn stays to be taken.
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
        every = schedule.run_every.total_seconds()
        if turn.job not in self._seen:  # Just started: the wall clock is all there is to go by.
            passed = every if turn.number == 0 else (now() - turn.taken_at).total_seconds()
            self._seen[turn.job] = (turn.number, self._ticking() - min(max(passed, 0.0), every))
        elif self._seen[turn.job][0] != turn.number:
            self._seen[turn.job] = (turn.number, self._ticking())
        return self._ticking() - self._seen[turn.job][1] >= float(every)


def _turn(session: Session, job: str) -> PeriodicTurn:
    found = session.get(PeriodicTurn, job)
    if found is not None:
        return found
    with suppress(IntegrityError), session.begin_nested():  # Another scheduler may begin in this moment.
        session.add(PeriodicTurn(job=job))
        session.flush()
    return session.get_one(PeriodicTurn, job)


def scheduler_over(transaction: Transaction) -> type[Scheduler]:
    """A scheduler for `celery beat` whose turns are rows; run as many as you like."""

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
