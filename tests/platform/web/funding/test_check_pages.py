"""Pages of hats and of the pre-check: given by a manager, checked by two screeners, completed by the charity."""

from collections.abc import Mapping
from typing import Any

import pytest

from factories.accounts import COUNTY, make_actor
from factories.checks import close, open_call, submit_one
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Role, User
from tuoju.funding.check_models import CheckItem
from tuoju.funding.models import Call

YES = {f"item_{item}": "yes" for item in CheckItem}


@pytest.fixture
def manager(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.program_manager, region_code=COUNTY)


@pytest.fixture
def charity(unit_of_work: UnitOfWork) -> Visitor:
    with unit_of_work.write() as session:
        organization_id = make_organization(session, name="全椒县春晖社会工作服务中心", region_code=COUNTY).id
    return Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)


@pytest.fixture
def call_id(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session:
        return open_call(session, make_actor(session, role=Role.program_manager, region_code=COUNTY)).pk


@pytest.fixture
def screeners(unit_of_work: UnitOfWork, manager: Visitor, call_id: int) -> list[Visitor]:
    """Two officers whom the manager gave the hat on the page of the call."""
    officers = [Visitor(unit_of_work, Role.township_officer) for _ in range(2)]
    for officer in officers:
        page = add(unit_of_work, manager, call_id, officer, "screener")
        assert page.status_code == 200, page.text
    return officers


def add(unit_of_work: UnitOfWork, manager: Visitor, call_id: int, visitor: Visitor, hat: str) -> Any:
    with unit_of_work.read() as session:
        username = session.get_one(User, visitor.actor.user_id).username
    return manager.post(f"/funding/calls/{call_id}/members", {"username": username, "hat": hat})


@pytest.fixture
def application_id(unit_of_work: UnitOfWork, call_id: int, charity: Visitor, screeners: list[Visitor]) -> int:
    """Submitted to a call that is closed."""
    with unit_of_work.write() as session:
        call = session.get_one(Call, call_id)
        application_id = submit_one(session, call, charity.actor).pk
        close(session, call)
    return application_id


def test_hats_are_given_and_taken_on_the_page_of_the_call(
    unit_of_work: UnitOfWork, manager: Visitor, call_id: int, screeners: list[Visitor]
) -> None:
    assert f"/duties/{call_id}/checks" in screeners[0].get("/duties").text
    assert 'href="/duties"' in screeners[0].get(f"/calls/{call_id}").text
    assert 'href="/duties"' not in manager.get(f"/calls/{call_id}").text
    again = add(unit_of_work, manager, call_id, screeners[0], "screener")
    assert again.status_code == 409
    assert "已是这一身份" in again.text
    unknown = manager.post(f"/funding/calls/{call_id}/members", {"username": "nobody-here", "hat": "screener"})
    assert unknown.status_code == 422
    assert 'value="nobody-here"' in unknown.text
    page = manager.get(f"/funding/calls/{call_id}/members").text
    assert "预审员" in page
    assert "未知" not in page
    end = page.partition('action="/funding/members/')[2].partition('"')[0]
    assert "已不再参与" in manager.post(f"/funding/members/{end}").text


def test_from_what_is_missing_to_the_review(
    screeners: list[Visitor], charity: Visitor, call_id: int, application_id: int
) -> None:
    screener, path = screeners[0], f"/checks/{application_id}"
    assert "全椒县春晖社会工作服务中心" in screener.get(f"/duties/{call_id}/checks").text
    page = screener.get(path).text
    assert "送餐到家" in page
    assert "周予安，社工师，项目主管" in page, "screeners read the open part"
    answers: Mapping[str, str] = YES | {"item_papers": "no"}
    assert f"{path}/accept" not in screener.post(path, answers).text
    screener.post(f"{path}/ask", {"asked_parts": ["who"], "request": "请补社工证书"})
    own = charity.get(f"/applications/{application_id}").text
    assert "请补社工证书" in own
    assert f'href="/applications/{application_id}/who"' in own
    assert f'href="/applications/{application_id}/what"' not in own
    who = {"contact_name": "周予安", "contact_phone": "0550-3022685", "staff": "周予安，社工师，证号另附"}
    assert charity.post(f"/applications/{application_id}/who", who).url.path == f"/applications/{application_id}"
    assert "已提交" in charity.post(f"/applications/{application_id}/steps/complete").text
    assert f"{path}/accept" in screener.post(path, YES).text
    assert "已进入评审" in screener.post(f"{path}/accept").text


def test_two_screeners_end_it_and_the_charity_reads_why(
    screeners: list[Visitor], charity: Visitor, application_id: int
) -> None:
    path = f"/checks/{application_id}"
    typed = {"fail_reason": "outside_charter", "ruling": "章程不含养老服务"}
    assert f"{path}/confirm-failure" not in screeners[0].post(f"{path}/fail", typed).text
    assert screeners[0].post(f"{path}/confirm-failure").status_code == 403
    assert "章程不含养老服务" not in charity.get(f"/applications/{application_id}").text, "not before it is confirmed"
    assert f"{path}/confirm-failure" in screeners[1].get(path).text
    screeners[1].post(f"{path}/confirm-failure")
    page = charity.get(f"/applications/{application_id}").text
    assert "章程不含养老服务" in page
    assert "超出章程业务范围" in page


def test_nobody_else_finds_the_pages(
    unit_of_work: UnitOfWork, manager: Visitor, charity: Visitor, call_id: int, application_id: int
) -> None:
    reviewer = Visitor(unit_of_work, Role.social_worker)
    add(unit_of_work, manager, call_id, reviewer, "reviewer")
    for visitor in (manager, charity, reviewer):
        assert visitor.get(f"/checks/{application_id}").status_code == 404
        assert visitor.get(f"/duties/{call_id}/checks").status_code == 404
        assert visitor.post(f"/checks/{application_id}", YES).status_code == 404
