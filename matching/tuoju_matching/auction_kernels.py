"""Compiled loops of the auction algorithm of Bertsekas; `auction.py` runs them.

Forward auction: each need in turn takes the place it values most at the current prices, and bids up to indifference
with its second choice plus epsilon; a full project drops its weakest bid (Bertsekas and Castanon 1989, similar
objects). Backward auction: a project that has free places and a price lowers the price until enough needs come
(Bertsekas and Castanon 1992, asymmetric problems).

With many needs, most time is spent waiting for memory. Therefore each heap stores its bids beside its needs, the two
facts that the backward auction reads of a need (its project and its value) are separate small arrays, and the data
of the next bidders is prefetched.
"""

from typing import NamedTuple

import numpy as np

from tuoju_matching.compiled import compiled, prefetch
from tuoju_matching.graph import Floats, Ints, Rows

WAITS, OUT = -1, -2
"""Values of `chosen` instead of an edge: the need still has to bid; the need stays unplaced."""
BIDDERS_AHEAD, PLACES_AHEAD = 6, 24
"""Prefetch distance in bids and in needs looked at: about as long as a memory access takes."""
VALUES_PER_CACHE_LINE = 8


class EdgeValues(NamedTuple):
    """The edges of each need: `indptr` of shape (n_needs + 1,); project and value of each edge, shape (n_edges,)."""

    indptr: Ints
    indices: Rows
    values: Floats


class ProjectEdges(NamedTuple):
    """The same edges by project: `indptr` of shape (n_projects + 1,); need and value of each edge."""

    indptr: Ints
    needs: Rows
    values: Floats


class PlaceHeaps(NamedTuple):
    """Who holds the places of each project and for which bid, as one heap a project with the weakest bid on top.

    Attributes
    ----------
    start : array of shape (n_projects + 1,)
        Where each project's heap begins.
    needs, bids : arrays of shape (n_places,)
    """

    start: Ints
    needs: Rows
    bids: Floats


class AuctionState(NamedTuple):
    """What the auctions change in place.

    Attributes
    ----------
    held : array of shape (n_projects,)
        Places that are taken.
    prices : array of shape (n_projects + 1,)
        First the price of a free place, then the weakest bid of a full project. The last element, 0, is the price
        of staying unplaced.
    chosen, project_of, value_of : arrays of shape (n_needs,)
        Edge, WAITS or OUT; project, or n_projects if unplaced; what that is worth.
    """

    held: Ints
    prices: Floats
    chosen: Rows
    project_of: Rows
    value_of: Floats


@compiled
def run_forward(edges: EdgeValues, outside: Floats, heaps: PlaceHeaps, state: AuctionState, epsilon: float) -> int:
    """Run the forward auction in place until no need waits, and return the number of bids.

    Parameters
    ----------
    outside : array of shape (n_needs,)
        The value of staying unplaced.
    """
    indptr, indices, values = edges
    start, heap, bids = heaps
    held, prices, chosen, project_of, value_of = state
    n_needs, n_projects = len(indptr) - 1, len(start) - 1
    queue = np.empty(n_needs, dtype=np.int32)
    head, size, count = 0, 0, 0
    for need in range(n_needs):
        if chosen[need] == WAITS:
            queue[size] = need
            size += 1
    while size > 0:
        need = queue[head]
        head, size = (head + 1) % n_needs, size - 1
        if size >= BIDDERS_AHEAD:
            soon = indptr[queue[(head + BIDDERS_AHEAD - 1) % n_needs]]
            prefetch(indices, soon)
            prefetch(indices, soon + 2 * VALUES_PER_CACHE_LINE)
            for line in range(3):
                prefetch(values, soon + line * VALUES_PER_CACHE_LINE)
        best, second, best_edge = -np.inf, outside[need], -1
        for edge in range(indptr[need], indptr[need + 1]):
            value = values[edge] - prices[indices[edge]]
            if value > best:
                second = max(second, best)
                best, best_edge = value, edge
            elif value > second:
                second = value
        if best_edge < 0 or best < outside[need]:
            chosen[need] = OUT
            project_of[need], value_of[need] = n_projects, outside[need]
            continue
        count += 1
        project = indices[best_edge]
        base, capacity = start[project], start[project + 1] - start[project]
        bid = prices[project] + (best - second) + epsilon
        chosen[need] = best_edge
        project_of[need], value_of[need] = project, values[best_edge]
        if held[project] < capacity:
            _push(heap, bids, base, held[project], need, bid)
            held[project] += 1
        else:
            dropped = heap[base]
            _replace_weakest(heap, bids, base, capacity, need, bid)
            chosen[dropped] = WAITS
            queue[(head + size) % n_needs] = dropped
            size += 1
        if held[project] == capacity:
            prices[project] = max(prices[project], bids[base])
    return count


@compiled
def _push(heap: Rows, bids: Floats, base: int, size: int, need: int, bid: float) -> None:
    """Add a need to the heap of `size` elements that begins at `base`."""
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if bids[base + parent] <= bid:
            break
        heap[base + at], bids[base + at] = heap[base + parent], bids[base + parent]
        at = parent
    heap[base + at], bids[base + at] = need, bid


@compiled
def _replace_weakest(heap: Rows, bids: Floats, base: int, size: int, need: int, bid: float) -> None:
    """Replace the top of the heap of `size` elements that begins at `base`."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and bids[base + child + 1] < bids[base + child]:
            child += 1
        if bids[base + child] >= bid:
            break
        heap[base + at], bids[base + at] = heap[base + child], bids[base + child]
        at = child
    heap[base + at], bids[base + at] = need, bid


@compiled
def by_project(edges: EdgeValues, n_projects: int) -> ProjectEdges:
    """Transpose the edges: list the needs of each project."""
    indptr, indices, values = edges
    begin = np.zeros(n_projects + 1, dtype=np.int64)
    for edge in range(len(indices)):
        begin[indices[edge] + 1] += 1
    for project in range(n_projects):
        begin[project + 1] += begin[project]
    at = begin[:-1].copy()
    needs = np.empty(len(indices), dtype=np.int32)
    need_values = np.empty(len(indices))
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            project = indices[edge]
            needs[at[project]] = need
            need_values[at[project]] = values[edge]
            at[project] += 1
    return ProjectEdges(begin, needs, need_values)


@compiled
def run_backward(
    columns: ProjectEdges, edges: EdgeValues, floor: Floats, start: Ints, state: AuctionState, epsilon: float
) -> int:
    """Run the backward auction in place, until every project with free places is at its floor price.

    A project with several free places offers them all at once, to the needs that gain most, at the price that the
    next need would have paid. Cutting the price one place at a time would have the same result.

    Parameters
    ----------
    floor : array of shape (n_projects,)
        The lowest price of each project.
    start : array of shape (n_projects + 1,)
        As in PlaceHeaps: the capacity of a project is `start[j + 1] - start[j]`.

    Returns
    -------
    The number of price cuts.
    """
    held, prices, project_of = state.held, state.prices, state.project_of
    n_projects = len(start) - 1
    stack = np.empty(n_projects, dtype=np.int64)
    listed = np.zeros(n_projects, dtype=np.bool_)
    max_places = 0
    size, count = 0, 0
    for project in range(n_projects):
        max_places = max(max_places, start[project + 1] - start[project])
        if held[project] < start[project + 1] - start[project] and prices[project] > floor[project]:
            stack[size] = project
            size += 1
            listed[project] = True
    takers, offers = np.empty(max_places + 1, dtype=np.int32), np.empty(max_places + 1)
    while size > 0:
        size -= 1
        project = stack[size]
        listed[project] = False
        free = start[project + 1] - start[project] - held[project]
        if free == 0 or prices[project] <= floor[project]:
            continue
        count += 1
        n_offers = _best_offers(columns, state, project, free, floor[project] + epsilon, takers, offers)
        if n_offers > free:
            prices[project] = min(prices[project], max(floor[project], offers[0] - epsilon))
        else:
            prices[project] = floor[project]
        for taker in range(1 if n_offers > free else 0, n_offers):
            column = columns.indptr[project] + takers[taker]
            previous = project_of[columns.needs[column]]
            _move(columns, edges, state, column, project)
            if previous < n_projects:
                held[previous] -= 1
                if not listed[previous] and prices[previous] > floor[previous]:
                    stack[size] = previous
                    size += 1
                    listed[previous] = True
    return count


@compiled
def _best_offers(
    columns: ProjectEdges,
    state: AuctionState,
    project: int,
    free: int,
    limit: float,
    takers: Rows,
    offers: Floats,
) -> int:
    """Collect the `free + 1` highest offers above `limit` as a heap, and return how many there are.

    `takers` gets the position of each need among the project's edges, `offers` what it would pay.
    """
    begin, needs, values = columns
    prices, project_of, value_of = state.prices, state.project_of, state.value_of
    count = 0
    for column in range(begin[project], begin[project + 1]):
        need = needs[column]
        soon = needs[min(column + PLACES_AHEAD, len(needs) - 1)]
        prefetch(project_of, soon)
        prefetch(value_of, soon)
        current = project_of[need]
        offer = values[column] - value_of[need] + prices[current]
        if offer <= limit or current == project:
            continue
        if count <= free:
            _push(takers, offers, 0, count, column - begin[project], offer)
            count += 1
        else:
            _replace_weakest(takers, offers, 0, count, column - begin[project], offer)
        if count > free:
            limit = offers[0]
    return count


@compiled
def _move(columns: ProjectEdges, edges: EdgeValues, state: AuctionState, column: int, project: int) -> None:
    """Place the need of this column in the project."""
    need = columns.needs[column]
    state.chosen[need] = _edge_to(project, edges.indptr[need], edges.indptr[need + 1], edges.indices)
    state.project_of[need], state.value_of[need] = project, columns.values[column]
    state.held[project] += 1


@compiled
def _edge_to(project: int, first: int, last: int, indices: Rows) -> int:
    for edge in range(first, last):
        if indices[edge] == project:
            return edge
    return OUT
