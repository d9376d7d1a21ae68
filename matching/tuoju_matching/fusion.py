"""Combine several scores into one: sums of standardised scores, with weights set by hand or learned from choices."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]

STEPS = (0.8, 0.4, 0.2, 0.1, 0.05)
"""Changes of a weight that are tried, as shares of the largest weight."""
ROUNDS = 5
"""How often all weights are visited."""
LEAST_GAIN = 1e-4
"""Smallest gain of nDCG for which a step is taken; a smaller one is chance."""


def standardize(scores: ArrayLike) -> Floats:
    """Express the scores of one query as distances from their mean in standard deviations; zeros if all are equal.

    Sums of standardised scores do better than sums of reciprocal ranks, because the distance between scores counts.
    Take the square root of BM25 scores first; otherwise the few highest of them outweigh a cosine.

    Parameters
    ----------
    scores : array-like of shape (n_rows,)

    Raises
    ------
    ValueError
        If a score is not finite.

    Examples
    --------
    >>> standardize([1.0, 3.0]).tolist()
    [-1.0, 1.0]
    >>> standardize([2.0, 2.0]).tolist()
    [0.0, 0.0]
    """
    values = np.asarray(scores, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    if not len(values):
        return values
    spread = float(values.std())
    rounding = 1e-12 * max(1.0, float(np.abs(values).max()))  # equal scores can have a spread by rounding
    return np.zeros_like(values) if spread < rounding else (values - values.mean()) / spread


class RankingWeights(BaseEstimator):  # type: ignore[misc]
    """Weights of a linear score that ranks relevant candidates first; a linear score splits into exact parts.

    Coordinate ascent on nDCG (Metzler and Croft 2007, "Linear feature-based models for information retrieval") from
    two starts, of which the better result is kept: the weights in `start`, and those of a conditional logit, under
    which the relevant candidates are the most probable choice (McFadden 1974). The logit alone weighs low ranks as
    much as high ones; for queries with many relevant candidates it is worse than untrained weights.

    Parameters
    ----------
    start : sequence of float of shape (n_features,), optional
        Weights that would be used without training.
    k : int
        Number of ranks that count.
    penalty : float
        Weight of the squared coefficients in the logit; it restrains features that hardly vary.

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
        """Learn the weights; queries without a relevant candidate are left out.

        Parameters
        ----------
        features : array-like of shape (n_queries, n_candidates, n_features)
        relevance : array-like of shape (n_queries, n_candidates)
            Gains >= 0.

        Raises
        ------
        ValueError
            For shapes that do not match, values that are not finite, and if no query has a relevant candidate.
        """
        candidates, gains = np.asarray(features, dtype=float), np.asarray(relevance, dtype=float)
        if candidates.ndim != 3 or gains.shape != candidates.shape[:2]:
            raise ValueError(f"features of shape {candidates.shape} do not match relevance of shape {gains.shape}")
        if not (np.isfinite(candidates).all() and np.isfinite(gains).all() and (gains >= 0).all()):
            raise ValueError("features must be finite, and relevance finite and >= 0")
        has_relevant = gains.sum(axis=1) > 0
        if not has_relevant.any():
            raise ValueError("no query has a relevant candidate")
        candidates, gains = candidates[has_relevant], gains[has_relevant]
        starts = [_fit_logit(candidates, gains, self.penalty)]
        if self.start is not None:
            starts.insert(0, np.asarray(self.start, dtype=float))
            if starts[0].shape != candidates.shape[2:]:
                raise ValueError(f"start must have shape {candidates.shape[2:]}, not {starts[0].shape}")
        results = [_ascend(candidates, gains, start, self.k) for start in starts]
        self.coef_: Floats = max(results, key=lambda result: result[1])[0]
        self.n_features_in_ = candidates.shape[2]
        return self

    def decision_function(self, features: ArrayLike) -> Floats:
        """Scores of candidates, shape (..., n_features) to (...). Raises ValueError for another number of features."""
        candidates = np.asarray(features, dtype=float)
        if candidates.shape[-1] != self.n_features_in_:
            raise ValueError(f"expected {self.n_features_in_} features, not {candidates.shape[-1]}")
        scores: Floats = candidates @ self.coef_
        return scores


def _fit_logit(features: Floats, gains: Floats, penalty: float) -> Floats:
    """The weights of a conditional logit.

    It compares only candidates of the same query, so the weights do not depend on how easy a query is.
    """
    shares = gains / gains.sum(axis=1, keepdims=True)

    def loss(weights: Floats) -> tuple[float, Floats]:
        log_probability = log_softmax(features @ weights, axis=1)
        gradient = np.einsum("qc,qcf->f", np.exp(log_probability) - shares, features) / len(features)
        cost = -float((shares * log_probability).sum()) / len(features) + penalty * float(weights @ weights)
        return cost, gradient + 2 * penalty * weights

    weights: Floats = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B").x
    return weights


def _ascend(features: Floats, gains: Floats, start: Floats, k: int) -> tuple[Floats, float]:
    """Change one weight at a time as long as nDCG rises. Returns the weights and their mean nDCG."""
    width = min(k, gains.shape[1])
    discounts = 1 / np.log2(np.arange(2, width + 2))
    ideal = -np.sort(-gains, axis=1)[:, :width] @ discounts

    def ndcg(scores: Floats) -> float:
        top = np.argsort(-scores, axis=1, kind="stable")[:, :width]
        return float((np.take_along_axis(gains, top, axis=1) @ discounts / ideal).mean())

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
