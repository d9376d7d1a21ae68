"""Projects in and out of Excel: a template with lists in its cells, and a reader that names every bad row."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import xlsxwriter
from pydantic import ValidationError
from python_calamine import CalamineError, CalamineWorkbook

from tuoju_projects.inputs import ProjectInput

MOST_ROWS = 5000
HEADINGS: Mapping[str, tuple[str, str]] = {
    "name": ("项目名称", "Project"),
    "organization": ("承接组织", "Organization"),
    "description": ("服务内容", "Description"),
    "categories": ("服务类别", "Services"),
    "target_groups": ("服务人群", "Target groups"),
    "areas": ("服务区域", "Areas"),
    "home_visits": ("上门服务", "Home visits"),
    "starts_on": ("开始日期", "Starts on"),
    "ends_on": ("结束日期", "Ends on"),
    "places_total": ("名额", "Places"),
    "target_person_times": ("目标人次", "Target person-times"),
    "budget": ("预算(元)", "Budget (yuan)"),
    "min_age": ("年龄不小于", "Minimum age"),
    "max_age": ("年龄不大于", "Maximum age"),
    "sex": ("性别要求", "Sex"),
}
REQUIRED = ("name", "organization", "description", "categories", "areas", "starts_on", "ends_on", "places_total")
EXAMPLE = ("(示例)", "(example)")
_SEPARATORS = re.compile(r"[、,;|]+")
Codes = Callable[[str], str | None]
"""A word or code as typed into the code it stands for; None if it stands for none."""


class SheetError(Exception):
    """The file is no projects sheet: `code` says why, `detail` names what is missing or too much."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class RowError:
    """What is wrong with one cell: Excel's row number, the column's field, a code and what was typed."""

    row: int
    field: str
    code: str
    typed: str = ""


@dataclass
class ImportPreview:
    """What a sheet holds: rows that can be added, by Excel row number, and every error of the others."""

    rows: dict[int, ProjectInput] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)


@dataclass(frozen=True)
class Lookups:
    """How words become codes; regions and code lists live above this workshop."""

    organization: Callable[[str], int | None]
    category: Codes
    group: Codes
    area: Codes


def template(lists: Mapping[str, Sequence[str]], language: int = 0, rows: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """A workbook to fill in. `lists` holds the words offered in the cells of a field; `rows` what stands in
    it already (an export); without any, an example row that the reader passes over."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("项目")
        words = book.add_worksheet("选项")
        head = book.add_format({"bold": True, "bg_color": "#E4EFEB", "border": 1, "text_wrap": True})
        sheet.freeze_panes(1, 1)
        for column, (name, headings) in enumerate(HEADINGS.items()):
            star = "*" if name in REQUIRED else ""
            sheet.write_string(0, column, headings[language] + star, head)
            sheet.set_column(column, column, 26 if name in ("name", "organization", "description") else 15)
            if offered := lists.get(name):
                _offer(sheet, words, column, name, offered)
        for number, row in enumerate(rows or [_example(lists, language)], start=1):
            for column, name in enumerate(HEADINGS):
                sheet.write(number, column, row.get(name, ""))
    return buffer.getvalue()


def _offer(sheet: Any, words: Any, column: int, name: str, offered: Sequence[str]) -> None:
    """A drop-down from the second sheet. Fields of several words warn only, since Excel lists take one."""
    words.write_column(0, column, offered)
    letter = xlsxwriter.utility.xl_col_to_name(column)
    many = name in ("categories", "target_groups", "areas")
    sheet.data_validation(
        1,
        column,
        MOST_ROWS,
        column,
        {
            "validate": "list",
            "source": f"=选项!${letter}$1:${letter}${len(offered)}",
            "error_type": "information" if many else "stop",
            "input_message": "可填多项,用顿号分开" if many else "",
        },
    )


def _example(lists: Mapping[str, Sequence[str]], language: int) -> dict[str, Any]:
    first = {name: words[0] for name, words in lists.items() if words}
    return {
        **first,
        "name": EXAMPLE[language] + "关爱困难老人",
        "description": "为困难老年人上门做饭、洗衣、保洁",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "places_total": 20,
        "target_person_times": 480,
        "budget": 50000,
        "min_age": 60,
    }


def read_projects(content: bytes, lookups: Lookups) -> ImportPreview:
    """Read a projects sheet. Raises SheetError for a file that is none, or that is too long to be one."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        lines = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SheetError("unreadable") from error
    heading, columns = _find_heading(lines)
    if len(lines) - heading - 1 > MOST_ROWS:
        raise SheetError("too_long", str(MOST_ROWS))
    preview = ImportPreview()
    seen: set[tuple[int, str]] = set()
    for number in range(heading + 1, len(lines)):
        cells = {name: lines[number][column] for name, column in columns.items() if column < len(lines[number])}
        name = _text(cells.get("name", ""))
        if not any(_text(value) for value in cells.values()) or name.startswith(EXAMPLE):
            continue
        row = number + 1
        made, errors = _read_row(row, cells, lookups)
        if made is None:
            preview.errors.extend(errors)
        elif (made.organization_id, made.name) in seen:
            preview.errors.append(RowError(row, "name", "twice", made.name))
        else:
            seen.add((made.organization_id, made.name))
            preview.rows[row] = made
    if not preview.rows and not preview.errors:
        raise SheetError("empty")
    return preview


def _find_heading(lines: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]]:
    """The heading is among the first ten lines: a title may stand above it. Raises SheetError."""
    names = {_plain(word): name for name, words in HEADINGS.items() for word in words}
    best: tuple[int, dict[str, int]] = (0, {})
    for number, line in enumerate(lines[:10]):
        found = {names[key]: column for column, cell in enumerate(line) if (key := _plain(_text(cell))) in names}
        if len(found) > len(best[1]):
            best = number, found
    missing = [HEADINGS[name][0] for name in REQUIRED if name not in best[1]]
    if missing:
        raise SheetError("columns_missing", "、".join(missing))
    return best


def _plain(text: str) -> str:
    return re.sub(r"[\s*()()元yuan]", "", unicodedata.normalize("NFKC", text)).lower()


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _read_row(row: int, cells: Mapping[str, Any], lookups: Lookups) -> tuple[ProjectInput | None, list[RowError]]:
    errors: list[RowError] = []
    values: dict[str, Any] = {"rules": {}}
    for name in HEADINGS:
        typed = _text(cells.get(name, ""))
        if not typed:
            if name in REQUIRED:
                errors.append(RowError(row, name, "missing"))
            continue
        try:
            values.update(_read_cell(name, cells[name], typed, lookups, values["rules"]))
        except ValueError as error:
            errors.append(RowError(row, name, *error.args))
    if errors:
        return None, errors
    try:
        return ProjectInput.model_validate(values), []
    except ValidationError as wrong:
        return None, [
            RowError(row, str(each["loc"][0]) if each["loc"] else "ends_on", each["type"], "")
            for each in wrong.errors(include_url=False)
        ]


def _read_cell(name: str, cell: Any, typed: str, lookups: Lookups, rules: dict[str, list[str]]) -> dict[str, Any]:
    """The values a cell gives. Raises ValueError(code, typed)."""
    match name:
        case "organization":
            found = lookups.organization(typed)
            if found is None:
                raise ValueError("unknown_organization", typed)
            return {"organization_id": found}
        case "categories":
            return {name: _codes(typed, lookups.category)}
        case "target_groups":
            return {name: _codes(typed, lookups.group)}
        case "areas":
            return {name: _codes(typed, lookups.area)}
        case "starts_on" | "ends_on":
            return {name: _day(cell, typed)}
        case "home_visits":
            return {name: typed.lower() in ("是", "√", "有", "yes", "y", "1", "true")}
        case "places_total" | "target_person_times":
            return {name: _whole(typed)}
        case "budget":
            return {"budget_fen": _fen(typed)}
        case "min_age" | "max_age":
            rules[name] = [str(_whole(typed))]
            return {}
        case "sex":
            words = {"男": "male", "女": "female", "male": "male", "female": "female"}
            if typed.lower() not in words:
                raise ValueError("not_in_list", typed)
            rules[name] = [words[typed.lower()]]
            return {}
        case _:
            return {name: typed}


def _codes(typed: str, code_of: Codes) -> list[str]:
    found = []
    for word in filter(None, (each.strip() for each in _SEPARATORS.split(typed))):
        code = code_of(word)
        if code is None:
            raise ValueError("not_in_list", word)
        found.append(code)
    return list(dict.fromkeys(found))


def _day(cell: Any, typed: str) -> date:
    """Dates as offices write them: 2026.3.1, 2026年3月1日, 2026/3/1, an Excel date or its serial number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    parts = re.fullmatch(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?", typed)
    try:
        if parts:
            return date(*(int(part) for part in parts.groups()))
        if re.fullmatch(r"\d{5}", typed):
            return date(1899, 12, 30) + timedelta(days=int(typed))
    except ValueError:
        pass
    raise ValueError("not_a_date", typed)


def _whole(typed: str) -> int:
    if not re.fullmatch(r"\d{1,7}", typed):
        raise ValueError("not_a_number", typed)
    return int(typed)


def _fen(typed: str) -> int:
    """Yuan, or ten thousands of them where 万 is written, into fen."""
    parts = re.fullmatch(r"[¥]?([\d,]+(?:\.\d+)?)(万?)元?", typed)
    if parts is None:
        raise ValueError("not_a_number", typed)
    return round(float(parts[1].replace(",", "")) * 100 * (10_000 if parts[2] else 1))
