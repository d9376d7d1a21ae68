"""When the periodic tasks of this package run. The scheduler knows them by name, and imports no task."""

from tuoju_notifications.celery_app import QUEUES
from tuoju_notifications.heartbeats import QUEUE_BEAT_SECONDS

SWEEP = "tuoju_notifications.sweep"
BEAT = "tuoju_notifications.beat"
PERIODIC = {
    "beat": {"task": BEAT, "schedule": 5.0, "options": {"expires": 20}},
    "sweep": {"task": SWEEP, "schedule": 5.0, "options": {"expires": 20}},
    **{
        f"beat-{queue}": {
            "task": BEAT,
            "args": [queue],
            "schedule": QUEUE_BEAT_SECONDS,
            "options": {"queue": queue, "expires": QUEUE_BEAT_SECONDS - 5},
        }
        for queue in QUEUES
    },
}
"""When they run, as Celery's `beat_schedule`."""
