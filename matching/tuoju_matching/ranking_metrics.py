"""Ranking metrics: nDCG, recall and reciprocal rank, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuoju_matching.evaluation import Estimate


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """The metrics of one query's ranking, each in [0, 1]."""

    ndcg: float
    recall: float
    reciprocal_rank: float


def top_k(scores: ArrayLike, k: int) -> NDArray[np.intp]:
    """The rows of the `k` highest scores, best first; ties in the order of the rows.

    Parameters
    ----------
    scores : array-like of shape (n_rows,)

    Raises
    ------
    ValueError
        If a score is NaN.

    Examples
    --------
    >>> top_k([0.1, 0.5, 0.1], 2).tolist()
    [1, 0]
    """
    values = np.asarray(scores, dtype=float)
    if np.isnan(values).any():
        raise ValueError("scores must not be NaN")
    if k <= 0:
        return np.empty(0, dtype=np.intp)
    if k >= len(values):
        return np.argsort(-values, kind="stable")
    kth_best = np.partition(values, len(values) - k)[len(values) - k]
    rows = np.flatnonzero(values >= kth_best)
    return rows[np.argsort(-values[rows], kind="stable")][:k]


def evaluate_ranking(ranking: ArrayLike, relevant: Mapping[int, float], *, k: int = 10) -> RankingMetrics:
    """Compute the metrics of one ranking.

    Parameters
    ----------
    ranking : array-like of int
        Rows, best first.
    relevant : mapping of row to float
        The gains of the relevant rows, > 0.
    k : int
        nDCG and recall count the first `k` rows; the reciprocal rank is that of the first relevant row at any rank.
        nDCG has linear gains over log2 of the rank plus one (Järvelin and Kekäläinen 2002).

    Raises
    ------
    ValueError
        If no row is relevant, or a gain is not above zero.

    Examples
    --------
    >>> evaluate_ranking([4, 2, 7], {2: 1.0, 9: 1.0})
    RankingMetrics(ndcg=0.38685280723454163, recall=0.5, reciprocal_rank=0.5)
    """
    if not relevant or min(relevant.values()) <= 0:
        raise ValueError("there must be a relevant row, and all gains must be above zero")
    gains = np.array([relevant.get(int(row), 0.0) for row in np.asarray(ranking)])
    ideal = np.sort(list(relevant.values()))[::-1][:k]
    discounts = 1.0 / np.log2(np.arange(2, max(k, 1) + 2))
    top = gains[:k]
    hits = np.flatnonzero(gains)
    return RankingMetrics(
        ndcg=float(top @ discounts[: len(top)] / (ideal @ discounts[: len(ideal)])),
        recall=float(np.count_nonzero(top) / len(relevant)),
        reciprocal_rank=float(1.0 / (hits[0] + 1)) if len(hits) else 0.0,
    )


def bootstrap_mean(values: ArrayLike, *, level: float = 0.95, rounds: int = 1000, seed: int = 0) -> Estimate:
    """The mean with the percentile interval of resampled queries (Efron 1979).

    Parameters
    ----------
    values : array-like of shape (n_queries,)
    level : float
        Confidence level of the interval, in (0, 1).
    rounds, seed : int
        Number of resamples, and seed of the random generator.

    Raises
    ------
    ValueError
        If there are no values or one is not finite.

    Examples
    --------
    >>> estimate = bootstrap_mean([0.0, 1.0] * 50)
    >>> estimate.value, estimate.low < 0.5 < estimate.high
    (0.5, True)
    """
    sample = np.asarray(values, dtype=float)
    if not len(sample) or not np.isfinite(sample).all():
        raise ValueError("values must be finite, and there must be at least one")
    random = np.random.default_rng(seed)
    means = [sample[random.integers(len(sample), size=len(sample))].mean() for _round in range(rounds)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(sample.mean()), float(low), float(high), len(sample))
