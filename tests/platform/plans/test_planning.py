"""Planning the next places (design.md section 6.6), and the draft of a call that identifies nobody."""

import pytest

from factories.accounts import TOWNSHIP, VILLAGE
from factories.databases import UnitOfWork
from factories.plans import County
from tuoju.plans import planning
from tuoju.plans.errors import InvalidTrial
from tuoju.plans.models import Plan
from tuoju.plans.planning import MIN_NEEDS_IN_BRIEF, Baseline
from tuoju_matching.planning import BudgetRange, GapGroup
from tuoju_matching.profiles import RuleKind as Kind
from tuoju_matching.profiles import Urgency
from tuoju_projects.models import RuleKind


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    return County(unit_of_work)


def baseline_now(county: County, plan: Plan) -> Baseline:
    with county.unit_of_work.read() as session:
        return planning.baseline_of(session, plan)


class TestPlaceGains:
    def test_one_more_place_lets_one_more_urgent_need_be_met(self, county: County) -> None:
        project, spare = county.project(1), county.project(5, categories=["C06"])
        for _ in range(2):
            county.need(project, urgency="urgent")
        plan = county.plan()
        gains = planning.place_gains(plan, baseline_now(county, plan))
        assert gains.by_project[project.pk].placed == {Urgency.urgent: 1}
        assert spare.pk not in gains.by_project
        assert gains.by_category["A01"].placed == {Urgency.urgent: 1}
        assert TOWNSHIP in gains.by_township


class TestTryOut:
    def test_more_places_place_more_needs(self, county: County) -> None:
        project = county.project(1)
        needs = [county.need(project) for _ in range(3)]
        baseline = baseline_now(county, county.plan())
        difference = planning.try_out(baseline, planning.add_places(project.pk, 2))
        assert difference.gain.placed[Urgency.routine] == 2
        placed_now = set(baseline.best.chosen)
        assert set(planning.newly_placed(baseline, difference)) == {need.pk for need in needs} - placed_now

    def test_a_new_project_takes_needs_of_its_area_and_target_group(self, county: County) -> None:
        need = county.need(category="B02", text="想洗个澡")
        baseline = baseline_now(county, county.plan())
        for area, target, placed in (
            (TOWNSHIP, "SN", [need.pk]),
            (TOWNSHIP, "", [need.pk]),
            (TOWNSHIP, "LSET", []),
            ("341122000000", "SN", []),
        ):
            change = planning.open_project(baseline, category="B02", area=area, target=target, places=2)
            assert planning.newly_placed(baseline, planning.try_out(baseline, change)) == placed

    def test_another_condition_admits_needs_that_failed_it(self, county: County) -> None:
        project = county.project(1, rules={RuleKind.min_age: ["90"]})
        need = county.need(project)
        baseline = baseline_now(county, county.plan())
        for value, placed in (("60", [need.pk]), ("", [need.pk]), ("95", [])):
            change = planning.change_rule(baseline, project.pk, Kind.min_age, value)
            assert planning.newly_placed(baseline, planning.try_out(baseline, change)) == placed

    def test_an_impossible_change_is_refused(self, county: County) -> None:
        project = county.project(1)
        baseline = baseline_now(county, county.plan())
        with pytest.raises(InvalidTrial):
            planning.change_rule(baseline, project.pk, Kind.min_age, "old")
        with pytest.raises(InvalidTrial):
            planning.change_rule(baseline, project.pk + 1, Kind.min_age, "60")
        with pytest.raises(InvalidTrial):
            planning.try_out(baseline, planning.add_places(project.pk + 1, 1))


class TestRates:
    def test_rates_come_from_the_projects_with_budget_and_target(self, county: County) -> None:
        county.project(10, budget_fen=1_000_000, target_person_times=100, invented=["budget"])
        county.project(5, budget_fen=3_000_000, target_person_times=100)
        county.project(5)
        with county.unit_of_work.read() as session:
            rates = planning.rates(session)
        assert (rates.unit_costs["A01"], rates.projects, rates.invented) == ([10_000, 30_000], 2, 1)
        assert rates.times_of("A01") == 15
        assert rates.times_of("A02") == 15
        assert rates.times_of("C06") == rates.usual_times


class TestBrief:
    def groups(self, sizes: list[int]) -> list[GapGroup]:
        return [
            GapGroup("B02", f"3411241{number:02d}000", "SN", tuple(range(size)), size * 10, BudgetRange(1, 2, 3))
            for number, size in enumerate(sizes)
        ]

    def rates(self) -> planning.Rates:
        return planning.Rates({}, {}, 1.0, 0, 0)

    def test_townships_of_one_topic_are_joined(self) -> None:
        [topic] = planning.brief(self.groups([2, 3]), self.rates()).topics
        assert (topic.needs, topic.person_times) == (5, 50)
        assert topic.townships == ("341124101000", "341124100000")
        assert topic.budget == BudgetRange(2, 4, 6)

    def test_a_topic_that_could_identify_a_person_is_left_out_and_counted(self) -> None:
        brief = planning.brief(self.groups([MIN_NEEDS_IN_BRIEF - 1]), self.rates())
        assert (brief.topics, brief.left_out) == ((), MIN_NEEDS_IN_BRIEF - 1)


def test_a_need_without_a_project_is_in_the_gap_group_of_its_township(county: County) -> None:
    need = county.need(category="B02", text="想洗个澡")
    baseline = baseline_now(county, county.plan())
    [group] = planning.gap_groups(baseline, planning.Rates({"B02": [500]}, {"B02": 12.0}, 1.0, 1, 0))
    assert (group.needs, group.township, group.person_times) == ((need.pk,), TOWNSHIP, 12)
    assert group.budget == BudgetRange(6000, 6000, 6000)
    assert VILLAGE not in str(group)
