"""Several scores made one: sums of standard scores, with weights given or learned from past choices."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]


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
    return np.zeros_like(each) if spread < 1e-12 else (each - each.mean()) / spread


class ChoiceModel(BaseEstimator):  # type: ignore[misc]
    """Weights of features under which what was chosen is the likeliest choice (conditional logit, McFadden 1974).

    The score is linear in the features, so it splits into exact parts. Comparing only candidates of the same query
    makes the weights blind to how easy a query is.

    Parameters
    ----------
    penalty : float
        Of the squared weights, against features that hardly vary.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    n_features_in_ : int

    Examples
    --------
    >>> features = [[[2.0, 0.0], [1.0, 5.0]], [[0.0, 3.0], [1.0, 1.0]]]
    >>> model = ChoiceModel().fit(features, [[1, 0], [0, 1]])
    >>> bool(model.coef_[0] > 0 > model.coef_[1])
    True
    """

    def __init__(self, *, penalty: float = 1e-3) -> None:
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
        given, shares = given[telling], gains[telling] / gains[telling].sum(axis=1, keepdims=True)

        def loss(weights: Floats) -> tuple[float, Floats]:
            likely = log_softmax(given @ weights, axis=1)
            slope = np.einsum("qc,qcf->f", np.exp(likely) - shares, given) / len(given)
            cost = -float((shares * likely).sum()) / len(given) + self.penalty * float(weights @ weights)
            return cost, slope + 2 * self.penalty * weights

        found = minimize(loss, np.zeros(given.shape[2]), jac=True, method="L-BFGS-B")
        self.coef_: Floats = found.x
        self.n_features_in_ = given.shape[2]
        return self

    def decision_function(self, features: ArrayLike) -> Floats:
        """Scores of candidates, shape (..., n_features) to (...)."""
        given = np.asarray(features, dtype=float)
        if given.shape[-1] != self.n_features_in_:
            raise ValueError(f"{given.shape[-1]} features where {self.n_features_in_} were learned")
        scores: Floats = given @ self.coef_
        return scores
