"""Similarity of short Chinese and English texts: BM25 over characters, pairs of characters and words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.postings import STEPS_PER_UNIT, PostingLists, score_all, score_rows
from tuoju_text.folding import common_forms

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"([{_HAN}]+)|[^\W_{_HAN}]+")


def grams(text: str) -> list[str]:
    """Split a text into terms: characters and pairs of characters of Chinese, and words of other languages.

    English plurals lose their s. Traditional characters become simplified ones, so that either finds the other.
    Characters do better than segmented words on short Chinese texts with many variants, and need no dictionary.

    >>> grams("助洁 Meals")
    ['助', '洁', '助洁', 'meal']
    >>> grams("助潔") == grams("助洁")
    True
    """
    terms: list[str] = []
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold().translate(common_forms())):
        run = match[0]
        if match[1]:
            terms.extend(run)
            terms.extend(map(str.__add__, run, run[1:]))
        else:
            terms.append(_singular(run))
    return terms


def _singular(word: str) -> str:
    """Remove a plural s by the three rules of the S-stemmer (Harman 1991, "How effective is suffixing?")."""
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word[-4] in "ae" else word[:-3] + "y"
    if word.endswith("es"):
        return word if word[-3] in "aeo" else word[:-1]
    return word if word[-2] in "us" else word[:-1]


class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, eq. 3.15) over documents that may change in place.

    After any additions, replacements and removals, the scores equal to the bit those of an index fitted to the current
    documents, because everything that is stored about the collection is integers.

    Parameters
    ----------
    k1, b : float
        Saturation of repeated terms and weight of a document's length.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Every term seen so far, including those of removed documents.
    lengths_ : ndarray of shape (n_rows,)
        Number of terms in each document; -1 for a removed row.

    Examples
    --------
    >>> index = Bm25().fit(["上门做饭", "课业辅导"])
    >>> index.similarity("没人做饭").round(2).tolist()
    [0.45, 0.0]
    >>> index.add("送饭送菜")
    2
    >>> index.similarity_rows("没人做饭", [0, 2]).round(2).tolist()
    [0.45, 0.09]
    """

    def __init__(self, *, k1: float = 1.2, b: float = 0.75) -> None:
        self.k1 = k1
        self.b = b

    def fit(self, texts: Sequence[str]) -> Self:
        """Index the texts; row `i` holds `texts[i]`. Raises TypeError if one is not a str."""
        counts = [_count_terms(text, row) for row, text in enumerate(texts)]
        self.vocabulary_: dict[str, int] = {}
        pairs = [(row, self._term(gram), n) for row, count in enumerate(counts) for gram, n in count.items()]
        rows, terms, frequencies = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
        self.lengths_ = np.array([count.total() for count in counts], dtype=np.int64)
        self._free_rows: list[int] = []
        self._by_term = PostingLists().fill(terms, rows, frequencies, n_lists=len(self.vocabulary_))
        self._by_row = PostingLists().fill(rows, terms, frequencies, n_lists=len(counts))
        self._norms: NDArray[np.float64] | None = None
        return self

    def add(self, text: str) -> int:
        """Index one more text and return its row: the last removed row, or a new one at the end."""
        count = _count_terms(text)
        if self._free_rows:
            row = self._free_rows.pop()
        else:
            row = len(self.lengths_)
            self.lengths_ = np.append(self.lengths_, -1)
            self._by_row.extend(row + 1)
        self._add_row(row, count)
        return row

    def replace(self, row: int, text: str) -> None:
        """Index another text instead of this row's. Raises IndexError if there is no such row."""
        count = _count_terms(text)
        self._remove_row(row)
        self._add_row(row, count)

    def remove(self, row: int) -> None:
        """Remove this row's text; the row scores 0 until `add` uses it again. Raises IndexError if there is none."""
        self._remove_row(row)
        self._free_rows.append(row)

    def similarity(self, query: str) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n_rows,); 0 where no term is known.

        The BM25 score is divided by the highest score that a document could reach for this query, so that the scores
        of different needs can be compared.
        """
        steps = np.zeros(len(self.lengths_), dtype=np.int64)
        terms, gains, ceiling = self._query_terms(query)
        lists = self._by_term
        score_all(lists.starts, lists.sizes, lists.keys, lists.counts, terms, gains, self._length_norms(), steps)
        return np.minimum(steps / ceiling, 1.0)

    def similarity_rows(self, query: str, rows: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float64]:
        """`similarity(query)[rows]` to the bit, shape (len(rows),), at the cost of those rows alone."""
        row_array = np.asarray(rows, dtype=np.int64)
        if len(row_array) and not (row_array.min() >= 0 and row_array.max() < len(self.lengths_)):
            raise IndexError(f"rows must be between 0 and {len(self.lengths_) - 1}")
        terms, gains, ceiling = self._query_terms(query)
        if self._by_row.sizes[row_array].sum() > self._by_term.sizes[terms].sum():
            return self.similarity(query)[row_array]
        gain_of = np.zeros(len(self.vocabulary_))
        gain_of[terms] = gains
        steps = np.zeros(len(row_array), dtype=np.int64)
        lists = self._by_row
        score_rows(lists.starts, lists.sizes, lists.keys, lists.counts, gain_of, row_array, self._length_norms(), steps)
        return np.minimum(steps / ceiling, 1.0)

    def _term(self, gram: str) -> int:
        return self.vocabulary_.setdefault(gram, len(self.vocabulary_))

    def _add_row(self, row: int, count: Counter[str]) -> None:
        terms = np.array([self._term(gram) for gram in count], dtype=np.int64)
        frequencies = np.fromiter(count.values(), dtype=np.int64, count=len(count))
        self._by_term.extend(len(self.vocabulary_))
        self._by_term.append(terms, row, frequencies)
        self._by_row.write(row, terms, frequencies)
        self.lengths_[row] = count.total()
        self._norms = None

    def _remove_row(self, row: int) -> None:
        if not 0 <= row < len(self.lengths_) or self.lengths_[row] < 0:
            raise IndexError(f"row {row} holds no document")
        self._by_term.discard(self._by_row.keys_of(row), row)
        self._by_row.sizes[row] = 0
        self.lengths_[row] = -1
        self._norms = None

    def _length_norms(self) -> NDArray[np.float64]:
        if self._norms is None:
            live = self.lengths_[self.lengths_ >= 0]
            mean = max(int(live.sum()) / len(live), 1.0) if len(live) else 1.0
            self._norms = self.k1 * (1 - self.b + self.b * np.maximum(self.lengths_, 0) / mean)
        return self._norms

    def _query_terms(self, query: str) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """The known terms of the query, the most that each can contribute in steps, and the sum of that.

        A term counts as often as the query contains it.
        """
        counts = _count_terms(query)
        known = {self.vocabulary_[gram]: n for gram, n in counts.items() if gram in self.vocabulary_}
        terms = np.fromiter(known.keys(), np.int64, len(known))
        repeats = np.fromiter(known.values(), np.int64, len(known))
        occurs = self._by_term.sizes[terms] > 0
        terms, repeats = terms[occurs], repeats[occurs]
        n_containing = self._by_term.sizes[terms]
        n_documents = len(self.lengths_) - len(self._free_rows)
        rarity = np.log1p((n_documents - n_containing + 0.5) / (n_containing + 0.5))
        gains = np.asarray(rarity * repeats * (self.k1 + 1) * STEPS_PER_UNIT, dtype=np.float64)
        return terms, gains, float(gains.sum()) or 1.0


def _count_terms(text: object, row: int | None = None) -> Counter[str]:
    if not isinstance(text, str):
        name = "the text" if row is None else f"text {row}"
        raise TypeError(f"{name} is {type(text).__name__}, not str")
    return Counter(grams(text))
