"""Train the classifier of signs anew: `python -m tuoju_matching.safety.training` writes data/model.npz.

It needs the extra `semantic` for the weights by meaning.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from tuoju_matching.safety.corpus import Sentence, read_sentences
from tuoju_matching.safety.features import character_groups
from tuoju_matching.safety.kinds import Danger, Urgency
from tuoju_matching.safety.model import (
    ANY,
    CLASS_WEIGHT,
    FIRST_DANGER,
    OUTPUTS,
    Block,
    Floats,
    SafetyModel,
    encode_meaning,
)
from tuoju_matching.safety.normalization import normalize
from tuoju_matching.safety.word_classes import word_classes

CHARACTER_STRENGTH, MEANING_STRENGTH = 3.0, 0.003
"""Inverse strength of the regularisation (C), found by cross-validation."""

FALSE_QUESTIONS, FALSE_ALARMS = 0.18, 0.03
"""Shares of harmless sentences, many of which use the words of a dangerous one, on which the thresholds are set."""

FOLDS = 5
_TARGET = Path(__file__).parent / "data" / "model.npz"


def train(sentences: Sequence[Sentence], vectors: NDArray[np.float32]) -> SafetyModel:
    """Fit the models; thresholds come from predictions for groups of sentences that were left out of a fit."""
    texts = [normalize(sentence.text) for sentence in sentences]
    labels = _labels(sentences)
    model = _fit(texts, vectors, labels)
    left_out = np.zeros((2, len(texts), len(OUTPUTS)))
    groups = [sentence.group for sentence in sentences]
    for rows, tested in GroupKFold(FOLDS, shuffle=True, random_state=0).split(texts, groups=groups):
        fold = _fit([texts[row] for row in rows], vectors[rows], labels[rows])
        for row in tested:
            left_out[0, row] = fold.probabilities(texts[row])
            left_out[1, row] = fold.probabilities(texts[row], vectors[row])
    model.thresholds[:] = [_thresholds(predicted, labels) for predicted in left_out]
    return replace(model, corpus=digest(sentences))


def digest(sentences: Sequence[Sentence]) -> str:
    """A digest of the sentences and their labels."""
    lines = [f"{sentence.text}|{sorted(sentence.dangers)}|{sentence.urgency}" for sentence in sentences]
    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def _labels(sentences: Sequence[Sentence]) -> NDArray[np.int8]:
    """1 and 0 for each output, shape (n, len(OUTPUTS)); -1 where NOW says nothing, because there is no danger."""
    rows = []
    for sentence in sentences:
        urgent = int(sentence.urgency is Urgency.now) if sentence.dangers else -1
        rows.append([int(bool(sentence.dangers)), urgent, *(int(danger in sentence.dangers) for danger in Danger)])
    return np.array(rows, dtype=np.int8)


def _fit(texts: Sequence[str], vectors: NDArray[np.float32], labels: NDArray[np.int8]) -> SafetyModel:
    characters = TfidfVectorizer(analyzer=character_groups, sublinear_tf=True, min_df=2)
    classes = TfidfVectorizer(analyzer=word_classes, binary=True, min_df=3)
    rows = hstack([characters.fit_transform(texts), CLASS_WEIGHT * classes.fit_transform(texts)]).tocsr()
    weights, intercepts = _regress(rows, labels, CHARACTER_STRENGTH)
    centre, scale = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    by_meaning = _regress((vectors - centre) / scale, labels, MEANING_STRENGTH)
    n_characters = len(characters.idf_)
    return SafetyModel(
        characters=Block(_rows(characters), characters.idf_, weights[:n_characters]),
        classes=Block(_rows(classes), classes.idf_, weights[n_characters:]),
        intercepts=intercepts,
        centre=centre,
        scale=scale,
        meaning=np.vstack(by_meaning),
        thresholds=np.zeros((2, 2, len(Danger))),
        corpus="",
    )


def _rows(vectorizer: TfidfVectorizer) -> dict[str, int]:
    return {term: row for row, term in enumerate(vectorizer.get_feature_names_out())}


def _regress(rows: csr_matrix | Floats, labels: NDArray[np.int8], strength: float) -> tuple[Floats, Floats]:
    """Weights and intercept of each output."""
    weights, intercepts = [], []
    for column in labels.T:
        known = column >= 0
        model = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
        model.fit(rows[known], column[known])
        weights.append(model.coef_[0])
        intercepts.append(model.intercept_[0])
    return np.array(weights).T, np.array(intercepts)


def _thresholds(predicted: Floats, labels: NDArray[np.int8]) -> Floats:
    """Thresholds of ANY for each likeliest danger, shape (2, len(Danger)): all ask and alarm falsely alike."""
    likeliest = predicted[:, FIRST_DANGER:].argmax(axis=1)
    harmless = labels[:, OUTPUTS.index(ANY)] == 0
    limits = np.zeros((2, len(Danger)))
    for column in range(len(Danger)):
        chances = predicted[harmless & (likeliest == column), OUTPUTS.index(ANY)]
        limits[:, column] = np.quantile(chances, [1 - FALSE_QUESTIONS, 1 - FALSE_ALARMS])
    return limits


def main() -> None:
    """Write the model anew."""
    sentences = read_sentences()
    vectors = encode_meaning([normalize(sentence.text) for sentence in sentences])
    with _TARGET.open("wb") as file:
        train(sentences, vectors).write(file)


if __name__ == "__main__":
    main()
