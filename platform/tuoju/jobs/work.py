"""What a worker does with a background job: takes it, renews its lease with every step, and ends it.

All state is in the database. If a worker is killed, another takes the job after the lease and continues after the last
step that was committed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import or_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of, get_user
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.jobs import Job
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.jobs import service
from tuoju.jobs.errors import IllegalJobStep, JobLost
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.service import RUN
from tuoju.jobs.status import UNDER_WAY, JobKind, JobProblem, JobState, JobVerb

LEASE = timedelta(seconds=90)
"""A job whose worker has not written for this long may be taken by another worker."""
MOST_STALLED_RUNS = 4
"""A job that so many workers took in turn without doing a row is given up: it may be what ends them."""
TRIES = 3
"""How often a step is tried if others change the same rows at the same moment."""
TRANSIENT_ERRORS = (StaleDataError, DBAPIError)

T = TypeVar("T")
log = structlog.get_logger()


class FileRefused(Exception):
    """The job cannot be done with this file."""

    def __init__(self, problem: JobProblem, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True)
class Claim:
    """A job that this worker has taken."""

    unit_of_work: UnitOfWork
    job: BackgroundJob
    """As it was when it was taken."""
    actor: Actor
    """Who started it, with the permissions of now."""

    @contextmanager
    def step(self, rows: int = 0, **values: Any) -> Iterator[Session]:
        """One transaction under the scope of whoever started the job. It counts `rows` as done and renews the lease.

        Raises JobLost, and keeps nothing, if the job was cancelled or another worker has taken it.
        """
        with self.unit_of_work.write(row_scope_of(self.actor)) as session:
            changed = session.execute(
                update(BackgroundJob)
                .where(
                    col(BackgroundJob.id) == self.job.pk,
                    col(BackgroundJob.state) == JobState.running,
                    col(BackgroundJob.runs) == self.job.runs,
                )
                .values(worked_at=now(), rows_done=col(BackgroundJob.rows_done) + rows, **values)
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount == 0:  # type: ignore[attr-defined]
                raise JobLost
            yield session

    def in_steps(self, do: Callable[[Session], T], rows: int = 0, **values: Any) -> T:
        """The result of `do(session)` in one step, which is tried again if others were faster."""
        for _ in range(TRIES - 1):
            try:
                with self.step(rows, **values) as session:
                    return do(session)
            except TRANSIENT_ERRORS:
                continue
        with self.step(rows, **values) as session:
            return do(session)

    def end(self, session: Session, verb: JobVerb, **values: Any) -> None:
        """Take the last step of the run. Raises IllegalJobStep if the job is lost."""
        service.move(session, session.get_one(BackgroundJob, self.job.pk), verb, **values)


Run = Callable[[Claim], None]


def run(unit_of_work: UnitOfWork, job_id: int, runs: Mapping[JobKind, Run]) -> None:
    """Do a job, or what is left of it. Does nothing if there is nothing to do, or another worker has it."""
    claim = _claim(unit_of_work, job_id)
    if claim is None:
        return
    try:
        runs[claim.job.kind](claim)
    except (JobLost, IllegalJobStep):
        log.info("job_lost", job=job_id)
    except FileRefused as refused:
        _fail(claim, refused.problem, refused.detail)
    except NotPermitted:
        _fail(claim, JobProblem.not_permitted)
    except TRANSIENT_ERRORS:
        log.warning("job_interrupted", job=job_id)  # the lease ends, and another run continues
    except Exception:
        log.exception("job_failed", job=job_id)
        _fail(claim, JobProblem.broken)


def _claim(unit_of_work: UnitOfWork, job_id: int) -> Claim | None:
    """Take the job, unless a worker that has written lately has it."""
    is_free = or_(col(BackgroundJob.state) == JobState.queued, col(BackgroundJob.worked_at) < now() - LEASE)
    with unit_of_work.write(SYSTEM) as session:
        job = session.get(BackgroundJob, job_id)
        if job is None or job.state not in UNDER_WAY:
            return None
        values = {"runs": BackgroundJob.runs + 1, "stalled_runs": BackgroundJob.stalled_runs + 1}
        try:
            service.move(session, job, JobVerb.claim, is_free, **values)
        except IllegalJobStep:
            return None
        if job.stalled_runs > MOST_STALLED_RUNS:
            service.fail(session, job, JobProblem.broken)
            return None
        user = get_user(session, job.user_id)
        if not user.is_active:
            service.fail(session, job, JobProblem.not_permitted)
            return None
        return Claim(unit_of_work, job, actor_of(user))


def _fail(claim: Claim, problem: JobProblem, detail: str = "") -> None:
    with claim.unit_of_work.write(SYSTEM) as session:
        job = session.get_one(BackgroundJob, claim.job.pk)
        if job.state is JobState.running and job.runs == claim.job.runs:
            service.fail(session, job, problem, detail=detail)
            service.record(session, claim.actor, "fail_job", job, problem=problem.value)


def take_stalled(session: Session, moment: datetime) -> list[Job]:
    """The jobs that no worker has: their start was lost, or their worker was killed. They count as handed to the queue
    now, so that the next sweep does not hand them over again at once."""
    changed = session.execute(
        update(BackgroundJob)
        .where(col(BackgroundJob.state) == JobState.queued, col(BackgroundJob.worked_at) < moment - LEASE)
        .values(worked_at=moment)
        .returning(col(BackgroundJob.id))
        .execution_options(synchronize_session=False)
    )
    lost = [row[0] for row in changed]
    query = select(BackgroundJob.id).where(
        BackgroundJob.state == JobState.running, col(BackgroundJob.worked_at) < moment - LEASE
    )
    return [Job(RUN, pk) for pk in [*lost, *session.exec(query)] if pk is not None]
