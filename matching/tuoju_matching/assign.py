"""All waiting needs at once: the most urgent first, then the best total fit, never more than the places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.ranker import Ranked, RuleRanker


@dataclass(frozen=True)
class Plan:
    """An assignment of needs to projects.

    Attributes
    ----------
    chosen : dict of need id to Ranked
        The project each placed need goes to; needs without one are in `without`.
    options : dict of need id to list of Ranked
        Every project that could take each need, best first.
    quality, bound : float
        Sum of the chosen scores, and the dual bound that no plan of these urgency counts can exceed.
    """

    chosen: dict[int, Ranked]
    without: tuple[int, ...]
    options: dict[int, list[Ranked]]
    quality: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 is proven optimal."""
        return max(0.0, self.bound - self.quality) / self.bound if self.bound > 0 else 0.0


class PlanError(Exception):
    """The solver found no plan; it always should, since placing nobody is one."""


def assign(needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date) -> Plan:
    """Place needs exactly: as many as possible of the most urgent class, then of the next, and among all such
    plans the one of the highest total score.

    The constraint matrix (each need once, each project's places) is totally unimodular, so every vertex of
    the linear program is a whole-numbered plan (Hoffman and Kruskal 1956), and its dual proves the optimum.

    Raises ValueError for two needs or two projects of one id.
    """
    if len({need.id for need in needs}) != len(needs):
        raise ValueError("two needs have the same id")
    ranker = RuleRanker().fit(projects)
    options = {need.id: ranker.rank(need, today, k=None) for need in needs}
    edges = [(row, ranked) for row, need in enumerate(needs) for ranked in options[need.id]]
    if not edges:
        return Plan({}, tuple(need.id for need in needs), options, 0.0, 0.0)
    chosen_edges, bound = _solve(needs, ranker, edges)
    chosen = {needs[edges[edge][0]].id: edges[edge][1] for edge in chosen_edges}
    without = tuple(need.id for need in needs if need.id not in chosen)
    return Plan(chosen, without, options, sum(ranked.score for ranked in chosen.values()), bound)


def _solve(
    needs: Sequence[NeedProfile], ranker: RuleRanker, edges: Sequence[tuple[int, Ranked]]
) -> tuple[list[int], float]:
    count = len(edges)
    columns = np.arange(count)
    need_rows = np.array([row for row, _ in edges])
    project_rows = np.array([ranker.row_of_[ranked.project.id] for _, ranked in edges])
    limits = np.concatenate(
        [np.ones(len(needs)), np.array([max(0, project.places_left) for project in ranker.projects_])]
    )
    rows = np.concatenate([need_rows, len(needs) + project_rows])
    matrix = sparse.csr_array((np.ones(2 * count), (rows, np.tile(columns, 2))), shape=(len(limits), count))
    urgencies = np.array([needs[row].urgency for row in need_rows])
    for urgency in sorted(Urgency, reverse=True):
        of_class = (urgencies == urgency).astype(float)
        if of_class.any():
            most = round(-_linear(-of_class, matrix, limits)[1])
            matrix = sparse.csr_array(sparse.vstack([matrix, -of_class[np.newaxis, :]]))
            limits = np.append(limits, -most)
    scores = np.array([ranked.score for _, ranked in edges])
    share, best = _linear(-scores, matrix, limits)
    return [int(edge) for edge in np.flatnonzero(share > 0.5)], -best


def _linear(cost: NDArray[np.float64], matrix: Any, limits: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The vertex of least cost, and its dual bound."""
    result = linprog(cost, A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs-ds")
    if result.status != 0:
        raise PlanError(result.message)
    dual = float(limits @ result.ineqlin.marginals) + float(np.sum(result.upper.marginals))
    return np.asarray(result.x, dtype=float), dual
