"""The schedule of periodic jobs: one scheduler takes each turn, however many run, and a changed clock does not matter.

Celery's own scheduler stops for as long as the clock was set back, and sends every task twice when two run. This one
asks the database only when a turn may be due, and sleeps until then.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

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

LONGEST_SLEEP = 60.0
"""Seconds after which a time of day is looked at again: the clock may have been changed meanwhile."""
SHORTEST_SLEEP = 0.1
"""Seconds between two looks at least, so that a turn that is due by one clock and not yet by the other costs little."""
RETRY_SECONDS = 2.0
"""Seconds until the next attempt while the broker or the database is away."""

log = structlog.get_logger()


class _Seen(NamedTuple):
    """What this process knows of the last turn of a job."""

    number: int
    taken_at: datetime
    """By the wall clock of whoever took it."""
    at: float
    """By this process's monotonic clock, when it was seen."""


class Turns:
    """Takes turns for one scheduler.

    An interval is measured with the monotonic clock of this process, from when it saw that the last turn was taken; a
    time of day with the calendar, from the instant of the last turn.
    """

    def __init__(self, transaction: Transaction, clock: Callable[[], float] = time.monotonic) -> None:
        self._transaction, self._clock = transaction, clock
        self._seen: dict[str, _Seen] = {}

    def seconds_until(self, job: str, schedule: Any) -> float:
        """How long the next turn of a job cannot be due, as far as this process knows; 0 if it may be."""
        seen = self._seen.get(job)
        if seen is None:
            return 0.0
        if isinstance(schedule, crontab):
            left = float(schedule.remaining_estimate(seen.taken_at).total_seconds())
            return min(max(left, 0.0), LONGEST_SLEEP)
        return max(float(schedule.run_every.total_seconds()) - (self._clock() - seen.at), 0.0)

    def take(self, job: str, schedule: Any, send: Callable[[], None]) -> bool:
        """Take the next turn of a job if it is due, and send it; whether this call did.

        It is sent before the turn is committed: if the broker is unreachable, the turn is not taken.
        """
        with self._transaction() as session:
            turn = _turn(session, job)
            self._see(turn, schedule)
            if not self._is_due(turn, schedule):
                return False
            moment = now()
            taken = (
                update(PeriodicTurn)
                .where(col(PeriodicTurn.job) == job, col(PeriodicTurn.number) == turn.number)
                .values(number=turn.number + 1, taken_at=moment)
                .returning(col(PeriodicTurn.number))
                .execution_options(synchronize_session=False)
            )
            number = session.execute(taken).scalar()
            if number is None:
                return False
            send()
        self._seen[job] = _Seen(number, moment, self._clock())
        return True

    def _see(self, turn: PeriodicTurn, schedule: Any) -> None:
        seen = self._seen.get(turn.job)
        if seen is not None and seen.number == turn.number:
            return
        at = self._clock()
        if seen is None and not isinstance(schedule, crontab):  # Just started: only the wall clock is known.
            interval = schedule.run_every.total_seconds()
            passed = interval if turn.number == 0 else (now() - turn.taken_at).total_seconds()
            at -= min(max(passed, 0.0), interval)
        self._seen[turn.job] = _Seen(turn.number, turn.taken_at, at)

    def _is_due(self, turn: PeriodicTurn, schedule: Any) -> bool:
        if isinstance(schedule, crontab):
            return bool(schedule.is_due(turn.taken_at).is_due) and turn.taken_at < now()
        return self.seconds_until(turn.job, schedule) <= 0


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
            return take_due(self._turns, self.schedule.values(), partial(_send, self.app))

    return DatabaseScheduler


def take_due(turns: Turns, entries: Iterable[ScheduleEntry], send: Callable[[ScheduleEntry], None]) -> float:
    """Take every turn that is due; the seconds until the next one may be."""
    entries = list(entries)
    for entry in entries:
        if turns.seconds_until(str(entry.name), entry.schedule) > 0:
            continue
        try:
            turns.take(str(entry.name), entry.schedule, partial(send, entry))
        except (OperationalError, OSError, DBAPIError) as error:
            log.warning("turn_not_taken", job=entry.name, error=type(error).__name__)
            return RETRY_SECONDS
    waits = (turns.seconds_until(str(entry.name), entry.schedule) for entry in entries)
    return min(max(min(waits, default=LONGEST_SLEEP), SHORTEST_SLEEP), LONGEST_SLEEP)


def _send(app: Celery, entry: ScheduleEntry) -> None:
    app.send_task(str(entry.task), args=entry.args, kwargs=entry.kwargs, retry=False, **(entry.options or {}))
