"""The verbs of background jobs: start, confirm, cancel, retry; and the one function through which a job changes state.

Every change is one conditional UPDATE, so that of a person who cancels and a worker who finishes one comes first.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Actor
from tuoju.database.jobs import request_job
from tuoju.database.records import now
from tuoju.database.sealed_files import put_file, remove_after_commit
from tuoju.jobs.errors import IllegalJobStep, TooManyJobs
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.status import (
    ENDED,
    JOB_STEPS,
    TO_RETRY,
    UNDER_WAY,
    JobKind,
    JobProblem,
    JobState,
    JobVerb,
    RowOutcome,
)
from tuoju.readings.budgets import charge
from tuoju.readings.models import Budget
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

RUN = "tuoju.run_job"
"""Name of the worker's task."""
MOST_UNDER_WAY = 10
"""Jobs of one account that wait for a worker or run."""
WORKBOOK_KEPT = timedelta(hours=24)
"""How long the workbook of an export can be downloaded."""
LONG = timedelta(minutes=1)
"""Whoever waited longer is told when the worker is done; before, the page shows it."""
CHECK_KEPT = timedelta(hours=24)
"""How long a trial run can be confirmed: after it, what it compared with may be another."""


def start_import(
    session: Session, actor: Actor, list_name: str, content: bytes, *, file_name: str, language: str
) -> BackgroundJob:
    """Have a sheet read; the same file, while its import is open, is the same job. The caller has checked that the
    actor may import the list. Raises TooManyJobs."""
    fingerprint = f"{list_name}:{hashlib.sha256(content).hexdigest()}"
    known = _find_open(session, actor, fingerprint)
    if known is not None:
        return known
    job = BackgroundJob(
        user_id=actor.user_id,
        kind=JobKind.import_list,
        list_name=list_name,
        language=language,
        fingerprint=fingerprint,
        file_name=file_name[:120],
        file_key=put_file(content),
    )
    return _start(session, actor, job)


def start_export(
    session: Session, actor: Actor, list_name: str, *, purpose: str, rows: int, language: str
) -> BackgroundJob:
    """Have a list of so many rows written to a workbook; with a purpose in full. A second request while the first is
    under way is the same job. What is read in full is charged to today's budget now. The caller has checked that the
    actor may export the list. Raises TooManyJobs, BudgetSpent."""
    fingerprint = f"{list_name}:export:{purpose.partition(':')[0]}"
    known = _find_open(session, actor, fingerprint)
    if known is not None:
        return known
    if purpose:
        charge(session, actor, Budget.export, rows)
    job = BackgroundJob(
        user_id=actor.user_id,
        kind=JobKind.export_list,
        list_name=list_name,
        purpose=purpose,
        language=language,
        fingerprint=fingerprint,
        rows_total=rows,
    )
    return _start(session, actor, job)


def _find_open(session: Session, actor: Actor, fingerprint: str) -> BackgroundJob | None:
    """The open job of the actor with this fingerprint; the index uq_background_job_open allows no second."""
    query = select(BackgroundJob).where(
        BackgroundJob.user_id == actor.user_id,
        BackgroundJob.fingerprint == fingerprint,
        col(BackgroundJob.state).in_([JobState.queued, JobState.running, JobState.checked]),
    )
    return session.exec(query).first()


def _start(session: Session, actor: Actor, job: BackgroundJob) -> BackgroundJob:
    """Keep a new job and hand it to a worker. Of two requests at once the second gets the job of the first."""
    count = select(func.count()).where(
        BackgroundJob.user_id == actor.user_id, col(BackgroundJob.state).in_(sorted(UNDER_WAY))
    )
    if session.exec(count).one() >= MOST_UNDER_WAY:
        raise TooManyJobs
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
    except IntegrityError:
        known = _find_open(session, actor, job.fingerprint)
        if known is None:
            raise
        return known
    record(session, actor, "start_job", job, kind=job.kind.value, list=job.list_name)
    request_job(session, RUN, job.pk)
    return job


def confirm(session: Session, actor: Actor, job: BackgroundJob) -> BackgroundJob:
    """Have the rows without errors of a trial run added. Raises IllegalJobStep, also for the second of two clicks."""
    move(session, job, JobVerb.confirm, confirmed_at=now(), rows_done=0, rows_total=None, expires_at=None)
    record(session, actor, "confirm_import", job)
    request_job(session, RUN, job.pk)
    return job


def cancel(session: Session, actor: Actor, job: BackgroundJob) -> BackgroundJob:
    """Stop a job. Rows that an import has added stay. Raises IllegalJobStep."""
    move(session, job, JobVerb.cancel)
    record(session, actor, "cancel_job", job)
    return job


def retry(session: Session, actor: Actor, job: BackgroundJob) -> BackgroundJob:
    """Continue a job that broke, after the last row that is done. Raises IllegalJobStep."""
    if job.problem not in TO_RETRY:
        raise IllegalJobStep(job.state, JobVerb.retry)
    move(session, job, JobVerb.retry, problem=None, problem_detail="", stalled_runs=0)
    record(session, actor, "retry_job", job)
    request_job(session, RUN, job.pk)
    return job


def fail(session: Session, job: BackgroundJob, problem: JobProblem, *, detail: str = "") -> None:
    """Give a running job up; its file stays where trying again makes sense. Raises IllegalJobStep."""
    move(session, job, JobVerb.fail, problem=problem, problem_detail=detail)


def move(
    session: Session, job: BackgroundJob, verb: JobVerb, *conditions: ColumnElement[bool], **values: Any
) -> BackgroundJob:
    """Take a step, if it is possible in the state that the row has now and `conditions` hold; write `values` with it.

    When an import ends, its file is destroyed after the commit, and the rows that were not added yet with it, unless
    the job may be tried again. Raises IllegalJobStep.
    """
    states = {start: end for (start, of_verb), end in JOB_STEPS.items() if of_verb is verb}
    [state] = set(states.values())
    values |= {"state": state, "worked_at": now(), "ended_at": now() if state in ENDED else None}
    key = job.file_key
    if state in ENDED and job.kind is JobKind.import_list and values.get("problem") not in TO_RETRY:
        values["file_key"] = None
    changed = session.execute(
        update(BackgroundJob)
        .where(col(BackgroundJob.id) == job.pk, col(BackgroundJob.state).in_(sorted(states)), *conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(job)
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise IllegalJobStep(job.state, verb)
    if key is not None and job.file_key is None:
        remove_after_commit(session, [key])
        session.execute(
            delete(ImportRow).where(col(ImportRow.job_id) == job.pk, col(ImportRow.outcome) == RowOutcome.ready)
        )
    if verb in (JobVerb.check, JobVerb.finish, JobVerb.fail):
        _tell_who_waited(session, job)
    return job


def _tell_who_waited(session: Session, job: BackgroundJob) -> None:
    """Notify whoever started a job that took long that the worker is done with it."""
    if now() - (job.confirmed_at or job.created_at) < LONG:
        return
    post(
        session,
        NotificationKind.job_ended,
        recipient=user(job.user_id),
        key=f"job:{job.pk}:ended:{job.runs}",
        link=f"/jobs/{job.pk}",
        number=str(job.pk),
    )


def expire(session: Session, moment: datetime) -> int:
    """Cancel the trial runs that nobody confirmed in time and destroy the workbooks of exports whose time is over; how
    many."""
    query = select(BackgroundJob).where(col(BackgroundJob.expires_at) < moment)
    jobs = session.exec(query).all()
    for job in jobs:
        if job.state is JobState.checked:
            move(session, job, JobVerb.cancel, expires_at=None)
            continue
        key, job.file_key, job.expires_at = job.file_key, None, None
        if key is not None:
            remove_after_commit(session, [key])
    session.flush()
    return len(jobs)


def record(session: Session, actor: Actor, action: str, subject: object, **detail: Any) -> None:
    """Put a step of an import or export on record, in the chain of the actor's county or organization."""
    audit.record(session, actor, action, subject, scope=audit_scope(session, actor), **detail)


def audit_scope(session: Session, actor: Actor) -> str:
    """The audit scope of an import or export: the county, or the organization of a charity."""
    return county_of(session, actor.region_code) if actor.region_code else f"organization:{actor.organization_id}"
