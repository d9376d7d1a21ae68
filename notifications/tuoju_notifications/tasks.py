"""The Celery tasks of delivery. Each reads its row again and may run twice without harm."""

import time
from collections.abc import Callable, Sequence

import structlog
from celery import Celery

from tuoju_notifications.celery_app import long_queues, queue_of
from tuoju_notifications.delivery import DeliveryContext, deliver
from tuoju_notifications.heartbeats import part_of, record_heartbeat
from tuoju_notifications.models import now
from tuoju_notifications.outbox import QueuedNotification
from tuoju_notifications.periodic import BEAT, SWEEP
from tuoju_notifications.sweeping import sweep

DELIVER = "tuoju_notifications.deliver"
QUEUE_PART = "queue"
Dispatch = Callable[[Sequence[QueuedNotification]], None]

_MAX_ROUNDS = 20
_LONG_QUEUE = 1000
"""If more notifications wait in a queue, the sweep adds none: they would only wait at its end."""
_BROKER_RETRY_SECONDS = 5.0
"""Seconds before an unreachable broker is tried again, so that not every request waits for it."""

log = structlog.get_logger()


def register(celery: Celery, context: DeliveryContext, dispatch: Dispatch) -> None:
    """Register the tasks of the worker."""

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
    def beat(queue: str = "") -> None:
        with context.write() as session:
            record_heartbeat(session, part_of(queue) if queue else QUEUE_PART)


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
