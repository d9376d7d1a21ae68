"""Input and output of the assignment solvers as arrays: the eligibility graph and a solution."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuoju_matching.compiled import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EligibilityGraph:
    """Needs, projects and the eligible edges between them, in compressed sparse row layout.

    Parameters
    ----------
    indptr : array of shape (n_needs + 1,)
        The edges of need i are `indptr[i]` to `indptr[i + 1]`.
    indices : array of shape (n_edges,)
        The project of each edge; no project occurs twice within a need.
    scores : array of shape (n_edges,)
        The value of each edge; finite and >= 0.
    places : array of shape (n_projects,)
        Free places; integers >= 0.
    urgency : array of shape (n_needs,), default all 0
        Integers; a higher class is placed first, whatever the scores.
    sizes : array of shape (n_needs,), default all 1
        Places that a need takes; integers >= 1.

    Raises
    ------
    ValueError
        If an array has the wrong shape, is not finite or is out of range; the message names the array.
    """

    indptr: Ints
    indices: Rows
    scores: Floats
    places: Ints
    urgency: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sizes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        indptr = _as_integers("indptr", self.indptr)
        if len(indptr) == 0 or indptr[0] != 0 or (np.diff(indptr) < 0).any():
            raise ValueError("indptr must start at 0 and must not decrease")
        n_needs, n_edges = len(indptr) - 1, int(indptr[-1])
        places = _as_integers("places", self.places)
        if (places < 0).any():
            raise ValueError("places must be >= 0")
        sizes = _as_integers("sizes", self.sizes, n_needs) if len(self.sizes) else np.ones(n_needs, dtype=np.int64)
        if (sizes < 1).any():
            raise ValueError("sizes must be >= 1")
        urgency = _as_integers("urgency", self.urgency, n_needs) if len(self.urgency) else np.zeros_like(sizes)
        checked = {
            "indptr": indptr,
            "indices": _checked_indices(self.indices, indptr, len(places)),
            "scores": _checked_scores(self.scores, n_edges),
            "places": places,
            "urgency": urgency,
            "sizes": sizes,
        }
        for name, values in checked.items():
            object.__setattr__(self, name, values)

    @property
    def n_needs(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_projects(self) -> int:
        return len(self.places)

    @property
    def edge_needs(self) -> Ints:
        """The need of each edge, shape (n_edges,)."""
        return np.repeat(np.arange(self.n_needs), np.diff(self.indptr))

    def quality(self, edge: Ints) -> float:
        """The sum of the scores of the chosen edges; `edge` has shape (n_needs,), -1 for none."""
        return float(self.scores[edge[edge >= 0]].sum())


@dataclass(frozen=True, eq=False)
class Solution:
    """The result of a solver.

    Attributes
    ----------
    edge : array of shape (n_needs,)
        The chosen edge of each need; -1 where the need is not placed.
    quality : float
        Sum of the chosen scores.
    bound : float
        Upper bound on the quality of any plan with the same urgency counts (weak duality).
    prices : array of shape (n_projects,)
        Dual price of one place of each project, in units of score.
    worth : array of shape (n_needs,)
        Each need's part of the bound.
    """

    edge: Ints
    quality: float
    bound: float
    prices: Floats
    worth: Floats


def _checked_scores(values: Floats, n_edges: int) -> Floats:
    scores = np.ascontiguousarray(values, dtype=np.float64)
    if scores.shape != (n_edges,):
        raise ValueError(f"scores must have shape ({n_edges},), not {scores.shape}")
    if n_edges and not (scores.min() >= 0 and scores.max() < np.inf):
        raise ValueError("scores must be finite and >= 0")
    return scores


def _checked_indices(values: Rows, indptr: Ints, n_projects: int) -> Rows:
    n_edges = int(indptr[-1])
    # An int32 array of the right shape is used as it is, so that a large one is not copied.
    ready = isinstance(values, np.ndarray) and values.dtype == np.int32 and values.shape == (n_edges,)
    indices = values if ready else _as_integers("indices", values, n_edges)
    if n_edges and not (indices.min() >= 0 and indices.max() < n_projects):
        raise ValueError("indices must be between 0 and the number of projects minus 1")
    rows = np.ascontiguousarray(indices, dtype=np.int32)
    if _has_duplicates(indptr, rows, n_projects):
        raise ValueError("indices must not list a project twice for the same need")
    return rows


@compiled
def _has_duplicates(indptr: Ints, indices: Rows, n_projects: int) -> bool:
    last_need = np.full(n_projects, -1, dtype=np.int32)
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            if last_need[indices[edge]] == need:
                return True
            last_need[indices[edge]] = need
    return False


def _as_integers(name: str, values: ArrayLike, length: int | None = None) -> Ints:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or (length is not None and len(array) != length):
        expected = "(n,)" if length is None else f"({length},)"
        raise ValueError(f"{name} must have shape {expected}, not {array.shape}")
    if not (np.issubdtype(array.dtype, np.integer) or (np.isfinite(array).all() and (array == np.floor(array)).all())):
        raise ValueError(f"{name} must be integers")
    return np.ascontiguousarray(array, dtype=np.int64)
