"""What the classifier sees of a sentence: groups of one to three characters, and classes of words."""

from collections import Counter
from itertools import chain

from tuoju_matching.safety.word_classes import word_classes

LONGEST_GROUP = 3


def character_groups(normalized: str) -> list[str]:
    """All groups of up to LONGEST_GROUP characters; a space stands before and after the sentence.

    >>> character_groups("饿")
    [' ', '饿', ' ', ' 饿', '饿 ', ' 饿 ']
    """
    padded = f" {normalized} "
    lengths = range(1, LONGEST_GROUP + 1)
    return list(
        chain.from_iterable(
            (padded[start : start + length] for start in range(len(padded) - length + 1)) for length in lengths
        )
    )


def term_counts(normalized: str) -> tuple[Counter[str], Counter[str]]:
    """How often each character group occurs, and which classes of words do."""
    return Counter(character_groups(normalized)), Counter(word_classes(normalized))
