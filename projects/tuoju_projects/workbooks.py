"""The cells of a workbook or a CSV, within bounds. It is run in a child process, so it imports little."""

import csv
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

MAX_ROWS = 5_000
"""Of a list."""
MAX_UNPACKED_BYTES, MAX_PARTS = 100_000_000, 1_000
"""Of a workbook, which is a ZIP: a list of MAX_ROWS takes a few million bytes in some ten parts."""
MAX_SHEETS = 50
MAX_CELLS, MAX_CHARACTERS = 1_000_000, 20_000_000
"""Of all sheets together: MAX_ROWS of 200 columns, and the text of a file of 5 MB several times over."""
_ROWS_ABOVE = 20
"""Titles, headings and notes beside the rows of a list."""
_Cells = list[list[Any]]


class SheetError(Exception):
    """The file cannot be read as this sheet.

    `code` is too_long, columns_missing, empty or unreadable; `detail` the maximum of rows or the missing columns.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def read_workbook(content: bytes, *, max_rows: int = MAX_ROWS) -> list[_Cells]:
    """The cells of every sheet of a workbook, or of a CSV (UTF-8 or GBK); of each some more lines than `max_rows`.

    Raises SheetError(unreadable, too_long).
    """
    rows = max_rows + _ROWS_ABOVE
    if content[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return [list(_bounded(islice(_csv_lines(content), rows)))]
    if content.startswith(b"PK"):
        _require_bounded(content)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        numbers = range(len(book.sheet_names))
        if len(numbers) > MAX_SHEETS:
            raise SheetError("too_long", str(MAX_ROWS))
        sheets, cells = [], 0
        for number in numbers:
            sheet = book.get_sheet_by_index(number)
            cells += min(sheet.total_height, rows) * sheet.total_width
            if cells > MAX_CELLS:
                raise SheetError("too_long", str(MAX_ROWS))
            sheets.append(_with_merged_cells(sheet, rows))
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SheetError("unreadable") from error
    list(_bounded(line for sheet in sheets for line in sheet))
    return sheets


def _bounded(lines: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The lines, as long as there is not more in them than in any list. Raises SheetError(too_long)."""
    cells = characters = 0
    for line in lines:
        cells += len(line)
        characters += sum(len(cell) for cell in line if isinstance(cell, str))
        if cells > MAX_CELLS or characters > MAX_CHARACTERS:
            raise SheetError("too_long", str(MAX_ROWS))
        yield line


def _require_bounded(content: bytes) -> None:
    """Refuse a ZIP that says it unpacks to more than any list needs. Raises SheetError(unreadable, too_long).

    Source: OWASP ASVS 5.0, 5.2.3.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SheetError("unreadable") from error
    if len(sizes) > MAX_PARTS or sum(sizes) > MAX_UNPACKED_BYTES:
        raise SheetError("too_long", str(MAX_ROWS))


def _with_merged_cells(sheet: CalamineSheet, rows: int) -> _Cells:
    """The cells of a sheet. A cell merged over several lines is repeated in each: a village beside its households."""
    lines = sheet.to_python(skip_empty_area=False, nrows=rows)
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        for number in range(top + 1, min(bottom + 1, len(lines))):
            if left < len(lines[number]):
                lines[number][left] = lines[top][left]
    return lines


def _csv_lines(content: bytes) -> Iterator[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and ("," in text or "\t" in text):
            delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
            try:
                yield from csv.reader(StringIO(text, newline=""), delimiter=delimiter)
            except csv.Error as error:
                raise SheetError("unreadable") from error
            return
    raise SheetError("unreadable")
