"""The learned ranker: its estimator, its reasons, and whom it may never lower (design.md section 6)."""

import json
from dataclasses import replace
from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from matching.test_index import HARDSHIP, TAGS, TODAY, held, needs
from tuoju_matching.explain import reasons
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
    def test_leaves_out_what_would_count_against(self) -> None:
        chance = np.random.default_rng(0)
        rows = chance.random((800, 3))
        odds = 3 * rows[:, 0] - 3 * rows[:, 1]
        model = OutcomeModel().fit(rows, chance.random(800) < sigmoid(odds))
        assert model.coef_[0] > 2
        assert model.coef_[1] == 0

    def test_says_the_mean_where_nothing_helps(self) -> None:
        model = OutcomeModel().fit([[0.0], [0.0], [1.0], [1.0]], [1, 1, 1, 0])
        assert model.coef_.tolist() == [0.0]
        assert model.predict_proba([[0.3]])[0, 1] == pytest.approx(0.75)

    def test_is_calibrated_on_what_came_later(self) -> None:
        chance = np.random.default_rng(1)
        said = chance.normal(size=4000)
        came = (chance.random(4000) < sigmoid(0.5 * said - 1)).astype(float)
        slope, offset = platt(said, came)
        assert slope == pytest.approx(0.5, abs=0.1)
        assert offset == pytest.approx(-1, abs=0.1)


class TestCoefficients:
    @given(coefficients)
    def test_are_kept_as_plain_numbers(self, kept: Coefficients) -> None:
        assert Coefficients.from_json(json.loads(json.dumps(kept.to_json()))) == kept

    @pytest.mark.parametrize(
        "kept",
        [
            {"log_odds": {"text": -1.0}, "intercept": 0.0},
            {"log_odds": {"text": float("nan")}, "intercept": 0.0},
            {"log_odds": {"luck": 1.0}, "intercept": 0.0},
        ],
    )
    def test_refuses_what_can_not_be_used(self, kept: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"coefficient|luck"):
            Coefficients.from_json(kept)

    def test_that_weigh_nothing_rank_nothing(self) -> None:
        with pytest.raises(ValueError, match="weight"):
            LearnedRanker(Coefficients({Feature.text: 0.0}, 1.0))


class TestLearnedRanker:
    @settings(max_examples=100)
    @given(coefficients, needs, held)
    def test_its_reasons_are_exact_sums_and_its_order_that_of_the_chances(
        self, model: Coefficients, need: NeedProfile, offered: list[ProjectProfile]
    ) -> None:
        found = LearnedRanker(model).fit(offered).rank(need, TODAY, k=None)
        chances = [model.chance(each.features) for each in found]
        for each, chance in zip(found, chances, strict=True):
            total = 0.0
            for part in each.contributions:
                total += part.amount
            assert each.score == total
            assert 0 <= each.score <= 1 + 1e-12
            log_odds = each.score * sum(model.log_odds.values()) + model.intercept
            assert isclose(chance, float(sigmoid(np.array([log_odds]))[0]), rel_tol=1e-9)
            for language in ("zh", "en"):
                assert all(reasons(each, need, language))
        assert all(a >= b - 1e-12 for a, b in pairwise(chances))

    @given(coefficients, needs, held)
    def test_proposes_the_same_projects_as_the_rules(
        self, model: Coefficients, need: NeedProfile, offered: list[ProjectProfile]
    ) -> None:
        by_rules = RuleRanker().fit(offered).rank(need, TODAY, k=None)
        learned = LearnedRanker(model).fit(offered).rank(need, TODAY, k=None)
        assert {each.project.id for each in by_rules} == {each.project.id for each in learned}


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
    """Issue 4, point 9: sensitive attributes are never used to lower anyone's rank."""

    @settings(max_examples=150)
    @given(rankers(), needs, held, st.data())
    def test_a_fact_that_no_rule_or_target_group_names_changes_nothing(
        self, ranker: RuleRanker, need: NeedProfile, offered: list[ProjectProfile], data: st.DataObject
    ) -> None:
        fact = data.draw(st.sampled_from(sorted(SENSITIVE)))
        kind, values = SENSITIVE[fact]
        kinds = {kind, RuleKind.max_age} if fact == "age" else {kind}
        unnamed = [
            replace(
                each,
                rules=tuple(rule for rule in each.rules if rule.kind not in kinds),
                target_groups=() if fact in ("relief_category", "vulnerabilities") else each.target_groups,
            )
            for each in offered
        ]
        ranker.fit(unnamed)
        flipped = replace(need, **{fact: data.draw(values)})
        before, after = (
            [(each.project.id, each.score) for each in ranker.rank(one, TODAY, k=None)] for one in (need, flipped)
        )
        assert before == after

    @settings(max_examples=100)
    @given(rankers(), needs, held, st.sampled_from(TAGS))
    def test_being_vulnerable_never_lowers_a_score_nor_shuts_out(
        self, ranker: RuleRanker, need: NeedProfile, offered: list[ProjectProfile], tag: str
    ) -> None:
        ranker.fit(offered)
        without = replace(need, vulnerabilities=need.vulnerabilities - {tag})
        with_it = replace(need, vulnerabilities=need.vulnerabilities | {tag})
        scores = {each.project.id: each.score for each in ranker.rank(with_it, TODAY, k=None)}
        for each in ranker.rank(without, TODAY, k=None):
            assert scores[each.project.id] >= each.score
