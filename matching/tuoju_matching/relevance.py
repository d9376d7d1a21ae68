"""How well a ranking finds what is relevant: nDCG, recall and reciprocal rank, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuoju_matching.evaluation import Estimate


@dataclass(frozen=True, slots=True)
class Relevance:
    """One query's ranking judged; each value in [0, 1]."""

    ndcg: float
    recall: float
    reciprocal_rank: float


def best(scores: ArrayLike, k: int) -> NDArray[np.intp]:
    """The rows of the `k` highest of `scores`, shape (n_rows,), best first; ties in the order of the rows. Raises
    ValueError if a score is not a number.

    >>> best([0.1, 0.5, 0.1], 2).tolist()
    [1, 0]
    """
    each = np.asarray(scores, dtype=float)
    if np.isnan(each).any():
        raise ValueError("a score is not a number")
    if k <= 0:
        return np.empty(0, dtype=np.intp)
    if k >= len(each):
        return np.argsort(-each, kind="stable")
    least = np.partition(each, len(each) - k)[len(each) - k]
    rows = np.flatnonzero(each >= least)
    return rows[np.argsort(-each[rows], kind="stable")][:k]


def judge(ranking: ArrayLike, relevant: Mapping[int, float], *, k: int = 10) -> Relevance:
    """Judge a ranking of rows, best first, by what is relevant (row to a gain above zero).

    nDCG with linear gains over log2 of the rank plus one (Järvelin and Kekäläinen 2002), cut at `k` as recall is;
    the reciprocal rank is that of the first relevant row anywhere in the ranking. Raises ValueError if nothing is
    relevant.

    >>> judge([4, 2, 7], {2: 1.0, 9: 1.0})
    Relevance(ndcg=0.38685280723454163, recall=0.5, reciprocal_rank=0.5)
    """
    if not relevant or min(relevant.values()) <= 0:
        raise ValueError("every query needs something relevant, with gains above zero")
    gains = np.array([relevant.get(int(row), 0.0) for row in np.asarray(ranking)])
    ideal = np.sort(list(relevant.values()))[::-1][:k]
    discounts = 1.0 / np.log2(np.arange(2, max(k, 1) + 2))
    top = gains[:k]
    found = np.flatnonzero(gains)
    return Relevance(
        ndcg=float(top @ discounts[: len(top)] / (ideal @ discounts[: len(ideal)])),
        recall=float(np.count_nonzero(top) / len(relevant)),
        reciprocal_rank=float(1.0 / (found[0] + 1)) if len(found) else 0.0,
    )


def bootstrap(values: ArrayLike, *, level: float = 0.95, rounds: int = 1000, seed: int = 0) -> Estimate:
    """The mean of `values`, shape (n_queries,), with the percentile interval of resampled queries (Efron 1979).

    >>> found = bootstrap([0.0, 1.0] * 50)
    >>> found.value, found.low < 0.5 < found.high
    (0.5, True)
    """
    each = np.asarray(values, dtype=float)
    if not len(each) or not np.isfinite(each).all():
        raise ValueError("values must be finite, and at least one")
    chance = np.random.default_rng(seed)
    means = [each[chance.integers(len(each), size=len(each))].mean() for _round in range(rounds)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(each.mean()), float(low), float(high), len(each))
