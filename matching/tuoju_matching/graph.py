"""Who may go where, as arrays: what every solver of this package reads."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuoju_matching.compiled import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Waiting:
    """Needs, projects and the eligible edges between them.

    Parameters
    ----------
    indptr : array of shape (n_needs + 1,)
        The edges of need i are those from `indptr[i]` to `indptr[i + 1]`.
    indices : array of shape (n_edges,)
        The project of each edge; no project twice within a need.
    scores : array of shape (n_edges,)
        What each edge is worth; finite, not negative.
    places : array of shape (n_projects,)
        Whole numbers, not negative.
    urgency : array of shape (n_needs,), default all 0
        Whole numbers; a higher class goes first, whatever the scores.
    sizes : array of shape (n_needs,), default all 1
        Places that a need takes, at least one.

    Raises
    ------
    ValueError
        Naming the array that is out of shape, not finite or out of range.
    """

    indptr: Ints
    indices: Rows
    scores: Floats
    places: Ints
    urgency: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sizes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        indptr = _whole("indptr", self.indptr)
        if len(indptr) == 0 or indptr[0] != 0 or (np.diff(indptr) < 0).any():
            raise ValueError("indptr must start at 0 and never fall")
        n_needs, n_edges = len(indptr) - 1, int(indptr[-1])
        indices = self.indices if _is_rows(self.indices, n_edges) else _whole("indices", self.indices, n_edges)
        places = _whole("places", self.places)
        scores = np.ascontiguousarray(self.scores, dtype=np.float64)
        if scores.shape != (n_edges,):
            raise ValueError(f"scores must have shape ({n_edges},), not {scores.shape}")
        if n_edges and not (scores.min() >= 0 and scores.max() < np.inf):
            raise ValueError("scores must be finite and not negative")
        if (places < 0).any():
            raise ValueError("places must not be negative")
        if n_edges and not (indices.min() >= 0 and indices.max() < len(places)):
            raise ValueError("indices name a project that is not there")
        indices = np.ascontiguousarray(indices, dtype=np.int32)
        if _repeats(indptr, indices, len(places)):
            raise ValueError("indices name a project twice for one need")
        urgency = _whole("urgency", self.urgency, n_needs) if len(self.urgency) else np.zeros(n_needs, dtype=np.int64)
        sizes = _whole("sizes", self.sizes, n_needs) if len(self.sizes) else np.ones(n_needs, dtype=np.int64)
        if (sizes < 1).any():
            raise ValueError("sizes must be at least 1")
        for name, value in {
            "indptr": indptr,
            "indices": indices,
            "scores": scores,
            "places": places,
            "urgency": urgency,
            "sizes": sizes,
        }.items():
            object.__setattr__(self, name, value)

    @property
    def n_needs(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_projects(self) -> int:
        return len(self.places)

    @property
    def rows(self) -> Ints:
        """The need of each edge, shape (n_edges,)."""
        return np.repeat(np.arange(self.n_needs), np.diff(self.indptr))


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found.

    Attributes
    ----------
    edge : array of shape (n_needs,)
        The chosen edge of each need; -1 where it stays without.
    quality : float
        Sum of the chosen scores.
    bound : float
        What no plan of the same urgency counts can exceed (weak duality).
    prices : array of shape (n_projects,)
        What one place of each project is worth, in scores.
    worth : array of shape (n_needs,)
        Each need's part of the bound.
    """

    edge: Ints
    quality: float
    bound: float
    prices: Floats
    worth: Floats


@compiled
def _repeats(indptr: Ints, indices: Rows, n_projects: int) -> bool:
    last = np.full(n_projects, -1, dtype=np.int32)
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            if last[indices[edge]] == need:
                return True
            last[indices[edge]] = need
    return False


def _is_rows(values: ArrayLike, length: int) -> bool:
    """Whether this is the array that is wanted, so that a large one is not copied twice."""
    return isinstance(values, np.ndarray) and values.dtype == np.int32 and values.shape == (length,)


def _whole(name: str, values: ArrayLike, length: int | None = None) -> Ints:
    given = np.asarray(values)
    if given.size == 0:
        given = given.astype(np.int64)
    if given.ndim != 1 or (length is not None and len(given) != length):
        wanted = "one-dimensional" if length is None else f"of shape ({length},)"
        raise ValueError(f"{name} must be {wanted}, not of shape {given.shape}")
    if not (np.issubdtype(given.dtype, np.integer) or (np.isfinite(given).all() and (given == np.floor(given)).all())):
        raise ValueError(f"{name} must be whole numbers")
    return np.ascontiguousarray(given, dtype=np.int64)
