"""The profile-level door of the assignment: modes, hand-set lines, refusals, sizes, groups."""

import pytest

from matching.test_core import TODAY, need, project
from tuoju_matching.assign import Fairness, Mode, assign
from tuoju_matching.exact import PlanError, Unfair
from tuoju_matching.profiles import Urgency


class TestAssign:
    def test_who_waited_longer_goes_first_among_equals(self) -> None:
        plan = assign([need(id=1), need(id=2, waiting_days=90)], [project(places_left=1)], TODAY)
        assert plan.without == (1,)

    def test_first_come_looks_at_the_wait_alone(self) -> None:
        needs = [need(id=1, urgency=Urgency.urgent), need(id=2, waiting_days=9)]
        offered = [project(places_left=1)]
        assert list(assign(needs, offered, TODAY, mode=Mode.first_come).chosen) == [2]
        for mode in (Mode.urgent_first, Mode.envy_free, Mode.optimum):
            assert list(assign(needs, offered, TODAY, mode=mode).chosen) == [1]

    def test_every_mode_tells_the_bound_of_the_optimum(self) -> None:
        needs = [need(id=number, waiting_days=number) for number in range(6)]
        offered = [project(id=1, places_left=2), project(id=2, text="做饭", places_left=2)]
        best = assign(needs, offered, TODAY)
        for mode in Mode:
            plan = assign(needs, offered, TODAY, mode=mode)
            assert plan.quality <= best.quality + 1e-9
            assert plan.bound >= best.quality - 1e-9

    def test_what_is_fixed_stays_and_the_rest_is_arranged_around_it(self) -> None:
        needs = [need(id=1, urgency=Urgency.life_threatening), need(id=2), need(id=3)]
        plan = assign(needs, [project(places_left=1)], TODAY, fixed={2: 1, 3: None})
        assert list(plan.chosen) == [2]
        assert plan.eligible == {1: 1, 2: 1, 3: 0}

    def test_fixing_more_than_the_places_says_so(self) -> None:
        with pytest.raises(PlanError, match="fixed"):
            assign([need(id=1), need(id=2)], [project(places_left=1)], TODAY, fixed={1: 1, 2: 1})

    def test_fixing_to_a_project_that_may_not_take_it_says_so(self) -> None:
        with pytest.raises(ValueError, match="may not take it"):
            assign([need(id=1)], [project(categories=("B01",))], TODAY, fixed={1: 1})

    def test_a_refused_project_is_not_proposed(self) -> None:
        plan = assign([need(id=1)], [project(id=1), project(id=2)], TODAY, refused={1: frozenset({1})})
        assert plan.chosen[1].project.id == 2

    def test_a_household_takes_as_many_places_as_it_has_people(self) -> None:
        plan = assign([need(id=1), need(id=2)], [project(places_left=2)], TODAY, sizes={1: 3, 2: 2})
        assert list(plan.chosen) == [2]

    def test_groups_are_held_together_and_the_cost_is_told(self) -> None:
        fits = [need(id=number, vulnerabilities=frozenset({"DJ"})) for number in (1, 2)]
        needs = [*fits, need(id=3), need(id=4)]
        offered = [project(places_left=2, target_groups=("DJ",))]
        groups = {1: "near", 2: "near", 3: "far", 4: "far"}
        free = assign(needs, offered, TODAY)
        fair = assign(needs, offered, TODAY, fairness=Fairness(groups, 0.0))
        assert set(free.chosen) == {1, 2}
        assert fair.groups == {"far": (1, 2), "near": (1, 2)}
        assert fair.fairness_cost == pytest.approx(1 - fair.quality / free.quality)
        assert fair.fairness_cost > 0

    def test_groups_that_can_not_be_held_together_say_how_near_they_come(self) -> None:
        needs = [need(id=1), need(id=2)]
        with pytest.raises(Unfair) as caught:
            assign(needs, [project(places_left=1)], TODAY, fairness=Fairness({1: "a", 2: "b"}, 0.5))
        assert caught.value.smallest == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"fixed": {9: None}}, "not there"),
            ({"sizes": {1: 0}}, "at least 1"),
            ({"mode": Mode.first_come, "fairness": Fairness({}, 0.1)}, "only the optimum"),
            ({"mode": Mode.envy_free, "sizes": {1: 2}}, "one place"),
        ],
    )
    def test_says_what_can_not_be_asked(self, asked: dict[str, object], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            assign([need(id=1)], [project()], TODAY, **asked)  # type: ignore[arg-type]
