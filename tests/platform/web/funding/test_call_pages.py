"""Pages of calls: from a plan's gaps to the public page; what is refused comes back filled in."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from factories.accounts import COUNTY
from factories.calls import call_values, days_ahead
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor
from factories.plans import County, worked
from factories.projects import make_organization
from tuoju.accounts.models import Role
from tuoju.funding.models import Call
from tuoju.web.app import create_app
from tuoju_projects.funding_status import CallState


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    """A county where four needs for care at home have no project."""
    county = County(worked(unit_of_work.engine))
    for _ in range(4):
        county.need(category="A01")
    return county


@pytest.fixture
def managers(county: County) -> list[Visitor]:
    return [Visitor(county.unit_of_work, Role.program_manager, region_code=COUNTY) for _ in range(2)]


@pytest.fixture
def charity(county: County) -> Visitor:
    with county.unit_of_work.write() as session:
        organization_id = make_organization(session, region_code=COUNTY).id
    return Visitor(county.unit_of_work, Role.charity_staff, organization_id=organization_id)


@pytest.fixture
def stranger(county: County) -> Iterator[TestClient]:
    """Somebody without an account."""
    with TestClient(create_app(county.unit_of_work, SETTINGS)) as client:
        yield client


def draft(manager: Visitor, plan_id: int, **values: str) -> str:
    """Draft a call with every gap of the plan; the address of its page."""
    page = manager.get(f"/funding/calls/new?plan={plan_id}").text
    typed = {**call_values(**values), "topics": topic_in(page)}
    answer = manager.client.post(f"/funding/calls?plan={plan_id}", data={**hidden_in(page), **typed})
    assert answer.status_code == 200, answer.text
    return answer.url.path


def topic_in(page: str) -> str:
    return page.partition('name="topics"')[2].partition('value="')[2].partition('"')[0]


def published(managers: list[Visitor], county: County) -> int:
    first, second = managers
    path = draft(first, county.plan().pk)
    first.post(f"{path}/propose-publish")
    second.post(f"{path}/confirm", {"to": "publish"})
    return int(path.rpartition("/")[2])


def test_from_the_gaps_of_a_plan_to_a_public_page(
    county: County, managers: list[Visitor], stranger: TestClient
) -> None:
    first, second = managers
    plan = county.plan()
    assert f"/funding/calls/new?plan={plan.pk}" in first.get("/funding/calls").text
    path = draft(first, plan.pk)
    public = path.removeprefix("/funding")
    assert stranger.get(public).status_code == 404
    assert "请另一名管理员确认" in first.post(f"{path}/propose-publish").text
    assert f"{path}/confirm" not in first.get(path).text
    assert "征集已发布" in second.post(f"{path}/confirm", {"to": "publish"}).text
    page = stranger.get(public).text
    assert "4项需求没有项目" in page
    assert "<svg" in page
    assert "深圳市福田区2021年" in page, "every rule is shown with its source"
    assert "/questions" not in page
    assert public in stranger.get("/calls").text


def test_what_is_wrong_comes_back_as_typed(county: County, managers: list[Visitor]) -> None:
    plan, typed = county.plan(), call_values(budget_yuan="8", points_need="21")
    answer = managers[0].post(f"/funding/calls?plan={plan.pk}", typed)
    assert answer.status_code == 422
    assert "是8万元吗" in answer.text
    assert typed["title"] in answer.text
    answer = managers[0].post(f"/funding/calls?plan={plan.pk}", call_values())
    assert "请至少选一个征集方向" in answer.text


def test_a_draft_is_edited_and_a_cancelled_call_says_why(
    county: County, managers: list[Visitor], stranger: TestClient
) -> None:
    first, second = managers
    path = draft(first, county.plan().pk)
    page = first.get(f"{path}/edit").text
    answer = first.client.post(f"{path}/edit", data={**hidden_in(page), **call_values(title="改过的标题")})
    assert "改过的标题" in answer.text
    first.post(f"{path}/propose-publish")
    first.post(f"{path}/drop-proposal")
    first.post(f"{path}/propose-publish")
    second.post(f"{path}/confirm", {"to": "publish"})
    assert "至少4个字" in first.post(f"{path}/propose-cancel", {"reason": "无"}).text
    first.post(f"{path}/propose-cancel", {"reason": "资金未到位"})
    assert "征集已取消" in second.post(f"{path}/confirm", {"to": "cancel"}).text
    assert "资金未到位" in stranger.get(path.removeprefix("/funding")).text


def test_a_question_is_answered_for_all(
    county: County, managers: list[Visitor], charity: Visitor, stranger: TestClient
) -> None:
    call_id = published(managers, county)
    assert charity.post(f"/calls/{call_id}/questions", {"question": "?"}).status_code == 422
    charity.post(f"/calls/{call_id}/questions", {"question": "可以联合申报吗？"})
    assert "可以联合申报吗" not in stranger.get(f"/calls/{call_id}").text
    page = managers[0].get(f"/funding/calls/{call_id}").text
    question_id = page.partition("/funding/questions/")[2].partition('"')[0]
    assert "请填写答复" in managers[0].post(f"/funding/questions/{question_id}", {"answer": ""}).text
    managers[0].post(f"/funding/questions/{question_id}", {"answer": "可以，由一家牵头。"})
    page = stranger.get(f"/calls/{call_id}").text
    assert "可以联合申报吗" in page
    assert "由一家牵头" in page


def test_it_is_extended_for_all(county: County, managers: list[Visitor]) -> None:
    call_id = published(managers, county)
    path = f"/funding/calls/{call_id}"
    managers[0].post(f"{path}/extend", {"closes_on": days_ahead(30).isoformat()})
    assert days_ahead(30).isoformat() in managers[0].get(f"/calls/{call_id}").text
    assert managers[0].post(f"{path}/extend", {"closes_on": days_ahead(2).isoformat()}).status_code == 422
    with county.unit_of_work.read() as session:
        assert session.exec(select(Call.state)).one() is CallState.open


def test_the_pages_speak_english(county: County, managers: list[Visitor], stranger: TestClient) -> None:
    call_id = published(managers, county)
    managers[0].post("/language", {"language": "en"})
    assert "needs without a project" in managers[0].get(f"/calls/{call_id}").text
