"""The learned ranker: its estimator, its reasons, and that it never ranks a vulnerable person lower."""

import json
from dataclasses import replace
from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from matching.builders import TODAY
from matching.strategies import HARDSHIP, TAGS, needs, project_lists
from tuoju_matching.explain import reason_sentences
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import Coefficients, LearnedRanker, sigmoid
from tuoju_matching.outcome_model import OutcomeModel, platt
from tuoju_matching.profiles import NeedProfile, ProjectProfile, RuleKind
from tuoju_matching.ranker import RuleRanker

coefficients = st.builds(
    Coefficients,
    st.dictionaries(st.sampled_from(FEATURES), st.floats(0.01, 5), min_size=1),
    st.floats(-5, 5),
)


@parametrize_with_checks([OutcomeModel()])
def test_keeps_the_estimator_contract(estimator: OutcomeModel, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


class TestOutcomeModel:
    def test_a_feature_with_a_negative_coefficient_is_removed(self) -> None:
        random = np.random.default_rng(0)
        rows = random.random((800, 3))
        odds = 3 * rows[:, 0] - 3 * rows[:, 1]
        model = OutcomeModel().fit(rows, random.random(800) < sigmoid(odds))
        assert model.coef_[0] > 2
        assert model.coef_[1] == 0

    def test_predicts_the_mean_if_no_feature_helps(self) -> None:
        model = OutcomeModel().fit([[0.0], [0.0], [1.0], [1.0]], [1, 1, 1, 0])
        assert model.coef_.tolist() == [0.0]
        assert model.predict_proba([[0.3]])[0, 1] == pytest.approx(0.75)

    def test_platt_recovers_slope_and_offset(self) -> None:
        random = np.random.default_rng(1)
        log_odds = random.normal(size=4000)
        outcomes = (random.random(4000) < sigmoid(0.5 * log_odds - 1)).astype(float)
        slope, offset = platt(log_odds, outcomes)
        assert slope == pytest.approx(0.5, abs=0.1)
        assert offset == pytest.approx(-1, abs=0.1)


class TestCoefficients:
    @given(coefficients)
    def test_survive_storage_as_json(self, stored: Coefficients) -> None:
        assert Coefficients.from_json(json.loads(json.dumps(stored.to_json()))) == stored

    @pytest.mark.parametrize(
        "data",
        [
            {"log_odds": {"text": -1.0}, "intercept": 0.0},
            {"log_odds": {"text": float("nan")}, "intercept": 0.0},
            {"log_odds": {"luck": 1.0}, "intercept": 0.0},
        ],
    )
    def test_invalid_coefficients_are_rejected(self, data: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"coefficient|luck"):
            Coefficients.from_json(data)

    def test_a_model_without_any_weight_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="weight"):
            LearnedRanker(Coefficients({Feature.text: 0.0}, 1.0))


class TestLearnedRanker:
    @settings(max_examples=100)
    @given(coefficients, needs, project_lists)
    def test_scores_are_exact_sums_in_the_order_of_the_probabilities(
        self, model: Coefficients, need: NeedProfile, offered: list[ProjectProfile]
    ) -> None:
        proposals = LearnedRanker(model).fit(offered).rank(need, TODAY, k=None)
        chances = [model.chance(ranked.features) for ranked in proposals]
        for ranked, chance in zip(proposals, chances, strict=True):
            total = 0.0
            for part in ranked.contributions:
                total += part.amount
            assert ranked.score == total
            assert 0 <= ranked.score <= 1 + 1e-12
            log_odds = ranked.score * sum(model.log_odds.values()) + model.intercept
            assert isclose(chance, float(sigmoid(np.array([log_odds]))[0]), rel_tol=1e-9)
            for language in ("zh", "en"):
                assert all(reason_sentences(ranked, need, language))
        assert all(higher >= lower - 1e-12 for higher, lower in pairwise(chances))

    @given(coefficients, needs, project_lists)
    def test_proposes_the_same_projects_as_the_rules(
        self, model: Coefficients, need: NeedProfile, offered: list[ProjectProfile]
    ) -> None:
        by_rules = RuleRanker().fit(offered).rank(need, TODAY, k=None)
        learned = LearnedRanker(model).fit(offered).rank(need, TODAY, k=None)
        assert {ranked.project.id for ranked in by_rules} == {ranked.project.id for ranked in learned}


def rankers() -> st.SearchStrategy[RuleRanker]:
    return st.just(RuleRanker()) | coefficients.map(LearnedRanker)


SENSITIVE = {
    "sex": (RuleKind.sex, st.sampled_from([None, "male", "female"])),
    "age": (RuleKind.min_age, st.none() | st.integers(0, 120)),
    "self_care": (RuleKind.self_care, st.sampled_from([None, "full", "none"])),
    "disability_type": (RuleKind.disability_type, st.sampled_from([None, "1", "2"])),
    "disability_grade": (RuleKind.disability_grade_at_most, st.none() | st.integers(1, 4)),
    "relief_category": (RuleKind.relief_category, st.sampled_from(HARDSHIP)),
    "vulnerabilities": (RuleKind.vulnerability, st.frozensets(st.sampled_from(TAGS))),
}


class TestSensitiveFacts:
    """Sensitive attributes never lower a rank."""

    @settings(max_examples=150)
    @given(rankers(), needs, project_lists, st.data())
    def test_a_fact_that_no_rule_or_target_group_names_changes_nothing(
        self, ranker: RuleRanker, need: NeedProfile, offered: list[ProjectProfile], data: st.DataObject
    ) -> None:
        fact = data.draw(st.sampled_from(sorted(SENSITIVE)))
        kind, values = SENSITIVE[fact]
        kinds = {kind, RuleKind.max_age} if fact == "age" else {kind}
        unnamed = [
            replace(
                project,
                rules=tuple(rule for rule in project.rules if rule.kind not in kinds),
                target_groups=() if fact in ("relief_category", "vulnerabilities") else project.target_groups,
            )
            for project in offered
        ]
        ranker.fit(unnamed)
        changed = replace(need, **{fact: data.draw(values)})
        before, after = (
            [(ranked.project.id, ranked.score) for ranked in ranker.rank(profile, TODAY, k=None)]
            for profile in (need, changed)
        )
        assert before == after

    @settings(max_examples=100)
    @given(rankers(), needs, project_lists, st.sampled_from(TAGS))
    def test_being_vulnerable_never_lowers_a_score_or_excludes_a_project(
        self, ranker: RuleRanker, need: NeedProfile, offered: list[ProjectProfile], tag: str
    ) -> None:
        ranker.fit(offered)
        without_tag = replace(need, vulnerabilities=need.vulnerabilities - {tag})
        with_tag = replace(need, vulnerabilities=need.vulnerabilities | {tag})
        scores = {ranked.project.id: ranked.score for ranked in ranker.rank(with_tag, TODAY, k=None)}
        for ranked in ranker.rank(without_tag, TODAY, k=None):
            assert scores[ranked.project.id] >= ranked.score
