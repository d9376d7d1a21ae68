"""Suggest service categories for a free text, learned from texts that people have categorised."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from tuoju_matching.ranking_metrics import top_k
from tuoju_matching.text import grams

LARGE_SET = 200
"""From so many texts on, terms of a single text are left out: they are too rare to help, and may be personal."""


class CategorySuggester(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear support vector machine (LIBLINEAR, Fan et al. 2008) over TF-IDF of `grams`, one class against the rest.

    Parameters
    ----------
    C : float
        Inverse strength of the regularisation.
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
        """Learn from texts and their categories.

        Parameters
        ----------
        X : sequence of str
            A text with several categories is listed once for each.
        y : array-like of shape (n_texts,)

        Raises
        ------
        TypeError
            If a text is not a str.
        ValueError
            For different lengths, fewer than two categories, or texts without any term.
        """
        texts, labels = _checked_texts(X), np.asarray(y)
        if labels.shape != (len(texts),):
            raise ValueError(f"labels must have shape ({len(texts)},), not {labels.shape}")
        self.classes_: NDArray[Any] = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError("there must be texts of at least two categories")
        few = len(texts) < LARGE_SET
        self.vectorizer_ = TfidfVectorizer(
            analyzer=grams, sublinear_tf=True, min_df=1 if few else 2, max_df=1.0 if few else self.most_common
        )
        rows = self.vectorizer_.fit_transform(texts)
        self.model_ = LinearSVC(C=self.C, class_weight="balanced", random_state=0).fit(rows, labels)
        return self

    def decision_function(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """Signed distances to the class boundaries, shape (n_texts, n_classes), or (n_texts,) for two classes."""
        check_is_fitted(self)
        return np.asarray(self.model_.decision_function(self.vectorizer_.transform(_checked_texts(X))), dtype=float)

    def predict(self, X: Sequence[str]) -> NDArray[Any]:  # noqa: N803
        """The most likely category of each text, shape (n_texts,)."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict(self.vectorizer_.transform(_checked_texts(X))))

    def suggest(self, text: str, *, k: int = 3, within: float = 0.5) -> list[Any]:
        """Suggest up to `k` categories, most likely first: those with a score within `within` of the best one.

        The list is empty if the text contains no known term, because a guess would only mislead.
        """
        check_is_fitted(self)
        if not self.vectorizer_.transform(_checked_texts([text])).nnz:
            return []
        scores = self.decision_function([text])[0]
        by_class = np.array([-scores, scores]) if np.ndim(scores) == 0 else scores
        rows = [row for row in top_k(by_class, k) if by_class[row] >= by_class.max() - within]
        suggested: list[Any] = self.classes_[rows].tolist()
        return suggested

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _checked_texts(values: Sequence[str]) -> list[str]:
    if isinstance(values, str):
        raise TypeError("expected a list of texts, not one text")
    texts = list(values)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {row} is {type(text).__name__}, not str")
    return texts
