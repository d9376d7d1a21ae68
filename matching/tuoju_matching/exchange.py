"""What one more place in each project is worth to the whole plan: the shortest paths of its exchange graph."""

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Floats, Ints, Rows, Waiting

NEAR = 1e-9


def one_more(waiting: Waiting, edge: Ints) -> tuple[Ints, Floats]:
    """What each project's next place would add to an optimal plan, exactly and also where its price is not unique.

    A place more lets somebody move there, whose own place lets the next one move, and so on back to somebody who
    was without, or to a place left empty: a path from outside to the project. Its best one is the smallest dual
    price of the place (Shapley and Shubik 1971: prices of an assignment form a lattice).

    Parameters
    ----------
    edge : array of shape (n_needs,)
        The edge of each need in an optimal plan, -1 for none.

    Returns
    -------
    urgency : array of shape (n_projects,)
        The class of the need that could be placed besides; -1 where nobody could.
    quality : array of shape (n_projects,)
        What the scores would then gain (or lose, where somebody more is placed).
    """
    span = float(waiting.scores.max(initial=0.0)) or 1.0
    tier = 2.0 * (waiting.n_projects + 2) * span
    first = int(waiting.urgency.min(initial=0))
    classes = (waiting.urgency - first + 1).astype(np.float64) * tier
    owner = np.where(edge >= 0, waiting.indices[np.maximum(edge, 0)] if len(waiting.indices) else 0, -1)
    order = np.argsort(owner, kind="stable")
    begin = np.searchsorted(owner[order], np.arange(waiting.n_projects + 1))
    gain = _longest(
        waiting.indptr, waiting.indices, waiting.scores, classes, edge, order, begin.astype(np.int64), NEAR * span
    )
    rank = np.round(gain / tier).astype(np.int64)
    return np.where(rank > 0, rank - 1 + first, -1), gain - rank * tier


@compiled
def _longest(
    indptr: Ints, indices: Rows, scores: Floats, classes: Floats, edge: Ints, order: Ints, begin: Ints, near: float
) -> Floats:
    """Gain of a place at each project, by label correcting (Bellman 1958); `order` lists needs by their project."""
    n_projects = len(begin) - 1
    gain = np.zeros(n_projects)
    for at in range(begin[0]):
        need = order[at]
        for each in range(indptr[need], indptr[need + 1]):
            gain[indices[each]] = max(gain[indices[each]], classes[need] + scores[each])
    queue = np.arange(n_projects)
    listed = np.ones(n_projects, dtype=np.bool_)
    head, count = 0, n_projects
    # A path visits no project twice; more visits than this only follow rounding in circles.
    for _ in range(n_projects * n_projects + 1):
        if count == 0:
            break
        project = queue[head]
        head = (head + 1) % n_projects
        count -= 1
        listed[project] = False
        for at in range(begin[project], begin[project + 1]):
            need = order[at]
            base = gain[project] - scores[edge[need]]
            for each in range(indptr[need], indptr[need + 1]):
                other = indices[each]
                if base + scores[each] > gain[other] + near:
                    gain[other] = base + scores[each]
                    if not listed[other]:
                        listed[other] = True
                        queue[(head + count) % n_projects] = other
                        count += 1
    return gain
