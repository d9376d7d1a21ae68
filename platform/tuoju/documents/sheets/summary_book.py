"""The monthly summary as the workbook that offices hand in (domain section 5.5): sums with one line a society under
grouped headings, and the list of persons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter

from tuoju.reports.models import MonthlySummary
from tuoju.reports.persons import PersonLine
from tuoju.reports.sheets import Sheet
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "fund",
        (
            "opening_fen",
            "income_government_fen",
            "income_collective_fen",
            "income_donation_fen",
            "income_other_fen",
            "relief_fen",
            "goods_fen",
            "recovered_fen",
            "closing_fen",
        ),
    ),
    (
        "relief",
        (
            "relief_person_times",
            "relief_household_times",
            "cases_opened",
            "cases_discovered",
            "cases_refused",
            "cases_relieved",
            "cases_in_time",
            "average_days",
        ),
    ),
    (
        "service",
        (
            "needs_reported",
            "referrals_sent",
            "referrals_accepted",
            "referrals_rejected",
            "referrals_completed",
            "help_confirmed",
            "help_unconfirmed",
            "service_person_times",
            "service_persons",
            "service_household_times",
            "service_minutes",
        ),
    ),
    ("notice", ("notices_posted", "notices_late", "objections")),
)
"""The numbers of a summary in the order that offices use, by section."""
Cell = str | int | float


@dataclass(frozen=True)
class SocietyLine:
    """One line of the sheet of sums."""

    place: str
    state: str
    """In words."""
    sheet: Sheet | None
    """None for a society that has not handed in its summary."""


def figure_name(name: str) -> str:
    """The words for a number: of `sheet_figure`, or for `by_cause.CODE` and `by_category.CODE` of the code."""
    figure, _dot, code = name.partition(".")
    kinds = {"by_cause": "hardship_cause", "by_category": "relief_category"}
    return label(kinds[figure], code) if code else label("sheet_figure", figure)


def shown(sheet: Sheet, name: str) -> Cell:
    """A number as offices write it: amounts in yuan, the average in days; empty if there is none."""
    if name == "average_days":
        return "" if sheet.average_days is None else round(sheet.average_days, 2)
    figure, _dot, code = name.partition(".")
    value: int = getattr(sheet, figure).get(code, 0) if code else getattr(sheet, figure)
    return value / 100 if name.endswith("_fen") else value


def _columns() -> Iterator[tuple[str, str]]:
    """(group, name of the number) of every column after the place."""
    for section, names in SECTIONS:
        yield from ((label("sheet_section", section), name) for name in names)
        if section == "relief":
            yield from ((_("By cause"), f"by_cause.{code}") for code, _words in options("hardship_cause"))
            yield from ((_("By category"), f"by_category.{code}") for code, _words in options("relief_category"))


def summary_book(
    title: str,
    summary: MonthlySummary,
    lines: Sequence[SocietyLine],
    totals: Sheet,
    persons: Sequence[PersonLine],
    people: Mapping[int, str],
    foot: str,
) -> bytes:
    """The workbook. `lines` are the societies of a township, `totals` the numbers of the summary itself.

    `people` are names by account id.
    """
    buffer = BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, settings) as book:
        looks = _looks(book)
        _sums(book, looks, title, summary, lines, totals, people, foot)
        _persons(book, looks, title, summary, persons, foot)
    return buffer.getvalue()


def _looks(book: Any) -> dict[str, Any]:
    grid = {"border": 1, "valign": "vcenter", "font_size": 10}
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "head": book.add_format({**grid, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E4EFEB"}),
        "words": book.add_format({**grid, "text_wrap": True, "num_format": "@"}),
        "number": book.add_format({**grid, "num_format": "#,##0"}),
        "money": book.add_format({**grid, "num_format": "#,##0.00"}),
        "plain": book.add_format({"font_size": 10}),
        "foot": book.add_format({"font_size": 9, "font_color": "#7A4B00"}),
    }


def _page(sheet: Any, width: int, head: int, foot: str) -> None:
    """Print settings: landscape, fitted to the width of the paper, headings on every page, `foot` below."""
    sheet.set_landscape()
    sheet.set_paper(8 if width > 20 else 9)  # A3, A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, head)
    sheet.set_footer("&L" + foot.replace("&", "&&")[:180] + "&R&P / &N")


def _sums(
    book: Any,
    looks: Mapping[str, Any],
    title: str,
    summary: MonthlySummary,
    lines: Sequence[SocietyLine],
    totals: Sheet,
    people: Mapping[int, str],
    foot: str,
) -> None:
    sheet, columns = book.add_worksheet(_("Totals")), list(_columns())
    last = len(columns) + 1
    sheet.merge_range(0, 0, 0, last, title, looks["title"])
    days = f"{summary.month}{_(' (')}{summary.first_day}—{summary.last_day}{_(')')}"
    edition = _("version %(number)s, %(state)s") % {
        "number": summary.edition,
        "state": label("summary_state", summary.state),
    }
    zero = [_("Zero report: nothing happened in this month.")] if summary.nothing_happened else []
    facts = [days, edition, _("amounts in yuan"), *zero]
    sheet.write_string(1, 0, "  ".join(facts), looks["plain"])
    sheet.merge_range(2, 0, 3, 0, _("Village"), looks["head"])
    _groups(sheet, looks, columns)
    sheet.merge_range(2, last, 3, last, _("State"), looks["head"])
    total = SocietyLine(_("Total"), label("summary_state", summary.state), totals)
    row = 4
    for line in [*lines, total]:
        sheet.write_string(row, 0, line.place, looks["words"])
        for place, (_group, name) in enumerate(columns, start=1):
            value = "" if line.sheet is None else shown(line.sheet, name)
            look = "words" if value == "" else "money" if name.endswith("_fen") or name == "average_days" else "number"
            sheet.write(row, place, value, looks[look])
        sheet.write_string(row, last, line.state, looks["words"])
        row += 1
    row = _adjusted(sheet, looks, totals, row + 1)
    who = (summary.prepared_by, summary.signed_by or 0, summary.answered_by or 0)
    roles = (_("Filled in by"), _("Head of the society"), _("Received by"))
    signed = [f"{role}{_(': ')}{people.get(user, '')}" for role, user in zip(roles, who, strict=True)]
    sheet.write_string(row + 1, 0, "        ".join([*signed, _("Stamp:")]), looks["plain"])
    sheet.write_string(row + 2, 0, f"SHA-256 {summary.digest}", looks["foot"])
    sheet.write_string(row + 3, 0, foot, looks["foot"])
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, last - 1, 9)
    sheet.set_column(last, last, 12)
    sheet.set_row(3, 42)
    sheet.freeze_panes(4, 1)
    _page(sheet, last, 3, foot)


def _groups(sheet: Any, looks: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> None:
    """Two lines of headings: the groups, merged over their columns; then the columns."""
    begin = 0
    for place, (group, name) in enumerate(columns):
        sheet.write_string(3, place + 1, figure_name(name), looks["head"])
        if place + 1 == len(columns) or columns[place + 1][0] != group:
            sheet.merge_range(2, begin + 1, 2, place + 1, group, looks["head"])
            begin = place + 1


def _adjusted(sheet: Any, looks: Mapping[str, Any], totals: Sheet, row: int) -> int:
    """Late entries of earlier months, a line each; returns the row after them."""
    if not totals.adjustments:
        return row
    sheet.write_string(row, 0, _("Late entries from earlier months, not in the numbers above"), looks["plain"])
    for month, numbers in totals.adjustments.items():
        for name, count in numbers.items():
            row += 1
            sheet.write_string(row, 0, month, looks["words"])
            sheet.merge_range(row, 1, row, 3, figure_name(name), looks["words"])
            money = name.endswith("_fen")
            sheet.write(row, 4, count / 100 if money else count, looks["money" if money else "number"])
    return row + 1


def _persons(
    book: Any,
    looks: Mapping[str, Any],
    title: str,
    summary: MonthlySummary,
    persons: Sequence[PersonLine],
    foot: str,
) -> None:
    sheet = book.add_worksheet(_("List of persons"))
    heading = [
        _("No."),
        _("Name"),
        _("ID number"),
        _("Age"),
        _("Sex"),
        _("Household members"),
        _("Address"),
        _("Relief category"),
        _("Telephone"),
        _("Amount (yuan)"),
        _("Decided on"),
        _("Reason for applying"),
        _("Self-paid (yuan)"),
        _("Account (one card)"),
        _("Case"),
    ]
    sheet.merge_range(0, 0, 0, len(heading) - 1, f"{title}{_(': ')}{sheet.name}", looks["title"])
    sheet.write_string(1, 0, f"{summary.month}  {foot}", looks["foot"])
    for place, words in enumerate(heading):
        sheet.write_string(2, place, words, looks["head"])
    row = 3
    for person in persons:
        for place, value in enumerate(_person(person)):
            look = "money" if place == 9 else "words" if isinstance(value, str) else "number"
            sheet.write(row, place, value, looks[look])
        row += 1
    sheet.merge_range(row, 0, row, 8, _("Total"), looks["head"])
    sheet.write(row, 9, sum(person.amount_fen for person in persons) / 100, looks["money"])
    for place, width in enumerate((6, 10, 22, 6, 6, 8, 30, 20, 14, 12, 12, 24, 10, 20, 26)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(3, 2)
    _page(sheet, len(heading), 2, foot)


def _person(person: PersonLine) -> list[Cell]:
    """The cells of a person. Self-paid amount and account stay empty, to be filled in by hand: they are not stored."""
    return [
        person.number,
        person.name,
        person.id_number,
        "" if person.age is None else person.age,
        label("sex_word", person.sex) if person.sex else "",
        person.household_members,
        person.address,
        label("relief_category", person.relief_category) if person.relief_category else "",
        person.phone,
        person.amount_fen / 100,
        person.decided_on.isoformat() if person.decided_on else "",
        person.reason or label("hardship_cause", person.cause),
        "",
        "",
        person.case_number,
    ]
