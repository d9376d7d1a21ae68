"""View objects of the pages of lists in and out of Excel, and of the jobs that bring them in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.documents.sheets.lists import ListName
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import UNDER_WAY, JobKind, JobProblem, JobState
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class ListPage(View):
    """Import and export of one list. `home` is the page that shows the list, `error` what was wrong with the last file,
    `template_help` says which layouts are understood. The export of an `is_personal` list is masked unless a purpose is
    named, where `may_export_in_full`."""

    template: ClassVar[str] = "imports/show.html"
    name: ListName
    home: str
    error: str
    template_help: str
    may_import: bool
    may_export: bool
    may_export_in_full: bool
    is_personal: bool


@dataclass(frozen=True)
class JobHead:
    """An import or export and where it stands."""

    job_id: int
    kind: JobKind
    list_name: str
    in_full: bool
    """Whether an export names people in full."""
    state: JobState
    is_confirmed: bool
    """Whether an import adds its rows; before, it is a trial run."""
    rows_done: int
    rows_total: int | None
    rows_added: int
    rows_refused: int
    created_at: datetime
    ended_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in UNDER_WAY

    @property
    def rows_read(self) -> int:
        """The rows of an import whose outcome is known."""
        return self.rows_added + self.rows_refused

    @classmethod
    def of(cls, job: BackgroundJob) -> "JobHead":
        """The head of a job by its row."""
        return cls(
            job_id=job.pk,
            kind=job.kind,
            list_name=job.list_name,
            in_full=bool(job.purpose),
            state=job.state,
            is_confirmed=job.confirmed_at is not None,
            rows_done=job.rows_done,
            rows_total=job.rows_total,
            rows_added=job.rows_added,
            rows_refused=job.rows_refused,
            created_at=job.created_at,
            ended_at=job.ended_at,
        )


@dataclass(frozen=True)
class JobListPage(View):
    """The imports and exports of the reader, latest first."""

    template: ClassVar[str] = "imports/jobs.html"
    jobs: Sequence[JobHead]
    older_url: str


@dataclass(frozen=True)
class ProgressPart(View):
    """The part of a job's page that says how far it is; it replaces itself every two seconds."""

    template: ClassVar[str] = "imports/progress.html"
    job: JobHead


@dataclass(frozen=True)
class ReadyRow:
    """A row that can be imported: Excel's row number and its first cell, masked in personal lists."""

    row: int
    first_cell: str


@dataclass(frozen=True)
class WrongCell:
    """A cell to correct: Excel's row number, the heading of its column, what is wrong, and what was typed, masked where
    it tells who it is."""

    row: int
    heading: str
    problem: str
    typed: str


@dataclass(frozen=True)
class JobPage(View):
    """One import or export. `rows` are the first of the `ready` rows that wait for the confirmation, `errors` the first
    of what is to be corrected; `more_rows` and `has_more_errors` say what was left out."""

    template: ClassVar[str] = "imports/job.html"
    job: JobHead
    home: str
    """The page of the list."""
    problem: JobProblem | None
    problem_detail: str
    may_retry: bool
    has_file: bool
    """Whether the workbook of an export can be downloaded."""
    expires_at: datetime | None
    has_report: bool
    ready: int
    rows: Sequence[ReadyRow]
    more_rows: int
    errors: Sequence[WrongCell]
    has_more_errors: bool
