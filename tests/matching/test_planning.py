"""What one more place is worth, what a change would bring, and gaps."""

import pytest

from matching.builders import PATH, TODAY, need, project
from tuoju_matching.assign import assign
from tuoju_matching.features import Feature
from tuoju_matching.learned import Coefficients
from tuoju_matching.planning import (
    BudgetRange,
    Change,
    best_by_category,
    best_by_township,
    gaps,
    one_more_place,
    what_if,
)
from tuoju_matching.problem import PlanOptions
from tuoju_matching.profiles import Rule, RuleKind, Urgency


class TestOneMorePlace:
    def test_is_worth_most_where_urgent_needs_wait(self) -> None:
        needs = [
            need(id=1),
            need(id=2),
            need(id=3, category="B01", urgency=Urgency.urgent),
            need(id=4, category="B01", urgency=Urgency.urgent),
        ]
        offered = [project(id=1, places_left=1), project(id=2, categories=("B01",), places_left=1)]
        gains = one_more_place(needs, offered, TODAY, assign(needs, offered, TODAY))
        assert gains[1].placed[Urgency.routine] == 1
        assert gains[2].placed[Urgency.urgent] == 1
        assert max(gains, key=lambda project_id: gains[project_id].order) == 2
        assert set(best_by_category(gains, offered)) == {"A01", "B01"}
        assert best_by_township(gains, needs, offered) == {PATH[2]: gains[2]}

    def test_is_worth_nothing_where_places_are_left(self) -> None:
        needs, offered = [need()], [project(places_left=9)]
        gain = one_more_place(needs, offered, TODAY, assign(needs, offered, TODAY))[1]
        assert gain.quality == 0
        assert not any(gain.placed.values())


class TestWhatIf:
    def test_a_new_project_or_a_changed_rule_places_a_need(self) -> None:
        needs, offered = [need(age=50)], [project(rules=(Rule(RuleKind.min_age, ("60",)),))]
        plan = assign(needs, offered, TODAY)
        assert plan.without == (1,)
        for change in (Change(opened=(project(id=2),)), Change(rules={1: ()})):
            difference = what_if(needs, offered, TODAY, plan, change)
            assert difference.gain.placed[Urgency.routine] == 1
            assert difference.gain.quality == pytest.approx(difference.plan.quality)

    def test_places_taken_away_are_a_loss(self) -> None:
        needs, offered = [need()], [project(places_left=1)]
        plan = assign(needs, offered, TODAY)
        assert what_if(needs, offered, TODAY, plan, Change(add_places={1: -1})).gain.placed[Urgency.routine] == -1

    def test_an_unknown_project_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="unknown projects"):
            what_if([], [], TODAY, assign([], [], TODAY), Change(add_places={9: 1}))

    def test_scores_with_the_model_of_the_plan(self) -> None:
        learned = Coefficients({Feature.nearness: 2.0}, 0.0)
        plan = assign([need(id=1)], [project(id=1, areas=PATH[:1])], TODAY, PlanOptions(learned=learned))
        near = project(id=2, areas=PATH[-1:])
        after = what_if([need(id=1)], [project(id=1, areas=PATH[:1])], TODAY, plan, Change(opened=(near,))).plan
        assert after.chosen[1].project.id == 2
        assert [part.feature for part in after.chosen[1].contributions if part.weight] == [Feature.nearness]


class TestGaps:
    def test_are_grouped_and_counted_with_a_budget(self) -> None:
        needs = [
            need(id=1, vulnerabilities=frozenset({"DJ", "SN"})),
            need(id=2, vulnerabilities=frozenset({"DJ"})),
            need(id=3, category="B01"),
        ]
        groups = gaps(needs, assign(needs, [], TODAY), person_times={1: 4}, unit_costs={"A01": [1000, 2000, 3000]})
        assert [(group.category, group.target_group, group.needs, group.person_times) for group in groups] == [
            ("A01", "DJ", (1, 2), 5),
            ("B01", "NONE", (3,), 1),
        ]
        assert groups[0].budget == BudgetRange(7500, 10000, 12500)
        assert groups[1].budget is None
