"""The two sheets of `tuoju match`, read into profiles of needs and projects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import dropwhile
from pathlib import Path
from typing import Any

from tuoju.cities.folder import CityFolder
from tuoju.parsing.errors import FileNotParsed
from tuoju.parsing.service import parse
from tuoju.regions.models import RegionLevel
from tuoju.words.labels import options, services
from tuoju.words.languages import N_
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_projects.cells import code_of_word
from tuoju_projects.excel import Lookups, project_sheet, read_projects
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.sheets import RowError, half_width, half_width_cell
from tuoju_projects.workbooks import MAX_ROWS, SheetError, read_workbook

HEADINGS = {
    "key": "编号",
    "category": "服务类别",
    "text": "需求说明",
    "village": "村（社区）代码",
    "urgency": "紧急程度",
    "age": "年龄",
    "sex": "性别",
    "relief_category": "困难类别",
    "vulnerabilities": "特殊情形",
    "self_care": "自理能力",
    "places": "需要名额",
}
MAX_NEEDS = 80_000
"""Rows of the sheet of needs."""
REQUIRED = ("key", "category", "text", "village")
"""Columns of the sheet of needs that must be there."""


@dataclass(frozen=True)
class SheetProblem:
    """What is wrong with a sheet or with one row of it."""

    file: str
    sentence: str = ""
    """A message, whose placeholders stand for `facts`; empty where `cell` says it."""
    facts: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    cell: RowError | None = None
    """Of a sheet of projects: what its reader says of one cell."""
    column: str = ""
    """The heading of the cell."""


class BadSheets(Exception):
    """One of the sheets cannot be used; nothing was written."""

    def __init__(self, problems: list[SheetProblem]) -> None:
        super().__init__("; ".join(problem.sentence % problem.facts for problem in problems))
        self.problems = problems


class BadCell(ValueError):
    """A cell of the needs sheet cannot be used: a message and the facts for its placeholders."""

    def __init__(self, sentence: str, field_name: str, typed: str) -> None:
        self.sentence, self.facts = sentence, {"column": HEADINGS[field_name], "typed": typed}
        super().__init__(sentence % self.facts)


@dataclass(frozen=True)
class Divisions:
    """The division tree as the sheets need it, by region code."""

    paths: dict[str, tuple[str, ...]]
    """The codes from the city down to the region itself."""
    names: dict[str, str]
    """The name to show."""


@dataclass(frozen=True)
class SheetProjects:
    """The projects of a sheet; a project's id is its Excel row."""

    profiles: list[ProjectProfile]
    organizations: dict[int, str]
    """The name of each project's organization, by project id."""


@dataclass(frozen=True)
class SheetNeeds:
    """The needs of a sheet; a need's id is its Excel row."""

    profiles: list[NeedProfile]
    keys: dict[int, str]
    """What the sheet calls each need, by need id."""
    places: dict[int, int]
    """How many places of one project each need takes, by need id; needs of one place are not listed."""


def divisions_of(folder: CityFolder) -> Divisions:
    """The division tree of a city folder."""
    rows = {row.code: row for row in folder.divisions}
    paths: dict[str, tuple[str, ...]] = {}
    for row in folder.divisions:
        paths[row.code] = (*paths.get(row.parent_code or "", ()), row.code)
    joined = (RegionLevel.village, RegionLevel.township)
    names = {
        row.code: (rows[row.parent_code].name if row.parent_code and row.level in joined else "") + row.name
        for row in folder.divisions
    }
    return Divisions(paths, names)


def projects_of_sheet(path: Path, divisions: Divisions) -> SheetProjects:
    """The projects of a sheet in the layout of the project import. Raises BadSheets."""
    organizations: list[str] = []

    def organization(name: str) -> int:
        if name not in organizations:
            organizations.append(name)
        return organizations.index(name) + 1

    leaves = {words: code for _group, choices in services() for code, words in choices}
    groups = {words: code for kind in ("vulnerable_tag", "relief_category") for code, words in options(kind)}
    areas = {name: code for code, name in divisions.names.items()}
    lookups = Lookups(
        organization=organization,
        category=code_of_word(leaves | {code: code for code in leaves.values()}),
        group=code_of_word(groups | {code: code for code in groups.values()}),
        area=lambda typed: typed if typed in divisions.names else areas.get(typed),
    )
    try:
        preview = read_projects(_sheets(path), lookups)
    except SheetError as error:
        raise BadSheets([SheetProblem(path.name, _SHEET_PROBLEMS[error.code])]) from error
    if preview.errors:
        headings = {column.name: column.headings[0] for column in project_sheet(lookups).columns}
        raise BadSheets(
            [
                SheetProblem(path.name, row=error.row, cell=error, column=headings.get(error.field, error.field))
                for error in preview.errors
            ]
        )
    return SheetProjects(
        [_project_profile(row, project) for row, project in preview.rows.items()],
        {row: organizations[project.organization_id - 1] for row, project in preview.rows.items()},
    )


_SHEET_PROBLEMS = {
    "unreadable": N_("This file cannot be read. Save it as .xlsx."),
    "too_long": N_("The sheet has more than 5,000 projects or 80,000 needs, or far too many cells."),
    "columns_missing": N_("This is not a projects sheet: its columns are missing."),
    "empty": N_("The sheet has no rows."),
}


def _project_profile(row: int, project: ProjectInput) -> ProjectProfile:
    return ProjectProfile(
        id=row,
        name=project.name,
        categories=tuple(project.categories),
        text=project.description,
        areas=tuple(project.areas),
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        places_left=project.places_total,
        target_groups=tuple(project.target_groups),
        home_visits=project.home_visits,
        rules=tuple(Rule(RuleKind(kind.value), tuple(values)) for kind, values in project.rules.items()),
    )


def needs_of_sheet(path: Path, divisions: Divisions) -> SheetNeeds:
    """The needs of a sheet with the columns of HEADINGS. Raises BadSheets."""
    lines = _lines(path)
    heading = [half_width_cell(cell).rstrip("*") for cell in lines[0]] if lines else []
    columns = {
        name: heading.index(half_width(words)) for name, words in HEADINGS.items() if half_width(words) in heading
    }
    missing = [HEADINGS[name] for name in REQUIRED if name not in columns]
    if missing:
        sentence = N_("Columns are missing: %(columns)s.")
        raise BadSheets([SheetProblem(path.name, sentence, {"columns": "、".join(missing)})])
    keys: dict[int, str] = {}
    needs: list[NeedProfile] = []
    places: dict[int, int] = {}
    problems: list[SheetProblem] = []
    for row, line in enumerate(lines[1:], start=2):
        cells = {name: _text(line[column]) for name, column in columns.items()}
        if not any(cells.values()):
            continue
        try:
            needs.append(_need(row, cells, divisions))
            keys[row] = cells["key"]
            if (count := _places(cells.get("places", ""))) > 1:
                places[row] = count
        except BadCell as error:
            problems.append(SheetProblem(path.name, error.sentence, error.facts, row))
    if problems or not needs:
        raise BadSheets(problems or [SheetProblem(path.name, _SHEET_PROBLEMS["empty"])])
    return SheetNeeds(needs, keys, places)


def _lines(path: Path) -> list[list[Any]]:
    """The cells of the first sheet, without empty lines above them. Raises BadSheets."""
    first, *_others = _sheets(path, max_rows=MAX_NEEDS)
    return list(dropwhile(lambda line: not any(map(_text, line)), first))


def _sheets(path: Path, *, max_rows: int = MAX_ROWS) -> list[list[list[Any]]]:
    """The cells of every sheet of a file. Raises BadSheets."""
    try:
        return parse(partial(read_workbook, max_rows=max_rows), path.read_bytes(), file_name=path.name)
    except SheetError as error:
        raise BadSheets([SheetProblem(path.name, _SHEET_PROBLEMS[error.code])]) from error
    except (FileNotParsed, OSError) as error:
        raise BadSheets([SheetProblem(path.name, _SHEET_PROBLEMS["unreadable"])]) from error


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _need(row: int, cells: dict[str, str], divisions: Divisions) -> NeedProfile:
    """One need of the sheet. Raises BadCell."""
    village = cells["village"]
    if village not in divisions.paths:
        raise BadCell(N_("%(column)s: “%(typed)s” is not a 12-digit village code of this city."), "village", village)
    age = cells.get("age", "")
    if age and not re.fullmatch(r"\d{1,3}", age):
        raise BadCell(N_("%(column)s: “%(typed)s” is not a number."), "age", age)
    leaves = [choice for _group, choices in services() for choice in choices]
    tags = re.split("[、，,；;]+", cells.get("vulnerabilities", ""))
    return NeedProfile(
        id=row,
        category=_code(cells["category"], leaves, "category") or "",
        text=cells["text"],
        region_path=divisions.paths[village],
        urgency=Urgency[_code(cells.get("urgency", ""), options("urgency"), "urgency") or "routine"],
        age=int(age) if age else None,
        sex=_code(cells.get("sex", ""), options("sex_word"), "sex"),
        relief_category=_code(cells.get("relief_category", ""), options("relief_category"), "relief_category")
        or "NONE",
        vulnerabilities=frozenset(
            code
            for tag in tags
            if tag and (code := _code(tag.strip(), options("vulnerable_tag"), "vulnerabilities")) is not None
        ),
        self_care=_code(cells.get("self_care", ""), options("self_care_word"), "self_care"),
    )


def _places(typed: str) -> int:
    """The places that a need takes, 1 for an empty cell. Raises BadCell."""
    if not re.fullmatch(r"|[1-9]\d?", typed):
        raise BadCell(N_("%(column)s: “%(typed)s” is not a number from 1 to 99."), "places", typed)
    return int(typed or 1)


def _code(typed: str, choices: list[tuple[str, str]], field_name: str) -> str | None:
    """The code of a word or code of a list, None for an empty cell. Raises BadCell."""
    if not typed:
        return None
    for code, words in choices:
        if half_width(typed) in (code, half_width(words)):
            return code
    raise BadCell(N_("%(column)s: “%(typed)s” is not in the list."), field_name, typed)
