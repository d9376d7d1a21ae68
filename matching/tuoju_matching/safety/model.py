"""The classifier of signs: logistic models over characters and classes of words, and over meaning with the extra.

Its numbers are a file of plain arrays, written by `training.py`. Reading it takes numpy alone, so that neither start
nor request waits for scikit-learn.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log, sqrt
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching import semantic
from tuoju_matching.learned import sigmoid
from tuoju_matching.safety.features import term_counts
from tuoju_matching.safety.kinds import Danger

ANY, NOW = "any", "now"
FIRST_DANGER = 2
OUTPUTS = (ANY, NOW, *Danger)
"""Any danger at all; that it is urgent now, if there is one; and each kind of danger."""

CLASS_WEIGHT = 0.5
"""Length of the vector of word classes beside that of the character groups, which is 1."""

_FILE = files("tuoju_matching.safety") / "data" / "model.npz"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """Terms of one kind with their rarity and their weight for each output.

    Attributes
    ----------
    rows : mapping of str to int
    rarity : ndarray of shape (n_terms,)
    weights : ndarray of shape (n_terms, len(OUTPUTS))
    """

    rows: dict[str, int]
    rarity: Floats
    weights: Floats

    def score(self, counts: dict[str, int], *, sublinear: bool) -> Floats:
        """The contribution to each output's log-odds, shape (len(OUTPUTS),)."""
        known = [(self.rows[term], count) for term, count in counts.items() if term in self.rows]
        if not known:
            return np.zeros(len(OUTPUTS))
        rows = np.array([row for row, _count in known])
        sizes = np.array([1 + log(count) if sublinear else 1.0 for _row, count in known])
        values = sizes * self.rarity[rows]
        return np.asarray(values @ self.weights[rows] / sqrt(float(values @ values)))


@dataclass(frozen=True, slots=True)
class SafetyModel:
    """The numbers of the classifier.

    Attributes
    ----------
    characters, classes : Block
    intercepts : ndarray of shape (len(OUTPUTS),)
    centre, scale : ndarray of shape (384,)
        Mean and spread of the sentence vectors.
    meaning : ndarray of shape (385, len(OUTPUTS))
        Weights of the sentence vector; the last row is the intercept.
    thresholds : ndarray of shape (2, 2, len(Danger))
        Without and with meaning: the probability of ANY from which a sentence is asked about and from which it
        alarms, if this danger is its likeliest.
    corpus : str
        Digest of the sentences that it was trained on.
    """

    characters: Block
    classes: Block
    intercepts: Floats
    centre: Floats
    scale: Floats
    meaning: Floats
    thresholds: Floats
    corpus: str

    @classmethod
    def read(cls, file: IO[bytes]) -> Self:
        """Read what `write` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            floats = {name: arrays[name].astype(np.float64) for name in arrays.files if arrays[name].dtype.kind == "f"}
            blocks = {name: str(arrays[f"{name}_terms"]).split("\n") for name in ("characters", "classes")}
            characters, classes = (
                Block(
                    rows={term: row for row, term in enumerate(terms)},
                    rarity=floats[f"{name}_rarity"],
                    weights=floats[f"{name}_weights"],
                )
                for name, terms in blocks.items()
            )
            return cls(
                characters=characters,
                classes=classes,
                intercepts=floats["intercepts"],
                centre=floats["centre"],
                scale=floats["scale"],
                meaning=floats["meaning"],
                thresholds=floats["thresholds"],
                corpus=str(arrays["corpus"]),
            )

    def write(self, file: IO[bytes]) -> None:
        """Write the numbers in half precision, without any object that would have to be unpickled."""
        arrays: dict[str, NDArray[np.generic]] = {"corpus": np.array(self.corpus)}
        for name, block in (("characters", self.characters), ("classes", self.classes)):
            arrays[f"{name}_terms"] = np.array("\n".join(block.rows))
            arrays[f"{name}_rarity"] = block.rarity.astype(np.float16)
            arrays[f"{name}_weights"] = block.weights.astype(np.float16)
        for name in ("intercepts", "centre", "scale", "meaning", "thresholds"):
            arrays[name] = getattr(self, name).astype(np.float32)
        np.savez_compressed(file, allow_pickle=False, **arrays)

    def log_odds(self, normalized: str) -> Floats:
        """Log-odds of each output by characters and classes of words, shape (len(OUTPUTS),)."""
        groups, classes = term_counts(normalized)
        return np.asarray(
            self.intercepts
            + self.characters.score(groups, sublinear=True)
            + CLASS_WEIGHT * self.classes.score(classes, sublinear=False)
        )

    def log_odds_by_meaning(self, vector: NDArray[np.float32]) -> Floats:
        """Log-odds of each output by a sentence vector."""
        standardized = (vector - self.centre) / self.scale
        return np.asarray(standardized @ self.meaning[:-1] + self.meaning[-1])

    def probabilities(self, normalized: str, vector: NDArray[np.float32] | None = None) -> Floats:
        """The probability of each output, shape (len(OUTPUTS),); by meaning, too, if the vector is there."""
        log_odds = self.log_odds(normalized)
        if vector is not None:
            log_odds = log_odds + self.log_odds_by_meaning(vector)
        return sigmoid(log_odds)


@cache
def shipped_model() -> SafetyModel:
    """The model that ships with the package, read once a process."""
    with _FILE.open("rb") as file:
        return SafetyModel.read(file)


def encode_meaning(sentences: list[str]) -> NDArray[np.float32]:
    """Sentence vectors, shape (len(sentences), 384). Raises ImportError without the extra `semantic`."""
    return semantic.Semantic().fit(sentences).vectors_
