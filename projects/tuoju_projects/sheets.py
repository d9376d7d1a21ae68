"""Any list in and out of Excel: a template with choices in its cells, a dry run that names every bad row, an export."""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any, Generic, TypeVar

import xlsxwriter
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuoju_projects.workbooks import MAX_ROWS, SheetError
from tuoju_text.cleaning import cleaned

LONG_NUMBER = 15
"""Digits that Excel keeps: a longer number that is not stored as text has lost its end."""
EXAMPLE = ("（示例）", "(example)")
"""How the first cell of the example row begins, in Chinese and English."""

_NOTE = re.compile(r"备注|注[:：]|说明|填[表报]|制表|审核|负责人|合计|总计|小计|共\d|Note|Total|Taken out|导出")
"""How the lines below a list begin: notes, signatures, totals."""
_KEPT_FROM_ROUNDING = re.compile(r"""=\s*"(.*)"|['`‘’](\d[\dXx]*)""")
_CHINESE_PUNCTUATION = re.compile(r"([，：；？！（）…～]+)")
"""What half-width folding would change in a Chinese sentence."""
Lines = list[list[Any]]
"""The cells of a sheet, line by line."""
Row = TypeVar("Row", bound=BaseModel)
Reader = Callable[[Any, str], Any]
"""(cell as stored in the file, its half-width text) to a value. Raises ValueError(code, what was typed)."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet."""

    name: str
    """The field of the row model."""
    headings: tuple[str, str]
    """In Chinese and English."""
    read: Reader
    required: bool = False
    offered: Sequence[str] = ()
    """The words that the template offers in a drop-down list."""
    many: bool = False
    """Whether a cell may have several of the offered words, separated by 、."""
    example: Any = ""
    width: int = 15
    """In characters."""
    also: Sequence[str] = ()
    """Other headings that offices use for it."""
    before: Sequence[str] = ()
    """Headings of a column whose text is put before this one's: 乡镇 before 村."""


@dataclass
class Heading:
    """Where the columns of a sheet are."""

    line: int = 0
    """The last line of the heading; lines and columns count from 0."""
    places: dict[str, int] = field(default_factory=dict)
    """The place of each column, by its name."""
    before: dict[str, int] = field(default_factory=dict)
    """The place of the text that is put before a column, by that column's name."""
    in_ten_thousands: set[str] = field(default_factory=set)
    """The columns whose heading says 万元."""

    def add_line(self, line: Sequence[Any], names: Mapping[str, str], before: Mapping[str, str]) -> None:
        """Note the headings of a line that are not known yet; `names` and `before` map headings to columns."""
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
        """The cells of a line by the names of their columns, as stored in the file and as text."""
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
    """What is wrong with one cell."""

    row: int
    """Excel's row number."""
    field: str
    """The name of the column."""
    code: str
    """A code of a reader or of a check, or an error type of pydantic."""
    typed: str = ""
    limits: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The limits that a pydantic error names: {"le": 1440}."""


@dataclass
class Preview(Generic[Row]):
    """The result of a dry run. Keys are Excel's row numbers."""

    rows: dict[int, Row] = field(default_factory=dict)
    """The rows that can be added."""
    errors: list[RowError] = field(default_factory=list)
    """Every error of the other rows."""
    typed: dict[int, list[str]] = field(default_factory=dict)
    """The cells of the rows with errors, as typed, in the order of the columns."""
    written: dict[int, list[str]] = field(default_factory=dict)
    """The same of the rows that can be added."""


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """A list as a sheet."""

    title: str
    columns: Sequence[Column]
    model: type[Row]
    """Makes a row of the values of its cells."""
    key: Callable[[Row], Hashable]
    """Rows with the same key are duplicates."""
    columns_of_errors: Mapping[str, str] = field(default_factory=dict)
    """The column at which an error of the whole row is shown, by the error's code."""

    def template(self, language: int = 0, rows: Sequence[Mapping[str, Any]] | None = None) -> bytes:
        """A workbook to fill in, in Chinese (`language` 0) or English (1). Without `rows` it has an example row, which
        the reader skips."""
        buffer = BytesIO()
        self.write(buffer, self._example(language) if rows is None else rows, language)
        return buffer.getvalue()

    def write(
        self,
        target: BytesIO | Path,
        rows: Iterable[Mapping[str, Any]],
        language: int = 0,
        *,
        foot: str = "",
        end: Callable[[int], str] = "".format,
    ) -> None:
        """A workbook in the layout of the template. No text becomes a formula.

        With `foot` it is an export: that stands above the list and at the foot of each printed page, and `end` of the
        number of rows below the list. A workbook in a file is written row by row, in little memory.
        """
        options: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False}
        if isinstance(target, Path):
            options |= {"constant_memory": True, "tmpdir": str(target.parent)}
        else:
            options["in_memory"] = True
        top = 1 if foot else 0
        with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
            sheet = book.add_worksheet(self.title)
            # As text, so that Excel neither rounds an ID number nor makes a date of 3-1.
            text = book.add_format({"num_format": "@"})
            grey = book.add_format({"font_color": "#7A4B00"})
            sheet.freeze_panes(top + 1, 1)
            for number, column in enumerate(self.columns):
                sheet.set_column(number, number, column.width, text)
            if foot:
                sheet.write_string(0, 0, foot, grey)
                sheet.set_footer("&L" + foot.replace("&", "&&")[:180] + "&R&P / &N")
            self._write_heading(book, sheet, top, language)
            line = top
            for line, row in enumerate(rows, start=top + 1):
                self._write_row(sheet, line, row, text)
            if foot:
                sheet.write_string(line + 3, 0, end(line - top), grey)

    def _write_heading(self, book: Any, sheet: Any, line: int, language: int) -> None:
        """The headings, and below them the lists to choose from, which a second sheet holds."""
        head = book.add_format({"bold": True, "bg_color": "#E4EFEB", "border": 1, "text_wrap": True})
        words = book.add_worksheet("选项")
        for number, column in enumerate(self.columns):
            star = "*" if column.required else ""
            sheet.write_string(line, number, column.headings[language] + star, head)
            if column.offered:
                self._offer(sheet, number, column)
        for place, choices in enumerate(zip_longest(*(column.offered for column in self.columns), fillvalue="")):
            words.write_row(place, 0, choices)

    def _write_row(self, sheet: Any, line: int, row: Mapping[str, Any], text: Any) -> None:
        for number, column in enumerate(self.columns):
            value = row.get(column.name, "")
            if isinstance(value, int | float):
                sheet.write_number(line, number, value)
            elif value:
                sheet.write_string(line, number, value, text)

    def _example(self, language: int) -> list[Mapping[str, Any]]:
        first, *rest = self.columns
        example = {column.name: column.example for column in rest}
        return [{**example, first.name: f"{EXAMPLE[language]}{first.example}"}]

    def _offer(self, sheet: Any, number: int, column: Column) -> None:
        """A drop-down list from the second sheet. Excel lists take one word, so columns of several only show a hint."""
        letter = xlsxwriter.utility.xl_col_to_name(number)
        rule = {
            "validate": "list",
            "source": f"=选项!${letter}$1:${letter}${len(column.offered)}",
            "error_type": "information" if column.many else "stop",
            "input_message": "可填多项，用顿号分开" if column.many else "",
        }
        sheet.data_validation(1, number, MAX_ROWS, number, rule)

    def read(self, sheets: Sequence[Lines]) -> Preview[Row]:
        """The dry run over the cells of a file, as `read_workbook` gives them.

        Raises SheetError for a file that cannot be read as this sheet or has too many rows.
        """
        lines, heading = self._find_sheet(sheets)
        if len(lines) - heading.line - 1 > MAX_ROWS:
            raise SheetError("too_long", str(MAX_ROWS))
        preview: Preview[Row] = Preview()
        seen: set[Hashable] = set()
        for number in range(heading.line + 1, len(lines)):
            cells, texts = heading.cells_of(lines[number])
            if not any(texts.values()) or self._is_skipped(lines[number], texts):
                continue
            row, first = number + 1, texts.get(self.columns[0].name, "")
            written = [texts.get(column.name, "") for column in self.columns]
            model, errors = self._read_row(row, cells, texts)
            if model is not None and (key := self.key(model)) in seen:
                errors = [RowError(row, self.columns[0].name, "twice", first)]
            elif model is not None:
                seen.add(key)
                preview.rows[row], preview.written[row] = model, written
                continue
            preview.errors.extend(errors)
            preview.typed[row] = written
        if not preview.rows and not preview.errors:
            raise SheetError("empty")
        return preview

    def _find_sheet(self, sheets: Sequence[Lines]) -> tuple[Lines, Heading]:
        """The sheet whose heading has most columns; sheets of instructions may be there too. Raises SheetError."""
        candidates = [(lines, find_heading(lines, self.columns)) for lines in sheets]
        lines, heading = max(candidates, key=lambda candidate: len(candidate[1].places), default=([], Heading()))
        missing = [
            column.headings[0] for column in self.columns if column.required and column.name not in heading.places
        ]
        if missing:
            raise SheetError("columns_missing", "、".join(missing))
        return lines, heading

    def _is_skipped(self, line: Sequence[Any], texts: Mapping[str, str]) -> bool:
        """Whether a line is the example of the template, a total, a note or the signatures below the list."""
        first = next((text for cell in line if (text := half_width_cell(cell))), "")
        if half_width(texts.get(self.columns[0].name, "")).startswith(tuple(half_width(words) for words in EXAMPLE)):
            return True
        lacking = [column.name for column in self.columns if column.required and not texts.get(column.name)]
        return bool(lacking) and (_NOTE.match(first) is not None or len(first) > 20)

    def _read_row(
        self, row: int, cells: Mapping[str, Any], texts: Mapping[str, str]
    ) -> tuple[Row | None, list[RowError]]:
        """The row, or every error of its cells; if the cells are right, those of the model."""
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
            return None, [self._row_error(row, details, texts) for details in wrong.errors(include_url=False)]

    def _row_error(self, row: int, details: ErrorDetails, texts: Mapping[str, str]) -> RowError:
        """An error of pydantic, at its column; at the first if it belongs to none."""
        field_name = str(details["loc"][0]) if details["loc"] else self.columns_of_errors.get(details["type"], "")
        known = any(column.name == field_name for column in self.columns)
        name = field_name if known else self.columns[0].name
        return RowError(row, name, details["type"], texts.get(name, ""), details.get("ctx", {}))

    def bad_rows(self, typed: Mapping[int, Sequence[str]], why: Mapping[int, str], language: int = 0) -> bytes:
        """The rows with errors in the layout of the template, with a last column that says why. The corrected file can
        be read again."""
        reason = Column("why", ("要改正什么", "What to correct"), as_text, width=50)
        columns = [*self.columns, reason]
        names = [column.name for column in columns]
        colon = ("：", ": ")[language]
        rows = [dict(zip(names, [*cells, f"{row}{colon}{why[row]}"], strict=True)) for row, cells in typed.items()]
        return Sheet(self.title, columns, self.model, self.key).template(language, rows)


def find_heading(lines: Lines, columns: Sequence[Column]) -> Heading:
    """The line among the first ten that has most headings. A title may be above it, and the headings may take two
    lines, some of them under merged cells."""
    names = {_plain(word): column.name for column in columns for word in (*column.headings, *column.also)}
    before = {_plain(word): column.name for column in columns for word in column.before}
    best = Heading()
    for number, line in enumerate(lines[:10]):
        heading = Heading(number)
        heading.add_line(line, names, before)
        if len(heading.places) > len(best.places):
            best = heading
    known = len(best.places)
    if known and best.line + 1 < len(lines):
        best.add_line(lines[best.line + 1], names, before)
        best.line += len(best.places) > known
    if best.line:
        best.add_line(lines[best.line - 1], names, before)
    return best


def _plain(text: str) -> str:
    """A heading for comparing: half-width, without unit, stars, spaces and punctuation."""
    words = re.sub(r"\((元|万元|yuan|分钟|minutes|岁)\)", "", half_width(text))
    return re.sub(r"[\s*()/、:]", "", words).lower()


def half_width(text: str) -> str:
    """The text for comparing: full-width letters, digits and punctuation become half-width."""
    return unicodedata.normalize("NFKC", cleaned(text)).strip()


def half_width_cell(cell: Any) -> str:
    """A cell as half-width text; 3.0 as 3."""
    return half_width(cell_text(cell))


def cell_text(cell: Any) -> str:
    """A cell as it was typed, cleaned: Chinese punctuation unchanged, letters and digits half-width; 3.0 as 3. Signs by
    which lists keep Excel from rounding a number, as in ="1101" and '1101, are taken off."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    typed = cleaned(str(cell))
    kept_from_rounding = _KEPT_FROM_ROUNDING.fullmatch(typed)
    parts = _CHINESE_PUNCTUATION.split(kept_from_rounding.expand(r"\1\2") if kept_from_rounding else typed)
    kept = (part if _CHINESE_PUNCTUATION.match(part) else unicodedata.normalize("NFKC", part) for part in parts)
    return "".join(kept).strip()


def as_text(_cell: Any, typed: str) -> str:
    """Reader of text as it was typed. Every other reader gets half-width text."""
    return typed
