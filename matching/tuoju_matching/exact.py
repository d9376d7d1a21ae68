"""Assignment by linear and integer programming (HiGHS): needs with sizes, and the yardstick of the faster solvers."""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from tuoju_matching.graph import Floats, Ints, Rows, Solution, Waiting


class PlanError(Exception):
    """There is no such plan."""


class Unfair(PlanError):
    """No plan of these urgency counts keeps the groups' shares as near as asked; `smallest` is what can be kept."""

    def __init__(self, smallest: float) -> None:
        super().__init__(f"the smallest difference between groups that can be kept is {smallest:.4f}")
        self.smallest = smallest


def solve_whole(waiting: Waiting, groups: Ints | None = None, within: float = 1.0) -> Solution:
    """The exact plan by mixed-integer programming: urgency class by class, then the scores.

    Parameters
    ----------
    groups : array of shape (n_needs,), optional
        Group of each need; -1 for none. The shares placed of any two groups differ by at most `within`.

    Raises
    ------
    Unfair
        If no plan of the same urgency counts is that even.

    Notes
    -----
    `prices` and `worth` are zero: an integer program has no dual of this kind. The bound is the solver's own.
    """
    count = len(waiting.indices)
    n_groups = 0 if groups is None or not len(groups) else int(groups.max()) + 1
    zeros = np.zeros(waiting.n_projects), np.zeros(waiting.n_needs)
    if not count:
        return Solution(np.full(waiting.n_needs, -1, dtype=np.int64), 0.0, 0.0, *zeros)
    rows = waiting.rows
    width = count + (1 if n_groups else 0)
    limits = [
        _limit(rows, np.ones(count), waiting.n_needs, width, 0, np.ones(waiting.n_needs)),
        _limit(waiting.indices, waiting.sizes[rows], waiting.n_projects, width, 0, waiting.places),
    ]
    if n_groups and groups is not None:
        limits += _shares(rows, groups, n_groups, width, within)
    goal = np.zeros(width)
    for level in np.unique(waiting.urgency[rows])[::-1]:
        of_class = waiting.urgency[rows] == level
        goal[:] = 0.0
        goal[:count][of_class] = -1.0
        found = _best(goal, limits[:2] + limits[4:] if n_groups else limits, width, count)
        limits.append(LinearConstraint(sparse.csr_array(-goal[np.newaxis, :]), lb=round(-found.fun), ub=np.inf))
    goal[:] = 0.0
    goal[:count] = -waiting.scores
    found = _best(goal, limits, width, count)
    if found is None:
        raise Unfair(_smallest(waiting, rows, groups, n_groups, limits))
    edge = np.full(waiting.n_needs, -1, dtype=np.int64)
    taken = np.flatnonzero(found.x[:count] > 0.5)
    edge[rows[taken]] = taken
    return Solution(edge, float(waiting.scores[taken].sum()), float(-found.mip_dual_bound), *zeros)


def _limit(rows: Ints | Rows, values: Any, height: int, width: int, lowest: Any, highest: Any) -> LinearConstraint:
    matrix = sparse.csr_array((values, (rows, np.arange(len(rows)))), shape=(height, width))
    return LinearConstraint(matrix, lb=lowest, ub=highest)


def _shares(rows: Ints, groups: Ints, n_groups: int, width: int, within: float) -> list[LinearConstraint]:
    """Share placed of every group between a floor, itself a variable (the last), and the floor plus `within`."""
    members = np.bincount(groups[groups >= 0], minlength=n_groups).astype(float)
    inside = groups[rows] >= 0
    columns = np.flatnonzero(inside)
    share = sparse.csr_array(
        (1.0 / members[groups[rows[inside]]], (groups[rows[inside]], columns)), shape=(n_groups, width)
    )
    floor = sparse.csr_array(
        (np.ones(n_groups), (np.arange(n_groups), np.full(n_groups, width - 1))), shape=share.shape
    )
    present = (members > 0).astype(float)
    level = sparse.csr_array(sparse.diags_array(present) @ floor)
    return [
        LinearConstraint(sparse.csr_array(share - level), lb=-1e-9, ub=np.inf),
        LinearConstraint(sparse.csr_array(share - level), lb=-np.inf, ub=within + 1e-9),
    ]


def _best(goal: Floats, limits: list[LinearConstraint], width: int, count: int) -> Any:
    whole = np.zeros(width, dtype=np.int64)
    whole[:count] = 1
    found = milp(goal, constraints=limits, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 1e-9})
    if found.status == 2:
        return None
    if found.status != 0:
        raise PlanError(found.message)
    return found


def _smallest(waiting: Waiting, rows: Ints, groups: Ints | None, n_groups: int, limits: list[Any]) -> float:
    """The least difference of shares that any plan of these urgency counts can keep."""
    count = len(rows)
    width = count + 2
    wide = [
        LinearConstraint(
            sparse.csr_array(sparse.hstack([each.A, sparse.csr_array((each.A.shape[0], 1))])), each.lb, each.ub
        )
        for each in limits[:2] + limits[4:]
    ]
    low, high = limits[2], limits[3]
    last = sparse.csr_array(-np.ones((n_groups, 1)))
    wide.append(LinearConstraint(sparse.csr_array(sparse.hstack([low.A, 0 * last])), low.lb, low.ub))
    wide.append(LinearConstraint(sparse.csr_array(sparse.hstack([high.A, last])), -np.inf, 1e-9))
    goal = np.zeros(width)
    goal[-1] = 1.0
    return float(_best(goal, wide, width, count).fun)
