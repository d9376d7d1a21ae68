"""Off-policy evaluation: estimate how good a ranking is from a log made under another, with intervals.

Only the project that was chosen has an outcome. Comparing rankers on chosen projects alone favours the ranker that
made the log; the estimators here correct for that with weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its confidence interval and the number of observations."""

    value: float
    low: float
    high: float
    count: int


def wilson(successes: int, trials: int, *, level: float = 0.95) -> Estimate:
    """A share with the score interval of Wilson (1927), which stays within [0, 1] and holds for few trials.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= trials.

    Examples
    --------
    >>> share = wilson(8, 10)
    >>> share.value, round(share.low, 3), round(share.high, 3)
    (0.8, 0.49, 0.943)
    >>> wilson(0, 0)
    Estimate(value=0.0, low=0.0, high=1.0, count=0)
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be between 0 and the trials: {successes} of {trials}")
    if trials == 0:
        return Estimate(0.0, 0.0, 1.0, 0)
    z = _z(level)
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), trials)


def mean_estimate(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The mean with its normal interval, which is infinite for fewer than two values; `values` has shape (n,).

    >>> estimate = mean_estimate([0.0, 1.0, 0.0, 1.0])
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.5, -0.066, 1.066)
    """
    sample = _finite(values, "values")
    if len(sample) < 2:
        return Estimate(float(sample.mean()) if len(sample) else 0.0, -np.inf, np.inf, len(sample))
    middle, half = float(sample.mean()), _z(level) * float(sample.std(ddof=1)) / sqrt(len(sample))
    return Estimate(middle, middle - half, middle + half, len(sample))


def choice_curve(chosen: ArrayLike, shown: ArrayLike, *, rounds: int = 200, smoothing: float = 0.5) -> Floats:
    """Estimate from a log how likely people are to choose each rank: the logging policy.

    A choice among `n` shown projects falls on rank `r` with probability `w[r] / sum(w[:n])` (Luce 1959). The weights
    are found by the minorization-maximization of Hunter (2004, eq. 30).

    Parameters
    ----------
    chosen, shown : array-like of int, shape (n_decisions,)
        The rank that was chosen, from 1, and how many were shown.
    smoothing : float
        Choices added to every rank, so that no rank is impossible.

    Returns
    -------
    ndarray of shape (max(shown),), summing to one.

    Raises
    ------
    ValueError
        If there are no decisions, or a chosen rank was not shown.

    Examples
    --------
    >>> choice_curve([1, 1, 1, 2], [2, 2, 2, 2], smoothing=0.0).round(2).tolist()
    [0.75, 0.25]
    """
    ranks, sizes = np.asarray(chosen, dtype=np.intp), np.asarray(shown, dtype=np.intp)
    if not len(ranks):
        raise ValueError("there must be at least one decision")
    if ranks.shape != sizes.shape or (ranks < 1).any() or (ranks > sizes).any():
        raise ValueError("every chosen rank must be between 1 and the number shown")
    longest = int(sizes.max())
    choices = np.bincount(ranks - 1, minlength=longest) + smoothing
    lists = np.bincount(sizes, minlength=longest + 1)[1:].astype(float)
    lists[longest - 1] += smoothing * longest
    weights = np.full(longest, 1.0 / longest)
    for _ in range(rounds):
        exposure = np.cumsum((lists / np.cumsum(weights))[::-1])[::-1]
        weights = choices / exposure
        weights /= weights.sum()
    return np.asarray(weights)


def inverse_propensity(outcome: ArrayLike, target: ArrayLike, logged: ArrayLike, *, clip: float = 10.0) -> Floats:
    """Terms, one a decision, whose mean estimates the value of the target policy (Horvitz and Thompson 1952).

    Parameters
    ----------
    outcome : array-like of shape (n_decisions,)
        The outcome of the chosen project.
    target, logged : array-like of shape (n_decisions,)
        Probability of that choice under the policy to evaluate, and under the policy that made the log.
    clip : float
        Largest weight; it trades a little bias for much less variance (Ionides 2008).

    Returns
    -------
    ndarray of shape (n_decisions,)

    Raises
    ------
    ValueError
        If a logged probability is not above zero, or a value is not finite.
    """
    return _weights(target, logged, clip) * _finite(outcome, "outcome")


def doubly_robust(
    outcome: ArrayLike,
    target: ArrayLike,
    logged: ArrayLike,
    expected: ArrayLike,
    expected_under_target: ArrayLike,
    *,
    clip: float = 10.0,
) -> Floats:
    """As `inverse_propensity`, but unbiased if the propensities or the expectations are right (Dudik et al. 2011).

    Parameters
    ----------
    expected : array-like of shape (n_decisions,)
        The outcome that a model expects of the chosen project.
    expected_under_target : array-like of shape (n_decisions,)
        The model's mean over all shown projects, weighted by the target policy.
    """
    residual = _finite(outcome, "outcome") - _finite(expected, "expected")
    baseline = _finite(expected_under_target, "expected_under_target")
    return np.asarray(baseline + _weights(target, logged, clip) * residual)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions of about the same probability: their mean, and the share of positive outcomes."""

    predicted: float
    observed: Estimate


def reliability(probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 8) -> list[ReliabilityBin]:
    """Bins of equal count, the lowest probabilities first, each with its Wilson interval.

    Parameters
    ----------
    probabilities, outcomes : array-like of shape (n,)
        Predictions in [0, 1], and 0 or 1.

    Examples
    --------
    >>> table = reliability([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], bins=2)
    >>> [(round(row.predicted, 2), row.observed.value) for row in table]
    [(0.15, 0.0), (0.85, 1.0)]
    """
    predicted, observed = _finite(probabilities, "probabilities"), _finite(outcomes, "outcomes")
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, max(1, min(bins, len(order))))
    return [
        ReliabilityBin(float(predicted[part].mean()), wilson(int(observed[part].sum()), len(part)))
        for part in parts
        if len(part)
    ]


def stability_index(before: ArrayLike, after: ArrayLike, *, bins: int = 10) -> float:
    """Population stability index of one feature between two windows (Siddiqi 2006).

    0 means no change, more than 0.25 a large one. Empty cells count as half a row.

    Parameters
    ----------
    before, after : array-like of shape (n,)

    Examples
    --------
    >>> round(stability_index([0.1, 0.5, 0.9] * 20, [0.1, 0.5, 0.9] * 20), 3)
    0.0
    """
    old, new = _finite(before, "before"), _finite(after, "after")
    if not len(old) or not len(new):
        return 0.0
    edges = np.unique(np.quantile(old, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (old, new):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts, 0.5) / len(values))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def choice_probabilities(ranks: Sequence[int] | NDArray[np.intp], curve: Floats) -> Floats:
    """Probability of each shown project, given its rank from 1, if people choose by the curve of `choice_curve`."""
    chosen = curve[np.asarray(ranks, dtype=np.intp) - 1]
    return np.asarray(chosen / chosen.sum())


def _weights(target: ArrayLike, logged: ArrayLike, clip: float) -> Floats:
    target_probability, logged_probability = _finite(target, "target"), _finite(logged, "logged")
    if (logged_probability <= 0).any():
        raise ValueError("logged probabilities must be above zero")
    return np.asarray(np.minimum(target_probability / logged_probability, clip))


def _finite(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"{name} must be one-dimensional and finite")
    return array


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
