"""What would have ranked a project higher, put to the proof by changing it (design.md section 6)."""

from dataclasses import replace

from hypothesis import given, settings

from matching.test_index import TODAY, held, needs, project
from tuoju_matching.counterfactual import Lift, lifts
from tuoju_matching.explain import lifts_in_words
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import RuleRanker, weights_for

PATH = ("341100000000", "341124000000", "341124105000", "341124105205")


def changed(before: ProjectProfile, lift: Lift, need: NeedProfile) -> ProjectProfile:
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
    @given(needs, held)
    def test_a_change_does_what_is_said_of_it(self, need: NeedProfile, offered: list[ProjectProfile]) -> None:
        ranker = RuleRanker().fit(offered)
        found = lifts(need, ranker.rank(need, TODAY, k=None), weights_for(need.urgency))
        for project_id, destinations in found.items():
            for lift in destinations:
                assert all(lifts_in_words(destinations, language) for language in ("zh", "en"))
                if lift.feature is Feature.text:
                    continue
                before = ranker.projects_[ranker.row_of_[project_id]]
                after = RuleRanker().fit(offered).replace(changed(before, lift, need))
                reached = after.rank_of(need, TODAY, project_id)
                assert reached is not None
                assert reached.rank == lift.reaches

    def test_names_the_smallest_number_of_places(self) -> None:
        need = NeedProfile(1, "A01", "", PATH)
        offered = [project(id=1, areas=PATH[:1], places_left=4), project(id=2, areas=PATH[:1], places_left=1)]
        found = lifts(need, RuleRanker().fit(offered).rank(need, TODAY), weights_for(need.urgency))
        assert Lift(Feature.places, "5", "1", 1) in found[2]
        assert "如果有5个名额（现在1个），就能排到第1" in lifts_in_words(found[2], "zh")
        assert "If it had 5 places left, not 1, it would be no. 1" in lifts_in_words(found[2], "en")

    def test_says_when_only_the_price_of_its_places_stands_in_the_way(self) -> None:
        need = NeedProfile(1, "A01", "", PATH)
        offered = [project(id=1, areas=PATH[:1], places_left=5), project(id=2, areas=PATH[:1], places_left=5)]
        ranked = RuleRanker().fit(offered).rank(need, TODAY, prices={1: 0.4})
        assert [each.project.id for each in ranked] == [2, 1]
        assert Lift(Feature.scarcity, "", "", 1) in lifts(need, ranked, weights_for(need.urgency))[1]
