"""What an assignment stands on: the profiles as arrays, with the terms it must keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

import numpy as np

from tuoju_matching.graph import Floats, Ints, Waiting
from tuoju_matching.learned import Coefficients, ranker_by
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.ranker import RuleRanker

WAITING_WEIGHT = 0.1
WAITING_SATURATES = 180
"""Calendar days of waiting after which a need counts `WAITING_WEIGHT` more than one of today."""
FIXED = max(Urgency) + 1
"""The class of needs whose project was set by hand: above every urgency."""


class Mode(StrEnum):
    """How places are shared. All but the optimum are there to be compared with it.

    `envy_free`: deferred acceptance; nobody wants a project that took a less urgent or worse fitting need.
    `urgent_first`: a queue by urgency, then waiting; `first_come`: by waiting alone. Each takes what is best for it.
    """

    optimum = "optimum"
    envy_free = "envy_free"
    urgent_first = "urgent_first"
    first_come = "first_come"


@dataclass(frozen=True)
class Fairness:
    """Groups whose shares placed may differ by at most `within` (in [0, 1]); by need id, others count in none."""

    groups: Mapping[int, str]
    within: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.within <= 1.0:
            raise ValueError("within must lie between 0 and 1")


@dataclass(frozen=True)
class Terms:
    """What a plan was asked to keep; see `assign.assign`."""

    mode: Mode = Mode.optimum
    fairness: Fairness | None = None
    sizes: Mapping[int, int] = field(default_factory=dict)
    fixed: Mapping[int, int | None] = field(default_factory=dict)
    refused: Mapping[int, frozenset[int]] = field(default_factory=dict)
    learned: Coefficients | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """Needs, projects and what they are to each other.

    Attributes
    ----------
    waiting : Waiting
        Needs and projects in the order given. A project without places keeps its edges, so that planning can ask
        what a first place would be worth.
    ranker : RuleRanker
        Fitted on projects of at least one place.
    """

    needs: tuple[NeedProfile, ...]
    projects: tuple[ProjectProfile, ...]
    waiting: Waiting
    ranker: RuleRanker
    terms: Terms

    @cached_property
    def waited(self) -> Ints:
        return np.array([need.waiting_days for need in self.needs], dtype=np.int64)

    @cached_property
    def groups(self) -> tuple[Ints, list[str]]:
        """The group number of each need, -1 for none, and the groups' names."""
        fairness = self.terms.fairness
        if fairness is None:
            return np.full(len(self.needs), -1, dtype=np.int64), []
        names = sorted({fairness.groups[need.id] for need in self.needs if need.id in fairness.groups})
        number_of = {name: number for number, name in enumerate(names)}
        numbers = [number_of[fairness.groups[need.id]] if need.id in fairness.groups else -1 for need in self.needs]
        return np.array(numbers, dtype=np.int64), names

    def with_places(self, places: Sequence[int]) -> "Ground":
        """The same with other places, in the order of projects."""
        waiting = replace(self.waiting, places=np.array(places, dtype=np.int64))
        projects = [replace(each, places_left=left) for each, left in zip(self.projects, places, strict=True)]
        return replace(self, projects=tuple(projects), waiting=waiting)

    def eligible(self) -> Ints:
        """How many projects with places could take each need."""
        open_ = (self.waiting.places > 0)[self.waiting.indices]
        return np.bincount(self.waiting.rows[open_], minlength=self.waiting.n_needs)


@dataclass(frozen=True, eq=False)
class Edges:
    """Which projects may take each need, and what that is worth: those of need i lie at `starts[i] : starts[i + 1]`.

    Attributes
    ----------
    rows : array
        Into the projects.
    """

    starts: Ints
    rows: Ints
    scores: Floats


def lay(needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date, terms: Terms) -> Ground:
    """Judge every need against every project. Raises ValueError as `assign.assign` does."""
    ranker = ranker_of(projects, terms)
    return ground_of(needs, projects, terms, ranker, judge(needs, ranker, today, terms))


def ranker_of(projects: Sequence[ProjectProfile], terms: Terms) -> RuleRanker:
    """The ranker of the terms, to which no project is full, so that a first place can be asked for."""
    return ranker_by(terms.learned).fit([replace(each, places_left=max(1, each.places_left)) for each in projects])


def judge(needs: Sequence[NeedProfile], ranker: RuleRanker, today: date, terms: Terms) -> Edges:
    """The eligible edges under the terms. Raises ValueError as `assign.assign` does."""
    _check(needs, terms)
    refused = {each: ids for each, ids in terms.refused.items() if each not in terms.fixed}
    starts, rows, scores = ranker.eligible_many(needs, today, refused)
    scores = scores + np.repeat(np.array([waiting_worth(need) for need in needs]), np.diff(starts))
    if terms.fixed:
        kept = _fixed_only(needs, ranker, starts, rows, terms.fixed)
        counts = np.add.reduceat(np.append(kept, False), starts[:-1]) * (np.diff(starts) > 0)
        starts, rows, scores = np.concatenate([[0], np.cumsum(counts)]), rows[kept], scores[kept]
    return Edges(starts, rows, scores)


def ground_of(
    needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], terms: Terms, ranker: RuleRanker, edges: Edges
) -> Ground:
    """What was judged, with places, urgency and sizes."""
    waiting = Waiting(
        indptr=edges.starts,
        indices=edges.rows.astype(np.int32),
        scores=edges.scores,
        places=np.array([max(0, project.places_left) for project in projects], dtype=np.int64),
        urgency=np.array([FIXED if need.id in terms.fixed else need.urgency for need in needs], dtype=np.int64),
        sizes=np.array([terms.sizes.get(need.id, 1) for need in needs], dtype=np.int64),
    )
    return Ground(tuple(needs), tuple(projects), waiting, ranker, terms)


def waiting_worth(need: NeedProfile) -> float:
    """What the waiting time adds to a need's quality wherever it goes, in [0, WAITING_WEIGHT]."""
    return WAITING_WEIGHT * min(max(0, need.waiting_days), WAITING_SATURATES) / WAITING_SATURATES


def _check(needs: Sequence[NeedProfile], terms: Terms) -> None:
    ids = {need.id for need in needs}
    if len(ids) != len(needs):
        raise ValueError("two needs have the same id")
    if unknown := [each for each in terms.fixed if each not in ids]:
        raise ValueError(f"fixed names needs that are not there: {unknown}")
    if any(size < 1 for size in terms.sizes.values()):
        raise ValueError("sizes must be at least 1")
    if terms.fairness is not None and terms.mode is not Mode.optimum:
        raise ValueError("only the optimum can hold groups together")
    if terms.mode is Mode.envy_free and any(size != 1 for size in terms.sizes.values()):
        raise ValueError("the envy-free queue counts one place a need")


def _fixed_only(
    needs: Sequence[NeedProfile],
    ranker: RuleRanker,
    starts: Ints,
    rows: Ints,
    fixed: Mapping[int, int | None],
) -> np.ndarray:
    """Which edges stay: of a fixed need only the one to its project."""
    kept = np.ones(len(rows), dtype=bool)
    for number, need in enumerate(needs):
        if need.id not in fixed:
            continue
        project, span = fixed[need.id], slice(int(starts[number]), int(starts[number + 1]))
        row = -1 if project is None else ranker.row_of_.get(project, -1)
        kept[span] = rows[span] == row
        if project is not None and not kept[span].any():
            raise ValueError(f"need {need.id} is fixed to project {project}, which may not take it")
    return kept
