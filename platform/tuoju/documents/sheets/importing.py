"""The import of a list, as a worker does it: a trial run over all rows, and after its confirmation the rows without
errors. A row's outcome and what it changes are one transaction, so that no row is added twice."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Actor, require
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.records import now
from tuoju.database.sealed_files import get_file
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs import service
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.queries import rows_of
from tuoju.jobs.service import CHECK_KEPT
from tuoju.jobs.status import JobProblem, JobVerb, RowOutcome
from tuoju.jobs.work import Claim, FileRefused
from tuoju.parsing.errors import FileNotParsed
from tuoju.parsing.service import parse
from tuoju.words.languages import use_language
from tuoju_projects.sheets import Preview, RowError, Sheet
from tuoju_projects.workbooks import SheetError, read_workbook

CHECKED_AT_ONCE = 100
"""Rows of a trial run in one transaction."""
ADDED_AT_ONCE = 20
"""Rows that are added in one transaction, which holds locks that others wait for."""


class CellError(BaseModel):
    """What is wrong with a cell, as tuoju_projects.sheets.RowError says it."""

    field: str
    code: str
    typed: str = ""
    limits: dict[str, Any] = {}


class RowContent(BaseModel):
    """What an ImportRow keeps sealed."""

    fields: dict[str, Any] = {}
    """Of a ready row: the fields of the list's row model."""
    cells: list[str] = []
    """As typed, in the order of the columns."""
    errors: list[CellError] = []
    """Of a refused row."""


def import_list(claim: Claim) -> None:
    """Do the trial run of an import, or add its rows if the trial run is confirmed. Raises FileRefused, JobLost,
    NotPermitted."""
    list_sheet = LISTS[ListName(claim.job.list_name)]
    require(claim.actor, list_sheet.import_action)
    with use_language(claim.job.language):
        if claim.job.confirmed_at is None:
            _check_rows(claim, list_sheet)
        else:
            _add_rows(claim, list_sheet)


def _check_rows(claim: Claim, list_sheet: ListSheet) -> None:
    """Read the file and keep each row with its outcome. Rows that a run before this one has kept stay."""
    preview = _read(claim, list_sheet)
    numbers = sorted(preview.rows.keys() | preview.typed.keys())
    known = claim.in_steps(partial(_known_rows, claim.job), rows_total=len(numbers))
    left = [number for number in numbers if number not in known]
    for batch in _in_batches(left, CHECKED_AT_ONCE):
        claim.in_steps(partial(_check_batch, claim, list_sheet, preview, batch), rows=len(batch), stalled_runs=0)
    claim.in_steps(partial(_end_check, claim))


def _known_rows(job: BackgroundJob, session: Session) -> set[int]:
    return set(session.exec(select(ImportRow.row).where(ImportRow.job_id == job.pk)))


def _in_batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _check_batch(
    claim: Claim, list_sheet: ListSheet, preview: Preview[Any], batch: Sequence[int], session: Session
) -> None:
    """Keep some rows of the file, each with what is wrong with it."""
    errors: dict[int, list[CellError]] = {}
    for error in preview.errors:
        cell = CellError(field=error.field, code=error.code, typed=error.typed, limits=dict(error.limits))
        errors.setdefault(error.row, []).append(cell)
    for number in batch:
        row = preview.rows.get(number)
        problems = errors[number] if row is None else _problems(session, claim.actor, list_sheet, row)
        content = RowContent(
            fields={} if row is None or problems else row.model_dump(mode="json"),
            cells=preview.typed[number] if row is None else preview.written[number],
            errors=problems,
        )
        outcome = RowOutcome.refused if problems else RowOutcome.ready
        text = content.model_dump_json(exclude_defaults=True)
        session.add(ImportRow(job_id=claim.job.pk, row=number, outcome=outcome, content=text))


def _read(claim: Claim, list_sheet: ListSheet) -> Preview[Any]:
    """The cells of the file as rows. Raises FileRefused."""
    content = get_file(claim.job.file_key or "")
    try:
        cells = parse(read_workbook, content, file_name=claim.job.file_name)
        with claim.unit_of_work.read(row_scope_of(claim.actor)) as session:
            return list_sheet.sheet(session, claim.actor).read(cells)
    except SheetError as error:
        raise FileRefused(JobProblem(error.code), error.detail) from error
    except FileNotParsed as error:
        raise FileRefused(JobProblem.not_parsed) from error


def _problems(session: Session, actor: Actor, list_sheet: ListSheet, row: Any) -> list[CellError]:
    """What is wrong with a row beyond its cells."""
    texts: Mapping[str, Any] = row.model_dump(mode="json")
    problems = list_sheet.check(session, actor, row)
    return [CellError(field=name, code=code, typed=str(texts.get(name) or "")) for name, code in problems]


def _end_check(claim: Claim, session: Session) -> None:
    """Ask the person to confirm; where no row is without errors, there is nothing to confirm."""
    ready = rows_of(session, claim.job, RowOutcome.ready, limit=1)
    refused = len(rows_of(session, claim.job, RowOutcome.refused))
    if ready:
        claim.end(session, JobVerb.check, rows_refused=refused, stalled_runs=0, expires_at=now() + CHECK_KEPT)
    else:
        _end_import(claim, session, rows_refused=refused)


def _add_rows(claim: Claim, list_sheet: ListSheet) -> None:
    """Add the rows that are ready, some at a time, until none is left."""
    with claim.unit_of_work.read(row_scope_of(claim.actor)) as session:
        sheet = list_sheet.sheet(session, claim.actor)
        ready = select(ImportRow.row).where(ImportRow.job_id == claim.job.pk, ImportRow.outcome == RowOutcome.ready)
        left = session.exec(ready.order_by(col(ImportRow.row))).all()
    claim.in_steps(_renew, rows_total=claim.job.rows_done + len(left))
    for batch in _in_batches(left, ADDED_AT_ONCE):
        claim.in_steps(partial(_add_batch, claim, list_sheet, sheet, batch), rows=len(batch), stalled_runs=0)
    claim.in_steps(partial(_end_import, claim))


def _renew(_session: Session) -> None:
    """A step that only counts and renews the lease."""


def _add_batch(claim: Claim, list_sheet: ListSheet, sheet: Sheet[Any], batch: Sequence[int], session: Session) -> None:
    query = select(ImportRow).where(
        ImportRow.job_id == claim.job.pk,
        ImportRow.outcome == RowOutcome.ready,
        col(ImportRow.row).in_(batch),
    )
    rows = session.exec(query.order_by(col(ImportRow.row))).all()
    added = sum(_add_row(session, claim.actor, list_sheet, sheet, row) for row in rows)
    job = session.get_one(BackgroundJob, claim.job.pk)
    job.rows_added += added
    job.rows_refused += len(rows) - added


def _add_row(session: Session, actor: Actor, list_sheet: ListSheet, sheet: Sheet[Any], row: ImportRow) -> bool:
    """Add one row and keep its outcome with it; whether it was added."""
    content = RowContent.model_validate_json(row.content)
    model = sheet.model.model_validate(content.fields)
    try:
        with session.begin_nested():
            list_sheet.add(session, actor, model)
            session.flush()
    except list_sheet.add_errors:
        problems = _problems(session, actor, list_sheet, model)
        late = CellError(field=sheet.columns[0].name, code="changed_meanwhile")
        refused = RowContent(cells=content.cells, errors=problems or [late])
        row.outcome, row.content = RowOutcome.refused, refused.model_dump_json(exclude_defaults=True)
        return False
    row.outcome, row.content = RowOutcome.added, ""
    return True


def _end_import(claim: Claim, session: Session, **values: int) -> None:
    claim.end(session, JobVerb.finish, **values)
    job = session.get_one(BackgroundJob, claim.job.pk)
    counts = {"rows": job.rows_added, "refused": job.rows_refused, "job": job.pk}
    service.record(session, claim.actor, "import_list", job.list_name, **counts)


def row_errors(row: ImportRow) -> list[RowError]:
    """The errors of a refused row."""
    content = RowContent.model_validate_json(row.content or "{}")
    return [RowError(row.row, error.field, error.code, error.typed, error.limits) for error in content.errors]


def row_cells(row: ImportRow) -> list[str]:
    """The cells of a row that was not added, as typed."""
    return RowContent.model_validate_json(row.content or "{}").cells
