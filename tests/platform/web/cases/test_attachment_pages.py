"""Papers and photos of a case, as a page sends them."""

import pytest
from sqlalchemy import Engine

from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor, counted
from factories.residents import make_resident
from factories.write_requests import PDF

DAMAGED = ("scan.jpg", b"\xff\xd8\xff\xe0 cut off", "image/jpeg")


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def papers(unit_of_work: UnitOfWork, worker: Visitor) -> str:
    """The address that papers of a case are sent to."""
    with unit_of_work.write() as session:
        case = make_case(session, worker.actor, make_resident(session, worker.actor))
    return f"/cases/{case.pk}/attachments"


def test_a_paper_is_added(worker: Visitor, papers: str) -> None:
    answer = worker.client.post(papers, data=worker.hidden(), files={"files": ("x.pdf", PDF, "application/pdf")})
    assert answer.status_code == 200
    assert answer.url.path == papers.rpartition("/")[0]


def test_a_photo_is_opened_before_anything_is_written(worker: Visitor, papers: str, engine: Engine) -> None:
    """On SQLite the first write takes the lock of the whole database, and opening a photo takes seconds."""
    data = worker.hidden()
    with counted(engine) as statements:
        answer = worker.client.post(papers, data=data, files={"files": DAMAGED})
    assert answer.status_code == 422
    assert [statement for statement in statements if statement.startswith("INSERT INTO idempotency_key")] == []


def test_without_a_photo_the_form_comes_back(worker: Visitor, papers: str) -> None:
    page = papers.rpartition("/")[0]
    answer = worker.client.post(papers, data={**worker.hidden(), "page": page}, files={"files": ("", b"")})
    assert answer.status_code == 422
    assert "请选择照片或PDF文件" in answer.text
