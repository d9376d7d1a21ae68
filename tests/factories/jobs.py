"""Imports and exports for tests: a worker that does at once whatever is queued, and the way through the pages."""

import re
from io import BytesIO
from typing import Any

from httpx2 import Response
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from factories.databases import UnitOfWork
from factories.pages import Visitor
from tuoju.documents.sheets.exporting import export_list
from tuoju.documents.sheets.importing import import_list
from tuoju.documents.sheets.lists import LISTS
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import JobKind, JobState
from tuoju.jobs.work import run

RUNS = {JobKind.import_list: import_list, JobKind.export_list: export_list}


def work_off(unit_of_work: UnitOfWork) -> None:
    """Do all jobs that wait, as a worker would."""
    with unit_of_work.read() as session:
        query = select(BackgroundJob.id).where(BackgroundJob.state == JobState.queued)
        waiting = session.exec(query.order_by(col(BackgroundJob.id))).all()
    for job_id in waiting:
        assert job_id is not None
        run(unit_of_work, job_id, RUNS)


def workbook(unit_of_work: UnitOfWork, visitor: Visitor, name: str, *rows: dict[str, Any]) -> bytes:
    """A sheet of a list as its template lays it out."""
    with unit_of_work.read() as session:
        return LISTS[name].sheet(session, visitor.actor).template(rows=rows)  # type: ignore[index]


def upload(visitor: Visitor, name: str, content: bytes, file_name: str = "list.xlsx") -> Response:
    """The page of the import that the upload has started."""
    return visitor.client.post(f"/imports/{name}", data=visitor.hidden(), files={"file": (file_name, content)})


def checked(unit_of_work: UnitOfWork, visitor: Visitor, name: str, content: bytes) -> tuple[str, str]:
    """The address and the text of an import's page after its trial run."""
    address = address_of(upload(visitor, name, content))
    work_off(unit_of_work)
    return address, visitor.get(address).text


def imported(unit_of_work: UnitOfWork, visitor: Visitor, name: str, content: bytes) -> str:
    """The text of an import's page after it was confirmed and done."""
    address, _page = checked(unit_of_work, visitor, name, content)
    visitor.post(f"{address}/confirm")
    work_off(unit_of_work)
    return visitor.get(address).text


def exported(unit_of_work: UnitOfWork, visitor: Visitor, name: str, purpose: str = "") -> bytes:
    """The workbook of an export; with a purpose in full."""
    answer = visitor.post(f"/exports/{name}/full" if purpose else f"/exports/{name}", {"purpose": purpose})
    work_off(unit_of_work)
    download = visitor.post(f"{address_of(answer)}/file.xlsx")
    assert download.status_code == 200, download.text
    return download.content


def address_of(answer: Response) -> str:
    """The path of the job whose page this is."""
    path = str(answer.url.path)
    assert re.fullmatch(r"/jobs/\d+", path), (answer.status_code, path)
    return path


def cells(content: bytes) -> list[list[Any]]:
    """The cells of the first sheet of a workbook."""
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
