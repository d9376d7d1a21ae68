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
from python_calamine import CalamineError, CalamineWorkbook

MOST_ROWS = 5_000
LONG_NUMBER = 15
"""Excel keeps 15 digits: a longer number that is no text has lost its end."""
EXAMPLE = ("(示例)", "(example)")

Row = TypeVar("Row", bound=BaseModel)
Reader = Callable[[Any, str], Any]
"""A cell, as it lies in the file and as text, into a value. Raises ValueError(code, what was typed)."""


class SheetError(Exception):
    """The file is no such sheet: `code` says why, `detail` names what is missing or too much."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Column:
    """One column: its headings in Chinese and English, how a cell is read, and what the template offers. With `many`,
    several of the offered words may stand in a cell, with 、 between them."""

    name: str
    headings: tuple[str, str]
    read: Reader
    required: bool = False
    offered: Sequence[str] = ()
    many: bool = False
    example: Any = ""
    width: int = 15


@dataclass(frozen=True)
class RowError:
    """What is wrong with one cell: Excel's row number, the column's name, a code and what was typed."""

    row: int
    field: str
    code: str
    typed: str = ""


@dataclass
class Preview(Generic[Row]):
    """What a sheet holds: rows that can be added, by Excel row number, every error of the others, and what was typed
    in those."""

    rows: dict[int, Row] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    typed: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """A list as a sheet: `model` makes a row of its cells, `key` tells rows that are the same."""

    title: str
    columns: Sequence[Column]
    model: type[Row]
    key: Callable[[Row], Hashable]

    def template(self, language: int = 0, rows: Sequence[Mapping[str, Any]] = (), foot: str = "") -> bytes:
        """A workbook to fill in; with `rows` an export in the same layout, and `foot` below them. Without any, an
        example row that the reader passes over. Text is never taken for a formula."""
        buffer = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(buffer, options) as book:
            sheet, words = book.add_worksheet(self.title), book.add_worksheet("选项")
            head = book.add_format({"bold": True, "bg_color": "#E4EFEB", "border": 1, "text_wrap": True})
            text = book.add_format({"num_format": "@"})
            sheet.freeze_panes(1, 1)
            for number, column in enumerate(self.columns):
                star = "*" if column.required else ""
                sheet.write_string(0, number, column.headings[language] + star, head)
                # As text, so that Excel neither rounds an ID number nor makes a date of 3-1.
                sheet.set_column(number, number, column.width, text)
                if column.offered:
                    self._offer(sheet, words, number, column)
            lines = rows or [{each.name: each.example for each in self.columns}]
            for line, row in enumerate(lines, start=1):
                for number, column in enumerate(self.columns):
                    value = row.get(column.name, "")
                    if rows == () and number == 0:
                        value = f"{EXAMPLE[language]}{value}"
                    sheet.write(line, number, value, None if isinstance(value, int | float) else text)
            if foot:
                sheet.write_string(len(lines) + 2, 0, foot)
        return buffer.getvalue()

    def _offer(self, sheet: Any, words: Any, number: int, column: Column) -> None:
        """A drop-down from the second sheet. Columns of several words warn only, since Excel lists take one."""
        words.write_column(0, number, column.offered)
        letter = xlsxwriter.utility.xl_col_to_name(number)
        rule = {
            "validate": "list",
            "source": f"=选项!${letter}$1:${letter}${len(column.offered)}",
            "error_type": "information" if column.many else "stop",
            "input_message": "可填多项,用顿号分开" if column.many else "",
        }
        sheet.data_validation(1, number, MOST_ROWS, number, rule)

    def read(self, content: bytes) -> Preview[Row]:
        """The dry run. Raises SheetError for a file that is no such sheet, or too long to be one."""
        lines = _lines(content)
        heading, places = self._find_heading(lines)
        if len(lines) - heading - 1 > MOST_ROWS:
            raise SheetError("too_long", str(MOST_ROWS))
        preview: Preview[Row] = Preview()
        seen: set[Hashable] = set()
        for number in range(heading + 1, len(lines)):
            cells = {name: lines[number][place] for name, place in places.items() if place < len(lines[number])}
            texts = {name: text_of(cell) for name, cell in cells.items()}
            first = texts.get(self.columns[0].name, "")
            if not any(texts.values()) or first.startswith(EXAMPLE) or _is_note(texts, self.columns):
                continue
            row = number + 1
            made, errors = self._read_row(row, cells, texts)
            if made is not None and (key := self.key(made)) in seen:
                errors = [RowError(row, self.columns[0].name, "twice", first)]
            elif made is not None:
                seen.add(key)
                preview.rows[row] = made
                continue
            preview.errors.extend(errors)
            preview.typed[row] = [texts.get(column.name, "") for column in self.columns]
        if not preview.rows and not preview.errors:
            raise SheetError("empty")
        return preview

    def _find_heading(self, lines: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]]:
        """The heading is among the first ten lines: a title may stand above it. Raises SheetError."""
        names = {_plain(word): column.name for column in self.columns for word in column.headings}
        best: tuple[int, dict[str, int]] = (0, {})
        for number, line in enumerate(lines[:10]):
            found = {names[key]: place for place, cell in enumerate(line) if (key := _plain(text_of(cell))) in names}
            if len(found) > len(best[1]):
                best = number, found
        missing = [column.headings[0] for column in self.columns if column.required and column.name not in best[1]]
        if missing:
            raise SheetError("columns_missing", "、".join(missing))
        return best

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
                values[column.name] = column.read(cells[column.name], typed)
            except ValueError as error:
                errors.append(RowError(row, column.name, *error.args))
        if errors:
            return None, errors
        try:
            return self.model.model_validate(values), []
        except ValidationError as wrong:
            return None, [self._told(row, each, texts) for each in wrong.errors(include_url=False)]

    def _told(self, row: int, wrong: Any, texts: Mapping[str, str]) -> RowError:
        name = str(wrong["loc"][0]) if wrong["loc"] else self.columns[0].name
        return RowError(row, name, wrong["type"], texts.get(name, ""))

    def bad_rows(self, typed: Mapping[int, Sequence[str]], why: Mapping[int, str], language: int = 0) -> bytes:
        """The rows that could not be read, in the template's layout, with a last column that says why."""
        reason = Column("why", ("要改正什么", "What to correct"), as_text, width=50)
        columns = [*self.columns, reason]
        names = [column.name for column in columns]
        rows = [dict(zip(names, [*cells, f"{row}: {why[row]}"], strict=True)) for row, cells in typed.items()]
        return Sheet(self.title, columns, self.model, self.key).template(language, rows)


def _lines(content: bytes) -> list[list[Any]]:
    """The cells of the first sheet; a CSV as offices save it (UTF-8 or GBK) too. Raises SheetError."""
    if content[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return _csv_lines(content)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_ROWS + 20)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SheetError("unreadable") from error


def _csv_lines(content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and ("," in text or "\t" in text):
            return [list(line) for line in csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ",")]
    raise SheetError("unreadable")


def _is_note(texts: Mapping[str, str], columns: Sequence[Column]) -> bool:
    """A trailing note or signature line: one cell alone, where a row needs several."""
    filled = [name for name, typed in texts.items() if typed]
    needed = sum(column.required for column in columns)
    return needed > 1 and len(filled) == 1 and filled[0] == columns[0].name


def _plain(text: str) -> str:
    return re.sub(r"[\s*()()元yuan]", "", unicodedata.normalize("NFKC", text)).lower()


def text_of(cell: Any) -> str:
    """A cell as text: full-width signs made narrow, 3.0 as 3."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip()


def as_text(_cell: Any, typed: str) -> str:
    return typed
