"""Pages of the imports and exports that a person started: progress, the decision after a trial run, what came of it."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.request_limits import Expense
from tuoju.database.sealed_files import get_file
from tuoju.documents.sheets.importing import row_cells, row_errors
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs import service
from tuoju.jobs.errors import FileExpired, JobNotFound
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.queries import count_rows, find_jobs, get_job, rows_of
from tuoju.jobs.status import ENDED, TO_RETRY, UNDER_WAY, JobKind, JobState, RowOutcome
from tuoju.reports.exports import to_xlsx
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.web.imports.messages import cell_message
from tuoju.web.imports.pages import language_index, workbook
from tuoju.web.imports.views import JobHead, JobListPage, JobPage, ProgressPart, ReadyRow, WrongCell
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.menu import IN_AND_OUT
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.sheets import RowError, Sheet

router = APIRouter(prefix="/jobs", dependencies=[needs(*IN_AND_OUT)])
PAGE = 50
MAX_SHOWN_ROWS = 20
MAX_SHOWN_ERRORS = 300

_MASKS = {
    "name": mask_name,
    "guardian_name": mask_name,
    "id_number": mask_id_number,
    "phone": mask_phone,
    "guardian_phone": mask_phone,
}
_NOT_SHOWN = frozenset({"address", "content", "problems", "served", "mobile", "email"})
"""Columns whose cells only the workbook of rows to correct shows."""


@router.get("")
def index(request: Request, session: ReadSession, actor: CurrentActor, before: OptionalQueryId = None) -> Response:
    """The imports and exports of the reader."""
    jobs = find_jobs(session, actor, before_id=before, limit=PAGE + 1)
    shown = jobs[:PAGE]
    older_url = f"/jobs?before={shown[-1].pk}" if len(jobs) > PAGE else ""
    return render(request, JobListPage([JobHead.of(job) for job in shown], older_url))


@router.get("/{job_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, job_id: PathId) -> Response:
    """One import or export."""
    return render(request, _job_page(session, actor, get_job(session, actor, job_id)))


@router.get("/{job_id}/progress")
def progress(request: Request, session: ReadSession, actor: CurrentActor, job_id: PathId) -> Response:
    """How far it is, for the page to ask every two seconds; once the worker is done, the page reloads."""
    job = get_job(session, actor, job_id)
    response = render(request, ProgressPart(JobHead.of(job)))
    if job.state not in UNDER_WAY:
        response.headers["hx-refresh"] = "true"
    return response


@router.post("/{job_id}/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, job_id: PathId, form: Form) -> Response:
    """Add the rows without errors."""
    job = get_job(session, actor, job_id)
    require(actor, _list_of(job).import_action)
    service.confirm(session, actor, job)
    return redirect(request, f"/jobs/{job_id}")


@router.post("/{job_id}/cancel")
def cancel(request: Request, session: WriteSession, actor: CurrentActor, job_id: PathId, form: Form) -> Response:
    """Stop it."""
    service.cancel(session, actor, get_job(session, actor, job_id))
    return redirect(request, f"/jobs/{job_id}", _("Cancelled."))


@router.post("/{job_id}/retry")
def retry(request: Request, session: WriteSession, actor: CurrentActor, job_id: PathId, form: Form) -> Response:
    """Continue after what broke it."""
    service.retry(session, actor, get_job(session, actor, job_id))
    return redirect(request, f"/jobs/{job_id}")


@router.post("/{job_id}/file.xlsx", dependencies=[repeatable(READS), costs(Expense.export)])
def download(session: WriteSession, actor: CurrentActor, job_id: PathId, form: BareForm) -> Response:
    """The workbook of an export, for whoever asked for it and still may; each download is on record."""
    job = get_job(session, actor, job_id)
    require(actor, _list_of(job).export_action)
    if job.purpose:
        require(actor, Action.reveal_residents)
    if job.kind is not JobKind.export_list or job.state is not JobState.done or job.file_key is None:
        raise FileExpired
    service.record(session, actor, "download_export", job, purpose=job.purpose)
    return workbook(get_file(job.file_key), f"tuoju-{job.list_name}.xlsx")


@router.post("/{job_id}/report.xlsx", dependencies=[repeatable(READS), costs(Expense.export)])
def report(session: WriteSession, actor: CurrentActor, job_id: PathId, form: BareForm) -> Response:
    """What became of every row of an import, with the reasons; no cell of the sheet is in it."""
    job = _import_of(session, actor, job_id)
    sheet = _list_of(job).sheet(session, actor)
    heading = [_("Excel row"), _("Result"), _("What to correct")]
    lines: list[list[str | int | float]] = [
        [row.row, label("row_outcome", row.outcome), _reason(sheet, row)] for row in rows_of(session, job)
    ]
    service.record(session, actor, "download_report", job, rows=len(lines))
    sheets: dict[str, list[list[str | int | float]]] = {_("Import report"): [[*heading], *lines]}
    return workbook(to_xlsx(sheets), f"tuoju-{job.list_name}-report.xlsx")


@router.post("/{job_id}/bad-rows.xlsx", dependencies=[repeatable(READS), costs(Expense.export)])
def bad_rows(session: WriteSession, actor: CurrentActor, job_id: PathId, form: BareForm) -> Response:
    """The refused rows as typed, each with what is to be corrected; the corrected file can be read in again. They hold
    whole numbers, so they come by POST and leave a trace."""
    job = _import_of(session, actor, job_id)
    sheet = _list_of(job).sheet(session, actor)
    rows = rows_of(session, job, RowOutcome.refused)
    service.record(session, actor, "download_bad_rows", job.list_name, purpose="correct", rows=len(rows))
    typed, reasons = {row.row: row_cells(row) for row in rows}, {row.row: _reason(sheet, row) for row in rows}
    return workbook(sheet.bad_rows(typed, reasons, language_index()), f"tuoju-{job.list_name}-to-correct.xlsx")


def _import_of(session: Session, actor: Actor, job_id: int) -> BackgroundJob:
    """An import of the actor, who still may import the list. Raises JobNotFound, NotPermitted."""
    job = get_job(session, actor, job_id)
    if job.kind is not JobKind.import_list:
        raise JobNotFound
    require(actor, _list_of(job).import_action)
    return job


def _list_of(job: BackgroundJob) -> ListSheet:
    return LISTS[ListName(job.list_name)]


def _reason(sheet: Sheet[BaseModel], row: ImportRow) -> str:
    """What is to be corrected in a row, in a sentence a cell."""
    return " ".join(f"{_heading(sheet, error)}{_(': ')}{cell_message(error)}" for error in row_errors(row))


def _heading(sheet: Sheet[BaseModel], error: RowError) -> str:
    headings: Mapping[str, str] = {column.name: column.headings[language_index()] for column in sheet.columns}
    return headings.get(error.field, error.field)


def _job_page(session: Session, actor: Actor, job: BackgroundJob) -> JobPage:
    list_sheet, is_import = _list_of(job), job.kind is JobKind.import_list
    shows_rows = is_import and job.state not in UNDER_WAY
    ready = count_rows(session, job).get(RowOutcome.ready, 0) if job.state is JobState.checked else 0
    rows = rows_of(session, job, RowOutcome.ready, limit=MAX_SHOWN_ROWS) if ready else []
    refused = rows_of(session, job, RowOutcome.refused, limit=MAX_SHOWN_ERRORS) if shows_rows else []
    errors = _wrong_cells(list_sheet, list_sheet.sheet(session, actor), refused) if refused else []
    return JobPage(
        job=JobHead.of(job),
        home=list_sheet.home,
        problem=job.problem,
        problem_detail=job.problem_detail,
        may_retry=job.state is JobState.failed and job.problem in TO_RETRY,
        has_file=not is_import and job.state is JobState.done and job.file_key is not None,
        expires_at=job.expires_at,
        has_report=is_import and job.state in ENDED and job.erased_at is None and job.rows_added + job.rows_refused > 0,
        ready=ready,
        rows=[ReadyRow(row.row, _first_cell(list_sheet, row)) for row in rows],
        more_rows=ready - len(rows),
        errors=errors[:MAX_SHOWN_ERRORS],
        has_more_errors=len(errors) > MAX_SHOWN_ERRORS or job.rows_refused > len(refused),
    )


def _wrong_cells(list_sheet: ListSheet, sheet: Sheet[BaseModel], rows: Sequence[ImportRow]) -> list[WrongCell]:
    return [
        WrongCell(row.row, _heading(sheet, error), cell_message(error), _shown(list_sheet, error))
        for row in rows
        for error in row_errors(row)
    ]


def _shown(list_sheet: ListSheet, error: RowError) -> str:
    """What was typed into a cell, as a page may show it."""
    if error.field in _NOT_SHOWN:
        return ""
    mask = _MASKS.get(error.field) if list_sheet.is_personal else None
    return mask(error.typed) if mask and error.typed else error.typed


def _first_cell(list_sheet: ListSheet, row: ImportRow) -> str:
    text = next(iter(row_cells(row)), "")
    return mask_name(text) if list_sheet.is_personal else text
