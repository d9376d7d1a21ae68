"""Who goes where, drawn: ribbons from places to projects, as SVG paths."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tuoju.words.languages import gettext as _

WIDTH = 720.0
LEFT, RIGHT = 190.0, 470.0
GAP, LEAST = 10.0, 22.0
OTHERS = ""
"""The key of what is drawn together for want of room."""

NOBODY = None
"""The key of no project."""


@dataclass(frozen=True)
class Knot:
    """A bar at either side, with its words and number."""

    words: str
    number: int
    x: float
    y: float
    height: float
    link: str
    without: bool = False


@dataclass(frozen=True)
class Ribbon:
    path: str
    width: float
    words: str
    without: bool


@dataclass(frozen=True)
class Drawing:
    height: float
    left: tuple[Knot, ...]
    right: tuple[Knot, ...]
    ribbons: tuple[Ribbon, ...]


def draw(
    flows: Mapping[tuple[str, int | None], int],
    place_words: Callable[[str], str],
    project_words: Callable[[int | None], str],
    place_link: Callable[[str], str],
    project_link: Callable[[int | None], str],
    *,
    most: int = 12,
) -> Drawing:
    """Ribbons as wide as their number; past `most` bars at a side the smallest are drawn together. Who stays without is
    the last bar on the right."""
    places = _largest(Counter(), flows, 0, most)
    projects = _largest(Counter(), flows, 1, most)
    joined: Counter[tuple[object, object]] = Counter()
    for (place, project), number in flows.items():
        key = project if project is NOBODY or project in projects else OTHERS
        joined[place if place in places else OTHERS, key] += number
    lefts = _order(Counter({key: _sum(joined, 0, key) for key in {pair[0] for pair in joined}}), last=OTHERS)
    rights = _order(Counter({key: _sum(joined, 1, key) for key in {pair[1] for pair in joined}}), last=OTHERS)
    rights = [key for key in rights if key is not NOBODY] + [key for key in rights if key is NOBODY]
    total = sum(joined.values()) or 1
    unit = max(300.0, LEAST * 1.2 * max(len(lefts), len(rights))) / total
    left = _knots(lefts, joined, 0, unit, LEFT - 10, lambda key: (place_words(str(key)), place_link(str(key))))
    right = _knots(rights, joined, 1, unit, RIGHT, lambda key: _of_project(key, project_words, project_link))
    height = max((knot.y + knot.height for knot in (*left.values(), *right.values())), default=0.0) + 6
    return Drawing(height, tuple(left.values()), tuple(right.values()), _ribbons(joined, left, right, unit))


def _of_project(key: object, words: Callable[[int | None], str], link: Callable[[int | None], str]) -> tuple[str, str]:
    if isinstance(key, int) or key is NOBODY:
        return words(key), link(key)
    return words(-1), ""


def _largest(sums: Counter[object], flows: Mapping[tuple[str, int | None], int], side: int, most: int) -> set[object]:
    for pair, number in flows.items():
        if pair[side] is not NOBODY:
            sums[pair[side]] += number
    ranked = sorted(sums, key=lambda key: (-sums[key], str(key)))
    return set(ranked if len(ranked) <= most else ranked[: most - 1])


def _sum(joined: Mapping[tuple[object, object], int], side: int, key: object) -> int:
    return sum(number for pair, number in joined.items() if pair[side] == key)


def _order(sums: Counter[object], last: object) -> list[object]:
    return sorted(sums, key=lambda key: (key == last, -sums[key], str(key)))


def _knots(
    keys: list[object],
    joined: Mapping[tuple[object, object], int],
    side: int,
    unit: float,
    x: float,
    words: Callable[[object], tuple[str, str]],
) -> dict[object, Knot]:
    found, y = {}, 4.0
    for key in keys:
        number = _sum(joined, side, key)
        height = max(2.0, number * unit)
        said, link = words(key)
        found[key] = Knot(said, number, x, round(y, 1), round(height, 1), link, key is NOBODY)
        y += max(height, LEAST - GAP) + GAP
    return found


def _ribbons(
    joined: Mapping[tuple[object, object], int],
    left: Mapping[object, Knot],
    right: Mapping[object, Knot],
    unit: float,
) -> tuple[Ribbon, ...]:
    begun_left, begun_right = Counter[object](), Counter[object]()
    found = []
    for start in left:
        for end in right:
            number = joined.get((start, end), 0)
            if not number:
                continue
            y0 = left[start].y + (begun_left[start] + number / 2) * unit
            y1 = right[end].y + (begun_right[end] + number / 2) * unit
            begun_left[start] += number
            begun_right[end] += number
            x0, x1, bend = LEFT, RIGHT, (LEFT + RIGHT) / 2
            path = f"M{x0:.1f} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
            words = f"{left[start].words} → {right[end].words}{_(': ')}{number}"
            found.append(Ribbon(path, max(1.0, round(number * unit, 1)), words, end is NOBODY))
    return tuple(found)
