"""Assign all waiting needs at once: the most urgent first, then the best total fit, within the free places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tuoju_matching.baselines import deferred_acceptance, serial_dictatorship
from tuoju_matching.errors import PlanError
from tuoju_matching.fairness import solve_with_fairness
from tuoju_matching.graph import Floats, Ints, Solution
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import compute_tiers, solve_by_quality, solve_within_tiers
from tuoju_matching.problem import FIXED, AssignmentProblem, Mode, PlanOptions, build_problem
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import Ranked
from tuoju_matching.sizes import solve_with_sizes


@dataclass(frozen=True)
class Plan:
    """An assignment of needs to projects.

    Attributes
    ----------
    chosen : dict of need id to Ranked
        The project of each placed need; needs that are not placed are in `without`.
    quality, bound : float
        Sum of the chosen scores with the value of waiting, and the dual bound that no plan with the same urgency
        counts can exceed.
    prices : dict of project id to float
        Dual price of one place, in units of quality.
    worth : dict of need id to float
        Each need's part of the bound.
    groups : dict of group to (placed, waiting)
        Counts of needs; for `fairness` only.
    fairness_cost : float
        Share of the quality given up for `fairness`, in [0, 1].
    eligible : dict of need id to int
        How many projects could take the need.
    options : PlanOptions
        What the plan respects.
    problem : AssignmentProblem or None
        What was solved, for `planning`; None for a plan that was put together from other data.
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
    options: PlanOptions = field(default_factory=PlanOptions)
    problem: AssignmentProblem | None = field(default=None, repr=False, compare=False)

    @property
    def gap(self) -> float:
        """How far the plan may be from the optimum, as a share of the bound; 0 is proven optimal."""
        return max(0.0, self.bound - self.quality) / self.bound if self.bound > 0 else 0.0


def assign(
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    options: PlanOptions | None = None,
) -> Plan:
    """Place as many needs as possible of the most urgent class, then of the next; among such plans choose the one
    with the highest total quality.

    Parameters
    ----------
    options : PlanOptions, optional
        Mode, fairness, sizes, fixed and refused projects, and the learned model.

    Raises
    ------
    ValueError
        If two needs or two projects have the same id, an id is unknown, a size is below one, or the mode does not
        support what is requested.
    PlanError
        If the places are too few for the fixed needs.
    FairnessNotFeasible
        If no plan is as fair as requested; the error carries the smallest feasible difference.
    """
    return solve_problem(build_problem(needs, projects, today, options or PlanOptions()), today)


def solve_problem(problem: AssignmentProblem, today: date, *, prices: Floats | None = None) -> Plan:
    """Find the plan for a problem that was built already; raises as `assign`.

    Parameters
    ----------
    prices : array of shape (n_projects,), optional
        Prices of a similar plan, which shorten the search.
    """
    needs, options = problem.needs, problem.options
    optimum, solution = _solve(problem, prices)
    placed = solution.edge >= 0
    missing = [need.id for row, need in enumerate(needs) if options.fixed.get(need.id) is not None and not placed[row]]
    if missing:
        raise PlanError(f"there are too few places for the fixed needs {missing}")
    cost = max(0.0, 1.0 - solution.quality / optimum.quality) if optimum.quality > 0 else 0.0
    return Plan(
        chosen=_chosen(problem, solution, today),
        without=tuple(need.id for row, need in enumerate(needs) if not placed[row]),
        quality=solution.quality,
        bound=solution.bound,
        prices={project.id: max(0.0, float(solution.prices[row])) for row, project in enumerate(problem.projects)},
        worth={need.id: float(solution.worth[row]) for row, need in enumerate(needs)},
        groups=_count_groups(problem, solution.edge),
        fairness_cost=cost,
        eligible=dict(zip((need.id for need in needs), problem.count_eligible().tolist(), strict=True)),
        options=options,
        problem=problem,
    )


def _count_groups(problem: AssignmentProblem, edge: Ints) -> dict[str, tuple[int, int]]:
    """By group how many needs are placed and how many there are."""
    numbers, names = problem.groups
    return {
        name: (int((edge[numbers == number] >= 0).sum()), int((numbers == number).sum()))
        for number, name in enumerate(names)
    }


def _chosen(problem: AssignmentProblem, solution: Solution, today: date) -> dict[int, Ranked]:
    """The project of each placed need, with its reasons and its rank among the projects with places."""
    closed = frozenset(project.id for project in problem.projects if project.places_left <= 0)
    chosen = {}
    for row, need in enumerate(problem.needs):
        if solution.edge[row] < 0:
            continue
        project_id = problem.projects[problem.graph.indices[solution.edge[row]]].id
        without = closed | problem.options.refused.get(need.id, frozenset()) - {project_id}
        ranked = problem.ranker.rank_of(need, today, project_id, without=without)
        if ranked is not None:
            chosen[need.id] = ranked
    return chosen


def _solve(problem: AssignmentProblem, prices: Floats | None = None) -> tuple[Solution, Solution]:
    """The optimum without fairness, and the plan under the options."""
    graph, options = problem.graph, problem.options
    groups, _ = problem.groups
    fairness = options.fairness
    if (graph.sizes != 1).any():
        optimum = solve_with_sizes(graph, prices=prices)
        fair = optimum if fairness is None else solve_integer_program(graph, groups, fairness.within)
    else:
        tiers = compute_tiers(graph)
        optimum = solve_within_tiers(graph, tiers, prices=prices)
        fair = optimum if fairness is None else solve_with_fairness(graph, tiers, optimum, groups, fairness.within)
    return optimum, fair if options.mode is Mode.optimum else _solve_baseline(problem, optimum)


def _solve_baseline(problem: AssignmentProblem, optimum: Solution) -> Solution:
    """The plan of a mode other than the optimum, with the bound of the optimum unless the mode may exceed it."""
    graph, mode, waited = problem.graph, problem.options.mode, problem.waiting_days
    if mode is Mode.best_fit:
        return solve_by_quality(graph, (graph.urgency == FIXED) & (optimum.edge >= 0))
    if mode is Mode.envy_free:
        edge = deferred_acceptance(graph, waited)
    else:
        priority = graph.urgency if mode is Mode.urgent_first else (graph.urgency == FIXED).astype(np.int64)
        edge = serial_dictatorship(graph, np.lexsort((np.arange(graph.n_needs), -waited, -priority)))
    quality = graph.quality(edge)
    return Solution(edge, quality, max(optimum.bound, quality), optimum.prices, optimum.worth)
