"""The value of one more place in each project, by longest paths in the exchange graph of an optimal plan."""

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import EligibilityGraph, Floats, Ints, Rows

TOLERANCE = 1e-9
"""As a share of the largest score."""


def gain_of_one_more_place(graph: EligibilityGraph, edge: Ints) -> tuple[Ints, Floats]:
    """Compute what one more place in each project adds to an optimal plan; exact even if dual prices are not unique.

    One more place lets a need move there; its old place lets the next need move, and so on, back to a need that was
    not placed or to a place that was empty. This is a path from outside to the project. The best path is the smallest
    dual price of the place (Shapley and Shubik 1971: the prices of an assignment form a lattice).

    Parameters
    ----------
    edge : array of shape (n_needs,)
        The edge of each need in an optimal plan, -1 for none.

    Returns
    -------
    urgency : array of shape (n_projects,)
        The class of the need that could be placed in addition; -1 if none could.
    quality : array of shape (n_projects,)
        The change of the total score; it can be negative where one more need is placed.
    """
    span = float(graph.scores.max(initial=0.0)) or 1.0
    tier = 2.0 * (graph.n_projects + 2) * span
    lowest_class = int(graph.urgency.min(initial=0))
    class_gains = (graph.urgency - lowest_class + 1).astype(np.float64) * tier
    project_of = np.where(edge >= 0, graph.indices[np.maximum(edge, 0)] if len(graph.indices) else 0, -1)
    order = np.argsort(project_of, kind="stable")
    begin = np.searchsorted(project_of[order], np.arange(graph.n_projects + 1)).astype(np.int64)
    gain = np.zeros(graph.n_projects)
    _gain_without_moves(graph.indptr, graph.indices, graph.scores, class_gains, order[: begin[0]], gain)
    _gain_by_moves(graph.indptr, graph.indices, graph.scores, edge, order, begin, gain, TOLERANCE * span)
    rank = np.round(gain / tier).astype(np.int64)
    return np.where(rank > 0, rank - 1 + lowest_class, -1), gain - rank * tier


@compiled
def _gain_without_moves(
    indptr: Ints, indices: Rows, scores: Floats, class_gains: Floats, unplaced: Ints, gain: Floats
) -> None:
    """Set the gain of placing the best unplaced need directly, in place."""
    for need in unplaced:
        for edge in range(indptr[need], indptr[need + 1]):
            gain[indices[edge]] = max(gain[indices[edge]], class_gains[need] + scores[edge])


@compiled
def _gain_by_moves(
    indptr: Ints, indices: Rows, scores: Floats, chosen: Ints, order: Ints, begin: Ints, gain: Floats, tolerance: float
) -> None:
    """Raise the gains by moving placed needs, in place, with label correcting (Bellman 1958).

    `order` lists the needs by project: those of project j are `order[begin[j] : begin[j + 1]]`.
    """
    n_projects = len(begin) - 1
    queue = np.arange(n_projects)
    listed = np.ones(n_projects, dtype=np.bool_)
    head, count = 0, n_projects
    # A path visits no project twice; more visits than this could only come from rounding errors.
    for _ in range(n_projects * n_projects + 1):
        if count == 0:
            break
        project = queue[head]
        head = (head + 1) % n_projects
        count -= 1
        listed[project] = False
        for at in range(begin[project], begin[project + 1]):
            need = order[at]
            base = gain[project] - scores[chosen[need]]
            for edge in range(indptr[need], indptr[need + 1]):
                other = indices[edge]
                if base + scores[edge] > gain[other] + tolerance:
                    gain[other] = base + scores[edge]
                    if not listed[other]:
                        listed[other] = True
                        queue[(head + count) % n_projects] = other
                        count += 1
