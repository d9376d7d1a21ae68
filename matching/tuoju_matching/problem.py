"""The assignment problem: need and project profiles with the eligibility graph between them and the plan's options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

import numpy as np

from tuoju_matching.graph import Bools, EligibilityGraph, Floats, Ints
from tuoju_matching.learned import Coefficients, create_ranker
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.ranker import RuleRanker

WAITING_WEIGHT = 0.1
"""The most that waiting adds to a score."""
WAITING_SATURATES = 180
"""Calendar days of waiting from which the full `WAITING_WEIGHT` is added."""
FIXED = max(Urgency) + 1
"""Urgency class of needs whose project was set by hand: above every urgency."""


class Mode(StrEnum):
    """How places are assigned. All modes but `optimum` exist for comparison with it.

    `best_fit`: the highest total quality whatever the urgency, even if fewer needs are placed: what placing most first
    costs. `envy_free`: deferred acceptance; no need prefers a project that took a less urgent or worse fitting need.
    `urgent_first`: a queue by urgency, then by waiting time; `first_come`: by waiting time alone. In both queues each
    need takes the best project left.
    """

    optimum = "optimum"
    best_fit = "best_fit"
    envy_free = "envy_free"
    urgent_first = "urgent_first"
    first_come = "first_come"


@dataclass(frozen=True)
class Fairness:
    """A limit on the difference between groups in the share of needs placed.

    Attributes
    ----------
    groups : mapping of need id to group
        Needs that are not listed belong to no group.
    within : float
        The largest difference between two groups' shares, in [0, 1].
    """

    groups: Mapping[int, str]
    within: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.within <= 1.0:
            raise ValueError("within must be between 0 and 1")


@dataclass(frozen=True)
class PlanOptions:
    """What a plan has to respect.

    Attributes
    ----------
    mode : Mode
    fairness : Fairness or None
        For the optimum only: limits the difference between groups without placing fewer needs of any urgency class.
    sizes : mapping of need id to int
        Places a need takes; 1 where not listed.
    fixed : mapping of need id to project id or None
        The project a need must go to; None leaves it unplaced.
    refused : mapping of need id to project ids
        Projects not to propose to a need.
    learned : Coefficients or None
        The model whose weights score the projects, as in LearnedRanker; None for the rules.
    """

    mode: Mode = Mode.optimum
    fairness: Fairness | None = None
    sizes: Mapping[int, int] = field(default_factory=dict)
    fixed: Mapping[int, int | None] = field(default_factory=dict)
    refused: Mapping[int, frozenset[int]] = field(default_factory=dict)
    learned: Coefficients | None = None


@dataclass(frozen=True, eq=False)
class AssignmentProblem:
    """Needs and projects with the eligibility graph between them.

    Attributes
    ----------
    graph : EligibilityGraph
        Needs and projects in the given order. A project without places keeps its edges, so that planning can compute
        what a first place would be worth.
    ranker : RuleRanker
        Fitted to the projects with at least one place each.
    options : PlanOptions
    """

    needs: tuple[NeedProfile, ...]
    projects: tuple[ProjectProfile, ...]
    graph: EligibilityGraph
    ranker: RuleRanker
    options: PlanOptions

    @cached_property
    def waiting_days(self) -> Ints:
        return np.array([need.waiting_days for need in self.needs], dtype=np.int64)

    @cached_property
    def groups(self) -> tuple[Ints, list[str]]:
        """The group number of each need, -1 for none, and the groups' names."""
        fairness = self.options.fairness
        if fairness is None:
            return np.full(len(self.needs), -1, dtype=np.int64), []
        names = sorted({fairness.groups[need.id] for need in self.needs if need.id in fairness.groups})
        number_of = {name: number for number, name in enumerate(names)}
        numbers = [number_of[fairness.groups[need.id]] if need.id in fairness.groups else -1 for need in self.needs]
        return np.array(numbers, dtype=np.int64), names

    def with_places(self, places: Sequence[int]) -> "AssignmentProblem":
        """The same problem with other places, in the order of the projects."""
        graph = replace(self.graph, places=np.array(places, dtype=np.int64))
        projects = [replace(project, places_left=left) for project, left in zip(self.projects, places, strict=True)]
        return replace(self, projects=tuple(projects), graph=graph)

    def count_eligible(self) -> Ints:
        """How many projects with places could take each need, shape (n_needs,)."""
        has_places = (self.graph.places > 0)[self.graph.indices]
        return np.bincount(self.graph.edge_needs[has_places], minlength=self.graph.n_needs)


@dataclass(frozen=True, eq=False)
class EligibleEdges:
    """The projects that may take each need, with the value of each; those of need i are `starts[i] : starts[i + 1]`.

    Attributes
    ----------
    starts : array of shape (n_needs + 1,)
    rows, scores : arrays of shape (n_edges,)
        Row of the project, and the value.
    """

    starts: Ints
    rows: Ints
    scores: Floats


def build_problem(
    needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date, options: PlanOptions
) -> AssignmentProblem:
    """Check every need against every project. Raises ValueError as `assign.assign` does."""
    ranker = fit_ranker(projects, options)
    return assemble_problem(needs, projects, options, ranker, find_edges(needs, ranker, today, options))


def fit_ranker(projects: Sequence[ProjectProfile], options: PlanOptions) -> RuleRanker:
    """Fit the ranker of the options as if no project were full, so that the value of a first place can be computed."""
    at_least_one = [replace(project, places_left=max(1, project.places_left)) for project in projects]
    return create_ranker(options.learned).fit(at_least_one)


def find_edges(needs: Sequence[NeedProfile], ranker: RuleRanker, today: date, options: PlanOptions) -> EligibleEdges:
    """Find the eligible edges under the options. Raises ValueError as `assign.assign` does."""
    _check_options(needs, options)
    refused = {need_id: ids for need_id, ids in options.refused.items() if need_id not in options.fixed}
    starts, rows, scores = ranker.eligible_many(needs, today, refused)
    scores = scores + np.repeat(np.array([waiting_value(need) for need in needs]), np.diff(starts))
    if options.fixed:
        kept = _edges_kept_by_fixing(needs, ranker, starts, rows, options.fixed)
        counts = np.add.reduceat(np.append(kept, False), starts[:-1]) * (np.diff(starts) > 0)
        starts, rows, scores = np.concatenate([[0], np.cumsum(counts)]), rows[kept], scores[kept]
    return EligibleEdges(starts, rows, scores)


def assemble_problem(
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    options: PlanOptions,
    ranker: RuleRanker,
    edges: EligibleEdges,
) -> AssignmentProblem:
    """Add places, urgency and sizes to the edges that were found."""
    graph = EligibilityGraph(
        indptr=edges.starts,
        indices=edges.rows.astype(np.int32),
        scores=edges.scores,
        places=np.array([max(0, project.places_left) for project in projects], dtype=np.int64),
        urgency=np.array([FIXED if need.id in options.fixed else need.urgency for need in needs], dtype=np.int64),
        sizes=np.array([options.sizes.get(need.id, 1) for need in needs], dtype=np.int64),
    )
    return AssignmentProblem(tuple(needs), tuple(projects), graph, ranker, options)


def waiting_value(need: NeedProfile) -> float:
    """What the waiting time adds to the value of every edge of the need, in [0, WAITING_WEIGHT]."""
    return WAITING_WEIGHT * min(max(0, need.waiting_days), WAITING_SATURATES) / WAITING_SATURATES


def _check_options(needs: Sequence[NeedProfile], options: PlanOptions) -> None:
    ids = {need.id for need in needs}
    if len(ids) != len(needs):
        raise ValueError("need ids must be unique")
    if unknown := [need_id for need_id in options.fixed if need_id not in ids]:
        raise ValueError(f"fixed lists unknown needs: {unknown}")
    if any(size < 1 for size in options.sizes.values()):
        raise ValueError("sizes must be >= 1")
    if options.fairness is not None and options.mode is not Mode.optimum:
        raise ValueError("fairness is available for the mode 'optimum' only")
    if options.mode in (Mode.best_fit, Mode.envy_free) and any(size != 1 for size in options.sizes.values()):
        raise ValueError(f"the mode {options.mode.value!r} requires needs of one place each")


def _edges_kept_by_fixing(
    needs: Sequence[NeedProfile],
    ranker: RuleRanker,
    starts: Ints,
    rows: Ints,
    fixed: Mapping[int, int | None],
) -> Bools:
    """Which edges remain, shape (n_edges,): for a fixed need only the one to its project."""
    kept = np.ones(len(rows), dtype=bool)
    for number, need in enumerate(needs):
        if need.id not in fixed:
            continue
        project_id, span = fixed[need.id], slice(int(starts[number]), int(starts[number + 1]))
        row = -1 if project_id is None else ranker.row_of_.get(project_id, -1)
        kept[span] = rows[span] == row
        if project_id is not None and not kept[span].any():
            raise ValueError(f"need {need.id} is fixed to project {project_id}, which may not take it")
    return kept
