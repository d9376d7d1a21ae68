"""Tables of background jobs and of the rows of an import."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from tuoju.database.records import Record, now, words
from tuoju.database.sealing import EncryptedText
from tuoju.jobs.status import JobKind, JobProblem, JobState, RowOutcome

_OPEN_SQL = text("state IN ('checked', 'queued', 'running')")


class BackgroundJob(Record, table=True):
    """An import or export that a person started. Only that account ever reaches it."""

    __tablename__ = "background_job"
    __table_args__ = (
        Index(
            "uq_background_job_open",
            "user_id",
            "fingerprint",
            unique=True,
            sqlite_where=_OPEN_SQL,
            postgresql_where=_OPEN_SQL,
        ),
    )

    user_id: int = Field(foreign_key="user_account.id", index=True)
    kind: JobKind = Field(sa_type=words(JobKind))
    list_name: str = Field(max_length=40)
    """The list that is imported or exported (documents.sheets.lists.ListName)."""
    purpose: str = ""
    """What an export in full is for, as the audit keeps it; empty for a masked export and for an import."""
    language: str
    """Of the headings, of the words that the sheet may have, and of the workbook."""
    fingerprint: str = Field(max_length=120)
    """What makes two requests one job: the SHA-256 of the file, or the list and the purpose of an export."""
    state: JobState = Field(default=JobState.queued, sa_type=words(JobState), index=True)
    problem: JobProblem | None = Field(default=None, nullable=True, sa_type=words(JobProblem))
    problem_detail: str = ""
    """The columns that are missing, or the largest number of rows."""
    file_name: str = Field(default="", sa_type=EncryptedText)
    """As the person called the file."""
    file_key: str | None = Field(default=None, unique=True)
    """The sealed file: the uploaded sheet until an import has ended, the workbook of an export until `expires_at`."""
    rows_total: int | None = None
    """Of the present run; None until it is known."""
    rows_done: int = 0
    """Of the present run. It changes in the transaction that does the rows."""
    rows_added: int = 0
    rows_refused: int = 0
    runs: int = 0
    """How often a worker took it. What a worker writes holds only while this is the number that it took."""
    stalled_runs: int = 0
    """Runs since a row was last done."""
    created_at: datetime = Field(default_factory=now)
    worked_at: datetime = Field(default_factory=now)
    """When the worker last wrote, or the start was last handed to the queue; an old value means that it was lost."""
    confirmed_at: datetime | None = None
    """When the person confirmed the trial run; None before, and for exports."""
    ended_at: datetime | None = Field(default=None, index=True)
    expires_at: datetime | None = None
    """When the workbook of an export is destroyed, or a trial run that nobody confirmed is cancelled."""
    erased_at: datetime | None = None
    """When the rows and the file name were erased by the retention rule."""


class ImportRow(Record, table=True):
    """What was read in one row of an imported sheet, and what became of it."""

    __tablename__ = "import_row"
    __table_args__ = (UniqueConstraint("job_id", "row"),)

    job_id: int = Field(foreign_key="background_job.id", index=True)
    row: int
    """Excel's row number."""
    outcome: RowOutcome = Field(sa_type=words(RowOutcome))
    """Changes in the transaction that adds the row: no row is added twice."""
    content: str = Field(default="", sa_type=EncryptedText)
    """Ready: the fields and the cells. Refused: the cells as typed, and the errors. Added: nothing."""
