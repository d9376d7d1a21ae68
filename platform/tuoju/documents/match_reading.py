"""The two sheets of `tuoju match`, read into profiles of needs and projects."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook
from sqlmodel import Session, SQLModel, select

from tuoju.database.engine import make_engine
from tuoju.regions.loading import DATA, load_divisions
from tuoju.regions.models import Region
from tuoju.regions.queries import names
from tuoju.words.labels import options, services
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_projects.cells import code_of_word
from tuoju_projects.excel import Lookups, read_projects
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.sheets import SheetError, half_width, half_width_cell

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
}
REQUIRED = ("key", "category", "text", "village")
"""Columns of the sheet of needs that must be there."""


class BadSheets(Exception):
    """One of the sheets cannot be used. `problems` names each with its row; nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


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


def read_divisions() -> Divisions:
    """The division tree that ships with the package."""
    engine = make_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables["region"]])
    with Session(engine) as session:
        load_divisions(session, str(DATA / "chuzhou_divisions.csv"))
        regions = session.exec(select(Region)).all()
        return Divisions(
            {region.code: tuple(region.path.rstrip("/").split("/")) for region in regions},
            names(session, [region.code for region in regions]),
        )


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
        preview = read_projects(path.read_bytes(), lookups)
    except (SheetError, OSError) as error:
        raise BadSheets([f"{path.name}: {_SHEET_PROBLEMS.get(str(error), str(error))}"]) from error
    if preview.errors:
        raise BadSheets(
            [
                f"{path.name}, row {error.row}: {error.field} {error.code} {error.typed}".strip()
                for error in preview.errors
            ]
        )
    return SheetProjects(
        [_project_profile(row, project) for row, project in preview.rows.items()],
        {row: organizations[project.organization_id - 1] for row, project in preview.rows.items()},
    )


_SHEET_PROBLEMS = {
    "unreadable": "this file cannot be read. Save it as .xlsx",
    "too_long": "more than 5,000 rows",
    "columns_missing": "this is not a projects sheet: its columns are missing",
    "empty": "the sheet has no rows",
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
        field: heading.index(half_width(words)) for field, words in HEADINGS.items() if half_width(words) in heading
    }
    missing = [HEADINGS[field] for field in REQUIRED if field not in columns]
    if missing:
        raise BadSheets([f"{path.name}: missing columns: {'、'.join(missing)}"])
    keys: dict[int, str] = {}
    needs: list[NeedProfile] = []
    problems: list[str] = []
    for row, line in enumerate(lines[1:], start=2):
        cells = {field: _text(line[column]) for field, column in columns.items()}
        if not any(cells.values()):
            continue
        try:
            needs.append(_need(row, cells, divisions))
            keys[row] = cells["key"]
        except ValueError as error:
            problems.append(f"{path.name}, row {row}: {error}")
    if problems or not needs:
        raise BadSheets(problems or [f"{path.name}: the sheet has no rows"])
    return SheetNeeds(needs, keys)


def _lines(path: Path) -> list[list[Any]]:
    """The cells of the first sheet. Raises BadSheets."""
    try:
        return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    except (CalamineError, OSError, ValueError) as error:
        raise BadSheets([f"{path.name}: {_SHEET_PROBLEMS['unreadable']}"]) from error


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _need(row: int, cells: dict[str, str], divisions: Divisions) -> NeedProfile:
    """One need of the sheet. Raises ValueError naming the column."""
    village = cells["village"]
    if village not in divisions.paths:
        raise ValueError(f"{HEADINGS['village']}: {village!r} is not a 12-digit village code of this city")
    age = cells.get("age", "")
    if age and not re.fullmatch(r"\d{1,3}", age):
        raise ValueError(f"{HEADINGS['age']}: {age!r} is not a number")
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


def _code(typed: str, choices: list[tuple[str, str]], field: str) -> str | None:
    """The code of a word or code of a list, None for an empty cell. Raises ValueError naming the column."""
    if not typed:
        return None
    for code, words in choices:
        if half_width(typed) in (code, half_width(words)):
            return code
    raise ValueError(f"{HEADINGS[field]}: {typed!r} is not in the list")
