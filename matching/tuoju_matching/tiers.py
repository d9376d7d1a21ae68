"""Urgency classes, exactly: how many of each can be placed, and which edges such a plan may use."""

import numba
import numpy as np

from tuoju_matching.graph import Ints, Rows


@numba.njit(cache=True)
def levels_of(indptr: Ints, indices: Rows, row_of: Rows, urgency: Ints, places: Ints) -> tuple[Ints, Ints]:
    """The level of each project: the most urgent class of which somebody who could use its places, directly or
    by moving others, must stay without; -1 where there is no such class.

    Needs that fit the same projects share a row. The sets of needs that can be placed together are the
    independent sets of a transversal matroid, so placing class by class with augmenting paths is exact
    (Edmonds and Fulkerson 1965). A failed search leaves a set of full projects that nobody in it can leave:
    they keep their level for good and are not searched again. Levels are the dual of the class counts: a plan
    reaches those counts just when every need uses only projects of the lowest level open to it, all needs above
    that level are placed, none below it is, and every project with a level is full.

    Parameters
    ----------
    indptr, indices : arrays of shape (n_rows + 1,) and (n_edges,)
        The projects of each row.
    row_of : array of shape (n_needs,)
    urgency : array of shape (n_needs,)
        Not negative.
    places : array of shape (n_projects,)

    Returns
    -------
    levels : array of shape (n_projects,)
        Projects without places have the level of an unreachable one, -1; they take nobody.
    project : array of shape (n_needs,)
        A plan of those counts; -1 where a need stays without.
    """
    n_needs, n_projects = len(row_of), len(places)
    start = np.zeros(n_projects + 1, dtype=np.int64)
    for j in range(n_projects):
        start[j + 1] = start[j] + min(places[j], n_needs)
    levels = np.full(n_projects, -1, dtype=np.int64)
    project = np.full(n_needs, -1, dtype=np.int64)
    slot_of = np.full(n_needs, -1, dtype=np.int64)
    slots = np.empty(start[-1], dtype=np.int64)
    held = np.zeros(n_projects, dtype=np.int64)
    seen = np.zeros(n_projects, dtype=np.int64)
    row_seen = np.zeros(len(indptr) - 1, dtype=np.int64)
    via = np.full(n_projects, -1, dtype=np.int64)
    queue = np.empty(n_projects, dtype=np.int64)
    order = np.argsort(-urgency, kind="mergesort")
    first, stamp = 0, 0
    while first < n_needs:
        level = urgency[order[first]]
        last = first
        while last < n_needs and urgency[order[last]] == level:
            last += 1
        pending = order[first:last].copy()
        waiting = len(pending)
        while waiting > 0:
            stamp += 1
            left = 0
            for at in range(waiting):
                need = pending[at]
                free = _search(
                    need, indptr, indices, row_of, start, slots, held, levels, seen, row_seen, via, queue, stamp
                )
                if free >= 0:
                    _shift(free, start, slots, held, via, project, slot_of)
                else:
                    pending[left] = need
                    left += 1
            if left == waiting:
                for j in range(n_projects):
                    if seen[j] == stamp:
                        levels[j] = level
                break
            waiting = left
        first = last
    return levels, project


@numba.njit(cache=True)
def _search(
    need: int,
    indptr: Ints,
    indices: Rows,
    row_of: Rows,
    start: Ints,
    slots: Ints,
    held: Ints,
    levels: Ints,
    seen: Ints,
    row_seen: Ints,
    via: Ints,
    queue: Ints,
    stamp: int,
) -> int:
    """A project with a free place that moving others can open to the need; breadth first, only over projects not
    yet seen in this pass. -1 if there is none."""
    head, tail, at = 0, 0, 0
    mover = need
    while True:
        row = row_of[mover]
        if row_seen[row] != stamp:
            for edge in range(indptr[row], indptr[row + 1]):
                j = indices[edge]
                room = start[j + 1] - start[j]
                if room == 0 or levels[j] >= 0 or seen[j] == stamp:
                    continue
                via[j] = mover
                if held[j] < room:
                    return int(j)
                seen[j] = stamp
                queue[tail] = j
                tail += 1
            row_seen[row] = stamp
        while head < tail and at == held[queue[head]]:
            head += 1
            at = 0
        if head == tail:
            return -1
        mover = slots[start[queue[head]] + at]
        at += 1


@numba.njit(cache=True)
def _shift(free: int, start: Ints, slots: Ints, held: Ints, via: Ints, project: Ints, slot_of: Ints) -> None:
    """Move everyone along the path one on, into the free place at its end."""
    j = free
    slot = start[j] + held[j]
    held[j] += 1
    while True:
        mover = via[j]
        came_from, came_slot = project[mover], slot_of[mover]
        slots[slot] = mover
        slot_of[mover] = slot
        project[mover] = j
        if came_from < 0:
            return
        j, slot = came_from, came_slot
