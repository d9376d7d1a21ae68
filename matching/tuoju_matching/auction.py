"""Needs bid for places: the auction of Bertsekas, with a heap of bids for each project's places.

Forward: each need in turn takes the place it likes best at today's prices and bids what makes it indifferent to
its second choice, plus epsilon; the weakest bid of a full project gives way (Bertsekas and Castanon 1989, similar
objects). Backward: a project left with places though it has a price lowers it until enough come (Bertsekas and
Castanon 1992, asymmetric problems). Epsilon falls from phase to phase; what is found is within epsilon a need of
the optimum, and the prices prove it.

Where there are many needs, time goes into waiting for memory: so a heap keeps its bids beside its needs, what the
backward auction asks of a need (where it is, and what that is worth) stands in two small arrays, and who bids soon is
fetched ahead.
"""

import numpy as np

from tuoju_matching.compiled import compiled, prefetch
from tuoju_matching.graph import Floats, Ints, Rows

WAITS, OUT = -1, -2
"""Instead of an edge: has yet to bid; stays without, since nothing is worth its price."""
BIDDERS_AHEAD, PLACES_AHEAD = 6, 24
"""How far ahead memory is fetched: about as long as it takes to come, in bids and in looks at a need."""
VALUES_A_LINE = 8
"""Numbers of eight bytes that memory hands over at once."""


@compiled
def bid(
    indptr: Ints,
    indices: Rows,
    values: Floats,
    outside: Floats,
    start: Ints,
    heap: Rows,
    bids: Floats,
    held: Ints,
    prices: Floats,
    chosen: Rows,
    project_of: Rows,
    value_of: Floats,
    epsilon: float,
) -> int:
    """The forward auction, in place, until nobody waits. Returns the number of bids.

    Parameters
    ----------
    indptr, indices, values
        The edges of each need.
    outside : array of shape (n_needs,)
        What staying without is worth.
    start : array of shape (n_projects + 1,)
        Where each project's places begin in `heap`.
    heap, bids, held
        Who holds the places and for which bid, the weakest bid on top; how many.
    prices : array of shape (n_projects + 1,)
        At the start what a free place costs; then the weakest bid of a full project. Staying without costs nothing.
    chosen, project_of, value_of : arrays of shape (n_needs,)
        Edge, WAITS or OUT; project, the last one for staying without; what that is worth.
    """
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
            prefetch(indices, soon + 2 * VALUES_A_LINE)
            for line in range(3):
                prefetch(values, soon + line * VALUES_A_LINE)
        best, second, at = -np.inf, outside[need], -1
        for edge in range(indptr[need], indptr[need + 1]):
            value = values[edge] - prices[indices[edge]]
            if value > best:
                second = max(second, best)
                best, at = value, edge
            elif value > second:
                second = value
        if at < 0 or best < outside[need]:
            chosen[need] = OUT
            project_of[need], value_of[need] = n_projects, outside[need]
            continue
        count += 1
        project = indices[at]
        base, room = start[project], start[project + 1] - start[project]
        offer = prices[project] + (best - second) + epsilon
        chosen[need] = at
        project_of[need], value_of[need] = project, values[at]
        if held[project] < room:
            _rise(heap, bids, base, held[project], need, offer)
            held[project] += 1
        else:
            out = heap[base]
            _sink(heap, bids, base, room, need, offer)
            chosen[out] = WAITS
            queue[(head + size) % n_needs] = out
            size += 1
        if held[project] == room:
            prices[project] = max(prices[project], bids[base])
    return count


@compiled
def _rise(heap: Rows, bids: Floats, base: int, at: int, need: int, offer: float) -> None:
    """Put one more into a heap of `at`, the weakest on top."""
    while at > 0:
        above = (at - 1) // 2
        if bids[base + above] <= offer:
            break
        heap[base + at], bids[base + at] = heap[base + above], bids[base + above]
        at = above
    heap[base + at], bids[base + at] = need, offer


@compiled
def _sink(heap: Rows, bids: Floats, base: int, size: int, need: int, offer: float) -> None:
    """Put one in the place of the weakest of a heap of `size`."""
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and bids[base + below + 1] < bids[base + below]:
            below += 1
        if bids[base + below] >= offer:
            break
        heap[base + at], bids[base + at] = heap[base + below], bids[base + below]
        at = below
    heap[base + at], bids[base + at] = need, offer


@compiled
def transpose(indptr: Ints, indices: Rows, values: Floats, n_projects: int) -> tuple[Ints, Rows, Floats]:
    """Where each project's edges begin, and the need and the value of each."""
    begin = np.zeros(n_projects + 1, dtype=np.int64)
    for edge in range(len(indices)):
        begin[indices[edge] + 1] += 1
    for project in range(n_projects):
        begin[project + 1] += begin[project]
    at = begin[:-1].copy()
    who = np.empty(len(indices), dtype=np.int32)
    worth = np.empty(len(indices))
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            project = indices[edge]
            who[at[project]] = need
            worth[at[project]] = values[edge]
            at[project] += 1
    return begin, who, worth


@compiled
def lower(
    begin: Ints,
    who: Rows,
    worth: Floats,
    indptr: Ints,
    indices: Rows,
    floor: Floats,
    start: Ints,
    held: Ints,
    prices: Floats,
    chosen: Rows,
    project_of: Rows,
    value_of: Floats,
    epsilon: float,
) -> int:
    """The backward auction, in place: every project with free places ends at its floor. Returns the price cuts.

    A project with so many free places offers them to the needs that gain most by them, at what the next one would
    have paid: as many cuts of one place each would come to the same.
    """
    n_projects = len(start) - 1
    stack = np.empty(n_projects, dtype=np.int64)
    listed = np.zeros(n_projects, dtype=np.bool_)
    widest = 0
    size, count = 0, 0
    for project in range(n_projects):
        widest = max(widest, start[project + 1] - start[project])
        if held[project] < start[project + 1] - start[project] and prices[project] > floor[project]:
            stack[size] = project
            size += 1
            listed[project] = True
    takers, offers = np.empty(widest + 1, dtype=np.int32), np.empty(widest + 1)
    while size > 0:
        size -= 1
        project = stack[size]
        listed[project] = False
        free = start[project + 1] - start[project] - held[project]
        if free == 0 or prices[project] <= floor[project]:
            continue
        count += 1
        found, limit = 0, floor[project] + epsilon
        for place in range(begin[project], begin[project + 1]):
            need = who[place]
            soon = who[min(place + PLACES_AHEAD, len(who) - 1)]
            prefetch(project_of, soon)
            prefetch(value_of, soon)
            at = project_of[need]
            offer = worth[place] - value_of[need] + prices[at]
            if offer <= limit or at == project:
                continue
            if found <= free:
                _rise(takers, offers, 0, found, place - begin[project], offer)
                found += 1
            else:
                _sink(takers, offers, 0, found, place - begin[project], offer)
            if found > free:
                limit = offers[0]
        if found > free:
            prices[project] = min(prices[project], max(floor[project], offers[0] - epsilon))
        else:
            prices[project] = floor[project]
        for taker in range(1 if found > free else 0, found):
            place = begin[project] + takers[taker]
            need = who[place]
            other = project_of[need]
            chosen[need] = _edge_to(project, indptr[need], indptr[need + 1], indices)
            project_of[need], value_of[need] = project, worth[place]
            held[project] += 1
            if other < n_projects:
                held[other] -= 1
                if not listed[other] and prices[other] > floor[other]:
                    stack[size] = other
                    size += 1
                    listed[other] = True
    return count


@compiled
def _edge_to(project: int, first: int, last: int, indices: Rows) -> int:
    for edge in range(first, last):
        if indices[edge] == project:
            return edge
    return OUT
