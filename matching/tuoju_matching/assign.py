"""All waiting needs at once: the most urgent first, then the best total fit, never more than the places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tuoju_matching.exact import PlanError, solve_whole
from tuoju_matching.fairness import hold
from tuoju_matching.graph import Floats, Solution
from tuoju_matching.ground import FIXED, Fairness, Ground, Mode, Terms, lay
from tuoju_matching.learned import Coefficients
from tuoju_matching.optimum import settle, tiers_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.queues import serve_in_order, without_envy
from tuoju_matching.ranker import Ranked

__all__ = ["Fairness", "Mode", "Plan", "PlanError", "Terms", "assign", "plan_on"]


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
    ground : Ground or None
        The arrays it was computed on, for `planning`; None for a plan that was put together from elsewhere.
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
    ground: Ground | None = field(default=None, repr=False, compare=False)

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
    learned: Coefficients | None = None,
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
    learned : Coefficients, optional
        The model whose weights score the projects, as LearnedRanker; the rules where not given.

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
    terms = Terms(mode, fairness, sizes or {}, fixed or {}, refused or {}, learned)
    return plan_on(lay(needs, projects, today, terms), today)


def plan_on(ground: Ground, today: date, *, prices: Floats | None = None) -> Plan:
    """The plan on what is laid out already; see `assign`. `prices` of a similar plan let it start near the end."""
    needs, terms = ground.needs, ground.terms
    numbers, names = ground.groups
    best, solution = _solve(ground, prices)
    placed = solution.edge >= 0
    missing = [need.id for row, need in enumerate(needs) if terms.fixed.get(need.id) is not None and not placed[row]]
    if missing:
        raise PlanError(f"no place is left for what was fixed: needs {missing}")
    return Plan(
        chosen=_chosen(ground, solution, today),
        without=tuple(need.id for row, need in enumerate(needs) if not placed[row]),
        quality=solution.quality,
        bound=solution.bound,
        prices={each.id: max(0.0, float(solution.prices[row])) for row, each in enumerate(ground.projects)},
        worth={need.id: float(solution.worth[row]) for row, need in enumerate(needs)},
        groups={
            name: (int(placed[numbers == number].sum()), int((numbers == number).sum()))
            for number, name in enumerate(names)
        },
        fairness_cost=max(0.0, 1.0 - solution.quality / best.quality) if best.quality > 0 else 0.0,
        eligible=dict(zip((need.id for need in needs), ground.eligible().tolist(), strict=True)),
        terms=terms,
        ground=ground,
    )


def _chosen(ground: Ground, solution: Solution, today: date) -> dict[int, Ranked]:
    """The project of each placed need, with its reasons and where it stands among those with places."""
    closed = frozenset(each.id for each in ground.projects if each.places_left <= 0)
    chosen = {}
    for row, need in enumerate(ground.needs):
        if solution.edge[row] < 0:
            continue
        project = ground.projects[ground.waiting.indices[solution.edge[row]]].id
        without = closed | ground.terms.refused.get(need.id, frozenset()) - {project}
        ranked = ground.ranker.rank_of(need, today, project, without=without)
        if ranked is not None:
            chosen[need.id] = ranked
    return chosen


def _solve(ground: Ground, prices: Floats | None = None) -> tuple[Solution, Solution]:
    """The optimum, and the plan under the terms."""
    waiting, terms = ground.waiting, ground.terms
    numbers, _ = ground.groups
    if (waiting.sizes != 1).any():
        best = solve_whole(waiting)
        fair = best if terms.fairness is None else solve_whole(waiting, numbers, terms.fairness.within)
    else:
        tiers = tiers_of(waiting)
        best = settle(waiting, tiers, prices=prices)
        fair = best if terms.fairness is None else hold(waiting, tiers, best, numbers, terms.fairness.within)
    return best, fair if terms.mode is Mode.optimum else _queued(ground, best)


def _queued(ground: Ground, best: Solution) -> Solution:
    """The plan of a queue, with the bound of the optimum."""
    waiting, mode = ground.waiting, ground.terms.mode
    if mode is Mode.envy_free:
        edge = without_envy(waiting, ground.waited)
    else:
        queue = waiting.urgency if mode is Mode.urgent_first else (waiting.urgency == FIXED).astype(np.int64)
        edge = serve_in_order(waiting, np.lexsort((np.arange(waiting.n_needs), -ground.waited, -queue)))
    quality = float(waiting.scores[edge[edge >= 0]].sum())
    return Solution(edge, quality, max(best.bound, quality), best.prices, best.worth)
