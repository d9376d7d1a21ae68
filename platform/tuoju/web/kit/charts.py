"""Where the parts of a chart lie, in pixels: the SVG macros of macros/charts.html only draw."""

from collections.abc import Sequence
from dataclasses import dataclass

BAR_ROW = 44
"""Height of one row of a bar chart: its words above, its bar below."""

LABEL_ROOM = 70
"""Room right of the longest bar for its number."""


@dataclass(frozen=True)
class Bar:
    """One bar with its words above and its value at its end; `link` opens the rows that it counts, empty for none."""

    words: str
    value: int
    link: str
    words_y: int
    bar_y: int
    bar_width: float
    value_x: float
    value_y: int


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars, longest value across the width."""

    width: int
    height: int
    bars: tuple[Bar, ...]


def bar_chart(rows: Sequence[tuple[str, int, str]], width: int = 380) -> BarChart:
    """Lay out (words, value, link) rows from the top down."""
    greatest = max((value for _words, value, _link in rows), default=0)
    bars = []
    for number, (words, value, link) in enumerate(rows):
        top = number * BAR_ROW
        length = round((width - LABEL_ROOM) * value / greatest if greatest else 0.0, 1)
        bars.append(Bar(words, value, link, top + 16, top + 22, length, length + 8, top + 34))
    return BarChart(width, len(rows) * BAR_ROW + 4, tuple(bars))


@dataclass(frozen=True)
class Column:
    """One column with its value above and its words below."""

    words: str
    value: int
    x: float
    y: float
    width: float
    height: float
    middle: float
    value_y: float


@dataclass(frozen=True)
class ColumnChart:
    """Columns on a base line."""

    width: int
    height: int
    base_y: int
    words_y: int
    columns: tuple[Column, ...]


def column_chart(rows: Sequence[tuple[str, int]], width: int = 380, height: int = 190) -> ColumnChart:
    """Lay out (words, value) rows from left to right."""
    greatest = max((value for _words, value in rows), default=0)
    step = width / (len(rows) or 1)
    columns = []
    for number, (words, value) in enumerate(rows):
        length = (height - 50) * value / greatest if greatest else 0.0
        left = number * step
        columns.append(
            Column(
                words,
                value,
                x=round(left + step * 0.15, 1),
                y=round(height - 26 - length, 1),
                width=round(step * 0.7, 1),
                height=round(length, 1),
                middle=round(left + step / 2, 1),
                value_y=round(height - 32 - length, 1),
            )
        )
    return ColumnChart(width, height, height - 25, height - 8, tuple(columns))


@dataclass(frozen=True)
class SquareChart:
    """A square from 0 to 1 in both directions, for chances against what happened."""

    size: int
    ticks: tuple[float, ...] = (0, 0.25, 0.5, 0.75, 1)

    @property
    def room(self) -> int:
        """Pixels from 0 to 1."""
        return self.size - 56

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return round(46 + value * self.room, 1)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return round(10 + (1 - value) * self.room, 1)

    def tick_y(self, value: float) -> float:
        """Base line of the number beside a tick."""
        return round(14 + (1 - value) * self.room, 1)


def percent(share: float) -> int:
    """55 of 0.55."""
    return round(share * 100)
