"""When each part was last known to be alive: the queues with their workers, the scheduler, the last backup."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from tuoju_notifications.celery_app import JOBS, LONG_WORK, QUEUES
from tuoju_notifications.models import Heartbeat, PeriodicTurn, now

BACKUP = "backup"
"""The part under which `tuoju backup` records that it came to its end."""
BACKUP_TOLERANCE = timedelta(hours=26)
"""A daily backup that takes two hours is no older."""
QUEUE_BEAT_SECONDS = 30.0
"""How often the scheduler sends a beat through each queue."""
QUEUE_TIMEOUT = timedelta(seconds=90)
"""After three beats of a queue that did not arrive, no worker serves it, or it is that far behind."""
LONG_WORK_TIMEOUT = timedelta(minutes=20)
"""The only worker of a queue may be busy with one plan, or one import, for 15 minutes."""
SCHEDULER_TIMEOUT = timedelta(seconds=90)


@dataclass(frozen=True)
class QueueState:
    """One queue: when a worker last took a beat from it."""

    queue: str
    last_seen: datetime | None

    @property
    def timeout(self) -> timedelta:
        """After how long without a beat nobody serves it."""
        return LONG_WORK_TIMEOUT if self.queue in (JOBS, LONG_WORK) else QUEUE_TIMEOUT

    @property
    def is_served(self) -> bool:
        """Whether a worker took a beat lately."""
        return self.last_seen is not None and now() - self.last_seen < self.timeout


def record_heartbeat(session: Session, part: str) -> None:
    """Note that a part is alive now, or that a backup has come to its end."""
    session.merge(Heartbeat(part=part, at=now()))


def last_seen(session: Session, part: str) -> datetime | None:
    """When a part was last known to be alive; None if never."""
    beat = session.get(Heartbeat, part)
    return beat.at if beat else None


def part_of(queue: str) -> str:
    """The part of a queue and its workers."""
    return f"queue:{queue}"


def queue_states(session: Session) -> list[QueueState]:
    """Every queue, in the order of urgency."""
    return [QueueState(queue, last_seen(session, part_of(queue))) for queue in QUEUES]


def scheduler_last_seen(session: Session) -> datetime | None:
    """When any scheduler last took a turn; None if never."""
    return session.exec(select(func.max(col(PeriodicTurn.taken_at)))).one()


def scheduler_is_alive(session: Session) -> bool:
    """Whether a scheduler took a turn lately."""
    last = scheduler_last_seen(session)
    return last is not None and now() - last < SCHEDULER_TIMEOUT
