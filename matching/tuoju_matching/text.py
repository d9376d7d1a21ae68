"""How alike two short texts are: character 1+2-grams under BM25, for Chinese and English."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_WORD = re.compile(r"[a-z0-9]+")
_CHINESE = re.compile(r"[㐀-鿿]+")


def grams(text: str) -> list[str]:
    """Chinese runs as characters and pairs of them, Latin runs as words.

    Characters beat segmented words on short Chinese texts full of variants, and need no dictionary.

    >>> grams("助洁 Meals")
    ['助', '洁', '助洁', 'meals']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for run in _CHINESE.findall(folded):
        found.extend(run)
        found.extend(run[i : i + 2] for i in range(len(run) - 1))
    found.extend(_WORD.findall(folded))
    return found


class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, eq. 3.15) over a fixed list of documents.

    Parameters
    ----------
    k1, b : float
        Saturation of repeated terms and weight of a document's length.

    Attributes
    ----------
    weights_ : scipy.sparse.csc_array of shape (n_documents, n_terms)
        Each term's contribution to a document's score.
    """

    def __init__(self, *, k1: float = 1.2, b: float = 0.75) -> None:
        self.k1 = k1
        self.b = b

    def fit(self, documents: Sequence[str]) -> Self:
        """Index the documents."""
        counts = [Counter(grams(document)) for document in documents]
        self.vocabulary_ = {
            term: column for column, term in enumerate(sorted({term for count in counts for term in count}))
        }
        rows = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
        columns = np.array([self.vocabulary_[term] for count in counts for term in count], dtype=np.intp)
        frequency = np.array([n for count in counts for n in count.values()], dtype=float)
        lengths = np.array([sum(count.values()) for count in counts], dtype=float)
        found_in = np.bincount(columns, minlength=len(self.vocabulary_))
        idf = np.log1p((len(counts) - found_in + 0.5) / (found_in + 0.5))
        norm = self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean() if len(lengths) else 1.0, 1.0))
        values = idf[columns] * frequency * (self.k1 + 1) / (frequency + norm[rows])
        shape = (len(counts), len(self.vocabulary_))
        self.weights_ = sparse.csc_array((values, (rows, columns)), shape=shape)
        self.idf_ = idf
        return self

    def similarity(self, query: str) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n_documents,): BM25 over the most that a document could reach for this
        query, so that scores of different needs can be compared; 0 where no term is known."""
        columns = [self.vocabulary_[term] for term in set(grams(query)) if term in self.vocabulary_]
        if not columns:
            return np.zeros(self.weights_.shape[0])
        ceiling = float(self.idf_[columns].sum()) * (self.k1 + 1)
        scores = np.asarray(self.weights_[:, columns].sum(axis=1), dtype=float).ravel()
        return np.clip(scores / ceiling, 0.0, 1.0)
