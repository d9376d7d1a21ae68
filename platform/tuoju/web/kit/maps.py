"""The outline of the counties as SVG paths, computed once per process."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

WIDTH, HEIGHT = 520.0, 420.0
"""The box into which the outlines are fitted, in pixels."""

LABEL_OFFSETS = {"341103000000": 14, "341102000000": -8}
"""How far the names of two neighbouring counties are moved down the map, in pixels, so that they do not overlap."""


@dataclass(frozen=True)
class Shape:
    """One county; `x` and `y` are the middle of its label, in the box of WIDTH x HEIGHT."""

    code: str
    path: str
    x: float
    y: float

    @property
    def label_y(self) -> float:
        """The middle of the label, moved away from the label of a neighbour."""
        return self.y + LABEL_OFFSETS.get(self.code, 0)


@cache
def shapes() -> tuple[Shape, ...]:
    """The counties of the city. Longitudes are narrowed by the cosine of the latitude."""
    file = files("tuoju.regions") / "data" / "chuzhou_counties.geojson"
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    points = [point for feature in features for ring in _rings(feature) for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrowing = math.cos(math.radians((south + north) / 2))
    scale = min(WIDTH / ((east - west) * narrowing), HEIGHT / (north - south))

    def pixels(x: float, y: float) -> tuple[float, float]:
        return round((x - west) * narrowing * scale, 1), round((north - y) * scale, 1)

    counties = []
    for feature in features:
        rings = [[pixels(x, y) for x, y in ring] for ring in _rings(feature)]
        path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
        largest = max(rings, key=len)
        x, y = (sum(axis) / len(largest) for axis in zip(*largest, strict=True))
        counties.append(Shape(_code(feature), path, round(x, 1), round(y, 1)))
    return tuple(counties)


def _code(feature: dict[str, Any]) -> str:
    properties = feature["properties"]
    return str(properties.get("code") or properties.get("adcode") or properties.get("id"))[:6] + "000000"


def _rings(feature: dict[str, Any]) -> list[list[tuple[float, float]]]:
    geometry = feature["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(point[0], point[1]) for point in ring] for polygon in polygons for ring in polygon]
