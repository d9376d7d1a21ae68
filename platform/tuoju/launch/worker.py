"""The worker: `celery -A tuoju.launch.worker worker`."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING

import structlog

from tuoju.accounts.attempts import sweep_attempts, sweep_challenges
from tuoju.accounts.audit_anchors import AnchorFailed, anchor
from tuoju.accounts.kept_answers import forget_old_keys
from tuoju.database.clock_check import ClockCheck, ClockNotTrusted
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.funding.calls import close_due
from tuoju.jobs.service import RUN, expire
from tuoju.jobs.status import JobKind
from tuoju.jobs.work import run, take_stalled
from tuoju.launch.bootstrap import anchor_target, bootstrap
from tuoju.launch.deliveries import make_delivery_context
from tuoju.launch.logs import configure_logs
from tuoju.launch.schedule import schedule_periodic_work
from tuoju.launch.worker_observation import observe_worker
from tuoju.plans.jobs import COMPUTE, COMPUTE_PART, SEND
from tuoju.referrals.cancellations import settle_expired
from tuoju.referrals.expiry import expire_due
from tuoju.regions.calendar import china_day
from tuoju.relief.notices import take_down_ended
from tuoju.reminders.alarms import escalate_alarms
from tuoju.reminders.service import send_reminders
from tuoju.reminders.sources import SOURCES
from tuoju.reports.digest import send_digests
from tuoju.residents.duplicates import tell_officers
from tuoju_matching.lazy import lazy_module
from tuoju_notifications.tasks import register
from tuoju_notifications.time_limits import enforce_time_limits

if TYPE_CHECKING:
    from tuoju.cases import attachments
    from tuoju.documents.sheets import exporting, importing
    from tuoju.holdings import retention
    from tuoju.matchmaking import vectors
    from tuoju.plans import forward_pricing, work
    from tuoju.referrals import training
else:
    # What takes long has a worker of its own: the others do without the memory of numpy, PIL and the parsers.
    attachments, retention = lazy_module("tuoju.cases.attachments"), lazy_module("tuoju.holdings.retention")
    exporting = lazy_module("tuoju.documents.sheets.exporting")
    importing = lazy_module("tuoju.documents.sheets.importing")
    forward_pricing, work = lazy_module("tuoju.plans.forward_pricing"), lazy_module("tuoju.plans.work")
    training, vectors = lazy_module("tuoju.referrals.training"), lazy_module("tuoju.matchmaking.vectors")

configure_logs()
_parts = bootstrap()
observe_worker(_parts.settings)
app = _parts.celery
_clock = ClockCheck(_parts.unit_of_work)
TRAINING_LIMIT = 1800
"""Seconds that the training of a ranker may take."""
JOB_LIMIT = 1800
"""Seconds that one run of an import or export may take; the sweep starts another for the rest of an import."""
PLAN_LIMIT = 900
"""Seconds that one task of a plan may take; the sweep starts another for the rest."""


def ends_something(task: Callable[[], None]) -> Callable[[], None]:
    """A periodic task that cannot be undone: it waits for its next turn while the clock is in doubt."""

    @wraps(task)
    def run() -> None:
        try:
            _clock.require()
        except ClockNotTrusted:
            return
        task()

    return run


@app.task(name="tuoju.expire_referrals")
@ends_something
def expire_referrals() -> None:
    """Expire referrals that were not answered in time; the next run finds those that a crash left."""
    expire_due(_parts.unit_of_work, now())


@app.task(name="tuoju.take_down_notices")
@ends_something
def take_down_notices() -> None:
    """Take down public notices whose time is over; the board does not show them in any case."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        take_down_ended(session)


@app.task(name="tuoju.close_calls")
@ends_something
def close_calls() -> None:
    """Close calls whose last day is over; they take no application after it in any case."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        close_due(session)


@app.task(name="tuoju.tell_of_duplicates")
def tell_of_duplicates() -> None:
    """Tell officers of files that may be about one person. Not done where a file is opened: that would take longer."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        tell_officers(session)


@app.task(name="tuoju.sweep_files")
@ends_something
def sweep_files() -> None:
    """Set aside files that a rolled-back upload left behind a day ago. Too many of them stop it: a person must look."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        done = attachments.sweep(session, now() - timedelta(days=1))
    if done.stopped:
        structlog.get_logger().error("file_sweep_stopped", unknown_files=done.strays)


@app.task(name="tuoju.sweep_sign_ins")
@ends_something
def sweep_sign_ins() -> None:
    """Delete counters of attempts whose window is over, passkey challenges that nobody answered, and keys of forms
    that are past their time."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        sweep_attempts(session)
        sweep_challenges(session)
        forget_old_keys(session)


@app.task(name="tuoju.propose_erasures")
@ends_something
def propose_erasures() -> None:
    """Find what was kept long enough and propose it; nothing is erased before two persons decide."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        retention.propose_due(session, china_day(now()))


@app.task(name="tuoju.settle_consents")
@ends_something
def settle_consents() -> None:
    """End what rests on consents that have expired: names on notices, messages that wait."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        settle_expired(session, china_day(now()))


@app.task(name="tuoju.train_ranker", time_limit=TRAINING_LIMIT)
def train_ranker() -> None:
    """Monitor the ranker in use, and train another when enough referrals have ended."""
    training.train(_parts.unit_of_work)


@app.task(name="tuoju.compute_vectors", time_limit=PLAN_LIMIT)
def compute_vectors() -> None:
    """Compute what new and changed texts of needs and projects mean, for the ranking."""
    vectors.compute_vectors(_parts.unit_of_work)


@app.task(name="tuoju.price_places", time_limit=PLAN_LIMIT)
def price_places() -> None:
    """Compute what places are worth to the needs that are expected, every night and when something has changed."""
    forward_pricing.price_places(_parts.unit_of_work)


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
    with _parts.unit_of_work.read(SYSTEM) as session:
        stalled_jobs = work.find_stalled_jobs(session, now())
    _parts.unit_of_work.start(stalled_jobs)


@app.task(name=RUN, time_limit=JOB_LIMIT)
def run_job(job_id: int) -> None:
    """Do an import or export, or continue where a killed worker stopped."""
    runs = {JobKind.import_list: importing.import_list, JobKind.export_list: exporting.export_list}
    run(_parts.unit_of_work, job_id, runs)


@app.task(name="tuoju.sweep_jobs")
def sweep_jobs() -> None:
    """Start imports and exports again that no running worker has."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        stalled_jobs = take_stalled(session, now())
    _parts.unit_of_work.start(stalled_jobs)


@app.task(name="tuoju.expire_jobs")
@ends_something
def expire_jobs() -> None:
    """Destroy workbooks whose time is over, and cancel trial runs that nobody confirmed."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        expire(session, now())


@app.task(name="tuoju.send_digests")
def tell_daily() -> None:
    """On the morning of a working day, send each account what it has to do; once a day."""
    send_digests(_parts.unit_of_work, now())


@app.task(name="tuoju.send_reminders")
@ends_something
def remind_of_deadlines() -> None:
    """Remind of what is due and escalate what is late; a reminder that was sent is not sent again."""
    for source in SOURCES:
        with _parts.unit_of_work.write(SYSTEM) as session:
            send_reminders(session, source, now())


@app.task(name="tuoju.escalate_alarms")
def tell_county_of_alarms() -> None:
    """Tell counties of alarms that nobody has handled in time, also while the clock is in doubt: it may save a life."""
    with _parts.unit_of_work.write(SYSTEM) as session:
        escalate_alarms(session, now())


@app.task(name="tuoju.anchor_audit")
def anchor_audit() -> None:
    """Anchor the chains of the audit outside of the database; a failure is in the log, the audit and on its page."""
    with suppress(AnchorFailed):
        anchor(_parts.unit_of_work, anchor_target(_parts.settings))


register(app, make_delivery_context(_parts), _parts.dispatch)
schedule_periodic_work(app, _parts.unit_of_work, anchor_minutes=_parts.settings.audit_anchor_minutes)
enforce_time_limits(app)
