"""What always holds of background jobs; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from tuoju.database.rules import RowIds, Rule
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.status import ENDED, JobKind, JobState, RowOutcome

_JOBS = select_columns(
    col(BackgroundJob.id),
    col(BackgroundJob.kind),
    col(BackgroundJob.state),
    col(BackgroundJob.runs),
    col(BackgroundJob.rows_added),
    col(BackgroundJob.confirmed_at),
    col(BackgroundJob.ended_at),
).order_by(col(BackgroundJob.id))
"""Without the name of the file, so that one that no key opens hides nothing."""


def job_history(session: Session) -> Iterator[RowIds]:
    """A job has an end exactly if it ended; what a worker has or has ended was taken by one; only an import is checked,
    and nothing is added before it is confirmed."""
    for job in session.execute(_JOBS):
        was_taken = job.runs > 0 or job.state in {JobState.queued, JobState.cancelled}
        was_confirmed = job.confirmed_at is not None or job.rows_added == 0 or job.kind is JobKind.export_list
        is_of_kind = job.state is not JobState.checked or job.kind is JobKind.import_list
        if (job.ended_at is not None) != (job.state in ENDED) or not (was_taken and was_confirmed and is_of_kind):
            yield {"background_job": job.id}


def rows_equal_counts(session: Session) -> Iterator[RowIds]:
    """Of an import whose rows are kept, as many are added as the job counts, and none waits once it is done."""
    outcomes = select(ImportRow.job_id, ImportRow.outcome, func.count()).group_by(
        col(ImportRow.job_id), col(ImportRow.outcome)
    )
    counts = {(job_id, RowOutcome(outcome)): count for job_id, outcome, count in session.exec(outcomes)}
    imports = _JOBS.where(col(BackgroundJob.kind) == JobKind.import_list, col(BackgroundJob.erased_at).is_(None))
    for job in session.execute(imports):
        added, ready = (counts.get((job.id, outcome), 0) for outcome in (RowOutcome.added, RowOutcome.ready))
        if added != job.rows_added or (job.state is JobState.done and ready):
            yield {"background_job": job.id}


INVARIANTS: Mapping[str, Rule] = {"job_history": job_history, "job_rows_equal_counts": rows_equal_counts}
