"""The sentences that the classifier learns from: written by hand, in contrast pairs.

`data/<label>.txt` holds the sentences of one label under a heading for their urgency. A line that begins with "- "
says something harmless in the words of the line before; both belong to one group, so that a split never parts them.
Slots such as {a/b} are filled in several ways; " @label" adds a second label.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, islice, product, zip_longest

from tuoju_matching.safety.kinds import Danger, Urgency

_FOLDER = files("tuoju_matching.safety") / "data"
_SLOT = re.compile(r"\{([^}]*)\}")
MAX_FILLINGS = 6
"""Sentences made from one line with slots."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence; no label for a harmless one."""

    text: str
    dangers: frozenset[Danger]
    urgency: Urgency
    group: str


def read_sentences() -> list[Sentence]:
    """All sentences, in the order of the files."""
    return [sentence for name in (*Danger, None) for sentence in _read_file(name)]


def _read_file(label: Danger | None) -> Iterator[Sentence]:
    urgency, group = Urgency.none, ""
    for line in (_FOLDER / f"{label or 'none'}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            urgency = Urgency(line[2:]) if label else Urgency.none
        elif line.startswith("- "):
            yield from _sentences_of(line[2:], None, Urgency.none, group)
        elif line:
            group = line
            yield from _sentences_of(line, label, urgency, group)


def _sentences_of(line: str, label: Danger | None, urgency: Urgency, group: str) -> Iterator[Sentence]:
    text, _at, others = line.partition(" @")
    dangers = frozenset({label, *map(Danger, filter(None, others.split(",")))}) if label else frozenset()
    for filled in _fill(text.strip()):
        yield Sentence(filled, dangers, urgency, group)


def _fill(text: str) -> Iterator[str]:
    """The line with its slots filled in up to MAX_FILLINGS ways, spread over all combinations."""
    between = _SLOT.sub("\n", text).split("\n")
    slots = [match[1].split("/") for match in _SLOT.finditer(text)]
    combinations = list(product(*slots))
    step = max(len(combinations) // MAX_FILLINGS, 1)
    for combination in islice(combinations[::step], MAX_FILLINGS):
        yield "".join(chain.from_iterable(zip_longest(between, combination, fillvalue="")))
