"""Pages of consents with paper, of the copy, and of an erasure from the request to the second person."""

import io
import json
import zipfile

import pytest
from sqlmodel import select
from tests.platform.holdings.conftest import PDF, SECRET, Life, make_life

from factories.accounts import COUNTY
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import AuditEntry, Role
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.holdings.models import Erasure
from tuoju.residents.models import ConsentPaper, Resident


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def life(unit_of_work: UnitOfWork) -> Life:
    with unit_of_work.write() as session:
        return make_life(session)


def test_a_consent_is_recorded_with_its_paper_read_and_printed(
    unit_of_work: UnitOfWork, worker: Visitor, life: Life
) -> None:
    with unit_of_work.write() as session:
        receiver = make_organization(session).id
    path = f"/residents/{life.resident.pk}"
    assert "checked" not in worker.get(f"{path}/consents/new?organization={receiver}").text.split("given_by")[1]
    form = {
        **worker.hidden(),
        "purpose": "referral",
        "organization_id": str(receiver),
        "data": ["service", "contact"],
        "given_by": "self",
        "method": "spoken",
        "witness_name": "测试邻居",
        "category": "A",
    }
    answer = worker.client.post(f"{path}/consents", data=form, files={"files": ("c.pdf", PDF, "application/pdf")})
    assert "测试邻居" in answer.text
    with unit_of_work.read() as session:
        paper = session.exec(select(ConsentPaper).order_by(ConsentPaper.id.desc())).first()  # type: ignore[union-attr]
        assert paper is not None
        paper_id, consent_id = paper.pk, paper.consent_id
    read = worker.post(f"/consents/papers/{paper_id}")
    assert (read.content, read.headers["cache-control"]) == (PDF, "no-store")
    assert worker.post(f"/consents/{consent_id}/form.pdf").content.startswith(b"%PDF")
    elsewhere = Visitor(unit_of_work, region_code="341122103213")
    assert elsewhere.post(f"/consents/papers/{paper_id}").status_code == 404
    with unit_of_work.read() as session:
        verbs = set(session.exec(select(AuditEntry.action)))
    assert {"add_consent_paper", "read_consent_paper"} <= verbs


def test_the_copy_needs_a_purpose_and_holds_data_files_and_paper(worker: Visitor, life: Life) -> None:
    path = f"/residents/{life.resident.pk}/holdings"
    assert worker.get(path).status_code == 200
    assert worker.post(f"{path}.zip").status_code == 422
    answer = worker.post(f"{path}.zip", {"purpose": "own_copy"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        body = json.loads(archive.read("held.json"))
    assert {"copy.pdf", "held.json", "SHA256SUMS"} <= set(names)
    assert SECRET in json.dumps(body, ensure_ascii=False)
    assert "本人要求副本" in worker.get(f"/residents/{life.resident.pk}").text


def test_an_erasure_from_the_request_to_the_second_person(
    unit_of_work: UnitOfWork, worker: Visitor, life: Life
) -> None:
    path = f"/residents/{life.resident.pk}"
    assert worker.post(f"{path}/erasure", {"reason": " "}).status_code == 422
    assert worker.post(f"{path}/erasure", {"reason": "本人当面提出"}).status_code == 200
    assert worker.get("/erasures").status_code == 403
    administrator = Visitor(unit_of_work, Role.administrator, region_code=COUNTY)
    with unit_of_work.read() as session:
        erasure_id = session.exec(select(Erasure)).one().pk
    assert f"/erasures/{erasure_id}/approve" in administrator.get("/erasures").text
    assert (
        administrator.post(f"/erasures/{erasure_id}/keep", {"reason": "凭证", "until": "2020-01-01"}).status_code == 422
    )
    assert administrator.post(f"/erasures/{erasure_id}/approve").status_code == 200
    assert administrator.post(f"/erasures/{erasure_id}/approve").status_code == 409
    with unit_of_work.read() as session:
        assert session.get_one(Resident, life.resident.pk).erased_at is not None
    for page in (
        path,
        f"{path}/holdings",
        f"{path}/history",
        "/residents",
        "/needs?state=met",
        "/referrals",
        f"/cases/{life.scene.case.pk}",
        f"/referrals/{life.referral.pk}",
        "/alerts",
        "/",
    ):
        assert worker.get(page).status_code == 200, page
    assert "已删除" in worker.get(path).text
    assert worker.post(f"{path}/reveal", {"purpose": "visit"}).status_code == 409
    assert worker.post(f"{path}/edit").status_code == 409


def test_policies_on_consents_and_records_are_followed_by_an_administrator(
    unit_of_work: UnitOfWork, worker: Visitor
) -> None:
    assert "保管30年" in worker.get("/policies/data").text
    administrator = Visitor(unit_of_work, Role.administrator, region_code=COUNTY)
    assert worker.get("/policies/data/1/follow").status_code == 403
    page = administrator.get("/policies/data/1/follow")
    assert page.status_code == 200
    values = {
        "region_code": COUNTY,
        "valid_from": "2026-12-01",
        "months": "6",
        "citation": "测试条款",
        "source": "测试",
    }
    assert administrator.post("/policies/data/1/follow", values | {"months": "many"}).status_code == 422
    assert "测试条款" in administrator.post("/policies/data/1/follow", values).text
    assert administrator.post("/policies/data/1/follow", values).status_code == 422
