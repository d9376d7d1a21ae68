"""Excel in and out for any list: a template with choices in its cells, a dry run naming every bad row, an export."""

import csv
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Generic, TypeVar

import xlsxwriter
from pydantic import BaseModel, ValidationError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

MAX_ROWS = 5_000
LONG_NUMBER = 15
"""Excel keeps 15 digits: a longer number that is no text has lost its end."""
EXAMPLE = ("（示例）", "(example)")
"""What the first cell of the example row begins with, in Chinese and English."""

_NOTE = re.compile(r"备注|注[:：]|说明|填[表报]|制表|审核|负责人|合计|总计|小计|共\d|Note|Total|Taken out|导出")
_CHINESE_PUNCTUATION = re.compile(r"([，：；？！（）…～]+)")
"""What half-width folding would change in a Chinese sentence."""
Lines = list[list[Any]]
Row = TypeVar("Row", bound=BaseModel)
Reader = Callable[[Any, str], Any]
"""A cell, as it lies in the file and as half-width text, into a value. Raises ValueError(code, what was typed)."""


class SheetError(Exception):
    """The file is no such sheet: `code` says why, `detail` names what is missing or too much."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Column:
    """One column: its headings in Chinese and English, how a cell is read, and what the template offers. With `many`,
    several of the offered words may stand in a cell, with 、 between them. `also` are headings that offices write
    instead; `before` those of a column whose words stand before this one's (乡镇 before 村)."""

    name: str
    headings: tuple[str, str]
    read: Reader
    required: bool = False
    offered: Sequence[str] = ()
    many: bool = False
    example: Any = ""
    width: int = 15
    also: Sequence[str] = ()
    before: Sequence[str] = ()


@dataclass
class Heading:
    """Where a sheet's columns stand: `line` is the last of its heading, `places` the column of each name, `before` that
    of what stands before it; `in_ten_thousands` are the columns whose heading says 万元."""

    line: int = 0
    places: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    in_ten_thousands: set[str] = field(default_factory=set)

    def take(self, line: Sequence[Any], names: Mapping[str, str], before: Mapping[str, str]) -> None:
        """Note every heading of the line that is not known yet."""
        for place, cell in enumerate(line):
            words = half_width_cell(cell)
            key = _plain(words)
            if (name := names.get(key)) is not None and name not in self.places:
                self.places[name] = place
                if "万" in words:
                    self.in_ten_thousands.add(name)
            elif (name := before.get(key)) is not None:
                self.before.setdefault(name, place)

    def cells_of(self, line: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The cells of a line by their columns' names, as they lie there and as they were typed."""
        cells = {name: line[place] for name, place in self.places.items() if place < len(line)}
        texts = {name: cell_text(cell) for name, cell in cells.items()}
        for name, place in self.before.items():
            words = cell_text(line[place]) if place < len(line) else ""
            if words and name in texts and texts[name] and not texts[name].startswith(words):
                texts[name] = f"{words}{texts[name]}"
        for name in self.in_ten_thousands & texts.keys():
            if texts[name]:
                texts[name] = f"{texts[name].removesuffix('万元').removesuffix('万')}万"
        return cells, texts


@dataclass(frozen=True)
class RowError:
    """What is wrong with one cell: Excel's row number, the column's name, a code and what was typed."""

    row: int
    field: str
    code: str
    typed: str = ""


@dataclass
class Preview(Generic[Row]):
    """What a sheet holds: rows that can be added, by Excel row number, every error of the others, what was typed in
    those, and what was `written` in the good ones."""

    rows: dict[int, Row] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    typed: dict[int, list[str]] = field(default_factory=dict)
    written: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """A list as a sheet: `model` makes a row of its cells, `key` tells rows that are the same."""

    title: str
    columns: Sequence[Column]
    model: type[Row]
    key: Callable[[Row], Hashable]
    blamed: Mapping[str, str] = field(default_factory=dict)
    """The column that an error of the whole row is shown at, by the error's code."""

    def template(self, language: int = 0, rows: Sequence[Mapping[str, Any]] | None = None, foot: str = "") -> bytes:
        """A workbook to fill in; with `rows` an export in the same layout, `foot` above it, below it and at the foot of
        each printed page. Without any, an example row that the reader passes over. No text becomes a formula."""
        buffer = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(buffer, options) as book:
            sheet, words = book.add_worksheet(self.title), book.add_worksheet("选项")
            head = book.add_format({"bold": True, "bg_color": "#E4EFEB", "border": 1, "text_wrap": True})
            text = book.add_format({"num_format": "@"})
            top = 1 if foot else 0
            sheet.freeze_panes(top + 1, 1)
            for number, column in enumerate(self.columns):
                star = "*" if column.required else ""
                sheet.write_string(top, number, column.headings[language] + star, head)
                # As text, so that Excel neither rounds an ID number nor makes a date of 3-1.
                sheet.set_column(number, number, column.width, text)
                if column.offered:
                    self._offer(sheet, words, number, column)
            lines = self._example(language) if rows is None else rows
            for line, row in enumerate(lines, start=top + 1):
                for number, column in enumerate(self.columns):
                    value = row.get(column.name, "")
                    sheet.write(line, number, value, None if isinstance(value, int | float) else text)
            if foot:
                grey = book.add_format({"font_color": "#7A4B00"})
                sheet.write_string(0, 0, foot, grey)
                sheet.write_string(top + len(lines) + 2, 0, foot, grey)
                sheet.set_footer("&L" + foot.replace("&", "&&")[:180] + "&R&P / &N")
        return buffer.getvalue()

    def _example(self, language: int) -> list[Mapping[str, Any]]:
        first, *rest = self.columns
        example = {each.name: each.example for each in rest}
        return [{**example, first.name: f"{EXAMPLE[language]}{first.example}"}]

    def _offer(self, sheet: Any, words: Any, number: int, column: Column) -> None:
        """A drop-down from the second sheet. Columns of several words warn only, since Excel lists take one."""
        words.write_column(0, number, column.offered)
        letter = xlsxwriter.utility.xl_col_to_name(number)
        rule = {
            "validate": "list",
            "source": f"=选项!${letter}$1:${letter}${len(column.offered)}",
            "error_type": "information" if column.many else "stop",
            "input_message": "可填多项，用顿号分开" if column.many else "",
        }
        sheet.data_validation(1, number, MAX_ROWS, number, rule)

    def read(self, content: bytes) -> Preview[Row]:
        """The dry run. Raises SheetError for a file that is no such sheet, or too long to be one."""
        lines, heading = self._find_sheet(_sheets(content))
        if len(lines) - heading.line - 1 > MAX_ROWS:
            raise SheetError("too_long", str(MAX_ROWS))
        preview: Preview[Row] = Preview()
        seen: set[Hashable] = set()
        for number in range(heading.line + 1, len(lines)):
            cells, texts = heading.cells_of(lines[number])
            if not any(texts.values()) or self._is_passed_over(lines[number], texts):
                continue
            row, first = number + 1, texts.get(self.columns[0].name, "")
            written = [texts.get(column.name, "") for column in self.columns]
            made, errors = self._read_row(row, cells, texts)
            if made is not None and (key := self.key(made)) in seen:
                errors = [RowError(row, self.columns[0].name, "twice", first)]
            elif made is not None:
                seen.add(key)
                preview.rows[row], preview.written[row] = made, written
                continue
            preview.errors.extend(errors)
            preview.typed[row] = written
        if not preview.rows and not preview.errors:
            raise SheetError("empty")
        return preview

    def _find_sheet(self, sheets: Sequence[Lines]) -> tuple[Lines, Heading]:
        """The sheet whose heading tells most of the columns; instructions may lie before it. Raises SheetError."""
        found = [(lines, find_heading(lines, self.columns)) for lines in sheets]
        lines, heading = max(found, key=lambda each: len(each[1].places), default=([], Heading()))
        missing = [
            column.headings[0] for column in self.columns if column.required and column.name not in heading.places
        ]
        if missing:
            raise SheetError("columns_missing", "、".join(missing))
        return lines, heading

    def _is_passed_over(self, line: Sequence[Any], texts: Mapping[str, str]) -> bool:
        """The template's example, a total, a note or the signatures below the list."""
        first = next((text for cell in line if (text := half_width_cell(cell))), "")
        if half_width(texts.get(self.columns[0].name, "")).startswith(tuple(half_width(words) for words in EXAMPLE)):
            return True
        lacking = [column.name for column in self.columns if column.required and not texts.get(column.name)]
        return bool(lacking) and (_NOTE.match(first) is not None or len(first) > 20)

    def _read_row(
        self, row: int, cells: Mapping[str, Any], texts: Mapping[str, str]
    ) -> tuple[Row | None, list[RowError]]:
        errors, values = [], {}
        for column in self.columns:
            typed = texts.get(column.name, "")
            if not typed:
                if column.required:
                    errors.append(RowError(row, column.name, "missing"))
                continue
            try:
                words = typed if column.read is as_text else half_width(typed)
                values[column.name] = column.read(cells[column.name], words)
            except ValueError as error:
                errors.append(RowError(row, column.name, *error.args))
        if errors:
            return None, errors
        try:
            return self.model.model_validate(values), []
        except ValidationError as wrong:
            return None, [self._told(row, each, texts) for each in wrong.errors(include_url=False)]

    def _told(self, row: int, wrong: Any, texts: Mapping[str, str]) -> RowError:
        told = str(wrong["loc"][0]) if wrong["loc"] else self.blamed.get(wrong["type"], "")
        name = told if any(column.name == told for column in self.columns) else self.columns[0].name
        return RowError(row, name, wrong["type"], texts.get(name, ""))

    def bad_rows(self, typed: Mapping[int, Sequence[str]], why: Mapping[int, str], language: int = 0) -> bytes:
        """The rows that could not be read, in the template's layout, with a last column that says why; corrected
        there, the file is read again."""
        reason = Column("why", ("要改正什么", "What to correct"), as_text, width=50)
        columns = [*self.columns, reason]
        names = [column.name for column in columns]
        colon = ("：", ": ")[language]
        rows = [dict(zip(names, [*cells, f"{row}{colon}{why[row]}"], strict=True)) for row, cells in typed.items()]
        return Sheet(self.title, columns, self.model, self.key).template(language, rows)


def find_heading(lines: Lines, columns: Sequence[Column]) -> Heading:
    """The line among the first ten that tells most columns; a title may stand above it, and the headings may fill two
    lines, some of them under merged cells."""
    names = {_plain(word): column.name for column in columns for word in (*column.headings, *column.also)}
    before = {_plain(word): column.name for column in columns for word in column.before}
    best = Heading()
    for number, line in enumerate(lines[:10]):
        found = Heading(number)
        found.take(line, names, before)
        if len(found.places) > len(best.places):
            best = found
    known = len(best.places)
    if known and best.line + 1 < len(lines):
        best.take(lines[best.line + 1], names, before)
        best.line += len(best.places) > known
    if best.line:
        best.take(lines[best.line - 1], names, before)
    return best


def _sheets(content: bytes) -> list[Lines]:
    """The cells of every sheet; a CSV as offices save it (UTF-8 or GBK) is one. Raises SheetError."""
    if content[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return [_csv_lines(content)]
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return [_filled(book.get_sheet_by_index(number)) for number in range(len(book.sheet_names))]
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SheetError("unreadable") from error


def _filled(sheet: CalamineSheet) -> Lines:
    """The cells, what stands in a cell merged over several lines in each of them: a village beside its households."""
    lines = sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS + 20)
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        for number in range(top + 1, min(bottom + 1, len(lines))):
            if left < len(lines[number]):
                lines[number][left] = lines[top][left]
    return lines


def _csv_lines(content: bytes) -> Lines:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and ("," in text or "\t" in text):
            delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
            return [list(line) for line in csv.reader(text.splitlines(), delimiter=delimiter)]
    raise SheetError("unreadable")


def _plain(text: str) -> str:
    """A heading without its unit, its stars, spaces and punctuation, full-width or half-width."""
    words = re.sub(r"\((元|万元|yuan|分钟|minutes|岁)\)", "", half_width(text))
    return re.sub(r"[\s*()/、:]", "", words).lower()


def half_width(text: str) -> str:
    """The text with full-width letters, digits and punctuation made half-width: how words are compared."""
    return unicodedata.normalize("NFKC", text).strip()


def half_width_cell(cell: Any) -> str:
    """A cell as half-width text, 3.0 as 3."""
    return half_width(cell_text(cell))


def cell_text(cell: Any) -> str:
    """A cell as it was typed: Chinese punctuation unchanged, letters and digits half-width, 3.0 as 3."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    parts = _CHINESE_PUNCTUATION.split(str(cell))
    kept = (part if _CHINESE_PUNCTUATION.match(part) else unicodedata.normalize("NFKC", part) for part in parts)
    return "".join(kept).strip()


def as_text(_cell: Any, typed: str) -> str:
    """Words as they were typed. Every other reader gets them half-width."""
    return typed
