"""Whether the clock can be trusted with what cannot be undone.

A clock that is set ten days ahead for a moment must not expire every request. Periodic steps that end something
therefore first ask `ClockCheck`, which compares the clock of this process with that of the database, with the monotonic
clock, and with the last moment at which the clock was trusted.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import text
from sqlmodel import Session

from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.heartbeats import last_seen
from tuoju_notifications.models import Heartbeat

LARGEST_DIFFERENCE = timedelta(minutes=2)
"""Clocks that agree differ by no more."""
LONGEST_ABSENCE = timedelta(hours=1)
"""After a longer time without a trusted clock nobody knows whether it stood still or was changed."""
HOLD = timedelta(hours=1)
"""For so long, by the monotonic clock, nothing irreversible happens after a doubt; then the clock is trusted again."""
TRUSTED, DOUBTED = "clock:trusted", "clock:doubted"
"""Heartbeats: when the clock was last trusted, and when a step was last refused."""

log = structlog.get_logger()


class ClockDoubt(StrEnum):
    """Why the clock is not trusted."""

    database = "database"
    """The clock of the database says something else."""
    jumped = "jumped"
    """It moved differently from the monotonic clock: it was set, or the machine slept."""
    set_back = "set_back"
    """It is earlier than a moment at which it was trusted."""
    absent = "absent"
    """Nobody trusted it for LONGEST_ABSENCE: nothing ran, or it was set ahead."""


class ClockNotTrusted(Exception):
    """A step that cannot be undone has to wait."""

    def __init__(self, doubt: ClockDoubt) -> None:
        super().__init__(f"the clock is not trusted: {doubt}")
        self.doubt = doubt


class ClockCheck:
    """Checks the clock for one process; its threads share it."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        *,
        wall: Callable[[], datetime] = now,
        monotonic: Callable[[], float] = time.monotonic,
        database: Callable[[Session], datetime] | None = None,
    ) -> None:
        self._unit_of_work, self._wall, self._monotonic = unit_of_work, wall, monotonic
        self._database = database or database_clock
        self._baseline: tuple[datetime, float] | None = None
        self._held: tuple[ClockDoubt, float] | None = None
        self._logged: ClockDoubt | None = None
        self._lock = threading.Lock()

    def require(self) -> None:
        """Raises ClockNotTrusted unless all clocks agree and have agreed for long enough; a change of it is logged."""
        with self._lock, self._unit_of_work.write(SYSTEM) as session:
            moment = self._wall()
            doubt = self._find_doubt(session, moment)
            session.merge(Heartbeat(part=DOUBTED if doubt else TRUSTED, at=moment))
            if doubt != self._logged:
                log.warning("clock_not_trusted" if doubt else "clock_trusted", doubt=doubt)
            self._logged = doubt
        if doubt:
            raise ClockNotTrusted(doubt)

    def _find_doubt(self, session: Session, moment: datetime) -> ClockDoubt | None:
        seconds = self._monotonic()
        if abs(moment - self._database(session)) > LARGEST_DIFFERENCE:
            self._held = (ClockDoubt.database, seconds)
        elif self._has_jumped(moment, seconds):
            self._held = (ClockDoubt.jumped, seconds)
        elif self._held is None:
            doubt = self._compare_with_past(session, moment)
            self._held = (doubt, seconds) if doubt else None
        self._baseline = (moment, seconds)
        if self._held is None:
            return None
        doubt, since = self._held
        if seconds - since < HOLD.total_seconds():
            return doubt
        self._held = None
        return None

    def _has_jumped(self, moment: datetime, seconds: float) -> bool:
        if self._baseline is None:
            return False
        then, then_seconds = self._baseline
        return abs((moment - then).total_seconds() - (seconds - then_seconds)) > LARGEST_DIFFERENCE.total_seconds()

    def _compare_with_past(self, session: Session, moment: datetime) -> ClockDoubt | None:
        trusted_at = last_seen(session, TRUSTED)
        if trusted_at is None or moment - trusted_at > LONGEST_ABSENCE:
            return ClockDoubt.absent
        return ClockDoubt.set_back if trusted_at - moment > LARGEST_DIFFERENCE else None


def trust_clock(session: Session) -> None:
    """Trust the clock of this moment: the data were just made by it, so it can end nothing too early."""
    session.merge(Heartbeat(part=TRUSTED, at=now()))


def database_clock(session: Session) -> datetime:
    """What the clock of the database says; on SQLite it is that of this machine."""
    if session.connection().dialect.name == "postgresql":
        moment: datetime = session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment
    written = session.connection().execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(str(written)).replace(tzinfo=UTC)
