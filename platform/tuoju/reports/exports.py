"""Figures as spreadsheets."""

import csv
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO

import xlsxwriter


def to_xlsx(sheets: Mapping[str, Sequence[Sequence[str | int | float]]]) -> bytes:
    """A workbook of named sheets, each a heading row and its lines. Text is never taken for a formula."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 34)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line, heading if number == 0 else None)
    return buffer.getvalue()


def to_csv(lines: Sequence[Sequence[str | int | float]]) -> bytes:
    """A CSV that Excel opens in UTF-8; a cell that would be a formula is quoted as text."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    for line in lines:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@" else cell for cell in line])
    return ("\ufeff" + buffer.getvalue()).encode()
