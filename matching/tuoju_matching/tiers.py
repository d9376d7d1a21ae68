"""Urgency classes, exactly: how many of each can be placed, and which edges such a plan may use."""

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Ints, Rows

_CLOSED = 2**31 - 1
"""Instead of the pass that saw a project last: takes nobody more, nor lets anybody go."""


@compiled
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
    project = np.full(n_needs, -1, dtype=np.int32)
    slot_of = np.full(n_needs, -1, dtype=np.int32)
    slots = np.empty(start[-1], dtype=np.int32)
    free = np.diff(start).astype(np.int32)
    seen = np.where(free > 0, 0, _CLOSED).astype(np.int32)
    row_seen = np.zeros(len(indptr) - 1, dtype=np.int32)
    via = np.full(n_projects, -1, dtype=np.int32)
    queue = np.empty(n_projects, dtype=np.int32)
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
                end = _search(need, indptr, indices, row_of, start, slots, free, seen, row_seen, via, queue, stamp)
                if end >= 0:
                    _shift(end, start, slots, free, via, project, slot_of)
                else:
                    pending[left] = need
                    left += 1
            if left == waiting:
                for j in range(n_projects):
                    if seen[j] == stamp:
                        levels[j], seen[j] = level, _CLOSED
                break
            waiting = left
        first = last
    return levels, project.astype(np.int64)


@compiled
def _search(
    need: int,
    indptr: Ints,
    indices: Rows,
    row_of: Rows,
    start: Ints,
    slots: Rows,
    free: Rows,
    seen: Rows,
    row_seen: Rows,
    via: Rows,
    queue: Rows,
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
                if seen[j] >= stamp:
                    continue
                via[j] = mover
                if free[j] > 0:
                    return int(j)
                seen[j] = stamp
                queue[tail] = j
                tail += 1
            row_seen[row] = stamp
        while head < tail and at == start[queue[head] + 1] - start[queue[head]]:
            head += 1
            at = 0
        if head == tail:
            return -1
        mover = slots[start[queue[head]] + at]
        at += 1


@compiled
def _shift(end: int, start: Ints, slots: Rows, free: Rows, via: Rows, project: Rows, slot_of: Rows) -> None:
    """Move everyone along the path one on, into the free place at its end."""
    j = end
    slot = start[j + 1] - free[j]
    free[j] -= 1
    while True:
        mover = via[j]
        came_from, came_slot = project[mover], slot_of[mover]
        slots[slot] = mover
        slot_of[mover] = slot
        project[mover] = j
        if came_from < 0:
            return
        j, slot = came_from, came_slot
