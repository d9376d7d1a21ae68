"""Back-test on past decisions in time order: whether a learned ranker may replace the rules.

Several times, the models are fitted to the decisions up to a point and tested on the next window. The learned ranker
is adopted only if its estimated gain over the rules has an interval above zero, and no group loses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.evaluation import (
    Estimate,
    ReliabilityBin,
    choice_curve,
    choice_probabilities,
    doubly_robust,
    mean_estimate,
    reliability,
    stability_index,
)
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.lazy import lazy_module
from tuoju_matching.learned import (
    GROUP_MARGIN,
    LEAST_DECISIONS,
    LEAST_GROUP,
    LEAST_OF_EACH,
    Coefficients,
    Finding,
    sigmoid,
)
from tuoju_matching.profiles import Urgency
from tuoju_matching.ranker import weights_for

if TYPE_CHECKING:
    from sklearn import metrics

    from tuoju_matching import outcome_model
else:
    metrics, outcome_model = lazy_module("sklearn.metrics"), lazy_module("tuoju_matching.outcome_model")

Floats = NDArray[np.float64]

FOLDS = 4
FIRST_SHARE = 0.4
"""Share of the decisions that the first fit uses."""
DRIFT_MARGIN = 0.05
"""Largest difference between the share of needs met and the mean prediction that is not drift."""


@dataclass(frozen=True)
class Decisions:
    """Past choices in time order, each with all projects that were shown.

    Attributes
    ----------
    features : ndarray of shape (n_shown, len(FEATURES))
        As they were when shown; those of decision `i` are `features[starts[i] : starts[i + 1]]`, by rank.
    starts : ndarray of shape (n_decisions + 1,)
    chosen : ndarray of int, shape (n_decisions,)
        Position of the chosen project among those shown, from 0.
    accepted, met : ndarray of 0.0 and 1.0, shape (n_decisions,)
    urgency : ndarray of int, shape (n_decisions,)
    groups : mapping of a grouping's name to ndarray of str, shape (n_decisions,)
        Used to evaluate, never to rank.

    Raises
    ------
    ValueError
        If the columns have different lengths, the features are not finite, or a choice was not shown.
    """

    features: Floats
    starts: NDArray[np.intp]
    chosen: NDArray[np.intp]
    accepted: Floats
    met: Floats
    urgency: NDArray[np.intp]
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.chosen)
        columns = (self.accepted, self.met, self.urgency, *self.groups.values())
        if len(self.starts) != count + 1 or any(len(column) != count for column in columns):
            raise ValueError("all columns must have the same length")
        if self.features.shape != (int(self.starts[-1]), len(FEATURES)) or not np.isfinite(self.features).all():
            raise ValueError(f"features must be finite and have shape ({int(self.starts[-1])}, {len(FEATURES)})")
        if (self.chosen < 0).any() or (self.chosen >= np.diff(self.starts)).any():
            raise ValueError("every choice must be among the shown projects")

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def chosen_features(self) -> Floats:
        """Features of the chosen projects, shape (n_decisions, len(FEATURES))."""
        return np.asarray(self.features[self.starts[:-1] + self.chosen])

    def shown(self, decision: int) -> Floats:
        """Features of the projects shown in one decision, by rank, shape (n_shown, len(FEATURES))."""
        return np.asarray(self.features[self.starts[decision] : self.starts[decision + 1]])


@dataclass(frozen=True)
class GroupGain:
    """The estimated change for one group under the learned ranker, in share of needs met.

    Attributes
    ----------
    judged : bool
        Whether the group is large enough to influence the verdict.
    harmed : bool
        Whether it is judged and loses clearly, or by more than GROUP_MARGIN.
    """

    grouping: str
    group: str
    gain: Estimate
    judged: bool
    harmed: bool


@dataclass(frozen=True)
class Quality:
    """How good the probabilities were on later decisions; `base` is the Brier score of always predicting the mean."""

    auc: Estimate
    brier: Estimate
    base: float
    reliability: list[ReliabilityBin]


@dataclass(frozen=True)
class Verdict:
    """The result of a back-test.

    Attributes
    ----------
    met, acceptance : Coefficients or None
        Fitted to all decisions and calibrated; None if there are too few.
    gain : Estimate or None
        Share of needs met under the learned ranker minus the share under the rules (doubly robust).
    """

    finding: Finding
    decisions: int
    met: Coefficients | None = None
    acceptance: Coefficients | None = None
    rules_value: Estimate | None = None
    gain: Estimate | None = None
    groups: tuple[GroupGain, ...] = ()
    quality_met: Quality | None = None
    quality_acceptance: Quality | None = None

    @property
    def adopt(self) -> bool:
        """Whether the learned ranker should be used."""
        return self.finding is Finding.better


def backtest(decisions: Decisions) -> Verdict:
    """Fit, test on later decisions, and decide. Deterministic: the same log gives the same verdict."""
    bounds = np.linspace(FIRST_SHARE, 1.0, FOLDS + 1) * len(decisions)
    known = int(bounds[0])
    met, accepted = decisions.met[:known], decisions.accepted[:known]
    rare = min(met.sum(), known - met.sum(), accepted.sum(), known - accepted.sum())
    if len(decisions) < LEAST_DECISIONS or rare < LEAST_OF_EACH:
        return Verdict(Finding.too_few, len(decisions))
    windows = [_test_window(decisions, int(start), int(end)) for start, end in pairwise(bounds)]
    gains = np.concatenate([window.learned - window.rules for window in windows])
    model = _fit_all(decisions, decisions.met, [window.met for window in windows])
    gain, groups = mean_estimate(gains), _group_gains(decisions, known, gains)
    return Verdict(
        finding=_finding(model, gain, groups),
        decisions=len(decisions),
        met=model,
        acceptance=_fit_all(decisions, decisions.accepted, [window.accepted for window in windows]),
        rules_value=mean_estimate(np.concatenate([window.rules for window in windows])),
        gain=gain,
        groups=groups,
        quality_met=_quality([window.met for window in windows], decisions.met[known:]),
        quality_acceptance=_quality([window.accepted for window in windows], decisions.accepted[known:]),
    )


def _finding(met: Coefficients, gain: Estimate, groups: tuple[GroupGain, ...]) -> Finding:
    if not any(met.log_odds.values()):
        return Finding.nothing_learned
    if gain.low <= 0:
        return Finding.not_better
    return Finding.harms_group if any(group.harmed for group in groups) else Finding.better


@dataclass(frozen=True)
class _Window:
    """One test window, arrays of shape (n_decisions,): doubly robust terms under both rankers, and the log-odds that
    the models predicted for the chosen projects."""

    rules: Floats
    learned: Floats
    met: Floats
    accepted: Floats


def _test_window(decisions: Decisions, known: int, until: int) -> _Window:
    """Fit to the first `known` decisions and test on those up to `until`."""
    past = decisions.chosen_features[:known]
    met = outcome_model.OutcomeModel().fit(past, decisions.met[:known])
    accepted = outcome_model.OutcomeModel().fit(past, decisions.accepted[:known])
    shown = np.diff(decisions.starts)
    curve = choice_curve(decisions.chosen[:known] + 1, shown[:known])
    curve = np.append(curve, np.full(max(0, int(shown.max()) - len(curve)), curve[-1]))
    terms: dict[str, list[tuple[float, float, float, float]]] = {"rules": [], "learned": []}
    for decision in range(known, until):
        features = decisions.shown(decision)
        expected = sigmoid(features @ met.coef_ + met.intercept_)
        logged = choice_probabilities(np.arange(1, len(features) + 1), curve)
        chosen = decisions.chosen[decision]
        for name, scores in (
            ("rules", features @ _rule_weights(int(decisions.urgency[decision]))),
            ("learned", features @ met.coef_),
        ):
            target = choice_probabilities(_ranks(scores), curve)
            terms[name].append((target[chosen], logged[chosen], expected[chosen], float(target @ expected)))
    outcome = decisions.met[known:until]
    estimates = {name: doubly_robust(outcome, *np.array(rows).T) for name, rows in terms.items()}
    later = decisions.chosen_features[known:until]
    return _Window(
        rules=estimates["rules"],
        learned=estimates["learned"],
        met=met.decision_function(later),
        accepted=accepted.decision_function(later),
    )


def _rule_weights(urgency: int) -> Floats:
    weights = weights_for(Urgency(urgency))
    return np.array([weights.get(feature, 0.0) for feature in FEATURES])


def _ranks(scores: Floats) -> NDArray[np.intp]:
    """The rank of each score, from 1; among equals the one shown first is ahead."""
    ranks = np.empty(len(scores), dtype=np.intp)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def _fit_all(decisions: Decisions, outcomes: Floats, log_odds: list[Floats]) -> Coefficients:
    """Fit to all decisions, calibrated on the log-odds predicted in the windows."""
    later = np.concatenate(log_odds)
    slope, offset = outcome_model.platt(later, outcomes[len(outcomes) - len(later) :])
    return outcome_model.coefficients(
        outcome_model.OutcomeModel().fit(decisions.chosen_features, outcomes), slope=slope, offset=offset
    )


def _group_gains(decisions: Decisions, first: int, gains: Floats) -> tuple[GroupGain, ...]:
    result = []
    for grouping, labels in decisions.groups.items():
        later = labels[first:]
        for group in sorted(set(later.tolist())):
            gain = mean_estimate(gains[later == group])
            judged = gain.count >= LEAST_GROUP
            harmed = judged and (gain.high < 0 or gain.value < -GROUP_MARGIN)
            result.append(GroupGain(grouping, group, gain, judged, harmed))
    return tuple(result)


def _quality(windows: list[Floats], outcomes: Floats) -> Quality:
    """The quality of out-of-sample predictions; each window is calibrated on the windows before it."""
    probabilities, done = [], 0
    for number, log_odds in enumerate(windows):
        slope, offset = outcome_model.platt(np.concatenate(windows[:number]), outcomes[:done]) if number else (1.0, 0.0)
        probabilities.append(sigmoid(log_odds * slope + offset))
        done += len(log_odds)
    predicted = np.concatenate(probabilities)
    share = float(outcomes.mean())
    return Quality(
        auc=_auc(predicted, outcomes),
        brier=mean_estimate((predicted - outcomes) ** 2),
        base=share * (1 - share),
        reliability=reliability(predicted, outcomes),
    )


def _auc(predicted: Floats, outcomes: Floats) -> Estimate:
    """Area under the ROC curve with the interval of Hanley and McNeil (1982, eq. 2)."""
    met = int(outcomes.sum())
    missed = len(outcomes) - met
    if not met or not missed:
        return Estimate(0.5, 0.0, 1.0, len(outcomes))
    area = float(metrics.roc_auc_score(outcomes, predicted))
    two_met, two_missed = area / (2 - area), 2 * area * area / (1 + area)
    spread = (met - 1) * (two_met - area * area) + (missed - 1) * (two_missed - area * area)
    half = 1.96 * sqrt(max(0.0, area * (1 - area) + spread) / (met * missed))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), len(outcomes))


@dataclass(frozen=True)
class Drift:
    """Whether recent outcomes still agree with a model.

    Attributes
    ----------
    surprise : Estimate
        Share of needs met minus the mean probability: 0 if the model still holds.
    moved : dict of Feature to float
        Population stability index of each feature since the training.
    """

    surprise: Estimate
    moved: dict[Feature, float]

    @property
    def detected(self) -> bool:
        """Whether outcomes differ from the predictions by more than the margin, and not by chance."""
        distance = max(self.surprise.low, -self.surprise.high)
        return self.surprise.count >= LEAST_GROUP and distance > 0 and abs(self.surprise.value) > DRIFT_MARGIN


def drift(model: Coefficients, recent: Decisions, trained_on: Decisions) -> Drift:
    """Compare the outcomes of recent decisions with the predictions of the model."""
    before, after = trained_on.chosen_features, recent.chosen_features
    surprise = mean_estimate(recent.met - sigmoid(model.log_odds_of(after)))
    moved = {feature: stability_index(before[:, column], after[:, column]) for column, feature in enumerate(FEATURES)}
    return Drift(surprise, moved)
