"""Checking one need against the columns equals checking it against each project by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.builders import TODAY, minimal_project
from matching.strategies import needs, project_lists, projects
from tuoju_matching.eligibility import check
from tuoju_matching.features import features_of
from tuoju_matching.index import ProjectIndex
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.ranker import RuleRanker, weights_for

CHANGES = st.tuples(st.sampled_from(["put", "remove", "places"]), projects)
"""Put adds or replaces a project; places updates its places left."""


def brute_force(ranker: RuleRanker, need: NeedProfile) -> list[tuple[int, float]]:
    """(project id, score) of all projects that may take the need, best first, each checked by itself."""
    weights, scores = weights_for(need.urgency), []
    similarities = ranker.text_.similarity(need.text)
    for project_id, row in ranker.row_of_.items():
        project = ranker.projects_[row]
        if not check(need, project, TODAY):
            score = 0.0
            for feature, value in features_of(need, project, float(similarities[row])).items():
                score += weights.get(feature, 0.0) * value
            scores.append((project_id, score))
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def ranked(ranker: RuleRanker, need: NeedProfile, k: int | None = None) -> list[tuple[int, float]]:
    return [(proposal.project.id, proposal.score) for proposal in ranker.rank(need, TODAY, k=k)]


class TestProjectIndex:
    @settings(max_examples=300)
    @given(needs, project_lists)
    def test_equals_brute_force_to_the_bit(self, need: NeedProfile, offered: list[ProjectProfile]) -> None:
        ranker = RuleRanker().fit(offered)
        best = brute_force(ranker, need)
        assert ranked(ranker, need) == best
        assert ranked(ranker, need, k=2) == best[:2]
        rows, scores = ranker.eligible(need, TODAY)
        assert np.all(np.diff(rows) > 0)
        assert {(offered[row].id, score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)} == set(
            best
        )

    @settings(max_examples=150)
    @given(
        needs, project_lists, st.lists(st.tuples(st.sampled_from(["put", "remove", "places"]), projects), max_size=6)
    )
    def test_a_changed_index_equals_a_new_one(
        self, need: NeedProfile, offered: list[ProjectProfile], changes: list[tuple[str, ProjectProfile]]
    ) -> None:
        ranker, current = RuleRanker().fit(offered), {project.id: project for project in offered}
        for change, project in changes:
            if change == "put":
                (ranker.replace if project.id in current else ranker.add)(project)
                current[project.id] = project
            elif project.id in current and change == "remove":
                ranker.remove(project.id)
                del current[project.id]
            elif project.id in current:
                ranker.set_places({project.id: project.places_left})
                current[project.id] = replace(current[project.id], places_left=project.places_left)
        rebuilt = RuleRanker().fit(list(current.values()))
        assert ranked(ranker, need) == brute_force(ranker, need) == ranked(rebuilt, need)

    @given(needs, project_lists, st.frozensets(st.integers(0, 7)))
    def test_excluded_projects_are_not_proposed(
        self, need: NeedProfile, offered: list[ProjectProfile], without: frozenset[int]
    ) -> None:
        ranker = RuleRanker().fit(offered)
        proposed = [proposal.project.id for proposal in ranker.rank(need, TODAY, k=None, without=without)]
        assert proposed == [project_id for project_id, _ in brute_force(ranker, need) if project_id not in without]

    @given(needs, project_lists, st.dictionaries(st.integers(0, 7), st.floats(0, 1)))
    def test_a_price_lowers_the_score_and_is_part_of_the_contributions(
        self, need: NeedProfile, offered: list[ProjectProfile], prices: dict[int, float]
    ) -> None:
        ranker = RuleRanker().fit(offered)
        charged = {} if need.urgency is Urgency.life_threatening else prices
        expected = [
            (project_id, score - charged.get(project_id, 0.0)) for project_id, score in brute_force(ranker, need)
        ]
        proposals = ranker.rank(need, TODAY, k=None, prices=prices)
        assert [(proposal.project.id, proposal.score) for proposal in proposals] == sorted(
            expected, key=lambda pair: (-pair[1], pair[0])
        )
        for proposal in proposals:
            assert proposal.score == pytest.approx(proposal.fit - charged.get(proposal.project.id, 0.0))
            assert ranker.rank_of(need, TODAY, proposal.project.id, prices=prices) == proposal

    @given(st.lists(needs, max_size=6), project_lists, st.frozensets(st.integers(0, 7)))
    def test_many_needs_at_once_equal_each_need_by_itself(
        self, drawn: list[NeedProfile], offered: list[ProjectProfile], refused: frozenset[int]
    ) -> None:
        numbered = [replace(need, id=number) for number, need in enumerate(drawn)]
        ranker, without = RuleRanker().fit(offered), {1: refused}
        starts, rows, scores = ranker.eligible_many(numbered, TODAY, without)
        assert len(starts) == len(numbered) + 1
        for need, start, end in zip(numbered, starts[:-1], starts[1:], strict=True):
            alone = ranker.eligible(need, TODAY, without.get(need.id, frozenset()))
            assert rows[start:end].tolist() == alone[0].tolist()
            assert scores[start:end].tolist() == alone[1].tolist()


class TestInvalidProjects:
    @pytest.mark.parametrize("values", [(), ("old",), ("6.5",), ("9" * 400,)])
    def test_an_age_limit_that_is_not_an_integer_is_rejected(self, values: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="project 1: the rule min_age requires one integer"):
            ProjectIndex([minimal_project(rules=(Rule(RuleKind.min_age, values),))])

    @pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1])
    def test_a_rate_that_is_not_finite_or_negative_is_rejected(self, rate: float) -> None:
        with pytest.raises(ValueError, match="project 1: acceptance_rate"):
            ProjectIndex([minimal_project(acceptance_rate=rate)])

    def test_a_rejected_change_leaves_the_index_unchanged(self) -> None:
        index = ProjectIndex([minimal_project()])
        with pytest.raises(ValueError, match="one integer"):
            index.replace(minimal_project(rules=(Rule(RuleKind.max_age, ("x",)),)))
        assert index.row_of == {1: 0}
        assert index.projects == [minimal_project()]

    def test_an_unknown_project_cannot_be_replaced(self) -> None:
        with pytest.raises(KeyError):
            RuleRanker().fit([]).replace(minimal_project())

    def test_a_negative_price_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="prices must be finite and >= 0"):
            RuleRanker().fit([]).rank(NeedProfile(1, "A01", "", ()), TODAY, prices={1: -0.1})
