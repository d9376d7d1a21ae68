"""Simpler ways to assign places, to compare the optimum with: serial dictatorship and deferred acceptance."""

from typing import NamedTuple

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import EligibilityGraph, Floats, Ints, Rows


def serial_dictatorship(graph: EligibilityGraph, order: Ints) -> Ints:
    """Let each need in turn take the best project that still has enough places.

    Parameters
    ----------
    order : array of shape (n_needs,)
        Row numbers of the needs in the order in which they choose.

    Returns
    -------
    array of shape (n_needs,)
        The chosen edge, -1 where no place was left.
    """
    return _serve(graph.indptr, graph.indices, graph.scores, graph.places, graph.sizes, order)


@compiled
def _serve(indptr: Ints, indices: Rows, scores: Floats, places: Ints, sizes: Ints, order: Ints) -> Ints:
    places_left = places.copy()
    chosen = np.full(len(indptr) - 1, -1, dtype=np.int64)
    for need in order:
        best = -1
        for edge in range(indptr[need], indptr[need + 1]):
            if places_left[indices[edge]] >= sizes[need] and (best < 0 or scores[edge] > scores[best]):
                best = edge
        if best >= 0:
            chosen[need] = best
            places_left[indices[best]] -= sizes[need]
    return chosen


def deferred_acceptance(graph: EligibilityGraph, waited: Ints) -> Ints:
    """Let needs propose, best project first; a full project keeps the needs with the strongest claims.

    A claim is the urgency class, then the score at that project, then the longer wait. The result is free of envy:
    no need prefers a project that took a need with a weaker claim, and no need prefers a project with places left
    (Gale and Shapley 1962). Each need counts as one place.

    Parameters
    ----------
    waited : array of shape (n_needs,)
        How long each need has waited; decides between equal claims, then the lower row number.

    Returns
    -------
    array of shape (n_needs,)
        The chosen edge, -1 where no place was left.
    """
    claim_order = np.lexsort((-np.arange(graph.n_needs), waited))
    tie_break = np.empty(graph.n_needs, dtype=np.int64)
    tie_break[claim_order] = np.arange(graph.n_needs)
    preferences = np.lexsort((graph.indices, -graph.scores, graph.edge_needs))
    claims = _Claims(np.full(graph.n_needs, -1, dtype=np.int64), graph.scores, graph.urgency, tie_break)
    return _defer(graph.indptr, graph.indices, graph.places, preferences, claims)


class _Claims(NamedTuple):
    """What decides between two needs at the same project; `chosen` is the edge of each need's current proposal."""

    chosen: Ints
    scores: Floats
    urgency: Ints
    tie_break: Ints


@compiled
def _defer(indptr: Ints, indices: Rows, places: Ints, preferences: Ints, claims: _Claims) -> Ints:
    n_needs = len(indptr) - 1
    chosen = claims.chosen
    next_proposal = indptr[:-1].copy()
    held = np.zeros(len(places), dtype=np.int64)
    start = np.zeros(len(places) + 1, dtype=np.int64)
    for project in range(len(places)):
        start[project + 1] = start[project] + min(places[project], n_needs)
    heap = np.empty(start[-1], dtype=np.int64)
    for first in range(n_needs):
        need = first
        while need >= 0 and next_proposal[need] < indptr[need + 1]:
            edge = preferences[next_proposal[need]]
            next_proposal[need] += 1
            project = indices[edge]
            base = start[project]
            capacity = start[project + 1] - base
            if capacity == 0:
                continue
            chosen[need] = edge
            if held[project] < capacity:
                _push(heap, base, held[project], need, claims)
                held[project] += 1
                need = -1
            elif _is_weaker(need, heap[base], claims):
                chosen[need] = -1
            else:
                rejected = heap[base]
                _replace_weakest(heap, base, capacity, need, claims)
                chosen[rejected] = -1
                need = rejected
    return chosen


@compiled
def _push(heap: Ints, base: int, size: int, need: int, claims: _Claims) -> None:
    """Add a need to the heap of `size` elements at `base`, which has the weakest claim on top."""
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if not _is_weaker(need, heap[base + parent], claims):
            break
        heap[base + at] = heap[base + parent]
        at = parent
    heap[base + at] = need


@compiled
def _replace_weakest(heap: Ints, base: int, size: int, need: int, claims: _Claims) -> None:
    """Replace the top of the heap of `size` elements at `base`."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _is_weaker(heap[base + child + 1], heap[base + child], claims):
            child += 1
        if not _is_weaker(heap[base + child], need, claims):
            break
        heap[base + at] = heap[base + child]
        at = child
    heap[base + at] = need


@compiled
def _is_weaker(need: int, other: int, claims: _Claims) -> bool:
    chosen, scores, urgency, tie_break = claims
    if urgency[need] != urgency[other]:
        return bool(urgency[need] < urgency[other])
    if scores[chosen[need]] != scores[chosen[other]]:
        return bool(scores[chosen[need]] < scores[chosen[other]])
    return bool(tie_break[need] < tie_break[other])
