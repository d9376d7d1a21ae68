"""Changing a line of a plan and repairing an older plan: what it costs, what stays (design.md sections 6 and 8)."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.plans import County
from tuoju.accounts.errors import NotPermitted
from tuoju.cases.models import Need
from tuoju.database.engine import make_engine
from tuoju.plans import changing, queries, service, work
from tuoju.plans.changing import AUTOMATIC, Choice
from tuoju.plans.errors import IllegalLineStep, NoFeasiblePlan, NotAnOption, PlanChanged
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import load
from tuoju.plans.queries import LineFilter
from tuoju.plans.status import LINE_STEPS, LineState, LineVerb, PlanState
from tuoju.referrals import service as referrals
from tuoju_projects import capacity
from tuoju_projects.models import Project, RuleKind


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    return County(unit_of_work)


def lines_of(county: County, plan: Plan) -> dict[int, PlanLine]:
    with county.unit_of_work.write() as session:
        return {line.need_id: line for line in queries.find_lines(session, plan, LineFilter())}


def change(county: County, plan: Plan, need: Need, to: int | None, seen: int = 0) -> changing.Effect:
    with county.unit_of_work.write() as session:
        current = session.get_one(Plan, plan.pk)
        return service.change_line(session, county.manager, current, need.pk, to, seen=seen or current.version)


def repaired(county: County, plan: Plan) -> Plan:
    with county.unit_of_work.write() as session:
        pk = service.repair(session, county.manager, session.get_one(Plan, plan.pk)).pk
    work.compute(county.unit_of_work, pk)
    return county.read(pk)


class TestChangeLine:
    def test_the_chosen_need_takes_the_place_and_another_loses_it(self, county: County) -> None:
        project = county.project(1)
        routine, urgent = county.need(project), county.need(project, urgency="urgent")
        plan = county.plan()
        effect = change(county, plan, routine, project.pk)
        assert (effect.before.placed, effect.after.placed) == ({"urgent": 1}, {"routine": 1})
        shifts = {(shift.need_id, shift.after) for shift in effect.shifts}
        assert shifts == {(routine.pk, project.pk), (urgent.pk, None)}
        lines = lines_of(county, plan)
        assert (lines[routine.pk].fixed, lines[routine.pk].project_id) == (True, project.pk)
        assert (lines[urgent.pk].state, lines[urgent.pk].fixed) == (LineState.without, False)

    def test_leaving_a_need_out_frees_its_place(self, county: County) -> None:
        project = county.project(1)
        routine, urgent = county.need(project), county.need(project, urgency="urgent")
        plan = county.plan()
        change(county, plan, urgent, None)
        lines = lines_of(county, plan)
        assert lines[urgent.pk].state is LineState.left_out
        assert lines[routine.pk].state is LineState.placed

    def test_an_automatic_choice_undoes_the_change(self, county: County) -> None:
        project = county.project(1)
        county.need(project)
        urgent = county.need(project, urgency="urgent")
        plan = county.plan()
        change(county, plan, urgent, None)
        change(county, plan, urgent, AUTOMATIC)
        line = lines_of(county, plan)[urgent.pk]
        assert (line.state, line.fixed, line.project_id) == (LineState.placed, False, project.pk)

    def test_a_change_based_on_an_older_version_is_refused(self, county: County) -> None:
        project = county.project(2)
        need = county.need(project)
        plan = county.plan()
        seen = county.read(plan.pk).version
        change(county, plan, need, None)
        with pytest.raises(PlanChanged):
            change(county, plan, need, project.pk, seen)

    def test_a_need_cannot_go_to_a_project_whose_rules_it_fails(self, county: County) -> None:
        county.project(1)
        children = county.project(1, rules={RuleKind.max_age: ["17"]})
        need = county.need()
        plan = county.plan()
        with pytest.raises(NotAnOption):
            change(county, plan, need, children.pk)

    def test_persons_cannot_fix_more_needs_than_there_are_places(self, county: County) -> None:
        project = county.project(1)
        first, second = county.need(project), county.need(project)
        plan = county.plan()
        change(county, plan, first, project.pk)
        with pytest.raises(NoFeasiblePlan):
            change(county, plan, second, project.pk)

    def test_reading_the_effect_changes_nothing(self, county: County) -> None:
        project = county.project(1)
        need = county.need(project)
        plan = county.plan()
        with county.unit_of_work.write() as session:
            changing.effect(session, session.get_one(Plan, plan.pk), need.pk, None)
        assert lines_of(county, plan)[need.pk].state is LineState.placed

    def test_only_a_manager_changes_a_line_and_only_while_the_plan_is_proposed(self, county: County) -> None:
        need = county.need(county.project(1))
        plan = county.plan()
        with county.unit_of_work.write() as session:
            worker = make_actor(session)
            with pytest.raises(NotPermitted):
                service.change_line(session, worker, session.get_one(Plan, plan.pk), need.pk, None, seen=2)
        county.approve(plan)
        with pytest.raises(IllegalLineStep):
            change(county, plan, need, None)


class TestLineSteps:
    @pytest.mark.parametrize("state", [LineState.sent, LineState.waiting_for_consent, LineState.not_sent])
    def test_a_line_that_was_sent_or_could_not_be_sent_moves_no_more(self, state: LineState) -> None:
        assert not any((state, verb) in LINE_STEPS for verb in LineVerb)


class TestRepair:
    def test_a_repair_keeps_valid_lines_and_places_new_needs(self, county: County) -> None:
        project = county.project(2)
        stays, leaves = county.need(project), county.need(project)
        plan = county.plan()
        with county.unit_of_work.write() as session:
            need, current = session.get_one(Need, leaves.pk), session.get_one(Project, project.pk)
            referrals.send(session, county.worker, need, current)
            capacity.correct(session, project.pk, 3, by=None)
        comes = county.need(project)
        new = repaired(county, plan)
        lines = lines_of(county, new)
        assert {need_id: line.project_id for need_id, line in lines.items()} == {
            stays.pk: project.pk,
            comes.pk: project.pk,
        }
        assert county.read(plan.pk).state is PlanState.superseded
        with county.unit_of_work.read() as session:
            difference = queries.repair_difference(session, new)
            assert difference is not None
            assert (difference.unchanged, difference.moved) == (1, [])
            assert (difference.added, difference.removed) == ([comes.pk], [leaves.pk])
            assert not queries.changes_since(session, new).exist

    def test_a_repair_keeps_the_choices_of_persons(self, county: County) -> None:
        project = county.project(2)
        need, other = county.need(project), county.need(project)
        plan = county.plan()
        change(county, plan, need, None)
        change(county, plan, other, project.pk)
        lines = lines_of(county, repaired(county, plan))
        assert (lines[need.pk].state, lines[need.pk].fixed) == (LineState.left_out, True)
        assert (lines[other.pk].project_id, lines[other.pk].fixed) == (project.pk, True)

    def test_with_fewer_places_the_most_urgent_need_keeps_its_place(self, county: County) -> None:
        project = county.project(2)
        routine, urgent = county.need(project), county.need(project, urgency="urgent")
        plan = county.plan()
        with county.unit_of_work.write() as session:
            capacity.correct(session, project.pk, 1, by=None)
        lines = lines_of(county, repaired(county, plan))
        assert lines[urgent.pk].state is LineState.placed
        assert lines[routine.pk].state is LineState.without

    def test_a_plan_that_was_discarded_during_its_repair_stays_discarded(self, county: County) -> None:
        county.need(county.project(1))
        plan = county.plan()
        with county.unit_of_work.write() as session:
            pk = service.repair(session, county.manager, session.get_one(Plan, plan.pk)).pk
            service.discard(session, county.manager, session.get_one(Plan, plan.pk))
        work.compute(county.unit_of_work, pk)
        assert county.read(plan.pk).state is PlanState.discarded


class TestFeasible:
    @settings(max_examples=30, deadline=None)
    @given(wishes=st.lists(st.sampled_from(["first", "second", None]), max_size=6), places=st.integers(0, 3))
    def test_a_project_never_gives_more_places_than_it_has(
        self, county_of_six: County, wishes: list[str | None], places: int
    ) -> None:
        with county_of_six.unit_of_work.read() as session:
            problem = load(session, county_of_six.manager.region_code or "")
        ids = {"first": problem.projects[0].id, "second": problem.projects[1].id}
        projects = [replace(project, places_left=places) for project in problem.projects]
        problem = replace(problem, projects=projects)
        choices = [
            Choice(need.id, ids[wish] if wish else None, by_person=False, score=0.5)
            for need, wish in zip(problem.needs, wishes, strict=False)
        ]
        accepted = changing.feasible(problem, choices)
        taken = Counter(project_id for project_id in accepted.values() if project_id)
        assert all(count <= places for count in taken.values())
        assert accepted.items() <= {choice.need_id: choice.project_id for choice in choices}.items()


@pytest.fixture(scope="module")
def county_of_six(databases: object) -> County:
    made = County(UnitOfWork(make_engine(databases.fresh())))  # type: ignore[attr-defined]
    made.project(3)
    made.project(3)
    for _ in range(6):
        made.need()
    return made
