"""The outlines of the counties as SVG paths."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.regions.models import RegionOutline
from tuoju.regions.queries import outlines

WIDTH, HEIGHT = 520.0, 420.0
"""The box into which the outlines are fitted, in pixels."""


@dataclass(frozen=True)
class Shape:
    """One county; `x` and `y` are the middle of its label, in the box of WIDTH x HEIGHT."""

    code: str
    path: str
    x: float
    y: float
    label_y: float
    """`y`, moved away from the label of a neighbour."""


def shapes(session: Session) -> tuple[Shape, ...]:
    """The counties that have an outline. Longitudes are narrowed by the cosine of the latitude."""
    counties = [(outline, list(_rings(outline))) for outline in outlines(session)]
    points = [point for _outline, rings in counties for ring in rings for point in ring]
    if not points:
        return ()
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrowing = math.cos(math.radians((south + north) / 2))
    scale = min(WIDTH / ((east - west) * narrowing), HEIGHT / (north - south))

    def pixels(x: float, y: float) -> tuple[float, float]:
        return round((x - west) * narrowing * scale, 1), round((north - y) * scale, 1)

    return tuple(_shape(outline, [[pixels(x, y) for x, y in ring] for ring in rings]) for outline, rings in counties)


def _shape(outline: RegionOutline, rings: list[list[tuple[float, float]]]) -> Shape:
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
    x, y = (sum(axis) / len(axis) for axis in zip(*max(rings, key=len), strict=True))
    return Shape(outline.region_code, path, round(x, 1), round(y, 1), round(y + outline.label_shift, 1))


def _rings(outline: RegionOutline) -> Iterator[list[tuple[float, float]]]:
    for polygon in outline.polygons:
        for ring in polygon:
            yield [(point[0], point[1]) for point in ring]
