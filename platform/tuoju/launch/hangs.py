"""Finds out whether a process of `tuoju serve` hangs: it runs and does nothing any more.

Every duration is measured with the monotonic clock, or in turns of the scheduler, so that a changed clock ends nobody.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select

from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.heartbeats import last_seen, part_of
from tuoju_notifications.models import PeriodicTurn

Clock = Callable[[], float]


class Watch(Protocol):
    """Watches one process."""

    def is_hung(self) -> bool:
        """Whether the process has shown no life for too long. Asked every few seconds."""

    def restarted(self) -> None:
        """The process is a new one."""


class WebWatch:
    """The web process has to answer something, also an error, every now and then."""

    def __init__(self, address: str, patience: float = 60, clock: Clock = time.monotonic) -> None:
        self._address, self._patience, self._clock = address, patience, clock
        self._answered_at = clock()

    def is_hung(self) -> bool:
        if answer_of(self._address) is not None:
            self._answered_at = self._clock()
        return self._clock() - self._answered_at > self._patience

    def restarted(self) -> None:
        self._answered_at = self._clock() + self._patience  # it needs time to start


class SchedulerWatch:
    """A scheduler has to take turns while the database answers."""

    def __init__(self, unit_of_work: UnitOfWork, patience: float = 180, clock: Clock = time.monotonic) -> None:
        self._unit_of_work, self._patience, self._clock = unit_of_work, patience, clock
        self._turns: int | None = None
        self._seen_at = clock()

    def is_hung(self) -> bool:
        try:
            with self._unit_of_work.read(SYSTEM) as session:
                turns = session.exec(select(func.sum(col(PeriodicTurn.number)))).one()
        except DBAPIError:
            self._seen_at = self._clock()
            return False
        if turns != self._turns:
            self._turns, self._seen_at = turns, self._clock()
        return self._clock() - self._seen_at > self._patience

    def restarted(self) -> None:
        self._seen_at = self._clock()


class WorkerWatch:
    """A worker has to take the beats that the scheduler sends through its queue.

    Turns are counted: while the broker is away no turn is taken, and the worker is not to blame.
    """

    def __init__(self, unit_of_work: UnitOfWork, queue: str, patience: int) -> None:
        self._unit_of_work, self._queue, self._patience = unit_of_work, queue, patience
        self._beat: object = None
        self._number: int | None = None

    def is_hung(self) -> bool:
        try:
            with self._unit_of_work.read(SYSTEM) as session:
                beat = last_seen(session, part_of(self._queue))
                turn = session.get(PeriodicTurn, f"beat-{self._queue}")
                number = turn.number if turn else 0
        except DBAPIError:
            return False
        if self._number is None or beat != self._beat:
            self._beat, self._number = beat, number
        return number - self._number > self._patience

    def restarted(self) -> None:
        self._number = None


def answer_of(address: str) -> int | None:
    """The status that the web process answers about its health; None if it does not answer."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=3) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
