"""What ours is measured against: plain scikit-learn TF-IDF and bm25s, as their pages say to use them."""

from collections.abc import Callable, Sequence
from typing import Any

import bm25s
import numpy as np
import rjieba
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

Score = Callable[[str], NDArray[np.float64]]
Analyzer = Callable[[str], list[str]]


def words(text: str) -> list[str]:
    """Chinese cut by jieba's dictionary, Latin words as they are."""
    # A lone surrogate is no character and rjieba, being strict UTF-8, refuses it.
    cleaned = text.casefold().encode("utf-8", "ignore").decode()
    return [word for word in rjieba.cut(cleaned) if any(sign.isalnum() for sign in word)]


def tfidf(documents: Sequence[str], analyzer: Analyzer | None = None) -> Score:
    """Cosines of TF-IDF rows; as it comes, or over the analyzer's terms."""
    vectorizer = TfidfVectorizer(analyzer=analyzer or "word")
    try:
        rows = vectorizer.fit_transform(documents)
    except ValueError:  # not one word in the whole collection
        return lambda _query: np.zeros(len(documents))
    return lambda query: np.asarray((rows @ vectorizer.transform([query]).T).todense(), dtype=float).ravel()


def bm25(documents: Sequence[str], analyzer: Analyzer | None = None) -> Score:
    """Scores of bm25s; with its own tokenizer, or over the analyzer's terms."""

    def terms(texts: Sequence[str]) -> list[list[str]]:
        if analyzer is not None:
            return [analyzer(text) for text in texts]
        found: Any = bm25s.tokenize(list(texts), return_ids=False, show_progress=False)
        return list(found)

    split = terms(documents)
    if not any(split):
        return lambda _query: np.zeros(len(documents))
    index = bm25s.BM25()
    index.index(split, show_progress=False)

    def score(query: str) -> NDArray[np.float64]:
        asked = [term for term in terms([query])[0] if term in index.vocab_dict]
        return np.asarray(index.get_scores(asked), dtype=float) if asked else np.zeros(len(documents))

    return score
