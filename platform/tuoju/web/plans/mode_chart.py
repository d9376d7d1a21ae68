"""The chart that compares ways of giving the places: one stacked bar for each way, coloured by urgency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuoju.cases.models import Urgency

WIDTH = 520
ROW_HEIGHT = 48
"""Words above, bar below."""

TOTAL_ROOM = 60
"""Room right of the longest bar for its total."""

MIN_LABELLED_WIDTH = 22
"""A narrower segment has no room for its number."""

COLOURS: Mapping[Urgency, str] = {
    Urgency.life_threatening: "#7a2a17",
    Urgency.urgent: "#a8442a",
    Urgency.soon: "#c99035",
    Urgency.routine: "#1d5c4f",
}


@dataclass(frozen=True)
class Segment:
    """The needs of one urgency in a bar."""

    x: float
    width: float
    colour: str
    number: int
    number_x: float
    has_number: bool
    """Whether there is room for the number."""


@dataclass(frozen=True)
class ModeBar:
    """One way of giving the places."""

    words: str
    words_y: int
    y: int
    number_y: float
    segments: tuple[Segment, ...]
    total: int
    total_x: float
    total_y: int


@dataclass(frozen=True)
class ModeChart:
    """All ways; the first is the plan itself."""

    width: int
    height: int
    bars: tuple[ModeBar, ...]


def mode_chart(rows: Sequence[tuple[str, Mapping[str, int]]], urgencies: Sequence[Urgency]) -> ModeChart:
    """Lay out (words, needs placed by urgency) rows from the top down."""
    longest = max((sum(placed.values()) for _words, placed in rows), default=0)
    unit = (WIDTH - TOTAL_ROOM) / longest if longest else 0.0
    bars = tuple(_bar(words, placed, urgencies, unit, at * ROW_HEIGHT) for at, (words, placed) in enumerate(rows))
    return ModeChart(WIDTH, len(rows) * ROW_HEIGHT + 4, bars)


def _bar(words: str, placed: Mapping[str, int], urgencies: Sequence[Urgency], unit: float, top: int) -> ModeBar:
    segments: list[Segment] = []
    x: float = 0
    for urgency in urgencies:
        number = placed.get(urgency.value, 0)
        if not number:
            continue
        width = number * unit
        segment = Segment(
            x=round(x, 1),
            width=round(width, 1),
            colour=COLOURS[urgency],
            number=number,
            number_x=round(x + width / 2, 1),
            has_number=width > MIN_LABELLED_WIDTH,
        )
        segments.append(segment)
        x += width
    return ModeBar(
        words=words,
        words_y=top + 16,
        y=top + 22,
        number_y=top + 34.5,
        segments=tuple(segments),
        total=sum(placed.values()),
        total_x=round(x + 8, 1),
        total_y=top + 35,
    )
