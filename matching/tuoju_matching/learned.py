"""The learned ranker: a logistic model of past outcomes whose weights replace those set by hand.

No coefficient is below zero. Every feature is oriented so that a higher value speaks for a project; a model that
ranked a project lower for fitting better would have learned who was chosen, not what helps. A project is therefore
never ranked lower for being meant for the person. Features without a positive weight are left out, and the
explanation does not mention them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.profiles import Urgency
from tuoju_matching.ranker import RuleRanker

LEAST_DECISIONS = 300
LEAST_OF_EACH = 20
"""With fewer decisions, or fewer outcomes of one kind before the first trial, the rules stay in use."""
LEAST_GROUP = 40
"""Groups with fewer decisions are shown but do not influence the verdict."""
GROUP_MARGIN = 0.02
"""Largest estimated loss of a group, as a share of its needs met."""


class Finding(StrEnum):
    """Why a learned ranker may or may not be used; see `backtest.py`."""

    better = "better"
    too_few = "too_few"
    nothing_learned = "nothing_learned"
    not_better = "not_better"
    harms_group = "harms_group"


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert log-odds to probabilities without overflow; the shape stays.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(log_odds))
    return np.asarray(np.where(log_odds >= 0, 1.0, small) / (1.0 + small))


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A fitted logistic model as plain numbers that can be stored as JSON.

    Attributes
    ----------
    log_odds : mapping of Feature to float
        The change of the log-odds when a feature goes from 0 to 1; >= 0.
    intercept : float

    Raises
    ------
    ValueError
        If a coefficient is negative or not finite, or the intercept is not finite.
    """

    log_odds: Mapping[Feature, float]
    intercept: float

    def __post_init__(self) -> None:
        numbers = [*self.log_odds.values(), self.intercept]
        if not all(map(isfinite, numbers)) or any(value < 0 for value in self.log_odds.values()):
            raise ValueError("every coefficient must be finite and >= 0, and the intercept finite")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Coefficients":
        """Read what `to_json` wrote. Raises ValueError for an unknown feature or an invalid number."""
        return cls({Feature(name): float(value) for name, value in data["log_odds"].items()}, float(data["intercept"]))

    def to_json(self) -> dict[str, Any]:
        """The coefficients as a JSON object."""
        return {
            "log_odds": {feature.value: value for feature, value in self.log_odds.items()},
            "intercept": self.intercept,
        }

    @property
    def shares(self) -> dict[Feature, float]:
        """The coefficients divided by their sum: weights of the same kind as those set by hand.

        Ranking by the weighted sum is ranking by the probability. All zero if nothing was learned.
        """
        total = sum(self.log_odds.values())
        return {feature: value / total if total else 0.0 for feature, value in self.log_odds.items()}

    def log_odds_of(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of feature rows, shape (n, len(FEATURES)) to (n,)."""
        weights = np.array([self.log_odds.get(feature, 0.0) for feature in FEATURES])
        return np.asarray(features @ weights + self.intercept)

    def chance(self, features: Sequence[float]) -> float:
        """The probability for one row of FEATURES, in [0, 1]."""
        log_odds = self.intercept
        for feature, value in zip(FEATURES, features, strict=True):
            log_odds += self.log_odds.get(feature, 0.0) * value
        return 1.0 / (1.0 + exp(-log_odds)) if log_odds > -700 else 0.0


class LearnedRanker(RuleRanker):
    """RuleRanker with learned weights: the same eligibility rules, the same reasons, and scores that are exact sums.

    Parameters
    ----------
    met : Coefficients
        The model of a need being met once it is sent.

    Raises
    ------
    ValueError
        If all coefficients are zero.
    """

    def __init__(self, met: Coefficients) -> None:
        if not any(met.log_odds.values()):
            raise ValueError("the model gives no feature any weight")
        self.met = met

    def weights(self, urgency: Urgency) -> Mapping[Feature, float]:
        """The weight of each feature; the same for every urgency, which the model does not distinguish."""
        return self.met.shares


def create_ranker(learned: Coefficients | None) -> RuleRanker:
    """Create an unfitted ranker: by the model of a need being met, or by the rules if it is None."""
    return RuleRanker() if learned is None else LearnedRanker(learned)
