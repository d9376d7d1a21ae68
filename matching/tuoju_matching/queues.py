"""Ways of sharing places that the optimum is compared with: queues, and deferred acceptance."""

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Floats, Ints, Rows, Waiting


def serve_in_order(waiting: Waiting, order: Ints) -> Ints:
    """Each need in turn takes the best project that still has its places (serial dictatorship).

    Parameters
    ----------
    order : array of shape (n_needs,)
        Row numbers, first served first.

    Returns
    -------
    array of shape (n_needs,)
        The chosen edge, -1 where nothing was left.
    """
    return _serve(waiting.indptr, waiting.indices, waiting.scores, waiting.places, waiting.sizes, order)


@compiled
def _serve(indptr: Ints, indices: Rows, scores: Floats, places: Ints, sizes: Ints, order: Ints) -> Ints:
    left = places.copy()
    chosen = np.full(len(indptr) - 1, -1, dtype=np.int64)
    for need in order:
        best = -1
        for edge in range(indptr[need], indptr[need + 1]):
            if left[indices[edge]] >= sizes[need] and (best < 0 or scores[edge] > scores[best]):
                best = edge
        if best >= 0:
            chosen[need] = best
            left[indices[best]] -= sizes[need]
    return chosen


def without_envy(waiting: Waiting, waited: Ints) -> Ints:
    """Needs propose, best project first; a full project keeps those with the strongest claim on it (Gale and
    Shapley 1962). A claim is the urgency class, then the score at that project, then the longer wait.

    No need then prefers a project that took someone whose claim on it is weaker, and none prefers a project
    with places left. Each need counts one place.

    Parameters
    ----------
    waited : array of shape (n_needs,)
        How long each need has waited; decides between equal claims, then the row number.

    Returns
    -------
    array of shape (n_needs,)
        The chosen edge, -1 where nothing was left.
    """
    claim_order = np.lexsort((-np.arange(waiting.n_needs), waited))
    standing = np.empty(waiting.n_needs, dtype=np.int64)
    standing[claim_order] = np.arange(waiting.n_needs)
    wished = np.lexsort((waiting.indices, -waiting.scores, waiting.rows))
    return _defer(waiting.indptr, waiting.indices, waiting.scores, waiting.places, waiting.urgency, standing, wished)


@compiled
def _defer(
    indptr: Ints, indices: Rows, scores: Floats, places: Ints, urgency: Ints, standing: Ints, wished: Ints
) -> Ints:
    n_needs = len(indptr) - 1
    chosen = np.full(n_needs, -1, dtype=np.int64)
    asked = indptr[:-1].copy()
    held = np.zeros(len(places), dtype=np.int64)
    start = np.zeros(len(places) + 1, dtype=np.int64)
    for project in range(len(places)):
        start[project + 1] = start[project] + min(places[project], n_needs)
    heap = np.empty(start[-1], dtype=np.int64)
    for first in range(n_needs):
        need = first
        while need >= 0 and asked[need] < indptr[need + 1]:
            edge = wished[asked[need]]
            asked[need] += 1
            project = indices[edge]
            base = start[project]
            room = start[project + 1] - base
            if room == 0:
                continue
            chosen[need] = edge
            if held[project] < room:
                at = held[project]
                held[project] += 1
                while at > 0:
                    above = (at - 1) // 2
                    if not _weaker(need, heap[base + above], chosen, scores, urgency, standing):
                        break
                    heap[base + at] = heap[base + above]
                    at = above
                heap[base + at] = need
                need = -1
            elif _weaker(need, heap[base], chosen, scores, urgency, standing):
                chosen[need] = -1
            else:
                out = heap[base]
                at = 0
                while True:
                    below = 2 * at + 1
                    if below >= room:
                        break
                    if below + 1 < room and _weaker(
                        heap[base + below + 1], heap[base + below], chosen, scores, urgency, standing
                    ):
                        below += 1
                    if not _weaker(heap[base + below], need, chosen, scores, urgency, standing):
                        break
                    heap[base + at] = heap[base + below]
                    at = below
                heap[base + at] = need
                chosen[out] = -1
                need = out
    return chosen


@compiled
def _weaker(one: int, other: int, chosen: Ints, scores: Floats, urgency: Ints, standing: Ints) -> bool:
    if urgency[one] != urgency[other]:
        return bool(urgency[one] < urgency[other])
    if scores[chosen[one]] != scores[chosen[other]]:
        return bool(scores[chosen[one]] < scores[chosen[other]])
    return bool(standing[one] < standing[other])
