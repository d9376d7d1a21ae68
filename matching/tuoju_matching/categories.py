"""Suggesting categories for a free text, from texts that people put into categories."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from tuoju_matching.relevance import best
from tuoju_matching.text import grams

MANY = 200
"""From so many texts on, what only one of them says is left out: too rare to tell, and perhaps private."""


class CategorySuggester(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear support vector machine (LIBLINEAR, Fan et al. 2008) over TF-IDF of
    `grams`, each class against the rest.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty.
    most_common : float
        Terms in more than this share of the texts are left out.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    vectorizer_ : TfidfVectorizer
    model_ : LinearSVC

    Examples
    --------
    >>> texts = ["送餐上门", "没人做饭", "洗澡不便", "上门助浴"]
    >>> suggester = CategorySuggester().fit(texts, ["meals", "meals", "bathing", "bathing"])
    >>> suggester.predict(["老人没法做饭"]).tolist()
    ['meals']
    >>> suggester.suggest("想洗个澡", k=1)
    ['bathing']
    >>> suggester.suggest("xyz")
    []
    """

    def __init__(self, *, C: float = 0.3, most_common: float = 0.5) -> None:  # noqa: N803
        self.C = C
        self.most_common = most_common

    def fit(self, X: Sequence[str], y: ArrayLike) -> Self:  # noqa: N803
        """Learn from texts, shape (n_texts,), and the category of each; a text of several comes once for each.

        Raises TypeError if one is not text, ValueError for lengths that differ, fewer than two categories, and
        texts without a single term.
        """
        texts, labels = _texts(X), np.asarray(y)
        if labels.shape != (len(texts),):
            raise ValueError(f"{len(texts)} texts and labels of shape {labels.shape}")
        self.classes_: NDArray[Any] = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError("there must be texts of at least two categories")
        few = len(texts) < MANY
        self.vectorizer_ = TfidfVectorizer(
            analyzer=grams, sublinear_tf=True, min_df=1 if few else 2, max_df=1.0 if few else self.most_common
        )
        rows = self.vectorizer_.fit_transform(texts)
        self.model_ = LinearSVC(C=self.C, class_weight="balanced", random_state=0).fit(rows, labels)
        return self

    def decision_function(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """How far each text lies inside each class, shape (n_texts, n_classes); for two classes (n_texts,), as
        scikit-learn has it."""
        check_is_fitted(self)
        return np.asarray(self.model_.decision_function(self.vectorizer_.transform(_texts(X))), dtype=float)

    def predict(self, X: Sequence[str]) -> NDArray[Any]:  # noqa: N803
        """The likeliest category of each text, shape (n_texts,)."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict(self.vectorizer_.transform(_texts(X))))

    def suggest(self, text: str, *, k: int = 3, within: float = 0.5) -> list[Any]:
        """Up to `k` categories, likeliest first: those whose score comes within a margin of the best one's. None if
        the text says nothing known: a guess would only mislead."""
        check_is_fitted(self)
        if not self.vectorizer_.transform(_texts([text])).nnz:
            return []
        scores = self.decision_function([text])[0]
        each = np.array([-scores, scores]) if np.ndim(scores) == 0 else scores
        rows = [row for row in best(each, k) if each[row] >= each.max() - within]
        suggested: list[Any] = self.classes_[rows].tolist()
        return suggested

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(given: Sequence[str]) -> list[str]:
    if isinstance(given, str):
        raise TypeError("a list of texts is wanted, not one text")
    texts = list(given)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {row} is {type(text).__name__}, not str")
    return texts
