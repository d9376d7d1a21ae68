"""When the periodic tasks of the worker run."""

from functools import partial
from typing import Any

from celery import Celery
from celery.schedules import crontab

from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.celery_app import CLOCKWORK, LONG_WORK
from tuoju_notifications.periodic import PERIODIC
from tuoju_notifications.schedule import scheduler_over

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def schedule_periodic_work(celery: Celery, unit_of_work: UnitOfWork, *, anchor_minutes: int) -> None:
    """Tell Celery's scheduler what to send, and to take its turns from the database."""
    celery.conf.beat_scheduler = scheduler_over(partial(unit_of_work.write, SYSTEM))
    celery.conf.beat_schedule = {
        **PERIODIC,
        "anchor-audit": _every(_MINUTE * anchor_minutes, "tuoju.anchor_audit"),
        "digest": _every(10 * _MINUTE, "tuoju.send_digests"),
        "remind": _every(10 * _MINUTE, "tuoju.send_reminders"),
        "escalate-alarms": _every(_MINUTE, "tuoju.escalate_alarms"),
        "expire": _every(_MINUTE, "tuoju.expire_referrals"),
        "take-down": _every(10 * _MINUTE, "tuoju.take_down_notices"),
        "close-calls": _every(_MINUTE, "tuoju.close_calls"),
        "tell-of-duplicates": _every(10 * _MINUTE, "tuoju.tell_of_duplicates"),
        "sweep-plans": _every(30, "tuoju.sweep_plans"),
        "sweep-jobs": _every(30, "tuoju.sweep_jobs"),
        "expire-jobs": _every(10 * _MINUTE, "tuoju.expire_jobs"),
        "compute-vectors": _every(30, "tuoju.compute_vectors", LONG_WORK),
        "price-places": _every(10 * _MINUTE, "tuoju.price_places", LONG_WORK),
        "sweep-sign-ins": _every(_HOUR, "tuoju.sweep_sign_ins"),
        "settle-consents": _every(_HOUR, "tuoju.settle_consents"),
        "sweep-files": _every(_DAY, "tuoju.sweep_files", LONG_WORK),
        "propose-erasures": _daily(2, 30, "tuoju.propose_erasures"),
        "train-ranker": _daily(3, 30, "tuoju.train_ranker"),
    }


def _every(seconds: float, task: str, queue: str = CLOCKWORK) -> dict[str, Any]:
    """Every so many seconds; a turn that still waits when the next one is due is dropped."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": seconds - min(5, seconds / 6)}}


def _daily(hour: int, minute: int, task: str) -> dict[str, Any]:
    """Once a day at a time of China, in the queue of what takes long; dropped if it waits for an hour."""
    return {
        "task": task,
        "schedule": crontab(hour=str(hour), minute=str(minute)),
        "options": {"queue": LONG_WORK, "expires": _HOUR},
    }
