"""Ranking the projects for one need: a sum of named contributions, known on day one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.eligibility import check
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.text import Bm25


class Feature(StrEnum):
    """What speaks for a project; each lies in [0, 1] before its weight."""

    text = "text"
    focus = "focus"
    target_group = "target_group"
    nearness = "nearness"
    places = "places"
    freshness = "freshness"
    response = "response"


WEIGHTS: Mapping[Feature, float] = MappingProxyType(
    {
        Feature.text: 0.30,
        Feature.focus: 0.10,
        Feature.target_group: 0.25,
        Feature.nearness: 0.15,
        Feature.places: 0.08,
        Feature.freshness: 0.04,
        Feature.response: 0.08,
    }
)
"""Shares of one, set by hand: fit to the person before convenience. `response` counts up to double for urgent
needs, taken from nearness, since who answers at once matters more than who is next door."""

PLACES_SATURATE = 5
FRESH_DAYS = 30
NEUTRAL_RESPONSE = 0.5
"""A project without a record is neither praised nor blamed."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One named part of a score: `value` in [0, 1] and what it adds, `weight * value`."""

    feature: Feature
    value: float
    weight: float

    @property
    def amount(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Ranked:
    """A project that may take the need. `score` is the exact sum of the contributions, in [0, 1]."""

    project: ProjectProfile
    rank: int
    contributions: tuple[Contribution, ...]

    @property
    def score(self) -> float:
        return sum(each.amount for each in self.contributions)


class RuleRanker:
    """Ranks fitted projects by the weights above; deterministic, ties broken by project id.

    Attributes
    ----------
    projects_ : list of ProjectProfile
    text_ : Bm25 over the projects' names and texts, in the same order.
    by_category_ : dict of service_type leaf to row numbers.
    """

    def fit(self, projects: Sequence[ProjectProfile]) -> Self:
        """Index the projects. Raises ValueError if two have the same id."""
        self.projects_ = list(projects)
        self.row_of_ = {project.id: row for row, project in enumerate(self.projects_)}
        if len(self.row_of_) != len(self.projects_):
            raise ValueError("two projects have the same id")
        self.text_ = Bm25().fit([f"{project.name} {project.text}" for project in self.projects_])
        self.by_category_: dict[str, list[int]] = {}
        for row, project in enumerate(self.projects_):
            for category in project.categories:
                self.by_category_.setdefault(category, []).append(row)
        return self

    def set_places(self, places_left: Mapping[int, int]) -> Self:
        """Take over places that moved since `fit`, by project id, without indexing anew."""
        for project_id, left in places_left.items():
            row = self.row_of_[project_id]
            self.projects_[row] = replace(self.projects_[row], places_left=left)
        return self

    def rank(
        self,
        need: NeedProfile,
        today: date,
        *,
        k: int | None = 10,
        without: frozenset[int] = frozenset(),
    ) -> list[Ranked]:
        """The `k` best projects that may take the need, best first; all of them if `k` is None.

        `without` holds ids of projects not to propose (this need was rejected there, say).
        """
        rows = [
            row
            for row in self.by_category_.get(need.category, ())
            if self.projects_[row].id not in without and not check(need, self.projects_[row], today)
        ]
        if not rows:
            return []
        similar = self.text_.similarity(need.text)
        scored = [(self.projects_[row], self._contributions(need, row, similar)) for row in rows]
        scored.sort(key=lambda pair: (-sum(each.amount for each in pair[1]), pair[0].id))
        return [Ranked(project, rank, parts) for rank, (project, parts) in enumerate(scored[:k], start=1)]

    def _contributions(self, need: NeedProfile, row: int, similar: NDArray[np.float64]) -> tuple[Contribution, ...]:
        project = self.projects_[row]
        values = {
            Feature.text: float(similar[row]),
            Feature.focus: 1.0 / len(project.categories),
            Feature.target_group: target_group_fit(need, project),
            Feature.nearness: nearness(need, project),
            Feature.places: min(project.places_left, PLACES_SATURATE) / PLACES_SATURATE,
            Feature.freshness: max(0.0, 1.0 - project.places_age_days / FRESH_DAYS),
            Feature.response: response_record(project),
        }
        weights = weights_for(need.urgency)
        return tuple(Contribution(feature, values[feature], weights[feature]) for feature in Feature)


def weights_for(urgency: Urgency) -> Mapping[Feature, float]:
    """The weights, with those of nearness and response shifted by urgency; they always sum to one."""
    shift = WEIGHTS[Feature.response] * urgency / Urgency.life_threatening
    return {
        **WEIGHTS,
        Feature.response: WEIGHTS[Feature.response] + shift,
        Feature.nearness: WEIGHTS[Feature.nearness] - shift,
    }


def target_group_fit(need: NeedProfile, project: ProjectProfile) -> float:
    """1 where the project names a vulnerability of the person, 0.6 where only the relief category; 0.3 where
    it is for everyone; else 0."""
    if not project.target_groups:
        return 0.3
    groups = frozenset(project.target_groups)
    if groups & need.vulnerabilities:
        return 1.0
    return 0.6 if need.relief_category in groups else 0.0


def nearness(need: NeedProfile, project: ProjectProfile) -> float:
    """How closely the served area fits around the village: 1 for the village itself, 0.25 for the city."""
    depths = [depth for depth, code in enumerate(need.region_path, start=1) if code in project.areas]
    return max(depths) / len(need.region_path) if depths else 0.0


def response_record(project: ProjectProfile) -> float:
    """Acceptance times quickness; neutral without a record."""
    if project.acceptance_rate is None:
        return NEUTRAL_RESPONSE
    days = 1.0 if project.response_days is None else project.response_days
    return project.acceptance_rate / (1.0 + max(0.0, days) / 2.0)
