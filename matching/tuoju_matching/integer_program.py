"""Assignment by mixed-integer programming (HiGHS): needs with sizes, and the reference for the faster solvers."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tuoju_matching.errors import FairnessNotFeasible, PlanError
from tuoju_matching.graph import EligibilityGraph, Floats, Ints, Rows, Solution
from tuoju_matching.lazy import lazy_module

if TYPE_CHECKING:
    from scipy import optimize, sparse
else:
    optimize, sparse = lazy_module("scipy.optimize"), lazy_module("scipy.sparse")

TOLERANCE = 1e-9
SMALLEST_GAP = 1e-9
TIME_LIMIT = 60.0
_TIME_IS_OVER, _INFEASIBLE = 1, 2
"""Status codes of `scipy.optimize.milp`."""


def solve_integer_program(
    graph: EligibilityGraph,
    groups: Ints | None = None,
    within: float = 1.0,
    *,
    gap: float = SMALLEST_GAP,
    time_limit: float = TIME_LIMIT,
) -> Solution:
    """Find the exact plan: maximise the needs placed class by class, then the score.

    Parameters
    ----------
    groups : array of shape (n_needs,), optional
        Group of each need; -1 for none. The placed shares of any two groups differ by at most `within`, in [0, 1].
    gap : float
        The score may stay below the highest by this share of it.
    time_limit : float
        Seconds for each urgency class and for the score; then the best that was found counts.

    Raises
    ------
    FairnessNotFeasible
        If no plan with the same urgency counts is that fair.
    PlanError
        If the solver fails, or has found no plan within the time limit.

    Notes
    -----
    `prices` and `worth` are zero, since an integer program has no such dual. The bound is the solver's own.
    """
    if not len(graph.indices):
        nobody = np.full(graph.n_needs, -1, dtype=np.int64)
        return Solution(nobody, 0.0, 0.0, np.zeros(graph.n_projects), np.zeros(graph.n_needs))
    program = replace(_Program.of(graph, groups, within), gap=gap, time_limit=time_limit)
    edge_urgency = graph.urgency[graph.edge_needs]
    for level in np.unique(edge_urgency)[::-1]:
        program.fix_maximum((edge_urgency == level).astype(float))
    best = program.maximise(graph.scores)
    if best is None:
        raise FairnessNotFeasible(program.smallest_difference())
    edge = np.full(graph.n_needs, -1, dtype=np.int64)
    taken = np.flatnonzero(best.x[: len(graph.indices)] > 0.5)
    edge[graph.edge_needs[taken]] = taken
    bound = float(-best.mip_dual_bound)
    return Solution(edge, graph.quality(edge), bound, np.zeros(graph.n_projects), np.zeros(graph.n_needs))


@dataclass
class _Program:
    """One variable an edge; with groups one more for the lowest placed share of any group, the floor.

    Attributes
    ----------
    base : list of LinearConstraint
        One project a need, and the places of each project.
    shares : sparse array of shape (n_groups, width) or None
        Each group's placed share less the floor; None without groups.
    within : float
        Upper limit of `shares`.
    counts : list of LinearConstraint
        The urgency counts that are fixed already.
    gap, time_limit : float
        As in `solve_integer_program`.
    """

    n_edges: int
    width: int
    base: "list[optimize.LinearConstraint]"
    shares: Any = None
    within: float = 1.0
    counts: "list[optimize.LinearConstraint]" = field(default_factory=list)
    gap: float = SMALLEST_GAP
    time_limit: float = TIME_LIMIT

    @classmethod
    def of(cls, graph: EligibilityGraph, groups: Ints | None, within: float) -> "_Program":
        n_edges, needs = len(graph.indices), graph.edge_needs
        n_groups = 0 if groups is None or not len(groups) else int(groups.max()) + 1
        width = n_edges + (1 if n_groups else 0)
        base = [
            _limit(needs, np.ones(n_edges), width, np.ones(graph.n_needs)),
            _limit(graph.indices, graph.sizes[needs], width, graph.places),
        ]
        if not n_groups or groups is None:
            return cls(n_edges, width, base)
        return cls(n_edges, width, base, _shares_above_floor(needs, groups, n_groups, width), within)

    def fix_maximum(self, counted: Floats) -> None:
        """Maximise the placed edges with weight 1 in `counted`, and require that count from then on.

        Fairness does not restrict the counts.
        """
        goal = np.zeros(self.width)
        goal[: self.n_edges] = -counted
        best = self._minimise(goal, [*self.base, *self.counts], SMALLEST_GAP)
        self.counts.append(
            optimize.LinearConstraint(sparse.csr_array(-goal[np.newaxis, :]), lb=round(-best.fun), ub=np.inf)
        )

    def maximise(self, scores: Floats) -> Any:
        """Return the solver's result for the highest sum of scores; None if no plan is fair enough."""
        goal = np.zeros(self.width)
        goal[: self.n_edges] = -scores
        fairness = []
        if self.shares is not None:
            fairness.append(optimize.LinearConstraint(self.shares, lb=-TOLERANCE, ub=np.inf))
            fairness.append(optimize.LinearConstraint(self.shares, lb=-np.inf, ub=self.within + TOLERANCE))
        return self._minimise(goal, [*self.base, *fairness, *self.counts], self.gap)

    def smallest_difference(self) -> float:
        """Return the smallest feasible difference between two groups' shares at the fixed urgency counts.

        One more variable is the difference, which is minimised.
        """
        n_groups = self.shares.shape[0]
        zero, minus_one = sparse.csr_array((n_groups, 1)), sparse.csr_array(-np.ones((n_groups, 1)))
        limits = [
            optimize.LinearConstraint(_with_column(limit.A), limit.lb, limit.ub) for limit in [*self.base, *self.counts]
        ]
        limits.append(
            optimize.LinearConstraint(sparse.csr_array(sparse.hstack([self.shares, zero])), -TOLERANCE, np.inf)
        )
        limits.append(
            optimize.LinearConstraint(sparse.csr_array(sparse.hstack([self.shares, minus_one])), -np.inf, TOLERANCE)
        )
        goal = np.zeros(self.width + 1)
        goal[-1] = 1.0
        return float(self._minimise(goal, limits, SMALLEST_GAP).fun)

    def _minimise(self, goal: Floats, limits: "list[optimize.LinearConstraint]", gap: float) -> Any:
        """Return the solver's result; None if there is no plan. Raises PlanError if no plan was found."""
        integrality = np.zeros(len(goal), dtype=np.int64)
        integrality[: self.n_edges] = 1
        result = optimize.milp(
            goal,
            constraints=limits,
            integrality=integrality,
            bounds=optimize.Bounds(0, 1),
            options={"mip_rel_gap": gap, "time_limit": self.time_limit},
        )
        if result.status == _INFEASIBLE:
            return None
        if result.x is None or result.status not in (0, _TIME_IS_OVER):
            raise PlanError(result.message)
        return result


def _with_column(matrix: Any) -> Any:
    return sparse.csr_array(sparse.hstack([matrix, sparse.csr_array((matrix.shape[0], 1))]))


def _limit(rows: Ints | Rows, values: Any, width: int, highest: Any) -> "optimize.LinearConstraint":
    """Each row's sum of edge values is between 0 and `highest`."""
    matrix = sparse.csr_array((values, (rows, np.arange(len(rows)))), shape=(len(highest), width))
    return optimize.LinearConstraint(matrix, lb=0, ub=highest)


def _shares_above_floor(needs: Ints, groups: Ints, n_groups: int, width: int) -> Any:
    """The matrix of each group's placed share less the floor, the last variable; rows of empty groups are zero."""
    members = np.bincount(groups[groups >= 0], minlength=n_groups).astype(float)
    inside = groups[needs] >= 0
    group_of_edge = groups[needs[inside]]
    share = sparse.csr_array(
        (1.0 / members[group_of_edge], (group_of_edge, np.flatnonzero(inside))), shape=(n_groups, width)
    )
    present = np.flatnonzero(members > 0)
    floor = sparse.csr_array(
        (np.ones(len(present)), (present, np.full(len(present), width - 1))), shape=(n_groups, width)
    )
    return sparse.csr_array(share - floor)
