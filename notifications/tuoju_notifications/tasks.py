"""The Celery tasks of delivery. Each reads its row again and may run twice without harm."""

import time
from collections.abc import Callable, Sequence

import structlog
from celery import Celery

from tuoju_notifications.celery_app import long_queues, queue_of
from tuoju_notifications.delivery import DeliveryContext, deliver
from tuoju_notifications.models import Heartbeat, now
from tuoju_notifications.outbox import QueuedNotification
from tuoju_notifications.schedule import scheduler_over
from tuoju_notifications.sweeping import sweep

DELIVER = "tuoju_notifications.deliver"
SWEEP = "tuoju_notifications.sweep"
BEAT = "tuoju_notifications.beat"
QUEUE_PART = "queue"

Dispatch = Callable[[Sequence[QueuedNotification]], None]

_MAX_ROUNDS = 20
_LONG_QUEUE = 1000
"""If more notifications wait in a queue, the sweep adds none: they would only wait at its end."""
_BROKER_RETRY_SECONDS = 5.0
"""Seconds before an unreachable broker is tried again, so that not every request waits for it."""

log = structlog.get_logger()


def register(celery: Celery, context: DeliveryContext, dispatch: Dispatch) -> None:
    """Register the tasks of the worker and the schedule of the periodic ones."""

    @celery.task(name=DELIVER)
    def deliver_one(notification_id: int) -> None:
        deliver(context, notification_id)

    @celery.task(name=SWEEP)
    def sweep_all() -> None:
        for _round in range(_MAX_ROUNDS):
            crowded = long_queues(celery, than=_LONG_QUEUE)
            with context.write() as session:
                due = sweep(session, now(), without=crowded)
            if not due:
                return
            dispatch(due)

    @celery.task(name=BEAT)
    def beat() -> None:
        with context.write() as session:
            session.merge(Heartbeat(part=QUEUE_PART, at=now()))

    celery.conf.beat_scheduler = scheduler_over(context.write)
    celery.conf.beat_schedule = {
        **(celery.conf.beat_schedule or {}),
        "beat": {"task": BEAT, "schedule": 5.0, "options": {"expires": 20}},
        "sweep": {"task": SWEEP, "schedule": 5.0, "options": {"expires": 20}},
    }


def dispatcher(celery: Celery) -> Dispatch:
    """The function that the unit of work calls after a commit.

    If the broker is unreachable nothing fails: the sweep hands the notifications over later.
    """
    retry_at = 0.0

    def dispatch(posted: Sequence[QueuedNotification]) -> None:
        nonlocal retry_at
        if time.monotonic() < retry_at:
            return
        try:
            for queued in posted:
                celery.send_task(DELIVER, args=[queued.notification_id], queue=queue_of(queued.urgency), retry=False)
        except Exception as error:  # The commit is done: the request must not fail any more.
            retry_at = time.monotonic() + _BROKER_RETRY_SECONDS
            log.warning("broker_unreachable", error=type(error).__name__, notifications=len(posted))

    return dispatch
