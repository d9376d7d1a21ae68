"""The ranking in use scores everywhere: lists, plans, changes and trials (design.md section 6)."""

import pytest
from sqlmodel import select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.learning import make_ranking
from factories.plans import County, worked
from tuoju.accounts.models import Role
from tuoju.cases.models import Need
from tuoju.matchmaking import rankers
from tuoju.matchmaking.ranking import RULES
from tuoju.plans import changing, planning, queries, service, work
from tuoju.plans.errors import RankingChanged
from tuoju.plans.models import Plan, PlanLine, PlanPart
from tuoju.plans.problem import load
from tuoju.plans.queries import LineFilter
from tuoju.plans.status import LineState, PlanState
from tuoju.plans.trial import trial
from tuoju.referrals.proposing import propose
from tuoju_matching.ranker import Ranked


class Scene:
    """A county with a need, a project near it, and a project whose text fits it: by the rules the text counts more."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.county = County(unit_of_work)
        text = "不会用手机,想学拍照"
        self.near = self.county.project(2, areas=[VILLAGE], description="棋牌活动室")
        self.fitting = self.county.project(2, areas=[CITY], description=text)
        self.need = self.county.need(self.near, self.fitting, text=text)

    def adopt(self, number: int = 1, **log_odds: float) -> None:
        with self.county.unit_of_work.write() as session:
            make_ranking(session, number, **(log_odds or {"nearness": 2.0}))

    def lines(self, plan: Plan) -> dict[int, PlanLine]:
        with self.county.unit_of_work.write() as session:
            return {line.need_id: line for line in queries.find_lines(session, plan, LineFilter())}

    def line(self, plan: Plan, need: Need | None = None) -> PlanLine:
        return self.lines(plan)[(need or self.need).pk]

    def stale(self, plan: Plan) -> queries.Changes:
        with self.county.unit_of_work.read() as session:
            return queries.changes_since(session, plan)

    def repaired(self, plan: Plan) -> Plan:
        with self.county.unit_of_work.write() as session:
            pk = service.repair(session, self.county.manager, session.get_one(Plan, plan.pk)).pk
        work.compute(self.county.unit_of_work, pk)
        return self.county.read(pk)


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    return Scene(unit_of_work)


def scores(ranked: list[Ranked]) -> list[tuple[int, float]]:
    return [(option.project.id, option.score) for option in ranked]


@pytest.mark.parametrize("learned", [False, True])
def test_plans_changes_and_trials_score_as_the_list_of_the_need(scene: Scene, learned: bool) -> None:
    if learned:
        scene.adopt()
    plan = scene.county.plan()
    with scene.county.unit_of_work.read() as session:
        listed = propose(session, scene.need)
        problem = load(session, COUNTY)
        best = planning.baseline_of(session, plan).best.chosen[scene.need.pk]
        result = trial(session, COUNTY)
    first = scene.near if learned else scene.fitting
    assert listed.ranked[0].project.id == first.pk
    assert scores(changing.options(problem, problem.needs[0])) == scores(listed.ranked)
    line = scene.line(plan)
    assert (line.project_id, line.score) == scores(listed.ranked)[0] == scores([best])[0]
    assert plan.ranker == result["ranker"] == listed.ranking.signature == ("learned-1" if learned else RULES)
    assert result["modes"]["optimum"] == plan.comparison["optimum"]


def test_a_change_is_scored_by_the_ranking_in_use(scene: Scene) -> None:
    scene.adopt()
    plan = scene.county.plan()
    with scene.county.unit_of_work.write() as session:
        current = session.get_one(Plan, plan.pk)
        effect = service.change_line(
            session, scene.county.manager, current, scene.need.pk, scene.fitting.pk, seen=current.version
        )
        listed = dict(scores(propose(session, scene.need).ranked))
    assert (effect.before.quality, effect.after.quality) == (listed[scene.near.pk], listed[scene.fitting.pk])
    assert scene.line(plan).score == listed[scene.fitting.pk]


class TestStale:
    def test_a_plan_scored_by_another_ranking_is_stale_until_its_repair(self, scene: Scene) -> None:
        plan = scene.county.plan()
        assert not scene.stale(plan).exist
        scene.adopt()
        assert scene.stale(plan) == queries.Changes(reranked=True)
        new = scene.repaired(plan)
        assert (new.ranker, scene.line(new).project_id) == ("learned-1", scene.near.pk)
        assert not scene.stale(new).exist
        assert scene.county.read(plan.pk).state is PlanState.superseded

    def test_the_next_learned_ranking_makes_a_plan_stale(self, scene: Scene) -> None:
        scene.adopt()
        plan = scene.county.plan()
        scene.adopt(2, text=2.0)
        assert scene.stale(plan).reranked
        assert scene.line(scene.repaired(plan)).project_id == scene.fitting.pk

    def test_the_repair_keeps_only_the_choices_of_persons(self, scene: Scene) -> None:
        left_out = scene.county.need(scene.near)
        plan = scene.county.plan()
        with scene.county.unit_of_work.write() as session:
            current = session.get_one(Plan, plan.pk)
            service.change_line(session, scene.county.manager, current, left_out.pk, None, seen=current.version)
        scene.adopt()
        new = scene.repaired(plan)
        assert (scene.line(new, left_out).state, scene.line(new, left_out).fixed) == (LineState.left_out, True)
        assert scene.line(new).project_id == scene.near.pk

    def test_a_line_cannot_be_changed_before_the_repair(self, scene: Scene) -> None:
        plan = scene.county.plan()
        scene.adopt()
        with scene.county.unit_of_work.write() as session:
            current = session.get_one(Plan, plan.pk)
            with pytest.raises(RankingChanged):
                service.change_line(session, scene.county.manager, current, scene.need.pk, None, seen=current.version)

    def test_putting_the_ranking_out_of_use_makes_a_plan_stale(self, scene: Scene) -> None:
        scene.adopt()
        plan = scene.county.plan()
        with scene.county.unit_of_work.write() as session:
            administrator = make_actor(session, role=Role.administrator)
            rankers.put_out_of_use(session, administrator, rankers.get_version(session, administrator, 1))
        assert scene.stale(plan).reranked


class TestParts:
    def test_the_parts_of_a_city_are_scored_by_the_ranking_in_use(self, scene: Scene) -> None:
        self.as_city(scene)
        scene.adopt()
        pk = self.ask(scene)
        work.compute(worked(scene.county.unit_of_work.engine), pk)
        plan = scene.county.read(pk)
        assert (plan.state, plan.ranker) == (PlanState.proposed, "learned-1")
        assert scene.line(plan).project_id == scene.near.pk

    def test_parts_that_another_ranking_scored_are_solved_again(self, scene: Scene) -> None:
        self.as_city(scene)
        pk = self.ask(scene)
        work.compute(scene.county.unit_of_work, pk)
        with scene.county.unit_of_work.read() as session:
            parts = session.exec(select(PlanPart.id).where(PlanPart.plan_id == pk)).all()
        for part in parts:
            work.compute_part(scene.county.unit_of_work, part or 0)
        scene.adopt()
        work.compute(worked(scene.county.unit_of_work.engine), pk)
        plan = scene.county.read(pk)
        assert (plan.state, plan.ranker) == (PlanState.proposed, "learned-1")
        assert scene.line(plan).project_id == scene.near.pk

    @staticmethod
    def as_city(scene: Scene) -> None:
        with scene.county.unit_of_work.write() as session:
            scene.county.manager = make_actor(session, role=Role.program_manager, region_code=CITY)

    @staticmethod
    def ask(scene: Scene) -> int:
        with scene.county.unit_of_work.write() as session:
            return service.make_plan(session, scene.county.manager, CITY).pk
