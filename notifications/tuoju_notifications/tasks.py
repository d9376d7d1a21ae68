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

_MOST_ROUNDS = 20
_ENOUGH = 1000
"""Where more notifications than that wait in a queue, the sweep adds none: one that was lost would stand at its end."""
_QUEUE_AWAY = 5.0
"""Seconds during which a broker that was away is not asked again: requests must not wait for it one by one."""

log = structlog.get_logger()


def register(celery: Celery, context: DeliveryContext, dispatch: Dispatch) -> None:
    """Give the worker its tasks, and the scheduler their times."""

    @celery.task(name=DELIVER)
    def deliver_one(notification_id: int) -> None:
        deliver(context, notification_id)

    @celery.task(name=SWEEP)
    def sweep_all() -> None:
        for _round in range(_MOST_ROUNDS):
            crowded = long_queues(celery, than=_ENOUGH)
            with context.write() as session:
                found = sweep(session, now(), without=crowded)
            if not found:
                return
            dispatch(found)

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
    """What the unit of work calls after a commit. With the broker away nothing fails: the sweep hands over later."""
    asked_again_at = 0.0

    def dispatch(posted: Sequence[QueuedNotification]) -> None:
        nonlocal asked_again_at
        if time.monotonic() < asked_again_at:
            return
        try:
            for each in posted:
                celery.send_task(DELIVER, args=[each.notification_id], queue=queue_of(each.urgency), retry=False)
        except Exception as error:  # After the commit nothing may fail the request, whatever the broker says.
            asked_again_at = time.monotonic() + _QUEUE_AWAY
            log.warning("queue_away", error=type(error).__name__, notifications=len(posted))

    return dispatch
