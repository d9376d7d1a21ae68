"""The worker and the scheduler: `celery -A tuoju.launch.worker worker` and `... beat`."""

from tuoju.database.records import now
from tuoju.launch.bootstrap import bootstrap
from tuoju.referrals.service import expire_due
from tuoju_notifications.tasks import register

_parts = bootstrap()
app = _parts.celery


@app.task(name="tuoju.expire_referrals")
def expire_referrals() -> None:
    """Expire requests that nobody answered in time; what a crash leaves behind the next run finds."""
    with _parts.unit_of_work.write() as session:
        expire_due(session, now())


app.conf.beat_schedule = {"expire": {"task": "tuoju.expire_referrals", "schedule": 60.0, "options": {"expires": 55}}}
register(app, _parts.unit_of_work.write)
