"""The worker and the scheduler: `celery -A tuoju.launch.worker worker` and `... beat`."""

from datetime import timedelta

from celery.schedules import crontab

from tuoju.cases.attachments import sweep
from tuoju.database.records import now
from tuoju.launch.bootstrap import bootstrap
from tuoju.launch.deliveries import make_delivery_context
from tuoju.launch.logs import configure_logs
from tuoju.plans import work
from tuoju.plans.service import COMPUTE, COMPUTE_PART, SEND
from tuoju.referrals.service import expire_due
from tuoju.referrals.training import train
from tuoju.relief.notices import take_down_ended
from tuoju.reminders.service import send_reminders
from tuoju.reminders.sources import SOURCES
from tuoju.reports.digest import send_digests
from tuoju_notifications.tasks import register

configure_logs()
_parts = bootstrap()
app = _parts.celery
TRAINING_LIMIT = 1800
"""Seconds that the training of a ranker may take."""
PLAN_LIMIT = 900
"""Seconds that one task of a plan may take; the sweep starts another for the rest."""


@app.task(name="tuoju.expire_referrals")
def expire_referrals() -> None:
    """Expire referrals that were not answered in time; the next run finds those that a crash left."""
    with _parts.unit_of_work.write() as session:
        expire_due(session, now())


@app.task(name="tuoju.take_down_notices")
def take_down_notices() -> None:
    """Take down public notices whose time is over; the board does not show them in any case."""
    with _parts.unit_of_work.write() as session:
        take_down_ended(session)


@app.task(name="tuoju.sweep_files")
def sweep_files() -> None:
    """Remove files that a rolled-back upload left behind a day ago."""
    with _parts.unit_of_work.read() as session:
        sweep(session, now() - timedelta(days=1))


@app.task(name="tuoju.train_ranker", time_limit=TRAINING_LIMIT)
def train_ranker() -> None:
    """Monitor the ranker in use, and train another when enough referrals have ended."""
    train(_parts.unit_of_work)


@app.task(name=COMPUTE, time_limit=PLAN_LIMIT)
def compute_plan(plan_id: int) -> None:
    """Compute a plan, or continue where a killed worker stopped."""
    work.compute(_parts.unit_of_work, plan_id)


@app.task(name=COMPUTE_PART, time_limit=PLAN_LIMIT)
def compute_plan_part(part_id: int) -> None:
    """Find who may go where in one county of a city's plan."""
    work.compute_part(_parts.unit_of_work, part_id)


@app.task(name=SEND, time_limit=PLAN_LIMIT)
def send_plan(plan_id: int) -> None:
    """Send the referrals of an approved plan that have not been sent."""
    work.send(_parts.unit_of_work, plan_id)


@app.task(name="tuoju.sweep_plans")
def sweep_plans() -> None:
    """Start plans again that no running worker computes or sends."""
    with _parts.unit_of_work.read() as session:
        stalled_jobs = work.find_stalled_jobs(session, now())
    _parts.unit_of_work.start(stalled_jobs)


@app.task(name="tuoju.send_digests")
def tell_daily() -> None:
    """On the morning of a working day, send each account what it has to do; once a day."""
    send_digests(_parts.unit_of_work, now())


@app.task(name="tuoju.send_reminders")
def remind_of_deadlines() -> None:
    """Remind of what is due and escalate what is late; a reminder that was sent is not sent again."""
    for source in SOURCES:
        with _parts.unit_of_work.write() as session:
            send_reminders(session, source, now())


app.conf.beat_schedule = {
    "digest": {"task": "tuoju.send_digests", "schedule": 600.0, "options": {"expires": 590}},
    "remind": {"task": "tuoju.send_reminders", "schedule": 600.0, "options": {"expires": 590}},
    "expire": {"task": "tuoju.expire_referrals", "schedule": 60.0, "options": {"expires": 55}},
    "take-down": {"task": "tuoju.take_down_notices", "schedule": 600.0, "options": {"expires": 590}},
    "sweep-plans": {"task": "tuoju.sweep_plans", "schedule": 30.0, "options": {"expires": 25}},
    "train-ranker": {
        "task": "tuoju.train_ranker",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 3600},
    },
    "sweep-files": {"task": "tuoju.sweep_files", "schedule": 86400.0, "options": {"expires": 86000}},
}
register(app, make_delivery_context(_parts), _parts.dispatch)
