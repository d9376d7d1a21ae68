"""Past decisions as the learning sees them: what was shown, what was chosen, what came of it. Names nobody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tuoju.matchmaking.groups import GROUPINGS
from tuoju_matching.backtest import Decisions
from tuoju_matching.features import FEATURES
from tuoju_matching.profiles import Urgency


@dataclass(frozen=True, slots=True)
class PastDecision:
    """One project that a person chose for a need, and what came of it."""

    sent_on: date
    project_id: int
    slate: Sequence[Mapping[str, Any]]
    """As Match.slate: all that was shown."""
    accepted: bool
    met: bool
    urgency: str
    groups: Mapping[str, str]
    """The resident's group under each of GROUPINGS on that day."""


@dataclass(frozen=True)
class Past:
    """Decisions in the order of time, and the day each was sent."""

    decisions: Decisions
    sent_on: list[date]


Exposure = dict[tuple[str, str], tuple[int, int]]
"""By grouping and group: needs that were sent to a project, and all that were not withdrawn."""


@dataclass(frozen=True)
class History:
    """All that a training reads of the past."""

    past: Past
    exposure: Exposure


def as_past(decisions: Iterable[PastDecision]) -> Past:
    """Decisions, in the order of time, as columns. Leaves out what was not chosen from a list, and lists that knew
    fewer features than today's."""
    columns = _Columns()
    for decision in decisions:
        columns.add(decision)
    return columns.past()


class _Columns:
    """Rows put into columns one by one."""

    def __init__(self) -> None:
        self.features: list[list[float]] = []
        self.starts = [0]
        self.chosen: list[int] = []
        self.accepted: list[float] = []
        self.met: list[float] = []
        self.urgency: list[int] = []
        self.groups: dict[str, list[str]] = {name: [] for name in GROUPINGS}
        self.sent_on: list[date] = []

    def add(self, decision: PastDecision) -> None:
        shown = [entry["features"] for entry in decision.slate]
        project_ids = [entry["project_id"] for entry in decision.slate]
        complete = all(isinstance(features, dict) and features.keys() >= set(FEATURES) for features in shown)
        if decision.project_id not in project_ids or not complete:
            return
        self.features += [[float(features[name]) for name in FEATURES] for features in shown]
        self.starts.append(len(self.features))
        self.chosen.append(project_ids.index(decision.project_id))
        self.accepted.append(float(decision.accepted))
        self.met.append(float(decision.met))
        self.urgency.append(int(Urgency[decision.urgency]))
        self.sent_on.append(decision.sent_on)
        for name, labels in self.groups.items():
            labels.append(decision.groups[name])

    def past(self) -> Past:
        decisions = Decisions(
            np.array(self.features, dtype=np.float64).reshape(-1, len(FEATURES)),
            np.array(self.starts, dtype=np.intp),
            np.array(self.chosen, dtype=np.intp),
            np.array(self.accepted, dtype=np.float64),
            np.array(self.met, dtype=np.float64),
            np.array(self.urgency, dtype=np.intp),
            {name: np.array(labels, dtype=np.str_) for name, labels in self.groups.items()},
        )
        return Past(decisions, self.sent_on)
