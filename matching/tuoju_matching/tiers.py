"""Exact urgency classes: how many needs of each can be placed, and which projects such a plan may use."""

from typing import NamedTuple

import numpy as np

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Ints, Rows

_CLOSED = 2**31 - 1
"""Value of `project_seen` for a project that accepts nobody more and releases nobody."""


class _Rows(NamedTuple):
    """The projects of each row; needs that fit the same projects share a row."""

    indptr: Ints
    indices: Rows
    row_of: Rows


class _Placement(NamedTuple):
    """Who holds which place.

    The places of project j are `slots[start[j] : start[j + 1]]`; the last `free[j]` of them are empty. `project` and
    `slot_of` give the project and the slot of each need, -1 for none.
    """

    start: Ints
    slots: Rows
    free: Rows
    project: Rows
    slot_of: Rows


class _Search(NamedTuple):
    """Marks of the breadth-first search: the pass that last saw a project or a row, the need that would move to a
    project, and the queue."""

    project_seen: Rows
    row_seen: Rows
    moved_need: Rows
    queue: Rows


@compiled
def urgency_levels(indptr: Ints, indices: Rows, row_of: Rows, urgency: Ints, places: Ints) -> tuple[Ints, Ints]:
    """Compute the level of each project.

    The level is the most urgent class in which a need must stay unplaced although it could use the project's places,
    directly or by moving other needs; -1 if there is no such class.

    Parameters
    ----------
    indptr, indices : arrays of shape (n_rows + 1,) and (n_edges,)
        The projects of each row.
    row_of : array of shape (n_needs,)
        The row of each need; needs that fit the same projects share a row.
    urgency : array of shape (n_needs,)
        Integers >= 0.
    places : array of shape (n_projects,)

    Returns
    -------
    levels : array of shape (n_projects,)
        -1 for projects without places too; they accept nobody.
    project : array of shape (n_needs,)
        The project of each need in a plan with the maximal urgency counts; -1 if it is not placed.

    Notes
    -----
    The sets of needs that can be placed together are the independent sets of a transversal matroid, so placing class
    by class with augmenting paths is exact (Edmonds and Fulkerson 1965). A failed search leaves a set of full
    projects that no need in it can leave; they keep their level and are not searched again. Levels are the dual of
    the class counts: a plan reaches those counts if and only if every need uses only projects of the lowest level
    open to it, all needs above that level are placed, none below it is, and every project with a level is full.
    """
    n_needs, n_projects = len(row_of), len(places)
    start = np.zeros(n_projects + 1, dtype=np.int64)
    for j in range(n_projects):
        start[j + 1] = start[j] + min(places[j], n_needs)
    free = np.diff(start).astype(np.int32)
    rows = _Rows(indptr, indices, row_of)
    placement = _Placement(
        start,
        np.empty(start[-1], dtype=np.int32),
        free,
        np.full(n_needs, -1, dtype=np.int32),
        np.full(n_needs, -1, dtype=np.int32),
    )
    search = _Search(
        np.where(free > 0, 0, _CLOSED).astype(np.int32),
        np.zeros(len(indptr) - 1, dtype=np.int32),
        np.full(n_projects, -1, dtype=np.int32),
        np.empty(n_projects, dtype=np.int32),
    )
    levels = np.full(n_projects, -1, dtype=np.int64)
    order = np.argsort(-urgency, kind="mergesort")
    first, search_pass = 0, 0
    while first < n_needs:
        level = urgency[order[first]]
        last = first
        while last < n_needs and urgency[order[last]] == level:
            last += 1
        search_pass = _place_class(order[first:last].copy(), level, rows, placement, search, levels, search_pass)
        first = last
    return levels, placement.project.astype(np.int64)


@compiled
def _place_class(
    pending: Ints, level: int, rows: _Rows, placement: _Placement, search: _Search, levels: Ints, search_pass: int
) -> int:
    """Place as many of these needs of one class as possible, and set the level of the projects that are closed by it.

    `pending` is overwritten. Returns the number of the last search pass.
    """
    waiting = len(pending)
    while waiting > 0:
        search_pass += 1
        unplaced = 0
        for at in range(waiting):
            need = pending[at]
            end = _find_free_project(need, rows, placement, search, search_pass)
            if end >= 0:
                _augment(end, placement, search.moved_need)
            else:
                pending[unplaced] = need
                unplaced += 1
        if unplaced == waiting:
            for j in range(len(levels)):
                if search.project_seen[j] == search_pass:
                    levels[j], search.project_seen[j] = level, _CLOSED
            break
        waiting = unplaced
    return search_pass


@compiled
def _find_free_project(need: int, rows: _Rows, placement: _Placement, search: _Search, search_pass: int) -> int:
    """Find a project with a free place that the need can reach, directly or by moving other needs; -1 if none.

    Breadth first, only over projects that this pass has not seen yet.
    """
    indptr, indices, row_of = rows
    start, slots, free = placement.start, placement.slots, placement.free
    project_seen, row_seen, moved_need, queue = search
    head, tail, at = 0, 0, 0
    mover = need
    while True:
        row = row_of[mover]
        if row_seen[row] != search_pass:
            for edge in range(indptr[row], indptr[row + 1]):
                j = indices[edge]
                if project_seen[j] >= search_pass:
                    continue
                moved_need[j] = mover
                if free[j] > 0:
                    return int(j)
                project_seen[j] = search_pass
                queue[tail] = j
                tail += 1
            row_seen[row] = search_pass
        while head < tail and at == start[queue[head] + 1] - start[queue[head]]:
            head += 1
            at = 0
        if head == tail:
            return -1
        mover = slots[start[queue[head]] + at]
        at += 1


@compiled
def _augment(end: int, placement: _Placement, moved_need: Rows) -> None:
    """Move every need along the path one project on, into the free place at its end."""
    start, slots, free, project, slot_of = placement
    j = end
    slot = start[j + 1] - free[j]
    free[j] -= 1
    while True:
        mover = moved_need[j]
        previous_project, previous_slot = project[mover], slot_of[mover]
        slots[slot] = mover
        slot_of[mover] = slot
        project[mover] = j
        if previous_project < 0:
            return
        j, slot = previous_project, previous_slot
