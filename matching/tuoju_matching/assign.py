"""All waiting needs at once: the most urgent first, then the best total fit, never more than the places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np

from tuoju_matching.exact import PlanError, solve_whole
from tuoju_matching.graph import Ints, Solution, Waiting
from tuoju_matching.optimum import solve
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.queues import serve_in_order, without_envy
from tuoju_matching.ranker import Ranked, RuleRanker

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
    """What a plan was asked to keep; see `assign`."""

    mode: Mode = Mode.optimum
    fairness: Fairness | None = None
    sizes: Mapping[int, int] = field(default_factory=dict)
    fixed: Mapping[int, int | None] = field(default_factory=dict)
    refused: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """An assignment of needs to projects.

    Attributes
    ----------
    chosen : dict of need id to Ranked
        The project each placed need goes to; needs without one are in `without`.
    quality, bound : float
        Sum of the chosen scores, each with its waiting time, and the dual bound that no plan of these urgency
        counts can exceed.
    prices : dict of project id to float
        What one place is worth, in quality.
    worth : dict of need id to float
        Each need's part of the bound.
    groups : dict of group to (placed, waiting)
        How many of how many are placed; for `fairness` only.
    fairness_cost : float
        Share of the quality given up for `fairness`.
    eligible : dict of need id to int
        How many projects could take the need.
    terms : Terms
        What it was asked to keep.
    """

    chosen: dict[int, Ranked]
    without: tuple[int, ...]
    quality: float
    bound: float
    prices: dict[int, float] = field(default_factory=dict)
    worth: dict[int, float] = field(default_factory=dict)
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)
    fairness_cost: float = 0.0
    eligible: dict[int, int] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 is proven optimal."""
        return max(0.0, self.bound - self.quality) / self.bound if self.bound > 0 else 0.0


def assign(
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    *,
    mode: Mode = Mode.optimum,
    fairness: Fairness | None = None,
    sizes: Mapping[int, int] | None = None,
    fixed: Mapping[int, int | None] | None = None,
    refused: Mapping[int, frozenset[int]] | None = None,
) -> Plan:
    """Place needs exactly: as many as possible of the most urgent class, then of the next, and among all such
    plans the one of the highest total quality.

    Parameters
    ----------
    fairness : Fairness, optional
        For the optimum only: holds the groups' shares together without placing fewer of any urgency class.
    sizes : mapping of need id to int, optional
        Places a need takes; 1 where not given.
    fixed : mapping of need id to project id or None, optional
        Where a need must go; None leaves it without.
    refused : mapping of need id to project ids, optional
        Projects not to propose to a need.

    Raises
    ------
    ValueError
        For two needs or two projects of one id, ids that are not there, sizes below one, or a mode that can not
        do what is asked.
    PlanError
        If the places do not hold what is fixed.
    Unfair
        If no plan is as even as asked; it carries the smallest difference that can be kept.
    """
    fixed, refused, sizes = fixed or {}, refused or {}, sizes or {}
    _check_asked(needs, mode, fairness, fixed, sizes)
    ranker = RuleRanker().fit(projects)
    options = [_options(ranker, need, today, fixed, refused) for need in needs]
    waiting = _waiting(needs, ranker, options, fixed, sizes)
    groups, names = _groups(needs, fairness)
    best = _solve(waiting, needs, mode)
    solution = best if fairness is None else solve_whole(waiting, groups, fairness.within)
    placed = {need.id for row, need in enumerate(needs) if solution.edge[row] >= 0}
    missing = [each for each, project in fixed.items() if project is not None and each not in placed]
    if missing:
        raise PlanError(f"no place is left for what was fixed: needs {missing}")
    return Plan(
        chosen={
            need.id: options[row][solution.edge[row] - waiting.indptr[row]]
            for row, need in enumerate(needs)
            if need.id in placed
        },
        without=tuple(need.id for need in needs if need.id not in placed),
        quality=solution.quality,
        bound=solution.bound,
        prices={project.id: float(solution.prices[row]) for row, project in enumerate(ranker.projects_)},
        worth={need.id: float(solution.worth[row]) for row, need in enumerate(needs)},
        groups={
            name: (int((solution.edge[groups == number] >= 0).sum()), int((groups == number).sum()))
            for number, name in enumerate(names)
        },
        fairness_cost=max(0.0, 1.0 - solution.quality / best.quality) if best.quality > 0 else 0.0,
        eligible={need.id: len(options[row]) for row, need in enumerate(needs)},
        terms=Terms(mode, fairness, sizes, fixed, refused),
    )


def waiting_worth(need: NeedProfile) -> float:
    """What the waiting time adds to a need's quality wherever it goes, in [0, WAITING_WEIGHT]."""
    return WAITING_WEIGHT * min(max(0, need.waiting_days), WAITING_SATURATES) / WAITING_SATURATES


def _check_asked(
    needs: Sequence[NeedProfile],
    mode: Mode,
    fairness: Fairness | None,
    fixed: Mapping[int, int | None],
    sizes: Mapping[int, int],
) -> None:
    ids = {need.id for need in needs}
    if len(ids) != len(needs):
        raise ValueError("two needs have the same id")
    if unknown := [each for each in fixed if each not in ids]:
        raise ValueError(f"fixed names needs that are not there: {unknown}")
    if any(size < 1 for size in sizes.values()):
        raise ValueError("sizes must be at least 1")
    if fairness is not None and mode is not Mode.optimum:
        raise ValueError("only the optimum can hold groups together")
    if mode is Mode.envy_free and any(size != 1 for size in sizes.values()):
        raise ValueError("the envy-free queue counts one place a need")


def _options(
    ranker: RuleRanker,
    need: NeedProfile,
    today: date,
    fixed: Mapping[int, int | None],
    refused: Mapping[int, frozenset[int]],
) -> list[Ranked]:
    """The projects that may take the need; only the one that was fixed, if any."""
    if need.id not in fixed:
        return ranker.rank(need, today, k=None, without=refused.get(need.id, frozenset()))
    if fixed[need.id] is None:
        return []
    found = [each for each in ranker.rank(need, today, k=None) if each.project.id == fixed[need.id]]
    if not found:
        raise ValueError(f"need {need.id} is fixed to project {fixed[need.id]}, which may not take it")
    return found


def _waiting(
    needs: Sequence[NeedProfile],
    ranker: RuleRanker,
    options: Sequence[Sequence[Ranked]],
    fixed: Mapping[int, int | None],
    sizes: Mapping[int, int],
) -> Waiting:
    return Waiting(
        indptr=np.concatenate([[0], np.cumsum([len(each) for each in options], dtype=np.int64)]),
        indices=np.array([ranker.row_of_[each.project.id] for ranked in options for each in ranked], dtype=np.int64),
        scores=np.array(
            [each.score + waiting_worth(need) for need, ranked in zip(needs, options, strict=True) for each in ranked]
        ),
        places=np.array([max(0, project.places_left) for project in ranker.projects_], dtype=np.int64),
        urgency=np.array([FIXED if need.id in fixed else need.urgency for need in needs], dtype=np.int64),
        sizes=np.array([sizes.get(need.id, 1) for need in needs], dtype=np.int64),
    )


def _groups(needs: Sequence[NeedProfile], fairness: Fairness | None) -> tuple[Ints, list[str]]:
    """The group number of each need, -1 for none, and the groups' names."""
    if fairness is None:
        return np.full(len(needs), -1, dtype=np.int64), []
    names = sorted({fairness.groups[need.id] for need in needs if need.id in fairness.groups})
    number_of = {name: number for number, name in enumerate(names)}
    numbers = [number_of[fairness.groups[need.id]] if need.id in fairness.groups else -1 for need in needs]
    return np.array(numbers, dtype=np.int64), names


def _solve(waiting: Waiting, needs: Sequence[NeedProfile], mode: Mode) -> Solution:
    best = solve(waiting) if (waiting.sizes == 1).all() else solve_whole(waiting)
    if mode is Mode.optimum:
        return best
    waited = np.array([need.waiting_days for need in needs], dtype=np.int64)
    if mode is Mode.envy_free:
        edge = without_envy(waiting, waited)
    else:
        queue = waiting.urgency if mode is Mode.urgent_first else (waiting.urgency == FIXED).astype(np.int64)
        edge = serve_in_order(waiting, np.lexsort((np.arange(len(needs)), -waited, -queue)))
    quality = float(waiting.scores[edge[edge >= 0]].sum())
    return Solution(edge, quality, max(best.bound, quality), best.prices, best.worth)
