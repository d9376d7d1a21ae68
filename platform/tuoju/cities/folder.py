"""The folder of a city, read and checked as a whole: every mistake is reported at once."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from tuoju.cases.policies import PolicyInput, Scheme
from tuoju.cities.problems import CityFolderError, Problem
from tuoju.cities.project_rows import ProjectOffer, read_offers
from tuoju.cities.rows import DataPolicyRow, DayRow, DivisionRow, PolicyRow, SocietyRow, ZoneRow
from tuoju.cities.tables import Row, read_table
from tuoju.regions.loading import SpecialDay
from tuoju.regions.models import RegionLevel
from tuoju.residents.data_policies import KIND_OF_PURPOSE, DataPolicyInput

REQUIRED = ("divisions.csv", "policies.csv", "data_policies.csv", "calendar.csv")
Dated = TypeVar("Dated", PolicyRow, DataPolicyRow)

LEVELS = tuple(RegionLevel)
"""From the top."""


@dataclass(frozen=True)
class Outline:
    """A county on the map: the coordinates of a GeoJSON MultiPolygon."""

    code: str
    polygons: list[Any]
    label_shift: int


@dataclass(frozen=True)
class CityFolder:
    """A city whose files are all right."""

    divisions: Sequence[DivisionRow]
    """Each after the one that it lies in; development zones too."""
    policies: Sequence[PolicyInput]
    data_policies: Sequence[DataPolicyInput]
    days: Sequence[SpecialDay]
    outlines: Sequence[Outline]
    offers: Sequence[ProjectOffer]
    demo_societies: Sequence[str]
    """Villages that a demo of this city plays in; may be empty."""

    @property
    def city(self) -> DivisionRow:
        """The topmost division."""
        return self.divisions[0]


def read_demo_folder() -> CityFolder:
    """The city that ships with the package. Raises CityFolderError."""
    with as_file(files("tuoju.cities") / "data" / "demo") as folder:
        return read_folder(folder)


def read_folder(folder: Path) -> CityFolder:
    """Read the folder of a city. Raises CityFolderError with everything that is wrong."""
    if not folder.is_dir():
        raise CityFolderError([Problem(folder.name, 0, "", "no_folder")])
    problems = [Problem(name, 0, "", "file_missing") for name in REQUIRED if not (folder / name).is_file()]
    divisions = _divisions(folder, problems)
    codes = {row.value.code: row.value for row in divisions}
    city = next((row.value.code for row in divisions if row.value.parent_code is None), "")
    read = CityFolder(
        divisions=_from_the_top([row.value for row in divisions]),
        policies=_policies(folder, city, codes, problems),
        data_policies=_data_policies(folder, city, codes, problems),
        days=_days(folder, problems),
        outlines=_outlines(folder, codes, problems),
        offers=read_offers(folder / "projects.csv", codes, city, problems) if _has(folder, "projects.csv") else [],
        demo_societies=_demo_societies(folder, codes, problems),
    )
    if problems:
        raise CityFolderError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return read


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


def _divisions(folder: Path, problems: list[Problem]) -> list[Row[DivisionRow]]:
    """divisions.csv with the development zones, which take over what they run."""
    name, zone_name = "divisions.csv", "development_zones.csv"
    rows = read_table(folder / name, DivisionRow, problems) if _has(folder, name) else []
    zones = read_table(folder / zone_name, ZoneRow, problems, may_be_empty=True) if _has(folder, zone_name) else []
    _twice(name, "code", rows, lambda row: row.code, problems)
    by_code = {row.value.code: row for row in rows}
    for zone in zones:
        if zone.value.code in by_code:
            first = by_code[zone.value.code].line
            problems.append(Problem(zone_name, zone.line, "code", "twice", zone.value.code, {"first": first}))
            continue
        values = zone.value.model_dump(exclude={"takes"})
        by_code[zone.value.code] = Row(zone.line, DivisionRow(**values))
    in_zones = {zone.value.code for zone in zones}
    for zone in zones:
        for taken in filter(None, zone.value.takes.split("|")):
            if taken not in by_code:
                problems.append(Problem(zone_name, zone.line, "takes", "no_such_region", taken))
                continue
            moved = by_code[taken]
            by_code[taken] = Row(moved.line, moved.value.model_copy(update={"parent_code": zone.value.code}))
    for code, row in by_code.items():
        _check_parent(zone_name if code in in_zones else name, row, by_code, problems)
    tops = [row for row in by_code.values() if row.value.parent_code is None]
    problems.extend(
        Problem(name, other.line, "parent_code", "two_cities", other.value.code, {"first": top.line})
        for top, other in pairwise(tops)
    )
    return list(by_code.values())


def _check_parent(
    file: str, row: Row[DivisionRow], by_code: Mapping[str, Row[DivisionRow]], problems: list[Problem]
) -> None:
    """A county lies in a city, a township in a county, a village in a township."""
    level, parent_code = row.value.level, row.value.parent_code
    if parent_code is None:
        if level not in (RegionLevel.city, RegionLevel.county):
            problems.append(Problem(file, row.line, "level", "top_level", row.value.code, {"level": level.value}))
        return
    if parent_code not in by_code:
        problems.append(Problem(file, row.line, "parent_code", "no_such_region", parent_code))
        return
    above = by_code[parent_code].value.level
    wanted = LEVELS[LEVELS.index(level) - 1] if level is not LEVELS[0] else None
    if above is not wanted:
        facts = {"level": level.value, "above": above.value, "wanted_level": wanted.value if wanted else ""}
        problems.append(Problem(file, row.line, "parent_code", "wrong_level", parent_code, facts))


def _from_the_top(divisions: Iterable[DivisionRow]) -> list[DivisionRow]:
    """Each division after the one that it lies in: by levels, in each as in the file."""
    return sorted(divisions, key=lambda row: LEVELS.index(row.level))


def _twice(
    file: str, column: str, rows: Iterable[Row[Any]], key: Callable[[Any], object], problems: list[Problem]
) -> None:
    seen: dict[object, int] = {}
    for row in rows:
        first = seen.setdefault(key(row.value), row.line)
        if first != row.line:
            typed = str(getattr(row.value, column, ""))
            problems.append(Problem(file, row.line, column, "twice", typed, {"first": first}))


def _known(file: str, column: str, rows: Iterable[Row[Any]], codes: Collection[str], problems: list[Problem]) -> None:
    for row in rows:
        code = getattr(row.value, column)
        if code not in codes:
            problems.append(Problem(file, row.line, column, "no_such_region", code))


def _policies(folder: Path, city: str, codes: Mapping[str, object], problems: list[Problem]) -> list[PolicyInput]:
    rows = _dated_rows(folder / "policies.csv", PolicyRow, "scheme", city, codes, problems)
    covered = {row.scheme for row in rows if row.region_code == city}
    if rows and Scheme.society_relief not in covered:
        problems.append(Problem("policies.csv", 0, "scheme", "no_policy", Scheme.society_relief.value))
    return [PolicyInput(**row.model_dump()) for row in rows]


def _data_policies(
    folder: Path, city: str, codes: Mapping[str, object], problems: list[Problem]
) -> list[DataPolicyInput]:
    rows = _dated_rows(folder / "data_policies.csv", DataPolicyRow, "kind", city, codes, problems)
    covered = {row.kind for row in rows if row.region_code == city}
    missing = [kind for kind in KIND_OF_PURPOSE.values() if rows and kind not in covered]
    problems.extend(Problem("data_policies.csv", 0, "kind", "no_data_policy", kind.value) for kind in missing)
    return [DataPolicyInput(**row.model_dump()) for row in rows]


def _dated_rows(
    path: Path, model: type[Dated], key: str, city: str, codes: Mapping[str, object], problems: list[Problem]
) -> list[Dated]:
    """Rows that are in force in a region from a day on, one for each `key`; of the whole city where none is named."""
    if not path.is_file():
        return []
    rows = read_table(path, model, problems, fixed={"region_code": city})
    _twice(path.name, "valid_from", rows, lambda row: (getattr(row, key), row.region_code, row.valid_from), problems)
    _known(path.name, "region_code", rows, codes, problems)
    return [row.value for row in rows]


def read_policy_file(path: Path, city: str, codes: Collection[str]) -> tuple[list[PolicyInput], list[DataPolicyInput]]:
    """The policies of one file with the columns of policies.csv, or of data_policies.csv if it has a column "kind".
    `city` stands where no region is named. Raises CityFolderError."""
    problems: list[Problem] = []
    is_data = "kind" in path.read_text(encoding="utf-8-sig", errors="replace").partition("\n")[0].split(",")
    rows: list[Row[Any]] = (
        read_table(path, DataPolicyRow, problems, fixed={"region_code": city})
        if is_data
        else read_table(path, PolicyRow, problems, fixed={"region_code": city})
    )
    _known(path.name, "region_code", rows, codes, problems)
    if problems:
        raise CityFolderError(problems)
    values = [row.value.model_dump() for row in rows]
    return ([], [DataPolicyInput(**row) for row in values]) if is_data else ([PolicyInput(**row) for row in values], [])


def read_calendar_file(path: Path) -> list[SpecialDay]:
    """The special days of one file with the columns of calendar.csv. Raises CityFolderError."""
    problems: list[Problem] = []
    days = _read_days(path, problems)
    if problems:
        raise CityFolderError(problems)
    return days


def _days(folder: Path, problems: list[Problem]) -> list[SpecialDay]:
    return _read_days(folder / "calendar.csv", problems) if _has(folder, "calendar.csv") else []


def _read_days(path: Path, problems: list[Problem]) -> list[SpecialDay]:
    """The special days of a file; what is wrong is added to `problems`."""
    rows = read_table(path, DayRow, problems)
    _twice(path.name, "day", rows, lambda row: row.day, problems)
    problems.extend(
        Problem(path.name, row.line, "is_workday", "works_on_weekday", row.value.day.isoformat())
        for row in rows
        if row.value.is_workday and row.value.day.weekday() < 5
    )
    return [SpecialDay(row.value.day, row.value.is_workday, row.value.name_zh, row.value.name_en) for row in rows]


def _outlines(folder: Path, codes: Mapping[str, DivisionRow], problems: list[Problem]) -> list[Outline]:
    name = "map.geojson"
    if not _has(folder, name):
        return []
    try:
        features = json.loads((folder / name).read_text(encoding="utf-8-sig"))["features"]
        shapes = [(str(feature["properties"]["code"]), feature) for feature in features]
    except (ValueError, KeyError, TypeError):
        problems.append(Problem(name, 0, "", "json_unreadable"))
        return []
    outlines: dict[str, Outline] = {}
    for number, (typed, feature) in enumerate(shapes, start=1):
        code = typed.ljust(12, "0")
        polygons = _polygons(feature)
        if code not in codes or codes[code].level is not RegionLevel.county:
            problems.append(Problem(name, 0, f"features[{number}].properties.code", "outline_of", typed))
        elif polygons is None:
            problems.append(Problem(name, 0, f"features[{number}].geometry", "outline_shape", typed))
        else:
            shift = feature["properties"].get("label_shift", 0)
            outlines[code] = Outline(code, polygons, shift if isinstance(shift, int) else 0)
    return list(outlines.values())


def _polygons(feature: Mapping[str, Any]) -> list[Any] | None:
    """The polygons of a feature; None where a point is no pair of degrees."""
    geometry = feature.get("geometry") or {}
    coordinates = geometry.get("coordinates")
    polygons: list[Any] = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry.get("type", "")) or []
    try:
        points = [point for polygon in polygons for ring in polygon for point in ring]
        is_right = all(-180 <= float(point[0]) <= 180 and -90 <= float(point[1]) <= 90 for point in points)
    except (TypeError, ValueError, IndexError):
        return None
    return polygons if points and is_right else None


def _demo_societies(folder: Path, codes: Mapping[str, DivisionRow], problems: list[Problem]) -> list[str]:
    name = "demo_societies.csv"
    if not _has(folder, name):
        return []
    rows = read_table(folder / name, SocietyRow, problems, may_be_empty=True)
    for row in rows:
        known = codes.get(row.value.region_code)
        if known is None or known.level is not RegionLevel.village:
            problems.append(Problem(name, row.line, "region_code", "not_a_village", row.value.region_code))
    return [row.value.region_code for row in rows]
