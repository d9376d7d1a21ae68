"""Ranking by the rules: who is proposed, in which order, and with which scores."""

from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.builders import TODAY, need, project
from matching.strategies import overlapping_needs, overlapping_projects
from tuoju_matching.eligibility import check
from tuoju_matching.explain import reason_sentences
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.ranker import WEIGHTS, RuleRanker, weights_for


class TestFit:
    def test_two_projects_with_the_same_id_are_rejected(self) -> None:
        with pytest.raises(ValueError, match="ids must be unique"):
            RuleRanker().fit([project(), project()])


class TestRank:
    @given(overlapping_needs, st.lists(overlapping_projects, max_size=8))
    def test_proposes_exactly_the_projects_that_may_take_the_need(
        self, drawn_need: NeedProfile, drawn: list[ProjectProfile]
    ) -> None:
        projects = [replace(drawn_project, id=number) for number, drawn_project in enumerate(drawn)]
        ranked = RuleRanker().fit(projects).rank(drawn_need, TODAY, k=None)
        eligible = {candidate.id for candidate in projects if not check(drawn_need, candidate, TODAY)}
        assert {proposal.project.id for proposal in ranked} == eligible
        assert [proposal.rank for proposal in ranked] == list(range(1, len(ranked) + 1))

    @given(overlapping_needs, overlapping_projects)
    def test_a_score_is_the_sum_of_its_contributions_and_between_0_and_1(
        self, drawn_need: NeedProfile, drawn_project: ProjectProfile
    ) -> None:
        for ranked in RuleRanker().fit([drawn_project]).rank(drawn_need, TODAY):
            assert isclose(ranked.score, sum(part.amount for part in ranked.contributions))
            assert 0 <= ranked.score <= 1
            assert reason_sentences(ranked, drawn_need, "zh")
            assert reason_sentences(ranked, drawn_need, "en")

    def test_the_text_of_the_need_decides_between_equal_projects(self) -> None:
        cooking, cleaning = project(id=1, text="做饭送餐"), project(id=2, text="打扫卫生")
        ranked = RuleRanker().fit([cleaning, cooking]).rank(need(text="没人做饭"), TODAY)
        assert [proposal.project.id for proposal in ranked] == [1, 2]


class TestPrices:
    @pytest.mark.parametrize(("urgency", "first"), [(Urgency.urgent, 2), (Urgency.life_threatening, 1)])
    def test_a_price_lowers_a_scarce_project_but_never_for_a_life_threatening_need(
        self, urgency: Urgency, first: int
    ) -> None:
        ranker = RuleRanker().fit([project(id=1, places_left=9), project(id=2, places_left=1)])
        assert ranker.rank(need(urgency=urgency), TODAY, prices={1: 0.5})[0].project.id == first


class TestSetPlaces:
    def test_a_project_without_places_left_is_not_proposed(self) -> None:
        ranker = RuleRanker().fit([project()])
        assert ranker.set_places({1: 0}).rank(need(), TODAY) == []


class TestWeightsFor:
    @given(st.sampled_from(list(Urgency)))
    def test_weights_sum_to_one_for_every_urgency(self, urgency: Urgency) -> None:
        assert isclose(sum(weights_for(urgency).values()), 1.0)
        assert set(weights_for(urgency)) == set(WEIGHTS)
