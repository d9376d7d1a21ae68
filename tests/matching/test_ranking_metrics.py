"""Ranking metrics against their formulas and scikit-learn's nDCG."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from tuoju_matching.ranking_metrics import bootstrap_mean, evaluate_ranking, top_k

SCORES = st.lists(st.floats(-5, 5) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=20)


class TestTopK:
    @given(SCORES, st.integers(0, 25))
    def test_equals_the_head_of_a_stable_sort(self, scores: list[float], k: int) -> None:
        expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:k]
        assert top_k(scores, k).tolist() == expected

    def test_nan_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="NaN"):
            top_k([0.0, math.nan], 1)


class TestEvaluateRanking:
    @given(st.permutations(range(12)), st.dictionaries(st.integers(0, 11), st.integers(1, 3), min_size=1))
    def test_ndcg_equals_scikit_learn(self, ranking: list[int], relevant: dict[int, int]) -> None:
        gains = [[relevant.get(row, 0) for row in range(12)]]
        scores = [[-ranking.index(row) for row in range(12)]]
        assert evaluate_ranking(ranking, relevant).ndcg == pytest.approx(ndcg_score(gains, scores, k=10))

    def test_the_reciprocal_rank_counts_rows_beyond_the_cut(self) -> None:
        metrics = evaluate_ranking(range(20), {14: 1.0})
        assert (metrics.ndcg, metrics.recall, metrics.reciprocal_rank) == (0, 0, 1 / 15)

    def test_an_empty_ranking_has_no_recall(self) -> None:
        assert evaluate_ranking([], {1: 1.0}).recall == 0

    @pytest.mark.parametrize("relevant", [{}, {1: 0.0}, {1: -1.0}])
    def test_a_query_without_relevant_rows_is_rejected(self, relevant: dict[int, float]) -> None:
        with pytest.raises(ValueError, match="relevant"):
            evaluate_ranking([1], relevant)


class TestBootstrapMean:
    def test_is_deterministic_and_narrows_with_more_values(self) -> None:
        few, many = bootstrap_mean([0.0, 1.0] * 10), bootstrap_mean([0.0, 1.0] * 1000)
        assert few == bootstrap_mean([0.0, 1.0] * 10)
        assert many.high - many.low < few.high - few.low

    @pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
    def test_no_values_and_values_that_are_not_finite_are_rejected(self, values: list[float]) -> None:
        with pytest.raises(ValueError, match="finite"):
            bootstrap_mean(np.array(values))
