"""Several scores made one: sums of standard scores, with weights given or learned from past choices."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]

STEPS = (0.8, 0.4, 0.2, 0.1, 0.05)
"""Of a weight, as shares of the largest."""
ROUNDS = 5
LEAST_GAIN = 1e-4
"""Of nDCG, for a step to be taken: less is chance."""


def standard(scores: ArrayLike) -> Floats:
    """Scores of one query over all rows, shape (n_rows,), as distances from their mean in standard deviations.

    Summed, they beat sums of reciprocal ranks: how far ahead the first is counts. Take the root of BM25 first,
    whose few highest scores would else outweigh a cosine.

    >>> standard([1.0, 3.0]).tolist()
    [-1.0, 1.0]
    >>> standard([2.0, 2.0]).tolist()
    [0.0, 0.0]
    """
    each = np.asarray(scores, dtype=float)
    if not np.isfinite(each).all():
        raise ValueError("scores must be finite")
    if not len(each):
        return each
    spread = float(each.std())
    nothing = 1e-12 * max(1.0, float(np.abs(each).max()))  # equal scores spread a little too, by rounding
    return np.zeros_like(each) if spread < nothing else (each - each.mean()) / spread


class RankingWeights(BaseEstimator):  # type: ignore[misc]
    """Weights of features that put what is relevant first: a linear score, so it splits into exact parts.

    Coordinate ascent on nDCG itself (Metzler and Croft 2007, "Linear feature-based models for information retrieval"),
    from the given weights and from those under which what is relevant is the likeliest choice (conditional logit,
    McFadden 1974); the better end is kept. The logit alone heeds what stands far down as much as what stands first,
    and where a query has many answers it is worse than weights that nobody learned.

    Parameters
    ----------
    start : sequence of float of shape (n_features,), optional
        Weights to start from, those that would be used untrained.
    k : int
        How far down a ranking counts.
    penalty : float
        Of the squared weights of the logit, against features that hardly vary.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    n_features_in_ : int

    Examples
    --------
    >>> features = [[[2.0, 0.0], [1.0, 5.0]], [[0.0, 3.0], [1.0, 1.0]]]
    >>> model = RankingWeights().fit(features, [[1, 0], [0, 1]])
    >>> bool(model.coef_[0] > 0 > model.coef_[1])
    True
    """

    def __init__(self, *, start: ArrayLike | None = None, k: int = 10, penalty: float = 1e-3) -> None:
        self.start = start
        self.k = k
        self.penalty = penalty

    def fit(self, features: ArrayLike, relevance: ArrayLike) -> Self:
        """Learn from candidates of shape (n_queries, n_candidates, n_features) and what was relevant among them,
        shape (n_queries, n_candidates). Queries without anything relevant tell nothing and are left out.

        Raises ValueError for other shapes, values that are not finite, and if no query tells anything.
        """
        given, gains = np.asarray(features, dtype=float), np.asarray(relevance, dtype=float)
        if given.ndim != 3 or gains.shape != given.shape[:2]:
            raise ValueError(f"features {given.shape} and relevance {gains.shape} do not belong together")
        if not (np.isfinite(given).all() and np.isfinite(gains).all() and (gains >= 0).all()):
            raise ValueError("features must be finite, relevance finite and not negative")
        telling = gains.sum(axis=1) > 0
        if not telling.any():
            raise ValueError("no query has a relevant candidate")
        given, gains = given[telling], gains[telling]
        starts = [_likeliest(given, gains, self.penalty)]
        if self.start is not None:
            starts.insert(0, np.asarray(self.start, dtype=float))
            if starts[0].shape != given.shape[2:]:
                raise ValueError(f"start must have shape {given.shape[2:]}, not {starts[0].shape}")
        ends = [_ascend(given, gains, each, self.k) for each in starts]
        self.coef_: Floats = max(ends, key=lambda end: end[1])[0]
        self.n_features_in_ = given.shape[2]
        return self

    def decision_function(self, features: ArrayLike) -> Floats:
        """Scores of candidates, shape (..., n_features) to (...)."""
        given = np.asarray(features, dtype=float)
        if given.shape[-1] != self.n_features_in_:
            raise ValueError(f"{given.shape[-1]} features where {self.n_features_in_} were learned")
        scores: Floats = given @ self.coef_
        return scores


def _likeliest(features: Floats, gains: Floats, penalty: float) -> Floats:
    """The weights of a conditional logit. Comparing only candidates of the same query makes them blind to how easy
    a query is."""
    shares = gains / gains.sum(axis=1, keepdims=True)

    def loss(weights: Floats) -> tuple[float, Floats]:
        likely = log_softmax(features @ weights, axis=1)
        slope = np.einsum("qc,qcf->f", np.exp(likely) - shares, features) / len(features)
        cost = -float((shares * likely).sum()) / len(features) + penalty * float(weights @ weights)
        return cost, slope + 2 * penalty * weights

    found: Floats = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B").x
    return found


def _ascend(features: Floats, gains: Floats, start: Floats, k: int) -> tuple[Floats, float]:
    """One weight at a time as long as it helps; the weights and their mean nDCG."""
    width = min(k, gains.shape[1])
    discounts = 1 / np.log2(np.arange(2, width + 2))
    ideal = -np.sort(-gains, axis=1)[:, :width] @ discounts

    def ndcg(scores: Floats) -> float:
        first = np.argsort(-scores, axis=1, kind="stable")[:, :width]
        return float((np.take_along_axis(gains, first, axis=1) @ discounts / ideal).mean())

    weights, scores = start.copy(), features @ start
    best = ndcg(scores)
    for _round in range(ROUNDS):
        before, scale = best, float(np.abs(weights).max()) or 1.0
        for feature in range(len(weights)):
            for step in (size * sign * scale for size in STEPS for sign in (-1, 1)):
                tried = scores + step * features[:, :, feature]
                value = ndcg(tried)
                if value > best + LEAST_GAIN:
                    best, scores = value, tried
                    weights[feature] += step
        if best == before:
            break
    return weights, best
