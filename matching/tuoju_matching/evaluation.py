"""How good a ranking is, told from what was logged under another: estimates with their intervals.

Only the project that was chosen shows an outcome. Comparing rankers on chosen ones alone flatters the one that did
the choosing; the estimators here put weights in place of what was never tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval and the number of decisions it is taken from."""

    value: float
    low: float
    high: float
    count: int


def wilson(successes: int, trials: int, *, level: float = 0.95) -> Estimate:
    """A share with the score interval of Wilson (1927): never outside [0, 1], and honest for few trials.

    Raises ValueError if there are more successes than trials, or a number is below zero.

    >>> share = wilson(8, 10)
    >>> share.value, round(share.low, 3), round(share.high, 3)
    (0.8, 0.49, 0.943)
    >>> wilson(0, 0)
    Estimate(value=0.0, low=0.0, high=1.0, count=0)
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if trials == 0:
        return Estimate(0.0, 0.0, 1.0, 0)
    z = _z(level)
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), trials)


def mean_of(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """A mean with its normal interval; none below two values.

    >>> found = mean_of([0.0, 1.0, 0.0, 1.0])
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.5, -0.066, 1.066)
    """
    each = _finite(values, "values")
    if len(each) < 2:
        return Estimate(float(each.mean()) if len(each) else 0.0, -np.inf, np.inf, len(each))
    middle, half = float(each.mean()), _z(level) * float(each.std(ddof=1)) / sqrt(len(each))
    return Estimate(middle, middle - half, middle + half, len(each))


def choice_curve(chosen: ArrayLike, shown: ArrayLike, *, rounds: int = 200, smoothing: float = 0.5) -> Floats:
    """How readily people choose what stands at each rank: the logging policy, told from the log.

    A choice among `n` shown falls on rank `r` with probability `w[r] / sum(w[:n])` (Luce 1959); the weights are
    found by the minorization-maximization of Hunter (2004, eq. 30).

    Parameters
    ----------
    chosen, shown : array-like of int, shape (n_decisions,)
        The rank chosen, from 1, and how many were shown.
    smoothing : float
        Choices added to every rank, so that none is impossible.

    Returns
    -------
    ndarray of shape (most shown,), summing to one.

    Examples
    --------
    >>> choice_curve([1, 1, 1, 2], [2, 2, 2, 2], smoothing=0.0).round(2).tolist()
    [0.75, 0.25]
    """
    ranks, sizes = np.asarray(chosen, dtype=np.intp), np.asarray(shown, dtype=np.intp)
    if not len(ranks):
        raise ValueError("no decisions to tell choices from")
    if ranks.shape != sizes.shape or (ranks < 1).any() or (ranks > sizes).any():
        raise ValueError("every rank chosen must be among those shown")
    most = int(sizes.max())
    wins = np.bincount(ranks - 1, minlength=most) + smoothing
    lists = np.bincount(sizes, minlength=most + 1)[1:].astype(float)
    lists[most - 1] += smoothing * most
    weights = np.full(most, 1.0 / most)
    for _ in range(rounds):
        offered = np.cumsum((lists / np.cumsum(weights))[::-1])[::-1]
        weights = wins / offered
        weights /= weights.sum()
    return np.asarray(weights)


def inverse_propensity(outcome: ArrayLike, target: ArrayLike, logged: ArrayLike, *, clip: float = 10.0) -> Floats:
    """One term a decision whose mean estimates the value of the target policy (Horvitz and Thompson 1952).

    Parameters
    ----------
    outcome : array-like of shape (n_decisions,)
        What came of the project that was chosen.
    target, logged : array-like of shape (n_decisions,)
        Probability of that choice under the policy asked about, and under the one that made the log.
    clip : float
        Greatest weight: a little bias for much less variance (Ionides 2008).

    Returns
    -------
    ndarray of shape (n_decisions,)
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
    """As `inverse_propensity`, right if either the propensities or the expected outcomes are (Dudik et al. 2011).

    Parameters
    ----------
    expected : array-like of shape (n_decisions,)
        Outcome a model expects of the project that was chosen.
    expected_under_target : array-like of shape (n_decisions,)
        The same model's mean over all that was shown, weighted as the target policy chooses.
    """
    surprise = _finite(outcome, "outcome") - _finite(expected, "expected")
    return np.asarray(_finite(expected_under_target, "expected") + _weights(target, logged, clip) * surprise)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Of those given about the same probability: how many came true."""

    predicted: float
    observed: Estimate


def reliability(probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 8) -> list[ReliabilityBin]:
    """Bins of equal count, least probable first, each with its Wilson interval.

    >>> table = reliability([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], bins=2)
    >>> [(round(each.predicted, 2), each.observed.value) for each in table]
    [(0.15, 0.0), (0.85, 1.0)]
    """
    given, came = _finite(probabilities, "probabilities"), _finite(outcomes, "outcomes")
    order = np.argsort(given, kind="stable")
    parts = np.array_split(order, max(1, min(bins, len(order))))
    return [
        ReliabilityBin(float(given[part].mean()), wilson(int(came[part].sum()), len(part)))
        for part in parts
        if len(part)
    ]


def stability_index(before: ArrayLike, after: ArrayLike, *, bins: int = 10) -> float:
    """Population stability index of one feature between two windows: 0 where nothing moved, above 0.25 much
    (Siddiqi 2006). Empty cells count as half a row.

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


def policy(ranks: Sequence[int] | NDArray[np.intp], curve: Floats) -> Floats:
    """Probability of each project shown, given its rank from 1, if people choose by the curve."""
    chosen = curve[np.asarray(ranks, dtype=np.intp) - 1]
    return np.asarray(chosen / chosen.sum())


def _weights(target: ArrayLike, logged: ArrayLike, clip: float) -> Floats:
    wanted, given = _finite(target, "target"), _finite(logged, "logged")
    if (given <= 0).any():
        raise ValueError("a choice that was made must have had a probability above zero")
    return np.asarray(np.minimum(wanted / given, clip))


def _finite(values: ArrayLike, name: str) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError(f"{name} must be a list of numbers")
    return found


def _z(level: float) -> float:
    return float(norm.ppf((1 + level) / 2))
