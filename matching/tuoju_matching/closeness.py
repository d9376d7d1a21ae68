"""What a ranked list does not say by its order: which projects are nearly equal, and whether any is really close."""

from collections.abc import Sequence

from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.ranker import Ranked

NEARLY_EQUAL = 0.02
"""Scores that differ by no more are not worth an order: a word more or less in a text moves them as far."""
CLOSE_TEXT = 0.15
"""Below this similarity a project's text shares hardly a word or a meaning with what the need asks for."""
_TEXT = FEATURES.index(Feature.text)


def first_of_equals(ranked: Sequence[Ranked]) -> list[int]:
    """For each project of a list, best first, the rank of the best one that it is nearly equal to; its own if none."""
    ranks: list[int] = []
    best: Ranked | None = None
    for candidate in ranked:
        if best is None or best.score - candidate.score > NEARLY_EQUAL:
            best = candidate
        ranks.append(best.rank)
    return ranks


def is_any_close(ranked: Sequence[Ranked]) -> bool:
    """Whether the text of any project of a list is close to what the need asks for; True for an empty list."""
    return not ranked or any(candidate.features[_TEXT] >= CLOSE_TEXT for candidate in ranked)
