"""Past decisions for learning: which projects were listed, which was chosen, and the outcome. Names nobody."""

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
    """A project that a person chose for a need from a list, and the outcome."""

    sent_on: date
    project_id: int
    """The project that was chosen."""
    slate: Sequence[Mapping[str, Any]]
    """The list, as Match.slate."""
    accepted: bool
    met: bool
    """Whether the need was met at least in part."""
    urgency: str
    """Name of the need's Urgency."""
    groups: Mapping[str, str]
    """The resident's group under each of GROUPINGS on that day."""


@dataclass(frozen=True)
class Past:
    """Decisions as columns, the earliest first, and the day on which each was sent."""

    decisions: Decisions
    sent_on: list[date]


Exposure = dict[tuple[str, str], tuple[int, int]]
"""By grouping and group: how many needs were sent to a project, and how many there are without withdrawn ones."""


@dataclass(frozen=True)
class History:
    """Everything that a training reads."""

    past: Past
    exposure: Exposure


def as_past(decisions: Iterable[PastDecision]) -> Past:
    """Put decisions, the earliest first, into columns. Leaves out projects that were not chosen from the list, and
    lists that were stored when there were fewer features."""
    columns = _Columns()
    for decision in decisions:
        columns.add(decision)
    return columns.past()


class _Columns:
    """Columns that grow by one decision at a time."""

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
