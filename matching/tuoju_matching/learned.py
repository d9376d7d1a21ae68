"""The learned ranker: a logistic model of past outcomes whose weights take the place of those set by hand.

No coefficient is below zero. Every feature is so oriented that more of it speaks for a project, so a model that
would rank a project lower for fitting better has learned who was chosen, not what helps; and a project is never
ranked lower for being meant for the person. What has no weight above zero is left out and said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.profiles import Urgency
from tuoju_matching.ranker import RuleRanker


class OutcomeModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression without negative coefficients.

    Fits scikit-learn's LogisticRegression, leaves out the most negative coefficient and fits again until none is
    below zero (backward elimination on the sign, as in Lawson and Hanson 1974, ch. 23, for least squares).

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Log-odds for each feature going from 0 to 1; 0 where it was left out.
    intercept_ : float
    classes_ : ndarray of shape (2,)
    n_features_in_ : int

    Examples
    --------
    >>> model = OutcomeModel().fit([[0.0, 1.0], [0.1, 0.0], [0.9, 1.0], [1.0, 0.0]] * 9, [0, 0, 1, 1] * 9)
    >>> bool(model.coef_[0] > 2), bool((model.coef_ >= 0).all())
    (True, True)
    >>> model.predict([[0.0, 0.5], [1.0, 0.5]]).tolist()
    [0, 1]
    """

    def __init__(self, *, C: float = 1.0) -> None:  # noqa: N803 -- scikit-learn's name
        self.C = C

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Fit to feature rows, shape (n_samples, n_features), and outcomes of two classes, shape (n_samples,)."""
        rows, outcomes = validate_data(self, X, y)
        kind = type_of_target(outcomes, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_, labels = np.unique(outcomes, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, rows)
        kept = np.arange(rows.shape[1])
        self.coef_ = np.zeros(rows.shape[1])
        while len(kept):
            model = LogisticRegression(C=self.C, solver="newton-cholesky").fit(rows[:, kept], labels, weights)
            found = model.coef_[0]
            if found.min() >= 0:
                self.coef_[kept] = found
                self.intercept_ = float(model.intercept_[0])
                return self
            kept = np.delete(kept, int(found.argmin()))
        share = float(np.average(labels, weights=weights))
        self.intercept_ = float(np.log(share / (1.0 - share)))
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds of the second class, shape (n_samples,)."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        return np.asarray(rows @ self.coef_ + self.intercept_)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of the two classes, shape (n_samples, 2)."""
        second = sigmoid(self.decision_function(X))
        return np.column_stack((1.0 - second, second))

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The more probable class, shape (n_samples,)."""
        second = self.decision_function(X) > 0
        return np.asarray(self.classes_[second.astype(np.intp)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # scikit-learn's trial data ask for coefficients below zero
        return tags


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities, without overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(log_odds))
    return np.asarray(np.where(log_odds >= 0, 1.0, small) / (1.0 + small))


def platt(log_odds: NDArray[np.float64], outcomes: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset that make the log-odds of predictions made beforehand into calibrated ones (Platt 1999).

    Both arrays have shape (n,). The slope is never below zero; it is 0 where the predictions say nothing.
    """
    if len(np.unique(outcomes)) < 2:
        return 1.0, 0.0
    model = LogisticRegression(C=1e4, solver="newton-cholesky").fit(log_odds[:, np.newaxis], outcomes)
    if (slope := float(model.coef_[0, 0])) > 0:
        return slope, float(model.intercept_[0])
    share = float(outcomes.mean())
    return 0.0, float(np.log(share / (1.0 - share)))


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A fitted model as plain numbers, to be kept as JSON.

    Attributes
    ----------
    log_odds : mapping of Feature to float
        What a feature adds going from 0 to 1; none below zero.
    """

    log_odds: Mapping[Feature, float]
    intercept: float

    def __post_init__(self) -> None:
        numbers = [*self.log_odds.values(), self.intercept]
        if not all(isfinite(each) for each in numbers) or any(each < 0 for each in self.log_odds.values()):
            raise ValueError("a coefficient is below zero or no number")

    @classmethod
    def of(cls, model: OutcomeModel, *, slope: float = 1.0, offset: float = 0.0) -> "Coefficients":
        """Those of a model fitted to the columns of FEATURES, with the two numbers of `platt` put in."""
        values = (model.coef_ * slope).tolist()
        return cls(dict(zip(FEATURES, values, strict=True)), model.intercept_ * slope + offset)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Coefficients":
        """Raises ValueError for a feature that this version does not know, or a number that can not be used."""
        return cls({Feature(name): float(value) for name, value in kept["log_odds"].items()}, float(kept["intercept"]))

    def to_json(self) -> dict[str, Any]:
        return {
            "log_odds": {feature.value: value for feature, value in self.log_odds.items()},
            "intercept": self.intercept,
        }

    @property
    def shares(self) -> dict[Feature, float]:
        """The coefficients as shares of one: weights of the same kind as those set by hand. Ranking by their sum is
        ranking by the probability. All zero where nothing was learned."""
        total = sum(self.log_odds.values())
        return {feature: value / total if total else 0.0 for feature, value in self.log_odds.items()}

    def log_odds_of(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of feature rows of shape (n, len(FEATURES))."""
        return np.asarray(features @ np.array([self.log_odds.get(each, 0.0) for each in FEATURES]) + self.intercept)

    def chance(self, features: Sequence[float]) -> float:
        """The probability for one row of FEATURES."""
        log_odds = self.intercept
        for feature, value in zip(FEATURES, features, strict=True):
            log_odds += self.log_odds.get(feature, 0.0) * value
        return 1.0 / (1.0 + exp(-log_odds)) if log_odds > -700 else 0.0


class LearnedRanker(RuleRanker):
    """RuleRanker with learned weights: the same rules, the same reasons, sums as exact.

    Parameters
    ----------
    met : Coefficients
        The model of a need being met once it is sent. Raises ValueError if it weighs nothing.
    """

    def __init__(self, met: Coefficients) -> None:
        if not any(met.log_odds.values()):
            raise ValueError("the model gives no feature any weight")
        self.met = met

    def weights(self, urgency: Urgency) -> Mapping[Feature, float]:
        """The same for every urgency: what was learned does not tell them apart."""
        return self.met.shares
