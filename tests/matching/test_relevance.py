"""Measures of retrieval against their formulas, and scikit-learn's own nDCG."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from tuoju_matching.relevance import best, bootstrap, judge

SCORES = st.lists(st.floats(-5, 5) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=20)


class TestBest:
    @given(SCORES, st.integers(0, 25))
    def test_is_the_head_of_a_stable_sort(self, scores: list[float], k: int) -> None:
        expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:k]
        assert best(scores, k).tolist() == expected

    def test_refuses_what_is_no_number(self) -> None:
        with pytest.raises(ValueError, match="not a number"):
            best([0.0, math.nan], 1)


class TestJudge:
    @given(st.permutations(range(12)), st.dictionaries(st.integers(0, 11), st.integers(1, 3), min_size=1))
    def test_ndcg_is_that_of_scikit_learn(self, ranking: list[int], relevant: dict[int, int]) -> None:
        gains = [[relevant.get(row, 0) for row in range(12)]]
        scores = [[-ranking.index(row) for row in range(12)]]
        assert judge(ranking, relevant).ndcg == pytest.approx(ndcg_score(gains, scores, k=10))

    def test_looks_for_the_first_relevant_row_beyond_the_cut(self) -> None:
        found = judge(range(20), {14: 1.0})
        assert (found.ndcg, found.recall, found.reciprocal_rank) == (0, 0, 1 / 15)

    def test_an_empty_ranking_finds_nothing(self) -> None:
        assert judge([], {1: 1.0}).recall == 0

    @pytest.mark.parametrize("relevant", [{}, {1: 0.0}, {1: -1.0}])
    def test_refuses_a_query_without_anything_relevant(self, relevant: dict[int, float]) -> None:
        with pytest.raises(ValueError, match="relevant"):
            judge([1], relevant)


class TestBootstrap:
    def test_is_the_same_for_the_same_seed_and_narrows_with_more(self) -> None:
        few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 1000)
        assert few == bootstrap([0.0, 1.0] * 10)
        assert many.high - many.low < few.high - few.low

    @pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
    def test_refuses_nothing_and_what_is_not_finite(self, values: list[float]) -> None:
        with pytest.raises(ValueError, match="finite"):
            bootstrap(np.array(values))
