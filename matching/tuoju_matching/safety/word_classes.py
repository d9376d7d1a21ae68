"""Classes of words, so that the classifier learns from "皮带" what it means of "扫帚".

A class counts once a sentence, alone and in a pair with each other class. The words are those of `normalize`.
"""

import csv
import re
from importlib.resources import files
from itertools import combinations

from tuoju_matching.safety.normalization import any_of

_FILE = files("tuoju_matching.safety") / "data" / "word_classes.tsv"
_ROUTINE = "routine"
"""Words that are harmless although they contain one that is not: 打电话, 打疫苗."""


def _patterns() -> dict[str, re.Pattern[str]]:
    with _FILE.open(encoding="utf-8") as file:
        words = {row["class"]: row["words"].split() for row in csv.DictReader(file, delimiter="\t")}
    return {name: re.compile(any_of(listed)) for name, listed in words.items()}


_PATTERNS = _patterns()


def word_classes(normalized: str) -> list[str]:
    """The classes of words in a normalized text, and the pairs of them.

    >>> word_classes("爸爸醉了")
    ['drink', 'parent', 'drink+parent']
    """
    without_routine = _PATTERNS[_ROUTINE].sub(" ", normalized)
    present = sorted(
        name
        for name, pattern in _PATTERNS.items()
        if pattern.search(normalized if name == _ROUTINE else without_routine)
    )
    return present + [f"{first}+{second}" for first, second in combinations(present, 2)]
