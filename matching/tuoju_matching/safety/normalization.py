"""One spelling for what was typed: simplified characters, half width, words of dialects and slips of the keyboard."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from importlib.resources import files

from tuoju_text.folding import common_forms

_FILE = files("tuoju_matching.safety") / "data" / "spellings.tsv"
"""Words of dialects and of migrants, and what a keyboard by sound puts in place of a word."""


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of these words, longer ones first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _spellings() -> dict[str, str]:
    with _FILE.open(encoding="utf-8") as file:
        return {row["written"]: row["meant"] for row in csv.DictReader(file, delimiter="\t")}


_WORDS = _spellings()
_ANY_WORD = re.compile(any_of(_WORDS))
_INVISIBLE = {"Cf", "Cc", "Cs", "Co"}
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])[ \t]+(?=[\u3400-\u9fff])")
_ANY_SIGN = re.compile(r"\w")
_SENTENCE_ENDS = re.compile(r"[。！？!?；;\n]+")


def normalize(text: str) -> str:
    """Fold variants of one statement into one spelling.

    >>> normalize("家裡斷良了，冇得米")
    '家里断粮了,没有米'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(sign for sign in folded if sign == "\n" or unicodedata.category(sign) not in _INVISIBLE)
    plain = _BETWEEN_HAN.sub("", visible.translate(common_forms()))
    return _ANY_WORD.sub(lambda match: _WORDS[match[0]], plain)


def split_sentences(normalized: str) -> list[str]:
    """The sentences of a normalized text, without empty ones."""
    return [part.strip() for part in _SENTENCE_ENDS.split(normalized) if _ANY_SIGN.search(part)]
