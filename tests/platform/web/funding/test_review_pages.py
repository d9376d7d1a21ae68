"""Pages of the review: started by a manager, written blind in two passes, scores read when all are in."""

import pytest

from factories.accounts import COUNTY
from factories.checks import close, make_member, open_call, pass_check, submit_one
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_organization
from factories.reviews import points_of_share, write_review
from tuoju.accounts.models import Role, User
from tuoju.accounts.queries import actor_of
from tuoju.funding import members
from tuoju.funding.criteria import Criterion
from tuoju.funding.models import Call
from tuoju.funding.review_queries import reviews_of
from tuoju_projects.funding_status import Hat, ReviewState

NAME = "全椒县春晖社会工作服务中心"
REASON = "理由写在这里，不少于十个字。"


@pytest.fixture
def manager(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.program_manager, region_code=COUNTY)


@pytest.fixture
def reviewer(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.social_worker)


@pytest.fixture
def call_id(unit_of_work: UnitOfWork, manager: Visitor, reviewer: Visitor) -> int:
    """A closed call with one application that passed the pre-check, and five reviewers."""
    with unit_of_work.write() as session:
        call = open_call(session, manager.actor)
        screener = make_member(session, manager.actor, call, Hat.screener)
        for _ in range(4):
            make_member(session, manager.actor, call, Hat.reviewer)
        name = session.get_one(User, reviewer.actor.user_id).username
        members.add_member(session, manager.actor, call, members.MemberInput(username=name, hat=Hat.reviewer))
        organization = make_organization(session, name=NAME, region_code=COUNTY)
        staff = User(
            username="chunhui",
            password_hash="x",
            display_name="周",
            role=Role.charity_staff,
            organization_id=organization.id,
        )
        session.add(staff)
        session.flush()
        application = submit_one(session, call, actor_of(staff))
        close(session, call)
        pass_check(session, screener, application)
        return call.pk


@pytest.fixture
def path(manager: Visitor, reviewer: Visitor, call_id: int) -> str:
    """The page of the one review of the reviewer, once the manager has started the review."""
    page = manager.post(f"/funding/calls/{call_id}/start-review")
    assert "评审中" in page.text or page.status_code == 200
    listed = reviewer.get(f"/duties/{call_id}/reviews").text
    assert NAME not in listed
    return "/reviews/" + listed.partition('href="/reviews/')[2].partition('"')[0]


def typed(share: float, *criteria: Criterion) -> dict[str, str]:
    points = points_of_share(share)
    form = {f"points_{row}": str(points[row]) for row in criteria}
    return form | {f"reason_{row}": REASON for row in criteria}


BLIND = [row for row in Criterion if row is not Criterion.team]


def test_nothing_opens_before_the_declaration_and_the_team_after_the_blind_points(reviewer: Visitor, path: str) -> None:
    page = reviewer.get(path).text
    assert "送餐到家" not in page
    assert f"{path}/declaration" in page
    page = reviewer.post(f"{path}/declaration", {"interest": "none"}).text
    assert "送餐到家" in page
    assert NAME not in page
    assert "周予安" not in page, "the team is in the open part"
    assert "points_team" not in page
    unfinished = reviewer.post(path, typed(0.7, Criterion.need) | {"to": "lock"})
    assert unfinished.status_code == 422
    assert 'id="points_plan-wrong"' in unfinished.text
    assert 'value="14"' in reviewer.get(path).text, "what was given is saved all the same"
    page = reviewer.post(path, typed(0.7, *BLIND) | {"to": "lock"}).text
    assert "项目主管" in page
    assert "0550-3022685" not in page, "no telephone of staff"
    page = reviewer.post(path, typed(0.7, Criterion.team) | {"to": "submit"})
    assert "已提交" in page.text
    assert reviewer.post(path, typed(0.7, Criterion.team)).status_code == 409


def test_points_out_of_range_come_back_as_typed(reviewer: Visitor, path: str) -> None:
    reviewer.post(f"{path}/declaration", {"interest": "none"})
    for points in ("101", "7.55", "21"):
        page = reviewer.post(path, {"points_need": points, "reason_need": "写下的理由不会丢失", "to": "save"})
        assert page.status_code == 422
        assert f'value="{points}"' in page.text
        assert "写下的理由不会丢失" in page.text


def test_an_interest_closes_the_application(reviewer: Visitor, path: str) -> None:
    page = reviewer.post(f"{path}/declaration", {"interest": "kin"}).text
    assert "送餐到家" not in page
    assert "不能查看这份申报书" in page


def test_a_conflict_found_late_is_replaced_by_the_manager(
    reviewer: Visitor, manager: Visitor, call_id: int, path: str
) -> None:
    reviewer.post(f"{path}/declaration", {"interest": "none"})
    reviewer.post(f"{path}/conflict", {"interest": "adviser"})
    assert "送餐到家" not in reviewer.get(path).text
    page = manager.get(f"/funding/calls/{call_id}/reviews").text
    assert "有偿顾问" in page
    page = manager.post(f"/funding{path}/replace", {"office_reason": "事后发现利益冲突"}).text
    assert "没有其他评委可以指派" in page
    assert reviewer.get(path).status_code == 404


def test_scores_are_read_when_the_review_is_closed(
    unit_of_work: UnitOfWork, manager: Visitor, reviewer: Visitor, call_id: int, path: str
) -> None:
    page = manager.get(f"/funding/calls/{call_id}/reviews").text
    assert "原始平均分" not in page
    refused = manager.post(f"/funding/calls/{call_id}/close-review")
    assert refused.status_code == 409
    assert "001" in refused.text
    with unit_of_work.write() as session:
        for review in reviews_of(session, session.get_one(Call, call_id)):
            if review.state is ReviewState.assigned:
                write_review(session, actor_of(session.get_one(User, review.reviewer_id)), review, 0.8)
    page = manager.post(f"/funding/calls/{call_id}/close-review").text
    assert "原始平均分" in page
    assert "80.0" in page
    assert NAME in page, "the manager knows who it is"
    assert reviewer.get(f"/funding/calls/{call_id}/reviews").status_code == 403


def test_a_review_is_nobody_elses(unit_of_work: UnitOfWork, manager: Visitor, path: str) -> None:
    other = Visitor(unit_of_work, Role.social_worker)
    for visitor in (manager, other):
        assert visitor.get(path).status_code == 404
        assert visitor.post(f"{path}/declaration", {"interest": "none"}).status_code == 404
