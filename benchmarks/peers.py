"""The text methods to compare with: scikit-learn's TF-IDF and bm25s, used as their documentation describes."""

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
    """Split Chinese by jieba's dictionary; Latin words stay as they are."""
    # rjieba requires valid UTF-8 and rejects lone surrogates.
    cleaned = text.casefold().encode("utf-8", "ignore").decode()
    return [word for word in rjieba.cut(cleaned) if any(character.isalnum() for character in word)]


def tfidf(documents: Sequence[str], analyzer: Analyzer | None = None) -> Score:
    """Cosines of TF-IDF rows, with the default tokenizer or over the analyzer's terms."""
    vectorizer = TfidfVectorizer(analyzer=analyzer or "word")
    try:
        rows = vectorizer.fit_transform(documents)
    except ValueError:  # the collection contains no word
        return lambda _query: np.zeros(len(documents))
    return lambda query: np.asarray((rows @ vectorizer.transform([query]).T).todense(), dtype=float).ravel()


def bm25(documents: Sequence[str], analyzer: Analyzer | None = None) -> Score:
    """Scores of bm25s, with its own tokenizer or over the analyzer's terms."""

    def terms(texts: Sequence[str]) -> list[list[str]]:
        if analyzer is not None:
            return [analyzer(text) for text in texts]
        tokens: Any = bm25s.tokenize(list(texts), return_ids=False, show_progress=False)
        return list(tokens)

    document_terms = terms(documents)
    if not any(document_terms):
        return lambda _query: np.zeros(len(documents))
    index = bm25s.BM25()
    index.index(document_terms, show_progress=False)

    def score(query: str) -> NDArray[np.float64]:
        known = [term for term in terms([query])[0] if term in index.vocab_dict]
        return np.asarray(index.get_scores(known), dtype=float) if known else np.zeros(len(documents))

    return score
