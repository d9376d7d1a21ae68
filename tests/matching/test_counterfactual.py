"""Changes that would rank a project higher, checked by applying them."""

from dataclasses import replace

from hypothesis import given, settings

from matching.builders import PATH, TODAY, minimal_project
from matching.strategies import needs, project_lists
from tuoju_matching.counterfactual import Lift, lifts
from tuoju_matching.explain import lift_sentences
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import RuleRanker, weights_for


def applied(lift: Lift, before: ProjectProfile, need: NeedProfile) -> ProjectProfile:
    """The project after the change."""
    match lift.feature:
        case Feature.focus:
            return replace(before, categories=(need.category,) * int(lift.wanted))
        case Feature.target_group:
            return replace(before, target_groups=(*before.target_groups, lift.wanted))
        case Feature.nearness:
            return replace(before, areas=(*before.areas, lift.wanted))
        case Feature.places:
            return replace(before, places_left=int(lift.wanted))
        case Feature.freshness:
            return replace(before, places_age_days=int(lift.wanted))
        case Feature.acceptance:
            return replace(before, acceptance_rate=int(lift.wanted) / 100)
        case Feature.success:
            return replace(before, success_rate=int(lift.wanted) / 100)
        case Feature.quickness:
            return replace(before, response_days=float(lift.wanted))
        case _:
            raise AssertionError(lift)


class TestLifts:
    @settings(max_examples=150)
    @given(needs, project_lists)
    def test_a_change_leads_to_the_rank_it_names(self, need: NeedProfile, offered: list[ProjectProfile]) -> None:
        ranker = RuleRanker().fit(offered)
        result = lifts(need, ranker.rank(need, TODAY, k=None), weights_for(need.urgency))
        for project_id, changes in result.items():
            for lift in changes:
                assert all(lift_sentences(changes, language) for language in ("zh", "en"))
                if lift.feature is Feature.text:
                    continue
                before = ranker.projects_[ranker.row_of_[project_id]]
                after = RuleRanker().fit(offered).replace(applied(lift, before, need))
                reached = after.rank_of(need, TODAY, project_id)
                assert reached is not None
                assert reached.rank == lift.reaches

    def test_names_the_smallest_number_of_places(self) -> None:
        need = NeedProfile(1, "A01", "", PATH)
        offered = [
            minimal_project(id=1, areas=PATH[:1], places_left=4),
            minimal_project(id=2, areas=PATH[:1], places_left=1),
        ]
        result = lifts(need, RuleRanker().fit(offered).rank(need, TODAY), weights_for(need.urgency))
        assert Lift(Feature.places, "5", "1", 1) in result[2]
        assert "如果有5个名额（现在1个），就能排到第1" in lift_sentences(result[2], "zh")
        assert "If it had 5 places left, not 1, it would be no. 1" in lift_sentences(result[2], "en")

    def test_names_the_price_if_it_alone_keeps_the_project_down(self) -> None:
        need = NeedProfile(1, "A01", "", PATH)
        offered = [minimal_project(id=number, areas=PATH[:1], places_left=5) for number in (1, 2)]
        ranked = RuleRanker().fit(offered).rank(need, TODAY, prices={1: 0.4})
        assert [proposal.project.id for proposal in ranked] == [2, 1]
        assert Lift(Feature.scarcity, "", "", 1) in lifts(need, ranked, weights_for(need.urgency))[1]
