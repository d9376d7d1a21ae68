"""The learned ranker: a logistic model of past outcomes whose weights take the place of those set by hand.

No coefficient is below zero. Every feature is so oriented that more of it speaks for a project, so a model that
would rank a project lower for fitting better has learned who was chosen, not what helps; and a project is never
ranked lower for being meant for the person. What has no weight above zero is left out and said so.
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
"""Fewer decisions, or fewer outcomes of one kind before the first trial, teach nothing yet: the rules stay."""
LEAST_GROUP = 40
"""Groups of fewer decisions can not be judged; they are shown, and decide nothing."""
GROUP_MARGIN = 0.02
"""A group may be estimated to lose no more than this share of its needs met, nor to lose clearly."""


class Finding(StrEnum):
    """Why a learned ranker may be used, or may not (backtest.py)."""

    better = "better"
    too_few = "too_few"
    nothing_learned = "nothing_learned"
    not_better = "not_better"
    harms_group = "harms_group"


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities, without overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(log_odds))
    return np.asarray(np.where(log_odds >= 0, 1.0, small) / (1.0 + small))


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


def ranker_by(learned: Coefficients | None) -> RuleRanker:
    """A ranker to be fitted: by the model of a need being met, or by the rules where nothing is learned (None)."""
    return RuleRanker() if learned is None else LearnedRanker(learned)
