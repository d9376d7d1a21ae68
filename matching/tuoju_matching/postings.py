"""Lists of (key, count) pairs that grow and shrink in place, and the loops that score over them."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.compiled import compiled

Ints = NDArray[np.int64]
Pairs = NDArray[np.int32]
Floats = NDArray[np.float64]

STEPS_PER_UNIT = 2.0**32
"""Scores are added as whole steps, so that the sum is the same to the bit in whatever order it is made."""


class Lists:
    """A growing row of lists in one pool: list `i` is `keys[starts[i] : starts[i] + sizes[i]]`, with `counts`.

    A list that outgrows its room moves to the end of the pool; lists grown pair by pair take twice the room, so
    that what they leave behind stays below what they hold.
    """

    def __init__(self) -> None:
        self.starts = np.zeros(0, dtype=np.int64)
        self.sizes = np.zeros(0, dtype=np.int64)
        self.rooms = np.zeros(0, dtype=np.int64)
        self.keys = np.zeros(0, dtype=np.int32)
        self.counts = np.zeros(0, dtype=np.int32)
        self.used = 0

    def fill(self, owners: Ints, keys: Ints, counts: Ints, *, lists: int) -> Self:
        """Make `lists` lists of the pairs; all three arrays have shape (n_pairs,)."""
        order = np.argsort(owners, kind="stable")
        self.sizes = np.bincount(owners, minlength=lists).astype(np.int64)
        self.rooms = self.sizes.copy()
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)[:-1])).astype(np.int64)[:lists]
        self.keys = keys[order].astype(np.int32)
        self.counts = counts[order].astype(np.int32)
        self.used = len(keys)
        return self

    def extend(self, lists: int) -> None:
        """Have at least so many lists; new ones are empty."""
        missing = lists - len(self.starts)
        if missing > 0:
            more = max(missing, len(self.starts) // 2)
            self.starts, self.sizes, self.rooms = (
                np.concatenate((each, np.zeros(more, dtype=np.int64))) for each in (self.starts, self.sizes, self.rooms)
            )

    def keys_of(self, owner: int) -> Ints:
        start = self.starts[owner]
        return self.keys[start : start + self.sizes[owner]].astype(np.int64)

    def write(self, owner: int, keys: Ints, counts: Ints) -> None:
        """Make this list the given pairs, whatever it was."""
        if len(keys) > self.rooms[owner]:
            self._make_room(len(keys))
            self.starts[owner], self.rooms[owner] = self.used, len(keys)
            self.used += len(keys)
        here = slice(self.starts[owner], self.starts[owner] + len(keys))
        self.keys[here], self.counts[here], self.sizes[owner] = keys, counts, len(keys)

    def put(self, owners: Ints, key: int, counts: Ints) -> None:
        """Append (key, count) to each of the lists `owners`, which differ."""
        full = owners[self.sizes[owners] == self.rooms[owners]]
        self._make_room(int((2 * self.sizes[full] + 4).sum()))
        self.used = _put(self.starts, self.sizes, self.rooms, self.keys, self.counts, self.used, owners, key, counts)

    def take(self, owners: Ints, key: int) -> None:
        """Take the pair of `key` out of each of the lists."""
        _take(self.starts, self.sizes, self.keys, self.counts, owners, key)

    def _make_room(self, pairs: int) -> None:
        if self.used + pairs > len(self.keys):
            more = np.zeros(max(pairs, len(self.keys) // 2), dtype=np.int32)
            self.keys, self.counts = np.concatenate((self.keys, more)), np.concatenate((self.counts, more))


@compiled
def _put(
    starts: Ints, sizes: Ints, rooms: Ints, keys: Pairs, counts: Pairs, used: int, owners: Ints, key: int, new: Ints
) -> int:
    for each in range(len(owners)):
        owner = owners[each]
        size = sizes[owner]
        if size == rooms[owner]:
            start = starts[owner]
            for i in range(size):
                keys[used + i] = keys[start + i]
                counts[used + i] = counts[start + i]
            starts[owner] = used
            rooms[owner] = 2 * size + 4
            used += rooms[owner]
        keys[starts[owner] + size] = key
        counts[starts[owner] + size] = new[each]
        sizes[owner] = size + 1
    return used


@compiled
def _take(starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, owners: Ints, key: int) -> None:
    for owner in owners:
        start = starts[owner]
        last = start + sizes[owner] - 1
        for i in range(start, last + 1):
            if keys[i] == key:
                keys[i] = keys[last]
                counts[i] = counts[last]
                sizes[owner] -= 1
                break


@compiled
def score_all(
    starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, terms: Ints, gains: Floats, norms: Floats, out: Ints
) -> None:
    """Add to `out`, shape (n_rows,), what each of the terms gives each row that holds it: `gain * tf / (tf + norm)`
    in whole steps."""
    for each in range(len(terms)):
        start = starts[terms[each]]
        gain = gains[each]
        for i in range(start, start + sizes[terms[each]]):
            row = keys[i]
            out[row] += np.int64(gain * counts[i] / (counts[i] + norms[row]))


@compiled
def score_rows(
    starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, gain_of: Floats, rows: Ints, norms: Floats, out: Ints
) -> None:
    """The same for the given rows alone, from the list of terms of each; `gain_of` has shape (n_terms,)."""
    for each in range(len(rows)):
        row = rows[each]
        total = np.int64(0)
        for i in range(starts[row], starts[row] + sizes[row]):
            gain = gain_of[keys[i]]
            if gain > 0.0:
                total += np.int64(gain * counts[i] / (counts[i] + norms[row]))
        out[each] = total
