"""The tasks of the post office. Each reads its row again and may run twice without harm."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from sqlmodel import Session

from tuoju_notifications.delivery import deliver, stranded
from tuoju_notifications.models import Heartbeat, now

Transaction = Callable[[], AbstractContextManager[Session]]

DELIVER = "tuoju_notifications.deliver"
SWEEP = "tuoju_notifications.sweep"
BEAT = "tuoju_notifications.beat"
STRANDED_AFTER = timedelta(seconds=30)
QUEUE_PART = "queue"

log = structlog.get_logger()


def register(celery: Celery, transaction: Transaction) -> None:
    """Give the worker its tasks, and the scheduler their times."""

    @celery.task(name=DELIVER)
    def deliver_one(notice_id: int) -> None:
        with transaction() as session:
            deliver(session, notice_id)

    @celery.task(name=SWEEP)
    def sweep() -> None:
        with transaction() as session:
            for notice_id in stranded(session, now() - STRANDED_AFTER):
                deliver(session, notice_id)

    @celery.task(name=BEAT)
    def beat() -> None:
        with transaction() as session:
            session.merge(Heartbeat(part=QUEUE_PART, at=now()))

    celery.conf.beat_schedule = {
        **(celery.conf.beat_schedule or {}),
        "beat": {"task": BEAT, "schedule": 5.0, "options": {"expires": 20}},
        "sweep": {"task": SWEEP, "schedule": 30.0, "options": {"expires": 60}},
    }


def dispatcher(celery: Celery) -> Callable[[Sequence[int]], None]:
    """What the unit of work calls after a commit. With the broker away nothing fails: the sweep delivers."""

    def dispatch(notice_ids: Sequence[int]) -> None:
        try:
            for notice_id in notice_ids:
                celery.send_task(DELIVER, args=[notice_id], retry=False)
        except (OperationalError, OSError) as error:
            log.warning("queue_away", error=type(error).__name__, notices=len(notice_ids))

    return dispatch
