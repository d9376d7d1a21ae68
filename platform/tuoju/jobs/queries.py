"""Reading background jobs: each account its own, and counts for the operator."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Actor
from tuoju.jobs.errors import JobNotFound
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.status import UNDER_WAY, JobProblem, JobState, RowOutcome
from tuoju.jobs.work import LEASE

RECENT = timedelta(days=7)
"""How far back failed jobs count for the operator."""


def get_job(session: Session, actor: Actor, job_id: int) -> BackgroundJob:
    """A job that the actor started. Raises JobNotFound, also for the job of another account."""
    query = select(BackgroundJob).where(BackgroundJob.id == job_id, BackgroundJob.user_id == actor.user_id)
    job = session.exec(query).first()
    if job is None:
        raise JobNotFound
    return job


def find_jobs(
    session: Session, actor: Actor, *, before_id: int | None = None, limit: int = 50
) -> Sequence[BackgroundJob]:
    """The jobs that the actor started, latest first."""
    query = select(BackgroundJob).where(BackgroundJob.user_id == actor.user_id)
    if before_id is not None:
        query = query.where(col(BackgroundJob.id) < before_id)
    return session.exec(query.order_by(col(BackgroundJob.id).desc()).limit(limit)).all()


def rows_of(
    session: Session, job: BackgroundJob, outcome: RowOutcome | None = None, *, after: int = 0, limit: int | None = None
) -> Sequence[ImportRow]:
    """The rows of an import in the order of the sheet, from behind the row `after`."""
    query = select(ImportRow).where(ImportRow.job_id == job.pk, ImportRow.row > after)
    if outcome is not None:
        query = query.where(ImportRow.outcome == outcome)
    return session.exec(query.order_by(col(ImportRow.row)).limit(limit)).all()


def count_rows(session: Session, job: BackgroundJob) -> dict[RowOutcome, int]:
    """How many rows of an import have each outcome."""
    query = select(ImportRow.outcome, func.count()).where(ImportRow.job_id == job.pk)
    return {RowOutcome(outcome): count for outcome, count in session.exec(query.group_by(col(ImportRow.outcome)))}


def count_failed(session: Session, moment: datetime) -> int:
    """Jobs of all accounts that broke within the last week; a file that is no sheet is not counted."""
    query = select(func.count()).where(
        BackgroundJob.state == JobState.failed,
        BackgroundJob.problem == JobProblem.broken,
        col(BackgroundJob.ended_at) > moment - RECENT,
    )
    return session.exec(query).one()


def count_stale(session: Session, moment: datetime) -> int:
    """Jobs of all accounts that no worker has taken or continued for three leases."""
    query = select(func.count()).where(
        col(BackgroundJob.state).in_(sorted(UNDER_WAY)), col(BackgroundJob.worked_at) < moment - 3 * LEASE
    )
    return session.exec(query).one()
