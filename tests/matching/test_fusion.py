"""Fusion: standard scores, and weights learned from choices."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.base import clone

from tuoju_matching.fusion import RankingWeights, standard
from tuoju_matching.relevance import best, judge


class TestStandard:
    @given(st.lists(st.floats(-1e6, 1e6), max_size=20))
    @example([699050.8096460758] * 3)
    def test_has_mean_0_and_spread_1_or_0(self, scores: list[float]) -> None:
        found = standard(scores)
        assert found.shape == (len(scores),)
        if scores:
            assert found.mean() == pytest.approx(0, abs=1e-3)
            assert min(abs(found.std()), abs(found.std() - 1)) < 1e-3

    def test_refuses_what_is_not_finite(self) -> None:
        with pytest.raises(ValueError, match="finite"):
            standard([1.0, math.nan])


class TestRankingWeights:
    def test_finds_the_weights_that_made_the_choices(self) -> None:
        chance = np.random.default_rng(0)
        features = chance.normal(size=(3000, 6, 3))
        true = np.array([1.0, -2.0, 0.0])
        chosen = (features @ true + chance.gumbel(size=(3000, 6))).argmax(axis=1)
        model = RankingWeights().fit(features, np.eye(6)[chosen])
        assert model.coef_ / model.coef_[0] == pytest.approx(true, abs=0.2)

    @given(st.integers(0, 10**6), st.integers(1, 6))
    def test_ranks_what_it_learned_from_no_worse_than_the_weights_it_began_with(self, seed: int, k: int) -> None:
        chance = np.random.default_rng(seed)
        features, gains = chance.normal(size=(12, 8, 3)), chance.integers(0, 3, size=(12, 8))
        gains[:, 0] = 1
        start = chance.normal(size=3)
        model = RankingWeights(start=start, k=k).fit(features, gains)

        def ndcg(weights: np.ndarray) -> float:
            ranked = (best(scores, k) for scores in features @ weights)
            told = ({row: gain for row, gain in enumerate(each) if gain} for each in gains.tolist())
            return float(np.mean([judge(rows, wanted, k=k).ndcg for rows, wanted in zip(ranked, told, strict=True)]))

        assert ndcg(model.coef_) >= ndcg(start) - 1e-9

    def test_does_not_care_what_all_candidates_of_a_query_share(self) -> None:
        chance = np.random.default_rng(1)
        features, chosen = chance.normal(size=(50, 4, 2)), np.eye(4)[chance.integers(4, size=50)]
        shifted = features + chance.normal(size=(50, 1, 2))
        assert RankingWeights().fit(features, chosen).coef_ == pytest.approx(
            RankingWeights().fit(shifted, chosen).coef_, abs=1e-2
        )

    def test_keeps_the_estimator_contract(self) -> None:
        model = RankingWeights(penalty=0.5)
        assert clone(model).get_params() == {"start": None, "k": 10, "penalty": 0.5}
        assert model.fit([[[1.0], [0.0]]], [[1, 0]]) is model
        assert model.decision_function([[1.0], [0.0]]).shape == (2,)

    @pytest.mark.parametrize(
        ("features", "relevance", "message"),
        [
            ([[1.0]], [[1]], "belong together"),
            ([[[1.0], [2.0]]], [[1]], "belong together"),
            ([[[math.nan], [2.0]]], [[1, 0]], "finite"),
            ([[[1.0], [2.0]]], [[-1, 0]], "negative"),
            ([[[1.0], [2.0]]], [[0, 0]], "no query"),
        ],
    )
    def test_says_what_is_wrong(self, features: object, relevance: object, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            RankingWeights().fit(features, relevance)  # type: ignore[arg-type]

    def test_refuses_a_start_of_another_length(self) -> None:
        with pytest.raises(ValueError, match="start must have shape"):
            RankingWeights(start=[1.0, 1.0]).fit([[[1.0], [0.0]]], [[1, 0]])

    def test_refuses_other_features_than_it_learned(self) -> None:
        with pytest.raises(ValueError, match="2 features where 1"):
            RankingWeights().fit([[[1.0], [0.0]]], [[1, 0]]).decision_function([[1.0, 2.0]])
