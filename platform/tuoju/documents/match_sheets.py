"""`tuoju match`: the matching on two spreadsheets, without a server."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlmodel import Session, SQLModel, select

from tuoju.database.engine import make_engine
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.ranking import Ranking, ranking_in_use
from tuoju.regions.loading import DATA, load_divisions
from tuoju.regions.models import Region
from tuoju.regions.queries import names
from tuoju.words.labels import label, options, services
from tuoju.words.languages import use_language
from tuoju_matching.assign import Plan, assign
from tuoju_matching.counterfactual import lifts
from tuoju_matching.eligibility import check
from tuoju_matching.explain import lift_sentences, obstacle_sentences, reason_sentences
from tuoju_matching.learned import create_ranker
from tuoju_matching.problem import PlanOptions
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.sentences import Language
from tuoju_projects.cells import code_of_word
from tuoju_projects.excel import Lookups, read_projects
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.sheets import SheetError, half_width, half_width_cell

SAMPLES = files("tuoju.documents") / "samples"
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
Tell = Callable[[str], None]


class BadSheets(Exception):
    """One of the sheets can not be used; every problem with its row, and nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Divisions:
    """The division tree as the sheets need it: path and shown name of every code."""

    paths: dict[str, tuple[str, ...]]
    names: dict[str, str]


def read_divisions() -> Divisions:
    """The tree that ships with the package, held in memory."""
    engine = make_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables["region"]])
    with Session(engine) as session:
        load_divisions(session, str(DATA / "chuzhou_divisions.csv"))
        regions = session.exec(select(Region)).all()
        return Divisions(
            {each.code: tuple(each.path.rstrip("/").split("/")) for each in regions},
            names(session, [each.code for each in regions]),
        )


def ranking_of(database_url: str) -> Ranking:
    """The ranking in use in a database, so that sheets are ranked as the pages are; the rules where there is none yet,
    and nothing is made. Raises sqlalchemy.exc.OperationalError if it does not answer."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return Ranking()
    with Session(make_engine(database_url)) as session:
        known = inspect(session.connection()).has_table(str(RankerVersion.__tablename__))
        return ranking_in_use(session) if known else Ranking()


def run(
    needs_file: Path,
    projects_file: Path,
    output: Path,
    language: Language,
    tell: Tell,
    today: date,
    ranking: Ranking,
) -> Plan:
    """Read both sheets, place every need by the ranking, and write the plan with its reasons. Raises BadSheets."""
    tell("Reading the divisions ...")
    divisions = read_divisions()
    tell("Reading the sheets ...")
    projects, organizations = _read_projects(projects_file, divisions)
    keys, needs = _read_needs(needs_file, divisions)
    tell(f"Matching {len(needs)} needs with {len(projects)} projects ...")
    plan = assign(needs, projects, today, PlanOptions(learned=ranking.met))
    tell("Writing the plan ...")
    with use_language("zh_CN" if language == "zh" else "en"):
        output.write_bytes(_workbook(plan, keys, needs, projects, organizations, divisions, language, today, ranking))
    return plan


def _read_projects(path: Path, divisions: Divisions) -> tuple[list[ProjectProfile], dict[int, str]]:
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
        raise BadSheets([f"{path.name}: {_SHEET_WORDS.get(str(error), str(error))}"]) from error
    if preview.errors:
        raise BadSheets(
            [f"{path.name}, row {each.row}: {each.field} {each.code} {each.typed}".strip() for each in preview.errors]
        )
    profiles = [_project_profile(row, made) for row, made in preview.rows.items()]
    return profiles, {row: organizations[made.organization_id - 1] for row, made in preview.rows.items()}


_SHEET_WORDS = {
    "unreadable": "this file cannot be read. Save it as .xlsx",
    "too_long": "more than 5,000 rows",
    "columns_missing": "this is not a projects sheet: its columns are missing",
    "empty": "the sheet has no rows",
}


def _project_profile(row: int, made: ProjectInput) -> ProjectProfile:
    return ProjectProfile(
        id=row,
        name=made.name,
        categories=tuple(made.categories),
        text=made.description,
        areas=tuple(made.areas),
        starts_on=made.starts_on,
        ends_on=made.ends_on,
        places_left=made.places_total,
        target_groups=tuple(made.target_groups),
        home_visits=made.home_visits,
        rules=tuple(Rule(RuleKind(kind.value), tuple(values)) for kind, values in made.rules.items()),
    )


def _read_needs(path: Path, divisions: Divisions) -> tuple[dict[int, str], list[NeedProfile]]:
    try:
        lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    except (CalamineError, OSError, ValueError) as error:
        raise BadSheets([f"{path.name}: this file cannot be read. Save it as .xlsx"]) from error
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
    return keys, needs


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
    if not typed:
        return None
    for code, words in choices:
        if half_width(typed) in (code, half_width(words)):
            return code
    raise ValueError(f"{HEADINGS[field]}: {typed!r} is not in the list")


def _workbook(
    plan: Plan,
    keys: dict[int, str],
    needs: list[NeedProfile],
    projects: list[ProjectProfile],
    organizations: dict[int, str],
    divisions: Divisions,
    language: Language,
    today: date,
    ranking: Ranking,
) -> bytes:
    def word(kind: str, code: str, _language: Language) -> str:
        return divisions.names.get(code, code) if kind == "region" else label(kind, code)

    zh = language == "zh"
    placed: list[list[Any]] = [
        ["编号", "服务类别", "项目", "承接组织", "匹配度", "理由", "备选", "备选怎样才会更靠前"]
        if zh
        else [
            "Key",
            "Service",
            "Project",
            "Organization",
            "Fit",
            "Reasons",
            "Alternatives",
            "What would rank them higher",
        ]
    ]
    ranker = create_ranker(ranking.met).fit(projects)
    unmet: list[list[Any]] = [["编号", "服务类别", "为什么"] if zh else ["Key", "Service", "Why"]]
    for need in needs:
        service = label("service_type", need.category)
        ranked = plan.chosen.get(need.id)
        first = ranker.rank(need, today, k=3)
        best = [each.project.name for each in first]
        if ranked is not None:
            others = [each for each in first if each.project.id != ranked.project.id][:2]
            higher = lifts(need, first, ranker.weights(need.urgency))
            lifting = [
                f"{each.project.name}：{sentence}"
                for each in others
                for sentence in lift_sentences(higher.get(each.project.id, ())[:1], language, word)
            ]
            said = "；".join(reason_sentences(ranked, need, language, word))
            owner = organizations[ranked.project.id]
            fit = round(ranked.score * 100)
            named = "、".join(each.project.name for each in others)
            placed.append([keys[need.id], service, ranked.project.name, owner, fit, said, named, "；".join(lifting)])
            continue
        unmet.append([keys[need.id], service, _why(need, best, projects, language, word, today)])
    used = [ranked.project.id for ranked in plan.chosen.values()]
    places: list[list[Any]] = [["项目", "名额", "已分配"] if zh else ["Project", "Places", "Assigned"]]
    places += [[each.name, each.places_left, used.count(each.id)] for each in projects]
    notes: list[list[Any]] = [
        ["需求", len(needs)],
        ["已分配" if zh else "Assigned", len(plan.chosen)],
        ["总匹配度" if zh else "Total fit", round(plan.quality, 6)],
        ["理论上界（对偶）" if zh else "Upper limit (dual bound)", round(plan.bound, 6)],
        ["与最优的差距" if zh else "Gap to the optimum", plan.gap],
        ["排序" if zh else "Ranking", ranking.signature],
    ]
    sheets: dict[str, list[list[Any]]] = {"方案": placed, "未分配": unmet, "名额": places, "说明": notes}
    buffer = BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        bold = book.add_format({"bold": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 4, 20)
            sheet.set_column(5, 7, 60)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line, bold if number == 0 and name != "说明" else wrap)
    return buffer.getvalue()


def _why(
    need: NeedProfile, best: list[str], projects: list[ProjectProfile], language: Language, word: Any, today: date
) -> str:
    """Places ran out, or the nearest project and what stands in its way."""
    if best:
        names_ = "、".join(best)
        return f"合适的项目名额已分给更紧急或更合适的需求：{names_}" if language == "zh" else f"Full: {names_}"
    offering = [each for each in projects if need.category in each.categories] or projects
    nearest = min(offering, key=lambda each: len(check(need, each, today)))
    said = obstacle_sentences(check(need, nearest, today), language, word)
    return f"{nearest.name}：{'；'.join(said)}"


def write_samples(folder: Path) -> list[Path]:
    """Copy the sample pair into a folder; their addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ("needs.xlsx", "projects.xlsx"):
        target = folder / name
        target.write_bytes((SAMPLES / name).read_bytes())
        written.append(target)
    return written
