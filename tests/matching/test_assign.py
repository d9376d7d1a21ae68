"""Assignment of profiles: modes, fixed and refused projects, sizes and fairness."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.builders import TODAY, need, project
from matching.strategies import overlapping_needs, overlapping_projects
from tuoju_matching.assign import assign
from tuoju_matching.errors import FairnessNotFeasible, PlanError
from tuoju_matching.problem import Fairness, Mode, PlanOptions
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.ranker import RuleRanker


def plan_value(scores: dict[int, float], needs: list[NeedProfile]) -> tuple[float, ...]:
    """Needs placed of each class, the most urgent first, then the sum of scores."""
    placed = [member for member in needs if member.id in scores]
    counts = [sum(member.urgency is level for member in placed) for level in sorted(Urgency, reverse=True)]
    return (*counts, round(sum(scores.values()), 9))


class TestAssign:
    @settings(deadline=None)
    @given(st.lists(overlapping_needs, max_size=4), st.lists(overlapping_projects, max_size=3))
    def test_is_as_good_as_the_best_of_all_plans(
        self, drawn_needs: list[NeedProfile], drawn_projects: list[ProjectProfile]
    ) -> None:
        needs = [replace(drawn, id=number) for number, drawn in enumerate(drawn_needs)]
        projects = [replace(drawn, id=number) for number, drawn in enumerate(drawn_projects)]
        plan = assign(needs, projects, TODAY)
        best: tuple[float, ...] = (0, 0, 0, 0, 0.0)
        ranker = RuleRanker().fit(projects)
        choices = [[None, *ranker.rank(member, TODAY, k=None)] for member in needs]
        for proposals in product(*choices):
            taken = [ranked.project.id for ranked in proposals if ranked]
            if any(taken.count(offered.id) > max(0, offered.places_left) for offered in projects):
                continue
            scores = {member.id: ranked.score for member, ranked in zip(needs, proposals, strict=True) if ranked}
            best = max(best, plan_value(scores, needs))
        chosen = {need_id: ranked.score for need_id, ranked in plan.chosen.items()}
        assert plan_value(chosen, needs) == pytest.approx(best)
        assert plan.gap < 1e-6

    def test_an_urgent_need_is_placed_before_one_that_fits_better(self) -> None:
        routine = need(id=1, text="上门做饭", vulnerabilities=frozenset({"DJ"}))
        urgent = need(id=2, text="", urgency=Urgency.urgent)
        plan = assign([routine, urgent], [project(places_left=1, target_groups=("DJ",))], TODAY)
        assert list(plan.chosen) == [2]
        assert plan.without == (1,)

    def test_the_need_that_waited_longer_is_placed_first_among_equals(self) -> None:
        plan = assign([need(id=1), need(id=2, waiting_days=90)], [project(places_left=1)], TODAY)
        assert plan.without == (1,)


class TestModes:
    def test_first_come_looks_at_the_waiting_time_alone(self) -> None:
        needs = [need(id=1, urgency=Urgency.urgent), need(id=2, waiting_days=9)]
        projects = [project(places_left=1)]
        assert list(assign(needs, projects, TODAY, PlanOptions(mode=Mode.first_come)).chosen) == [2]
        for mode in (Mode.urgent_first, Mode.envy_free, Mode.optimum):
            assert list(assign(needs, projects, TODAY, PlanOptions(mode=mode)).chosen) == [1]

    def test_every_mode_reports_the_bound_of_the_optimum(self) -> None:
        needs = [need(id=number, waiting_days=number) for number in range(6)]
        projects = [project(id=1, places_left=2), project(id=2, text="做饭", places_left=2)]
        optimum = assign(needs, projects, TODAY)
        for mode in set(Mode) - {Mode.best_fit}:
            plan = assign(needs, projects, TODAY, PlanOptions(mode=mode))
            assert plan.quality <= optimum.quality + 1e-9
            assert plan.bound >= optimum.quality - 1e-9

    def test_the_best_fit_keeps_what_was_fixed_by_hand(self) -> None:
        options = PlanOptions(mode=Mode.best_fit, fixed={2: 1})
        assert list(assign([need(id=1), need(id=2)], [project(places_left=1)], TODAY, options).chosen) == [2]


class TestFixed:
    def test_a_fixed_need_keeps_its_project_and_the_others_are_placed_around_it(self) -> None:
        needs = [need(id=1, urgency=Urgency.life_threatening), need(id=2), need(id=3)]
        plan = assign(needs, [project(places_left=1)], TODAY, PlanOptions(fixed={2: 1, 3: None}))
        assert list(plan.chosen) == [2]
        assert plan.eligible == {1: 1, 2: 1, 3: 0}

    def test_more_fixed_needs_than_places_are_rejected(self) -> None:
        options = PlanOptions(fixed={1: 1, 2: 1})
        with pytest.raises(PlanError, match="too few places"):
            assign([need(id=1), need(id=2)], [project(places_left=1)], TODAY, options)

    def test_fixing_to_a_project_that_may_not_take_the_need_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="may not take it"):
            assign([need(id=1)], [project(categories=("B01",))], TODAY, PlanOptions(fixed={1: 1}))


class TestOtherOptions:
    def test_a_refused_project_is_not_proposed(self) -> None:
        options = PlanOptions(refused={1: frozenset({1})})
        plan = assign([need(id=1)], [project(id=1), project(id=2)], TODAY, options)
        assert plan.chosen[1].project.id == 2

    def test_a_household_takes_a_place_for_each_of_its_people(self) -> None:
        plan = assign([need(id=1), need(id=2)], [project(places_left=2)], TODAY, PlanOptions(sizes={1: 3, 2: 2}))
        assert list(plan.chosen) == [2]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (PlanOptions(fixed={9: None}), "unknown needs"),
            (PlanOptions(sizes={1: 0}), "sizes must be >= 1"),
            (PlanOptions(mode=Mode.first_come, fairness=Fairness({}, 0.1)), "'optimum' only"),
            (PlanOptions(mode=Mode.envy_free, sizes={1: 2}), "one place each"),
            (PlanOptions(mode=Mode.best_fit, sizes={1: 2}), "one place each"),
        ],
    )
    def test_invalid_options_are_rejected(self, options: PlanOptions, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            assign([need(id=1)], [project()], TODAY, options)


class TestFairness:
    def test_groups_are_kept_within_the_limit_and_the_cost_is_reported(self) -> None:
        fitting = [need(id=number, vulnerabilities=frozenset({"DJ"})) for number in (1, 2)]
        needs = [*fitting, need(id=3), need(id=4)]
        projects = [project(places_left=2, target_groups=("DJ",))]
        groups = {1: "near", 2: "near", 3: "far", 4: "far"}
        free = assign(needs, projects, TODAY)
        fair = assign(needs, projects, TODAY, PlanOptions(fairness=Fairness(groups, 0.0)))
        assert set(free.chosen) == {1, 2}
        assert fair.groups == {"far": (1, 2), "near": (1, 2)}
        assert fair.fairness_cost == pytest.approx(1 - fair.quality / free.quality)
        assert fair.fairness_cost > 0

    def test_a_limit_that_is_not_feasible_is_rejected_with_the_smallest_difference(self) -> None:
        options = PlanOptions(fairness=Fairness({1: "a", 2: "b"}, 0.5))
        with pytest.raises(FairnessNotFeasible) as caught:
            assign([need(id=1), need(id=2)], [project(places_left=1)], TODAY, options)
        assert caught.value.smallest == pytest.approx(1.0)
