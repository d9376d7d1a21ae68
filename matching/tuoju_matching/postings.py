"""Posting lists of (key, count) pairs that grow and shrink in place, and compiled loops that score over them."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.compiled import compiled

Ints = NDArray[np.int64]
Pairs = NDArray[np.int32]
Floats = NDArray[np.float64]

STEPS_PER_UNIT = 2.0**32
"""Scores are added as integer steps, so that the sum does not depend on the order to the last bit."""


class PostingLists:
    """A growing number of lists in one pool: list `i` is `keys[starts[i] : starts[i] + sizes[i]]`, with `counts`.

    A list that outgrows its capacity moves to the end of the pool. A list that grows pair by pair gets twice the
    capacity, so that unused cells stay fewer than used ones.
    """

    def __init__(self) -> None:
        self.starts = np.zeros(0, dtype=np.int64)
        self.sizes = np.zeros(0, dtype=np.int64)
        self.capacities = np.zeros(0, dtype=np.int64)
        self.keys = np.zeros(0, dtype=np.int32)
        self.counts = np.zeros(0, dtype=np.int32)
        self.used = 0

    def fill(self, owners: Ints, keys: Ints, counts: Ints, *, n_lists: int) -> Self:
        """Build `n_lists` lists from pairs; pair `i` belongs to list `owners[i]`; arrays of shape (n_pairs,)."""
        order = np.argsort(owners, kind="stable")
        self.sizes = np.bincount(owners, minlength=n_lists).astype(np.int64)
        self.capacities = self.sizes.copy()
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)[:-1])).astype(np.int64)[:n_lists]
        self.keys = keys[order].astype(np.int32)
        self.counts = counts[order].astype(np.int32)
        self.used = len(keys)
        return self

    def extend(self, n_lists: int) -> None:
        """Have at least so many lists; new ones are empty."""
        missing = n_lists - len(self.starts)
        if missing > 0:
            new = np.zeros(max(missing, len(self.starts) // 2), dtype=np.int64)
            self.starts = np.concatenate((self.starts, new))
            self.sizes = np.concatenate((self.sizes, new))
            self.capacities = np.concatenate((self.capacities, new))

    def keys_of(self, owner: int) -> Ints:
        """The keys of one list, shape (size,)."""
        start = self.starts[owner]
        return self.keys[start : start + self.sizes[owner]].astype(np.int64)

    def write(self, owner: int, keys: Ints, counts: Ints) -> None:
        """Replace the content of one list."""
        if len(keys) > self.capacities[owner]:
            self._reserve(len(keys))
            self.starts[owner], self.capacities[owner] = self.used, len(keys)
            self.used += len(keys)
        span = slice(self.starts[owner], self.starts[owner] + len(keys))
        self.keys[span], self.counts[span], self.sizes[owner] = keys, counts, len(keys)

    def append(self, owners: Ints, key: int, counts: Ints) -> None:
        """Append (key, count) to each of the lists `owners`, which must be distinct; both have shape (n_owners,)."""
        full = owners[self.sizes[owners] == self.capacities[owners]]
        self._reserve(int((2 * self.sizes[full] + 4).sum()))
        self.used = _relocate(self.starts, self.sizes, self.capacities, self.keys, self.counts, self.used, full)
        _append(self.starts, self.sizes, self.keys, self.counts, owners, key, counts)

    def discard(self, owners: Ints, key: int) -> None:
        """Remove the pair with this key from each of the lists."""
        _discard(self.starts, self.sizes, self.keys, self.counts, owners, key)

    def _reserve(self, n_pairs: int) -> None:
        if self.used + n_pairs > len(self.keys):
            new = np.zeros(max(n_pairs, len(self.keys) // 2), dtype=np.int32)
            self.keys, self.counts = np.concatenate((self.keys, new)), np.concatenate((self.counts, new))


@compiled
def _relocate(starts: Ints, sizes: Ints, capacities: Ints, keys: Pairs, counts: Pairs, used: int, owners: Ints) -> int:
    """Move each of the lists to the end of the pool with twice the capacity; returns how much of it is used then."""
    for owner in owners:
        start, size = starts[owner], sizes[owner]
        for i in range(size):
            keys[used + i] = keys[start + i]
            counts[used + i] = counts[start + i]
        starts[owner] = used
        capacities[owner] = 2 * size + 4
        used += capacities[owner]
    return used


@compiled
def _append(starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, owners: Ints, key: int, new_counts: Ints) -> None:
    for at in range(len(owners)):
        owner = owners[at]
        end = starts[owner] + sizes[owner]
        keys[end] = key
        counts[end] = new_counts[at]
        sizes[owner] += 1


@compiled
def _discard(starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, owners: Ints, key: int) -> None:
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
    """Add to `out` what each term contributes to each row, `gain * tf / (tf + norm)` in integer steps.

    Parameters
    ----------
    starts, sizes, keys, counts
        Lists of rows by term.
    terms, gains : arrays of shape (n_terms_asked,)
    norms, out : arrays of shape (n_rows,)
    """
    for at in range(len(terms)):
        start = starts[terms[at]]
        gain = gains[at]
        for i in range(start, start + sizes[terms[at]]):
            row = keys[i]
            out[row] += np.int64(gain * counts[i] / (counts[i] + norms[row]))


@compiled
def score_rows(
    starts: Ints, sizes: Ints, keys: Pairs, counts: Pairs, gain_of: Floats, rows: Ints, norms: Floats, out: Ints
) -> None:
    """Compute the same for the given rows alone, from lists of terms by row.

    Parameters
    ----------
    gain_of : array of shape (n_terms,)
        The gain of each term; 0 for terms that are not asked for.
    rows, out : arrays of shape (n_rows_asked,)
    norms : array of shape (n_rows,)
    """
    for at in range(len(rows)):
        row = rows[at]
        total = np.int64(0)
        for i in range(starts[row], starts[row] + sizes[row]):
            gain = gain_of[keys[i]]
            if gain > 0.0:
                total += np.int64(gain * counts[i] / (counts[i] + norms[row]))
        out[at] = total
