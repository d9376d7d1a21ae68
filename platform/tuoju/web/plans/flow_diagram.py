"""The flow diagram of a plan: ribbons from places on the left to projects on the right, as SVG paths."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from tuoju.words.languages import gettext as _

WIDTH = 720
LEFT, RIGHT = 190.0, 470.0
"""Where ribbons begin and end, in pixels."""

BAR_WIDTH = 10
GAP = 10.0
"""Pixels between two bars."""

ROW_HEIGHT = 22.0
"""Pixels that a bar takes at least, so that its label has room."""

PLACE_LABEL, PROJECT_LABEL = 11, 15
"""Characters of a label at most."""

OTHER_PLACES = ""
"""The key of all smaller places, drawn as one bar."""

OTHER_PROJECTS = -1
"""The key of all smaller projects, drawn as one bar."""

Key = TypeVar("Key")

Flow = tuple[str, int | None]
"""A place's key, and a project's id; None for no project."""


class Label(NamedTuple):
    """The words of a bar, and where they link to; an empty link for none."""

    words: str
    link: str


@dataclass(frozen=True)
class Bar:
    """A bar at either side, with its label."""

    x: float
    y: float
    height: float
    words: str
    """As the title of a ribbon has it."""
    text: str
    """The label: shortened words, and the number."""
    text_x: float
    text_y: float
    link: str
    is_without: bool
    """Whether it stands for needs without a project."""


@dataclass(frozen=True)
class Ribbon:
    """A curve from a place to a project, as wide as the number of needs."""

    path: str
    width: float
    words: str
    is_without: bool


@dataclass(frozen=True)
class FlowDiagram:
    """The diagram, WIDTH pixels wide."""

    width: int
    height: float
    places: tuple[Bar, ...]
    projects: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]


def draw(
    flows: Mapping[Flow, int],
    place_label: Callable[[str], Label],
    project_label: Callable[[int | None], Label],
    *,
    max_bars: int = 12,
) -> FlowDiagram:
    """Draw how many needs go from each place to each project.

    If a side has more than `max_bars` bars, the smallest are drawn as one, labelled by OTHER_PLACES or OTHER_PROJECTS.
    The needs without a project are the last bar on the right.
    """
    joined = _join_small(flows, max_bars)
    by_place: Counter[str] = Counter()
    by_project: Counter[int | None] = Counter()
    for (place, project), number in joined.items():
        by_place[place] += number
        by_project[project] += number
    places = sorted(by_place, key=lambda key: (key == OTHER_PLACES, -by_place[key], key))
    projects = sorted(by_project, key=lambda key: (key is None, key == OTHER_PROJECTS, -by_project[key], str(key)))
    rows = max(len(places), len(projects))
    unit = max(300.0, ROW_HEIGHT * 1.2 * rows) / (sum(joined.values()) or 1)
    left = _bars([(key, by_place[key], place_label(key)) for key in places], unit, is_left=True)
    right = _bars([(key, by_project[key], project_label(key)) for key in projects], unit, is_left=False)
    height = max((bar.y + bar.height for bar in (*left.values(), *right.values())), default=0.0) + 6
    ribbons = _ribbons(joined, left, right, unit)
    return FlowDiagram(WIDTH, round(height, 1), tuple(left.values()), tuple(right.values()), ribbons)


def _join_small(flows: Mapping[Flow, int], max_bars: int) -> Counter[Flow]:
    """The flows with the smallest places and projects under OTHER_PLACES and OTHER_PROJECTS."""
    by_place: Counter[str] = Counter()
    by_project: Counter[int] = Counter()
    for (place, project), number in flows.items():
        by_place[place] += number
        if project is not None:
            by_project[project] += number
    places = _largest(by_place, max_bars)
    projects = _largest(by_project, max_bars)
    joined: Counter[Flow] = Counter()
    for (place, project), number in flows.items():
        place_key = place if place in places else OTHER_PLACES
        project_key = project if project is None or project in projects else OTHER_PROJECTS
        joined[place_key, project_key] += number
    return joined


def _largest(sums: Counter[Key], max_bars: int) -> set[Key]:
    """The keys that get a bar of their own: all, or the largest that leave one bar for the others."""
    ranked = sorted(sums, key=lambda key: (-sums[key], str(key)))
    return set(ranked if len(ranked) <= max_bars else ranked[: max_bars - 1])


def _bars(rows: Sequence[tuple[Key, int, Label]], unit: float, *, is_left: bool) -> dict[Key, Bar]:
    """The bars of one side from the top down, by key; `unit` is the height of one need in pixels."""
    x = LEFT - BAR_WIDTH if is_left else RIGHT
    text_x, max_length = (x - 8, PLACE_LABEL) if is_left else (x + 18, PROJECT_LABEL)
    bars, y = {}, 4.0
    for key, number, label in rows:
        height = max(2.0, number * unit)
        top, tall = round(y, 1), round(height, 1)
        bars[key] = Bar(
            x=x,
            y=top,
            height=tall,
            words=label.words,
            text=f"{_shorten(label.words, max_length)} {number}",
            text_x=text_x,
            text_y=round(top + tall / 2 + 5, 1),
            link=label.link,
            is_without=key is None,
        )
        y += max(height, ROW_HEIGHT - GAP) + GAP
    return bars


def _shorten(words: str, max_length: int) -> str:
    return words if len(words) <= max_length else f"{words[: max_length - 1]}…"


def _ribbons(
    joined: Mapping[Flow, int],
    left: Mapping[str, Bar],
    right: Mapping[int | None, Bar],
    unit: float,
) -> tuple[Ribbon, ...]:
    used_left, used_right = Counter[str](), Counter[int | None]()
    ribbons = []
    for place, start in left.items():
        for project, end in right.items():
            number = joined.get((place, project), 0)
            if not number:
                continue
            y0 = start.y + (used_left[place] + number / 2) * unit
            y1 = end.y + (used_right[project] + number / 2) * unit
            used_left[place] += number
            used_right[project] += number
            bend = (LEFT + RIGHT) / 2
            path = f"M{LEFT:.1f} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {RIGHT:.1f} {y1:.1f}"
            words = f"{start.words} → {end.words}{_(': ')}{number}"
            ribbons.append(Ribbon(path, max(1.0, round(number * unit, 1)), words, end.is_without))
    return tuple(ribbons)
