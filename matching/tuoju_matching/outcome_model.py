"""The logistic model of outcomes and its calibration, fitted by scikit-learn; `learned.py` stores it as numbers."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tuoju_matching.features import FEATURES
from tuoju_matching.learned import Coefficients, sigmoid


class OutcomeModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression without negative coefficients.

    Fits scikit-learn's LogisticRegression, removes the feature with the most negative coefficient and fits again,
    until no coefficient is below zero (backward elimination on the sign, as in Lawson and Hanson 1974, ch. 23, for
    least squares).

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Change of the log-odds when the feature goes from 0 to 1; 0 for a removed feature.
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
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Outcomes of two classes.
        sample_weight : array-like of shape (n_samples,), optional

        Raises
        ------
        ValueError
            If the outcomes are not of exactly two classes.
        """
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
            signed = model.coef_[0]
            if signed.min() >= 0:
                self.coef_[kept] = signed
                self.intercept_ = float(model.intercept_[0])
                return self
            kept = np.delete(kept, int(signed.argmin()))
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
        tags.classifier_tags.poor_score = True  # scikit-learn's test data require negative coefficients
        return tags


def platt(log_odds: NDArray[np.float64], outcomes: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset that calibrate the log-odds of out-of-sample predictions (Platt 1999).

    Both arrays have shape (n,). The slope is >= 0; it is 0 if the predictions carry no information.
    """
    if len(np.unique(outcomes)) < 2:
        return 1.0, 0.0
    model = LogisticRegression(C=1e4, solver="newton-cholesky").fit(log_odds[:, np.newaxis], outcomes)
    if (slope := float(model.coef_[0, 0])) > 0:
        return slope, float(model.intercept_[0])
    share = float(outcomes.mean())
    return 0.0, float(np.log(share / (1.0 - share)))


def coefficients(model: OutcomeModel, *, slope: float = 1.0, offset: float = 0.0) -> Coefficients:
    """The coefficients of a model fitted to the columns of FEATURES, calibrated with the result of `platt`."""
    values = (model.coef_ * slope).tolist()
    return Coefficients(dict(zip(FEATURES, values, strict=True)), model.intercept_ * slope + offset)
