"""View objects of the pages that read lists in from Excel and export them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.documents.sheets.lists import ListName
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class ListPage(View):
    """Import and export of one list. `home` is the page that shows the list, `error` what was wrong with the last file,
    `template_help` says which layouts are understood. The export of an `is_personal` list is masked unless a purpose is
    named, where `may_export_in_full`."""

    template: ClassVar[str] = "imports/show.html"
    name: ListName
    home: str
    error: str
    template_help: str
    may_import: bool
    may_export: bool
    may_export_in_full: bool
    is_personal: bool


@dataclass(frozen=True)
class GoodRow:
    """A row that can be imported: Excel's row number and its first cell, masked in personal lists."""

    row: int
    first_cell: str


@dataclass(frozen=True)
class WrongCell:
    """A cell to correct: Excel's row number, the heading of its column, what is wrong, and what was typed."""

    row: int
    heading: str
    problem: str
    typed: str


@dataclass(frozen=True)
class PreviewPage(View):
    """The dry run of an import: `total` rows can be imported, `bad_rows` have errors. `rows` and `errors` show the
    first of each; `more_rows` counts the good rows not shown, `has_more_errors` says that errors were left out."""

    template: ClassVar[str] = "imports/preview.html"
    name: ListName
    total: int
    bad_rows: int
    rows: Sequence[GoodRow]
    more_rows: int
    errors: Sequence[WrongCell]
    has_more_errors: bool
