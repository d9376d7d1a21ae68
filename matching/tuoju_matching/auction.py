"""Needs bid for places: the auction of Bertsekas, with a heap of bids for each project's places.

Forward: each need in turn takes the place it likes best at today's prices and bids what makes it indifferent to
its second choice, plus epsilon; the weakest bid of a full project gives way (Bertsekas and Castanon 1989, similar
objects). Backward: a project left with places though it has a price lowers it until somebody comes (Bertsekas and
Castanon 1992, asymmetric problems). Epsilon falls from phase to phase; what is found is within epsilon a need of
the optimum, and the prices prove it.
"""

import numba
import numpy as np

from tuoju_matching.graph import Floats, Ints, Rows

WAITS, OUT = -1, -2
"""Instead of an edge: has yet to bid; stays without, since nothing is worth its price."""


@numba.njit(cache=True)
def bid(
    indptr: Ints,
    indices: Rows,
    values: Floats,
    outside: Floats,
    start: Ints,
    heap: Rows,
    held: Ints,
    bids: Floats,
    prices: Floats,
    chosen: Ints,
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
    heap, held, bids
        Who holds the places, the weakest bid on top; how many; what each need has bid.
    prices : array of shape (n_projects,)
        At the start what a free place costs; then the weakest bid of a full project.
    chosen : array of shape (n_needs,)
        Edge, WAITS or OUT.
    """
    n_needs = len(indptr) - 1
    stack = np.empty(n_needs, dtype=np.int32)
    size, count = 0, 0
    for need in range(n_needs - 1, -1, -1):
        if chosen[need] == WAITS:
            stack[size] = need
            size += 1
    while size > 0:
        size -= 1
        need = stack[size]
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
            continue
        count += 1
        project = indices[at]
        base, room = start[project], start[project + 1] - start[project]
        bids[need] = prices[project] + (best - second) + epsilon
        chosen[need] = at
        if held[project] < room:
            _rise(heap, base, held[project], need, bids)
            held[project] += 1
        else:
            out = heap[base]
            _sink(heap, base, room, need, bids)
            chosen[out] = WAITS
            stack[size] = out
            size += 1
        if held[project] == room:
            prices[project] = max(prices[project], bids[heap[base]])
    return count


@numba.njit(cache=True)
def _rise(heap: Rows, base: int, at: int, need: int, bids: Floats) -> None:
    while at > 0:
        above = (at - 1) // 2
        if bids[heap[base + above]] <= bids[need]:
            break
        heap[base + at] = heap[base + above]
        at = above
    heap[base + at] = need


@numba.njit(cache=True)
def _sink(heap: Rows, base: int, size: int, need: int, bids: Floats) -> None:
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and bids[heap[base + below + 1]] < bids[heap[base + below]]:
            below += 1
        if bids[heap[base + below]] >= bids[need]:
            break
        heap[base + at] = heap[base + below]
        at = below
    heap[base + at] = need


@numba.njit(cache=True)
def transpose(indptr: Ints, indices: Rows, n_projects: int) -> tuple[Ints, Rows, Rows]:
    """Where each project's edges begin, and the need and number of each."""
    begin = np.zeros(n_projects + 1, dtype=np.int64)
    for edge in range(len(indices)):
        begin[indices[edge] + 1] += 1
    for project in range(n_projects):
        begin[project + 1] += begin[project]
    at = begin[:-1].copy()
    who = np.empty(len(indices), dtype=np.int32)
    which = np.empty(len(indices), dtype=np.int32)
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            project = indices[edge]
            who[at[project]] = need
            which[at[project]] = edge
            at[project] += 1
    return begin, who, which


@numba.njit(cache=True)
def lower(
    begin: Ints,
    who: Rows,
    which: Rows,
    indices: Rows,
    values: Floats,
    outside: Floats,
    floor: Floats,
    start: Ints,
    held: Ints,
    prices: Floats,
    chosen: Ints,
    epsilon: float,
) -> int:
    """The backward auction, in place: every project with free places ends at its floor. Returns the price cuts."""
    n_projects = len(prices)
    stack = np.empty(n_projects, dtype=np.int64)
    listed = np.zeros(n_projects, dtype=np.bool_)
    size, count = 0, 0
    for project in range(n_projects):
        if held[project] < start[project + 1] - start[project] and prices[project] > floor[project]:
            stack[size] = project
            size += 1
            listed[project] = True
    while size > 0:
        size -= 1
        project = stack[size]
        listed[project] = False
        room = start[project + 1] - start[project]
        while held[project] < room and prices[project] > floor[project]:
            count += 1
            best, second, at, taken = -np.inf, -np.inf, -1, -1
            for place in range(begin[project], begin[project + 1]):
                need = who[place]
                now = chosen[need]
                if now < 0:
                    offer = values[which[place]] - outside[need]
                elif indices[now] == project:
                    continue
                else:
                    offer = values[which[place]] - (values[now] - prices[indices[now]])
                if offer > best:
                    second = best
                    best, at, taken = offer, which[place], need
                elif offer > second:
                    second = offer
            if best - epsilon <= floor[project]:
                prices[project] = floor[project]
                break
            prices[project] = min(prices[project], max(floor[project], second - epsilon))
            left = chosen[taken]
            chosen[taken] = at
            held[project] += 1
            if left >= 0:
                other = indices[left]
                held[other] -= 1
                if not listed[other] and prices[other] > floor[other]:
                    stack[size] = other
                    size += 1
                    listed[other] = True
    return count
