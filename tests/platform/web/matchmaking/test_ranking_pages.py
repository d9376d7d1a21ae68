"""Pages of learned rankers and of matches; and what no charity sees."""

import re

import pytest

from factories.databases import UnitOfWork
from factories.learning import make_past
from factories.pages import Visitor, counted
from factories.projects import make_project
from factories.referrals import Scene, make_scene
from tuoju.accounts.models import Role
from tuoju.cases.models import Need
from tuoju.matchmaking.status import RankerState
from tuoju.referrals.training import train


@pytest.fixture
def learned(unit_of_work: UnitOfWork) -> UnitOfWork:
    with unit_of_work.write() as session:
        make_past(session, 900)
    train(unit_of_work)
    return unit_of_work


class TestCard:
    def test_before_the_first_training_the_page_says_that_the_rules_rank(self, unit_of_work: UnitOfWork) -> None:
        page = Visitor(unit_of_work, Role.program_manager).get("/ranking").text
        assert "按固定权重的规则排序" in page
        assert "还没有学习结果" in page

    def test_the_page_says_why_the_rules_stay_in_use(self, unit_of_work: UnitOfWork) -> None:
        train(unit_of_work)
        assert "已有结果的转介太少" in Visitor(unit_of_work, Role.program_manager).get("/ranking").text

    def test_the_card_shows_window_metrics_groups_and_a_chart(self, learned: UnitOfWork) -> None:
        page = Visitor(learned, Role.program_manager).get("/ranking").text
        for words in ("900次转介", "使用中", "换成学习排序后的变化", "全椒县", "女", "服务满足了需求"):
            assert words in page
        assert page.count("<circle") == 8
        assert not re.search(r"\b(in_use|better|success|not_recorded)\b", re.sub(r"<[^>]*>", " ", page))
        assert "停用" not in re.sub(r"<[^>]*>", " ", page)

    def test_an_administrator_puts_a_ranker_out_of_use_and_in_again(self, learned: UnitOfWork) -> None:
        administrator = Visitor(learned, Role.administrator)
        assert "已停用：重新按规则排序" in administrator.post("/ranking/1/out").text
        assert administrator.post("/ranking/1/out").status_code == 409
        assert "已启用" in administrator.post("/ranking/1/adopt").text

    def test_other_roles_cannot_change_or_open_it(self, learned: UnitOfWork) -> None:
        assert Visitor(learned, Role.program_manager).post("/ranking/1/out").status_code == 403
        for role in (Role.social_worker, Role.township_officer):
            assert Visitor(learned, role).get("/ranking").status_code == 403
        assert Visitor(learned, Role.administrator).get("/ranking/9").status_code == 404


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    with unit_of_work.write() as session:
        made = make_scene(session, places=5)
        make_project(session, places=1)
        return made


class TestMatches:
    def test_matches_say_what_would_have_ranked_the_second_project_higher(
        self, unit_of_work: UnitOfWork, scene: Scene
    ) -> None:
        worker = Visitor(unit_of_work)
        page = worker.get(f"/needs/{scene.need.pk}/matches").text
        assert page.count("怎样才会排得更靠前") == 1
        assert "就能排到第1" in page
        answer = worker.client.get(f"/api/v1/needs/{scene.need.pk}/matches", headers={"accept-language": "zh-CN"})
        assert answer.json()["ranker"] == "rules-1"
        second = answer.json()["items"][1]
        assert second["would_rank_higher"]
        assert all(sentence in page for sentence in second["would_rank_higher"])

    def test_equal_projects_are_said_to_be_nearly_equal(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        with unit_of_work.write() as session:
            twins = [make_project(session, places=5) for _ in range(2)]
        page = Visitor(unit_of_work).get(f"/needs/{scene.need.pk}/matches").text
        assert all(twin.name in page for twin in twins)
        assert "几乎相同，先后意义不大" in page

    def test_a_list_says_if_no_project_is_close(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        path, words = f"/needs/{scene.need.pk}/matches", "都与所需的服务相差较远"
        with unit_of_work.write() as session:
            session.get_one(Need, scene.need.pk).text = "xyzzy"
        assert words in Visitor(unit_of_work).get(path).text
        with unit_of_work.write() as session:
            session.get_one(Need, scene.need.pk).text = scene.project.description or scene.project.name
        assert words not in Visitor(unit_of_work).get(path).text

    def test_the_answer_on_an_eligible_project_gives_its_rank(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        page = Visitor(unit_of_work).get(f"/needs/{scene.need.pk}/matches?project={scene.project.pk}").text
        assert "它可以接收，而且最合适" in page

    def test_a_learned_ranking_shows_its_chances(self, learned: UnitOfWork) -> None:
        with learned.write() as session:
            made = make_scene(session)
        page = Visitor(learned).get(f"/needs/{made.need.pk}/matches").text
        assert "按以往转介的经验依次推荐（第1号排序）" in page
        assert re.search(r"100次里约有\d+次被接收", page)

    def test_the_number_of_queries_does_not_grow_with_the_registry(
        self, unit_of_work: UnitOfWork, scene: Scene
    ) -> None:
        worker = Visitor(unit_of_work)
        worker.get(f"/needs/{scene.need.pk}/matches")
        with counted(unit_of_work.engine) as few:
            worker.get(f"/needs/{scene.need.pk}/matches")
        with unit_of_work.write() as session:
            for _ in range(8):
                make_project(session)
        worker.get(f"/needs/{scene.need.pk}/matches")
        with counted(unit_of_work.engine) as many:
            worker.get(f"/needs/{scene.need.pk}/matches")
        assert len(few) == len(many) <= 35


class TestCharity:
    """design.md section 6: a resident is never ranked against another on a screen that a charity sees."""

    def test_a_charity_sees_no_score_rank_or_chance(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            scenes = [make_scene(session) for _ in range(2)]
            organization = scenes[0].project.organization_id
            referrals = [made.send(session) for made in scenes]
        charity = Visitor(unit_of_work, Role.charity_staff, organization_id=organization)
        for path in ("/", "/referrals", f"/referrals/{referrals[0].pk}", f"/projects/{scenes[0].project.pk}"):
            page = charity.get(path)
            assert page.status_code == 200
            assert not re.search(r"匹配度|排到第|排在第|满足了需求\.|fit \d+ of", page.text), path
        for path in (f"/needs/{scenes[0].need.pk}/matches", "/ranking", "/needs"):
            assert charity.get(path).status_code in (403, 404)
        for path in (f"/api/v1/referrals/{referrals[0].pk}", "/api/v1/referrals", "/api/v1/referrals/inbox"):
            body = charity.client.get(path).text
            assert not re.search(r'"(score|rank|fit|chance_met|chance_accepted|features|slate)"', body), path

    def test_the_inbox_of_a_charity_is_in_the_order_of_time(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            made = make_scene(session, places=3)
            first = made.send(session)
        charity = Visitor(unit_of_work, Role.charity_staff, organization_id=made.project.organization_id)
        assert [referral["id"] for referral in charity.client.get("/api/v1/referrals").json()["items"]] == [first.pk]
        assert RankerState.in_use not in charity.get("/referrals").text


def test_a_need_without_a_project_says_why_and_who_can_do_what(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session, places=0)
    page = Visitor(unit_of_work).get(f"/needs/{scene.need.pk}/matches").text
    assert "为什么没有项目能接收" in page
    assert f"询问{scene.project.name}何时有名额空出" in page
    assert f"为{scene.project.name}增加1个名额" in page
