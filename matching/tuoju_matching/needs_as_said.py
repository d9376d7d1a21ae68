"""Which services one sentence asks for: a person may tell of meals and washing in one breath."""

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.categories import CategorySuggester

MAX_SUGGESTIONS = 4
LEAST_SCORE = -0.5
"""A clause that scores less for its likeliest service says nothing of a service."""

LIKELY_SCORE, POSSIBLE_SCORE = 0.0, -0.3
CLAUSE_WEIGHT = 0.5
"""Weight of the best clause beside the whole text."""

LATER_CLAUSE = 0.2
"""What a clause loses with each one before it: people begin with what matters to them."""

_CLAUSE_ENDS = re.compile(r"[，,。；;、！？!?\s]+")


class Confidence(StrEnum):
    """How sure a suggestion is."""

    likely = "likely"
    possible = "possible"
    guess = "guess"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category that a text asks for, and the clause that says so."""

    category: str
    confidence: Confidence
    clause: str


def split_clauses(text: str) -> list[str]:
    """The clauses of a text that have more than one character.

    >>> split_clauses("没人做饭，衣服也洗不了。")
    ['没人做饭', '衣服也洗不了']
    """
    return [clause for clause in _CLAUSE_ENDS.split(text) if len(clause) > 1]


def suggest_needs(suggester: CategorySuggester, text: str) -> list[Suggestion]:
    """The categories that a text asks for, the most important first; none for a text without known words.

    Each clause suggests the category that fits it best within the whole text, and the whole text suggests one, too.

    Examples
    --------
    >>> texts = ["没人做饭", "做不了饭", "衣服没人洗", "洗不动衣服", "想理发", "头发长"]
    >>> suggester = CategorySuggester().fit(texts, ["meals", "meals", "washing", "washing", "hair", "hair"])
    >>> [suggestion.category for suggestion in suggest_needs(suggester, "做饭做不了，衣服也洗不动")]
    ['meals', 'washing']
    """
    clauses = split_clauses(text)
    if not clauses or not suggester.suggest(text):
        return []
    of_text = suggester.decision_function([text])[0]
    of_clauses: NDArray[np.float64] = suggester.decision_function(clauses)
    totals = of_text + CLAUSE_WEIGHT * of_clauses.max(axis=0)
    clause_of = _clauses_of_categories(of_text, of_clauses, int(totals.argmax()))
    ranks = {column: totals[column] - LATER_CLAUSE * clause for column, clause in clause_of.items()}
    ordered = sorted(ranks, key=lambda column: -ranks[column])[:MAX_SUGGESTIONS]
    return [
        Suggestion(
            category=str(suggester.classes_[column]),
            confidence=_confidence(max(of_text[column], of_clauses[clause_of[column], column])),
            clause=clauses[clause_of[column]],
        )
        for column in ordered
    ]


def _clauses_of_categories(of_text: NDArray[np.float64], of_clauses: NDArray[np.float64], best: int) -> dict[int, int]:
    """For each suggested category the first clause that suggests it."""
    clause_of: dict[int, int] = {}
    for clause, scores in enumerate(of_clauses):
        column = int((scores + CLAUSE_WEIGHT * of_text).argmax())
        if scores[column] > LEAST_SCORE:
            clause_of.setdefault(column, clause)
    clause_of.setdefault(best, int(of_clauses[:, best].argmax()))
    return clause_of


def _confidence(score: float) -> Confidence:
    if score >= LIKELY_SCORE:
        return Confidence.likely
    return Confidence.possible if score >= POSSIBLE_SCORE else Confidence.guess
