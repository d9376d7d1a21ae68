"""Whether a learned ranker may take the place of the rules: asked of the past, in the order of time.

At each of a few days the models are fitted to what was known by then and tried on what came next. The learned
ranker is adopted only if what it would have brought beats the rules with the whole interval, and no group loses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from tuoju_matching.evaluation import (
    Estimate,
    ReliabilityBin,
    choice_curve,
    doubly_robust,
    mean_of,
    policy,
    reliability,
    stability_index,
)
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import (
    GROUP_MARGIN,
    LEAST_DECISIONS,
    LEAST_GROUP,
    LEAST_OF_EACH,
    Coefficients,
    Finding,
    sigmoid,
)
from tuoju_matching.outcome_model import OutcomeModel, coefficients, platt
from tuoju_matching.profiles import Urgency
from tuoju_matching.ranker import weights_for

Floats = NDArray[np.float64]

FOLDS = 4
FIRST_SHARE = 0.4
"""Share of the past that the first fit may look at."""
DRIFT_MARGIN = 0.05
DRIFT_INDEX = 0.25


@dataclass(frozen=True)
class Decisions:
    """Past choices in the order of time, each with all that was shown.

    Attributes
    ----------
    features : ndarray of shape (n_shown, len(FEATURES))
        Frozen when shown; those of decision `i` are `features[starts[i] : starts[i + 1]]`, first rank first.
    starts : ndarray of shape (n_decisions + 1,)
    chosen : ndarray of int, shape (n_decisions,)
        Which of those shown, from 0.
    accepted, met : ndarray of 0.0 and 1.0, shape (n_decisions,)
    urgency : ndarray of int, shape (n_decisions,)
    groups : mapping of a grouping's name to ndarray of str, shape (n_decisions,)
        Used to judge, never to rank.
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
            raise ValueError("the columns are not of one length")
        if self.features.shape != (int(self.starts[-1]), len(FEATURES)) or not np.isfinite(self.features).all():
            raise ValueError(f"features must be {int(self.starts[-1])} rows of {len(FEATURES)} numbers")
        if (self.chosen < 0).any() or (self.chosen >= np.diff(self.starts)).any():
            raise ValueError("every choice must be among those shown")

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def of_chosen(self) -> Floats:
        """Features of what was chosen, shape (n_decisions, len(FEATURES))."""
        return np.asarray(self.features[self.starts[:-1] + self.chosen])

    def shown(self, decision: int) -> Floats:
        """Features of all that was shown, first rank first."""
        return np.asarray(self.features[self.starts[decision] : self.starts[decision + 1]])


@dataclass(frozen=True)
class GroupGain:
    """What the learned ranker would have changed for one group, in share of needs met."""

    grouping: str
    group: str
    gain: Estimate
    judged: bool
    harmed: bool


@dataclass(frozen=True)
class Quality:
    """How good the probabilities were on what came later; `base` is the Brier score of always saying the mean."""

    auc: Estimate
    brier: Estimate
    base: float
    reliability: list[ReliabilityBin]


@dataclass(frozen=True)
class Verdict:
    """What the past says.

    Attributes
    ----------
    met, acceptance : Coefficients or None
        Fitted to all decisions and calibrated; None where there are too few.
    gain : Estimate or None
        Share of needs met under the learned ranker less that under the rules (doubly robust).
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
        return self.finding is Finding.better


def backtest(decisions: Decisions) -> Verdict:
    """Fit, try on what came next, and judge. Nothing is drawn by chance: the same log gives the same verdict."""
    bounds = np.linspace(FIRST_SHARE, 1.0, FOLDS + 1) * len(decisions)
    known = int(bounds[0])
    met, accepted = decisions.met[:known], decisions.accepted[:known]
    rare = min(met.sum(), known - met.sum(), accepted.sum(), known - accepted.sum())
    if len(decisions) < LEAST_DECISIONS or rare < LEAST_OF_EACH:
        return Verdict(Finding.too_few, len(decisions))
    tried = [_try(decisions, int(start), int(end)) for start, end in pairwise(bounds)]
    gains = np.concatenate([each.learned - each.rules for each in tried])
    model = _fit_all(decisions, decisions.met, tried, "met")
    gain, groups = mean_of(gains), _group_gains(decisions, known, gains)
    return Verdict(
        finding=_judge(model, gain, groups),
        decisions=len(decisions),
        met=model,
        acceptance=_fit_all(decisions, decisions.accepted, tried, "accepted"),
        rules_value=mean_of(np.concatenate([each.rules for each in tried])),
        gain=gain,
        groups=groups,
        quality_met=_quality([each.met for each in tried], decisions.met[known:]),
        quality_acceptance=_quality([each.accepted for each in tried], decisions.accepted[known:]),
    )


def _judge(met: Coefficients, gain: Estimate, groups: tuple[GroupGain, ...]) -> Finding:
    if not any(met.log_odds.values()):
        return Finding.nothing_learned
    if gain.low <= 0:
        return Finding.not_better
    return Finding.harms_group if any(each.harmed for each in groups) else Finding.better


@dataclass(frozen=True)
class _Tried:
    """One window: doubly robust terms under both rankers, and log-odds of what was chosen."""

    rules: Floats
    learned: Floats
    met: Floats
    accepted: Floats


def _try(decisions: Decisions, known: int, until: int) -> _Tried:
    past = decisions.of_chosen[:known]
    met = OutcomeModel().fit(past, decisions.met[:known])
    accepted = OutcomeModel().fit(past, decisions.accepted[:known])
    shown = np.diff(decisions.starts)
    curve = choice_curve(decisions.chosen[:known] + 1, shown[:known])
    curve = np.append(curve, np.full(max(0, int(shown.max()) - len(curve)), curve[-1]))
    window = range(known, until)
    terms = {"rules": [], "learned": []}  # type: dict[str, list[tuple[float, float, float, float]]]
    for decision in window:
        features = decisions.shown(decision)
        expected = sigmoid(features @ met.coef_ + met.intercept_)
        logged = policy(np.arange(1, len(features) + 1), curve)
        chosen = decisions.chosen[decision]
        for name, scores in (
            ("rules", features @ _rule_weights(int(decisions.urgency[decision]))),
            ("learned", features @ met.coef_),
        ):
            target = policy(_ranks(scores), curve)
            terms[name].append((target[chosen], logged[chosen], expected[chosen], float(target @ expected)))
    outcome = decisions.met[known:until]
    found = {name: doubly_robust(outcome, *np.array(rows).T) for name, rows in terms.items()}
    later = decisions.of_chosen[known:until]
    return _Tried(found["rules"], found["learned"], met.decision_function(later), accepted.decision_function(later))


def _rule_weights(urgency: int) -> Floats:
    weights = weights_for(Urgency(urgency))
    return np.array([weights.get(feature, 0.0) for feature in FEATURES])


def _ranks(scores: Floats) -> NDArray[np.intp]:
    """The rank of each, from 1; of equals the one shown first."""
    ranks = np.empty(len(scores), dtype=np.intp)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def _fit_all(decisions: Decisions, outcomes: Floats, tried: list[_Tried], name: str) -> Coefficients:
    later = np.concatenate([getattr(each, name) for each in tried])
    slope, offset = platt(later, outcomes[len(outcomes) - len(later) :])
    return coefficients(OutcomeModel().fit(decisions.of_chosen, outcomes), slope=slope, offset=offset)


def _group_gains(decisions: Decisions, first: int, gains: Floats) -> tuple[GroupGain, ...]:
    found = []
    for grouping, labels in decisions.groups.items():
        later = labels[first:]
        for group in sorted(set(later.tolist())):
            gain = mean_of(gains[later == group])
            judged = gain.count >= LEAST_GROUP
            harmed = judged and (gain.high < 0 or gain.value < -GROUP_MARGIN)
            found.append(GroupGain(grouping, group, gain, judged, harmed))
    return tuple(found)


def _quality(windows: list[Floats], outcomes: Floats) -> Quality:
    """Of predictions made before the outcome; each window calibrated on the windows before it."""
    probabilities, done = [], 0
    for number, log_odds in enumerate(windows):
        slope, offset = platt(np.concatenate(windows[:number]), outcomes[:done]) if number else (1.0, 0.0)
        probabilities.append(sigmoid(log_odds * slope + offset))
        done += len(log_odds)
    given = np.concatenate(probabilities)
    share = float(outcomes.mean())
    return Quality(
        _auc(given, outcomes), mean_of((given - outcomes) ** 2), share * (1 - share), reliability(given, outcomes)
    )


def _auc(given: Floats, outcomes: Floats) -> Estimate:
    """Area under the ROC curve with the interval of Hanley and McNeil (1982, eq. 2)."""
    met = int(outcomes.sum())
    missed = len(outcomes) - met
    if not met or not missed:
        return Estimate(0.5, 0.0, 1.0, len(outcomes))
    area = float(roc_auc_score(outcomes, given))
    two_met, two_missed = area / (2 - area), 2 * area * area / (1 + area)
    spread = (met - 1) * (two_met - area * area) + (missed - 1) * (two_missed - area * area)
    half = 1.96 * sqrt(max(0.0, area * (1 - area) + spread) / (met * missed))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), len(outcomes))


@dataclass(frozen=True)
class Drift:
    """Whether the newest outcomes still are what a model said.

    Attributes
    ----------
    surprise : Estimate
        Share met less the mean probability: 0 where the model still holds.
    moved : dict of Feature to float
        Population stability index of each feature against the time of training.
    """

    surprise: Estimate
    moved: dict[Feature, float]

    @property
    def found(self) -> bool:
        """The outcomes left what was said by more than the margin, and not by chance."""
        off = max(self.surprise.low, -self.surprise.high)
        return self.surprise.count >= LEAST_GROUP and off > 0 and abs(self.surprise.value) > DRIFT_MARGIN


def drift(model: Coefficients, recent: Decisions, trained_on: Decisions) -> Drift:
    """Compare what came of the newest decisions with what the model had said."""
    before, after = trained_on.of_chosen, recent.of_chosen
    surprise = mean_of(recent.met - sigmoid(model.log_odds_of(after)))
    moved = {feature: stability_index(before[:, at], after[:, at]) for at, feature in enumerate(FEATURES)}
    return Drift(surprise, moved)
