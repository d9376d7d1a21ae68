"""How close texts are in meaning, from sentence vectors that were computed beforehand."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]

_PACKED = np.dtype("<f2")
FAR, NEAR = 0.78, 0.94
"""Cosines of `semantic.Semantic` that count as 0 and as 1; texts that have nothing in common have about 0.84."""
MEANING_SHARE = 0.5
"""Share of the meaning in the similarity of two texts that both have a vector; the rest is the share of characters.

The best of a grid with FAR and NEAR on 250 questions of the collection of policies with 849 of its documents: nDCG@10
0.547, with characters alone 0.443, and 0.543 for the sum of standardised scores, which would need all documents of a
question at hand. `python -m benchmarks.retrieval` has it as "tuoju ranker".
"""


def pack(vector: Sequence[float] | NDArray[np.floating]) -> bytes:
    """A vector as bytes, two a number: cosines change by less than 0.001."""
    return np.asarray(vector, dtype=_PACKED).tobytes()


class VectorRows:
    """The vectors of texts in rows, which are used again as those of `Bm25`; a row may have none.

    Attributes
    ----------
    vectors_ : ndarray of shape (n_rows, n_dimensions)
        Zeros for a row without a vector.
    """

    def fit(self, vectors: Sequence[bytes]) -> Self:
        """Take in one packed vector a row; b"" for none. Raises ValueError for vectors of different lengths."""
        width = max((len(packed) for packed in vectors), default=0) // _PACKED.itemsize
        self.vectors_: Vectors = np.zeros((len(vectors), width), dtype=np.float32)
        self._free_rows: list[int] = []
        for row, packed in enumerate(vectors):
            self._set(row, packed)
        return self

    def add(self, packed: bytes) -> int:
        """Take in one more and return its row: the last removed row, or a new one at the end. Errors as in `fit`."""
        row = self._free_rows[-1] if self._free_rows else len(self.vectors_)
        self._set(row, packed)
        if self._free_rows:
            self._free_rows.pop()
        return row

    def replace(self, row: int, packed: bytes) -> None:
        """Put another vector into this row. Errors as in `fit`."""
        self._set(row, packed)

    def remove(self, row: int) -> None:
        """Remove the vector of this row."""
        self.vectors_[row] = 0
        self._free_rows.append(row)

    def closeness(self, packed: bytes, rows: NDArray[np.integer]) -> Floats:
        """The cosines with the rows from FAR to NEAR as values in [0, 1], shape (len(rows),); NaN without a vector."""
        if not packed or not self.vectors_.shape[1] or not len(rows):
            return np.full(len(rows), np.nan)
        vectors = self.vectors_[rows]
        # Unlike a product of matrices, einsum gives each row the same sum whatever the other rows are.
        cosines = np.einsum("ij,j->i", vectors, np.frombuffer(packed, dtype=_PACKED).astype(np.float32))
        values = np.clip((cosines.astype(np.float64) - FAR) / (NEAR - FAR), 0.0, 1.0)
        return np.where(vectors.any(axis=1), values, np.nan)

    def _set(self, row: int, packed: bytes) -> None:
        vector = np.frombuffer(packed, dtype=_PACKED).astype(np.float32)
        width = self.vectors_.shape[1]
        if len(vector) and width and len(vector) != width:
            raise ValueError(f"a vector has {len(vector)} numbers, the others {width}")
        if row >= len(self.vectors_) or len(vector) > width:
            larger = np.zeros((max(row + 1, len(self.vectors_)), max(width, len(vector))), dtype=np.float32)
            larger[: len(self.vectors_), :width] = self.vectors_
            self.vectors_ = larger
        self.vectors_[row] = vector if len(vector) else 0


def fused(characters: Floats, closeness: Floats) -> Floats:
    """The similarity of texts in [0, 1] by characters and by meaning; by characters alone where closeness is NaN.

    >>> fused(np.array([0.5, 0.5]), np.array([1.0, np.nan])).tolist() == [0.5 + MEANING_SHARE / 2, 0.5]
    True
    """
    both = (1.0 - MEANING_SHARE) * characters + MEANING_SHARE * np.nan_to_num(closeness)
    return np.where(np.isnan(closeness), characters, both)
