"""What a text may tell of danger. It never decides: a person looks at what was seen and chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tuoju_matching import semantic
from tuoju_matching.safety.kinds import Danger, Level, Urgency
from tuoju_matching.safety.model import ANY, FIRST_DANGER, NOW, OUTPUTS, Floats, encode_meaning, shipped_model
from tuoju_matching.safety.normalization import normalize, split_sentences
from tuoju_matching.safety.rules import find_statements

MAX_CHARACTERS = 4000
"""Longer texts are read to here."""

MAX_VECTORS = 12
"""Sentences of one text whose meaning is encoded, at some 20 ms each: the likeliest by characters."""

DOUBT = 0.25
"""A statement in a sentence that the classifier holds less likely than this is asked about."""

PROBABLE = 0.5
"""From this probability on, a second danger is named and an urgency is `now`."""

_ANY, _NOW = OUTPUTS.index(ANY), OUTPUTS.index(NOW)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a person should look at.

    Attributes
    ----------
    level : Level
    dangers : tuple of Danger
        The likeliest first; empty for `Level.none`.
    urgency : Urgency
    words : tuple of str
        The sentences that tell it, as normalized.
    """

    level: Level
    dangers: tuple[Danger, ...] = ()
    urgency: Urgency = Urgency.none
    words: tuple[str, ...] = ()


NOTHING = Assessment(Level.none)


def assess(text: str, *, by_meaning: bool | None = None) -> Assessment:
    """Assess a free text: its statements by rules, its signs by the classifier.

    Parameters
    ----------
    text : str
    by_meaning : bool, optional
        Whether sentence vectors are used; by default if the extra `semantic` is installed.

    Examples
    --------
    >>> assess("家里断粮了", by_meaning=False).level.value
    'alarm'
    >>> assess("家里没有断粮，米缸是满的", by_meaning=False).level.value
    'none'
    """
    sentences = split_sentences(normalize(text[:MAX_CHARACTERS]))
    if not sentences:
        return NOTHING
    model = shipped_model()
    if len(sentences) > 1:
        sentences = list(dict.fromkeys([*sentences, *_neighbours(sentences)]))
    use_meaning = semantic.available() if by_meaning is None else by_meaning
    probabilities = np.array([model.probabilities(sentence) for sentence in sentences])
    limits = np.repeat(model.thresholds[:1], len(sentences), axis=0)
    if use_meaning:
        likeliest = np.argsort(-probabilities[:, _ANY], kind="stable")[:MAX_VECTORS]
        vectors = encode_meaning([sentences[row] for row in likeliest])
        for row, vector in zip(likeliest, vectors, strict=True):
            probabilities[row] = model.probabilities(sentences[row], vector)
            limits[row] = model.thresholds[1]
    assessments = [_assess_sentence(*row) for row in zip(sentences, probabilities, limits, strict=True)]
    return _combine(assessments)


def _neighbours(sentences: Sequence[str]) -> list[str]:
    """Pairs of short sentences that follow each other: a sign often lies between them."""
    return [f"{first},{second}" for first, second in pairwise(sentences) if len(first) + len(second) <= 60]


def _assess_sentence(sentence: str, probabilities: Floats, limits: Floats) -> Assessment:
    """Assess one sentence. `limits` has a row for asking and one for alarming."""
    statements = list(find_statements(sentence))
    likely = probabilities[FIRST_DANGER:]
    chance = probabilities[_ANY]
    ask, alarm = limits[:, likely.argmax()]
    if (statements and chance >= DOUBT) or chance >= alarm:
        level = Level.alarm
    elif statements or chance >= ask:
        level = Level.ask
    else:
        return NOTHING
    stated = [statement.danger for statement in statements]
    order = [list(Danger)[column] for column in np.argsort(-likely, kind="stable")]
    probable = [danger for danger in order if likely[list(Danger).index(danger)] >= PROBABLE]
    dangers = tuple(dict.fromkeys([*stated, *probable])) or (order[0],)
    now = any(statement.urgency is Urgency.now for statement in statements) or probabilities[_NOW] >= PROBABLE
    return Assessment(level, dangers, Urgency.now if now else Urgency.soon, (sentence,))


def _combine(assessments: Sequence[Assessment]) -> Assessment:
    """The highest level and urgency of all sentences, with their dangers and words."""
    worrying = [assessment for assessment in assessments if assessment.level is not Level.none]
    if not worrying:
        return NOTHING
    worrying.sort(key=lambda assessment: assessment.level is not Level.alarm)
    dangers = dict.fromkeys(danger for assessment in worrying for danger in assessment.dangers)
    words = dict.fromkeys(word for assessment in worrying for word in assessment.words)
    urgent = any(assessment.urgency is Urgency.now for assessment in worrying)
    return Assessment(worrying[0].level, tuple(dangers), Urgency.now if urgent else Urgency.soon, tuple(words))
