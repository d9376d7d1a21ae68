"""Pages of applications: a charity fills in six parts on a phone, submits, and gets its receipt number."""

from typing import Any

import pytest
from sqlmodel import select

from factories.accounts import COUNTY, make_actor
from factories.applications import part_values
from factories.calls import make_call, publish
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Role
from tuoju.funding.application_inputs import Part
from tuoju.funding.application_models import Application
from tuoju.funding.models import Call


@pytest.fixture
def call_id(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session:
        manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
        return publish(session, make_call(session, manager), manager).pk


@pytest.fixture
def charity(unit_of_work: UnitOfWork) -> Visitor:
    with unit_of_work.write() as session:
        organization = make_organization(session, name="全椒县春晖社会工作服务中心", region_code=COUNTY)
        organization_id = organization.id
    return Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)


def typed_parts(unit_of_work: UnitOfWork, call_id: int) -> dict[Part, dict[str, Any]]:
    """The six parts as a browser sends them."""
    with unit_of_work.read() as session:
        parts = dict(part_values(session, session.get_one(Call, call_id)))
    lines = parts[Part.how_much].pop("lines")
    cells = {f"line-{number}-{name}": value for number, line in enumerate(lines) for name, value in line.items()}
    return parts | {Part.how_much: cells}


def test_from_the_public_page_to_the_receipt(unit_of_work: UnitOfWork, call_id: int, charity: Visitor) -> None:
    assert f"/calls/{call_id}/applications" in charity.get(f"/calls/{call_id}").text
    first = charity.post(f"/calls/{call_id}/applications")
    path = first.url.path.rpartition("/")[0]
    assert first.url.path == f"{path}/who"
    parts = typed_parts(unit_of_work, call_id)
    for part, typed in parts.items():
        page = charity.post(f"{path}/{part}", typed)
        assert page.status_code == 200, page.text
    assert page.url.path == path
    assert "45,000.00" in page.text, "asked of the award"
    assert "5,000.00" in page.text, "matching money stands apart"
    page = charity.get(f"{path}/how_much")
    assert 'value="食材"' in page.text
    page = charity.post(f"{path}/steps/submit")
    assert "1号-001" in page.text or "号-001" in page.text
    assert "已提交" in page.text
    assert charity.post(f"{path}/what", parts[Part.what]).status_code == 409
    charity.post(f"{path}/steps/reopen")
    assert "已退出申报" in charity.post(f"{path}/steps/withdraw").text
    assert path in charity.get("/applications").text


def test_what_is_wrong_comes_back_as_typed(unit_of_work: UnitOfWork, call_id: int, charity: Visitor) -> None:
    path = charity.post(f"/calls/{call_id}/applications").url.path.rpartition("/")[0]
    parts = typed_parts(unit_of_work, call_id)
    page = charity.post(f"{path}/how_much", parts[Part.how_much] | {"line-0-price": "八元"})
    assert page.status_code == 422
    assert 'value="八元"' in page.text
    assert 'id="line-0-price-wrong"' in page.text
    page = charity.post(f"{path}/for_whom", parts[Part.for_whom] | {"areas": ["341122101000"]})
    assert page.status_code == 422
    assert "没有在所选的全部乡镇" in page.text
    assert charity.get(f"{path}/nothing").status_code == 404
    with unit_of_work.read() as session:
        assert session.exec(select(Application.ask_fen)).one() == 0


def test_ones_own_name_is_shown_before_submitting(unit_of_work: UnitOfWork, call_id: int, charity: Visitor) -> None:
    path = charity.post(f"/calls/{call_id}/applications").url.path.rpartition("/")[0]
    parts = typed_parts(unit_of_work, call_id)
    parts[Part.what]["method"] = "春晖社会工作服务中心的食堂做饭，志愿者送到家。"
    for part, typed in parts.items():
        charity.post(f"{path}/{part}", typed)
    assert "春晖社会工作服务中心" in charity.get(path).text
    refused = charity.post(f"{path}/steps/submit")
    assert refused.status_code == 409
    assert "评委可能认出您" in refused.text
    assert "已提交" in charity.post(f"{path}/steps/submit", {"despite_clues": "yes"}).text


def test_the_office_types_in_an_application_from_paper(
    unit_of_work: UnitOfWork, call_id: int, charity: Visitor
) -> None:
    manager = Visitor(unit_of_work, Role.program_manager, region_code=COUNTY)
    typed = {"organization_id": str(charity.actor.organization_id)}
    page = manager.post(f"/funding/calls/{call_id}/applications", typed)
    assert page.url.path.endswith("/who")
    assert manager.post(page.url.path, {"contact_name": "周予安"}).status_code == 422
    listed = manager.get(f"/funding/calls/{call_id}").text
    assert "由主办单位代填" in listed
    assert page.url.path.rpartition("/")[0] in listed
    assert manager.post(f"/funding/calls/{call_id}/applications", {"organization_id": "x"}).status_code == 404
