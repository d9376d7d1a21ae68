"""Standardised scores, and ranking weights learned from choices."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.base import clone

from tuoju_matching.fusion import RankingWeights, standardize
from tuoju_matching.ranking_metrics import evaluate_ranking, top_k


class TestStandardize:
    @given(st.lists(st.floats(-1e6, 1e6), max_size=20))
    @example([699050.8096460758] * 3)
    def test_has_mean_0_and_standard_deviation_1_or_0(self, scores: list[float]) -> None:
        result = standardize(scores)
        assert result.shape == (len(scores),)
        if scores:
            assert result.mean() == pytest.approx(0, abs=1e-3)
            assert min(abs(result.std()), abs(result.std() - 1)) < 1e-3

    def test_scores_that_are_not_finite_are_rejected(self) -> None:
        with pytest.raises(ValueError, match="finite"):
            standardize([1.0, math.nan])


class TestRankingWeights:
    def test_recovers_the_weights_behind_the_choices(self) -> None:
        random = np.random.default_rng(0)
        features = random.normal(size=(3000, 6, 3))
        true = np.array([1.0, -2.0, 0.0])
        chosen = (features @ true + random.gumbel(size=(3000, 6))).argmax(axis=1)
        model = RankingWeights().fit(features, np.eye(6)[chosen])
        assert model.coef_ / model.coef_[0] == pytest.approx(true, abs=0.2)

    @given(st.integers(0, 10**6), st.integers(1, 6))
    def test_is_no_worse_than_its_start_on_the_training_data(self, seed: int, k: int) -> None:
        random = np.random.default_rng(seed)
        features, gains = random.normal(size=(12, 8, 3)), random.integers(0, 3, size=(12, 8))
        gains[:, 0] = 1
        start = random.normal(size=3)
        model = RankingWeights(start=start, k=k).fit(features, gains)

        def ndcg(weights: np.ndarray) -> float:
            rankings = (top_k(scores, k) for scores in features @ weights)
            relevant = ({row: gain for row, gain in enumerate(query) if gain} for query in gains.tolist())
            pairs = zip(rankings, relevant, strict=True)
            return float(np.mean([evaluate_ranking(ranking, wanted, k=k).ndcg for ranking, wanted in pairs]))

        assert ndcg(model.coef_) >= ndcg(start) - 1e-9

    def test_ignores_what_all_candidates_of_a_query_share(self) -> None:
        random = np.random.default_rng(1)
        features, chosen = random.normal(size=(50, 4, 2)), np.eye(4)[random.integers(4, size=50)]
        shifted = features + random.normal(size=(50, 1, 2))
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
            ([[1.0]], [[1]], "do not match"),
            ([[[1.0], [2.0]]], [[1]], "do not match"),
            ([[[math.nan], [2.0]]], [[1, 0]], "finite"),
            ([[[1.0], [2.0]]], [[-1, 0]], ">= 0"),
            ([[[1.0], [2.0]]], [[0, 0]], "no query"),
        ],
    )
    def test_invalid_data_is_rejected(self, features: object, relevance: object, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            RankingWeights().fit(features, relevance)  # type: ignore[arg-type]

    def test_a_start_of_another_length_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="start must have shape"):
            RankingWeights(start=[1.0, 1.0]).fit([[[1.0], [0.0]]], [[1, 0]])

    def test_another_number_of_features_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="expected 1 features, not 2"):
            RankingWeights().fit([[[1.0], [0.0]]], [[1, 0]]).decision_function([[1.0, 2.0]])
