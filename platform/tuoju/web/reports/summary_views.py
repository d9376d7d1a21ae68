"""View objects of monthly summaries: the lists, one edition, and a month that is not counted yet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from urllib.parse import urlencode

from tuoju.accounts.fields import GatedText
from tuoju.documents.sheets.summary_book import SECTIONS, figure_name
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.sheets import Sheet
from tuoju.reports.summaries import HAND_IN_STATUSES, Difference, HandInStatus, RegionSummary, sheet_of
from tuoju.web.kit.views import View
from tuoju.web.reports.page_numbers import PageNumbers
from tuoju.web.reports.shared_views import Chip, Tile
from tuoju.words.formats import china_date, china_time, yuan
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

CHIP_KINDS = {
    SummaryState.prepared: "wait",
    SummaryState.handed_in: "wait",
    SummaryState.returned: "stop",
    SummaryState.accepted: "calm",
}
"""The style of a chip for each state."""

DIGEST_SHOWN = 16
"""How many hexadecimal digits of the digest are printed: enough to compare by eye."""


def summary_url(region_code: str, month: str) -> str:
    return f"/summaries/{region_code}/{month}"


def summary_chips(summary: MonthlySummary | None) -> list[Chip]:
    """The state of a month; also whether it is a signed zero report, and a corrected edition."""
    if summary is None:
        return [Chip("stop", label("summary_state", "missing"))]
    chips = [Chip(CHIP_KINDS[summary.state], label("summary_state", summary.state))]
    if summary.nothing_happened and summary.signed_at:
        chips.append(Chip("still", _("Zero report")))
    if summary.edition > 1:
        chips.append(Chip("still", _("Version %(number)s") % {"number": summary.edition}))
    return chips


@dataclass(frozen=True)
class OwnSummaryRow:
    """One month of the actor's own society."""

    month: str
    href: str
    chips: Sequence[Chip]
    edition: int
    signed_on: str


@dataclass(frozen=True)
class OwnSummariesPage(View):
    """The months of the actor's own society."""

    template: ClassVar[str] = "reports/summaries/own.html"
    place: str
    has_fund: bool
    waiting_month: str
    """The month to hand in now; "" where it was counted."""
    count_url: str
    rows: Sequence[OwnSummaryRow]


def own_summaries_page(
    region_code: str, place: str, latest: str, own: Sequence[MonthlySummary], *, has_fund: bool
) -> OwnSummariesPage:
    """`latest` is the latest month that is over."""
    return OwnSummariesPage(
        place=place,
        has_fund=has_fund,
        waiting_month="" if latest in {summary.month for summary in own} else latest,
        count_url=summary_url(region_code, latest),
        rows=[
            OwnSummaryRow(
                summary.month,
                summary_url(region_code, summary.month),
                summary_chips(summary),
                summary.edition,
                china_date(summary.signed_at) or "—",
            )
            for summary in own
        ],
    )


@dataclass(frozen=True)
class SocietyRow:
    """The month of one society."""

    name: str
    href: str
    chips: Sequence[Chip]
    signed_on: str


@dataclass(frozen=True)
class TownshipRow:
    """The month of one township, and the list of its societies."""

    name: str
    href: str
    chips: Sequence[Chip]
    societies_url: str


@dataclass(frozen=True)
class SummaryListPage(View):
    """Which societies and townships of a region have handed in a month."""

    template: ClassVar[str] = "reports/summaries/index.html"
    place: str
    month: str
    latest: str
    region: str
    """The region looked at; "" where it is the actor's own."""
    tiles: Sequence[Tile]
    own_url: str
    """The summary of the actor's own township; "" above and below townships."""
    own_chips: Sequence[Chip]
    townships: Sequence[TownshipRow]
    only_words: str
    """The state that the list is limited to, in words; "" for all."""
    all_url: str
    societies: Sequence[SocietyRow]
    numbers: PageNumbers


@dataclass(frozen=True)
class SummaryListFilter:
    """What of the list is shown: a month, a region and a state ("" for all)."""

    month: str
    region: str
    only: HandInStatus | Literal[""]

    def url(self, **changes: str) -> str:
        """The address of the list with other filters."""
        return f"?{urlencode({'month': self.month, 'region': self.region, **changes})}"


def status_tiles(lines: Sequence[RegionSummary], chosen: SummaryListFilter) -> list[Tile]:
    """How many societies stand where."""
    counts = Counter(line.status for line in lines)
    note = _("of %(total)s societies") % {"total": len(lines)}
    return [
        Tile(
            href=chosen.url(only=status),
            number=str(counts[status]),
            words=label("summary_state", status),
            note=note,
            current=chosen.only == status,
        )
        for status in HAND_IN_STATUSES
    ]


def society_rows(lines: Sequence[RegionSummary], month: str, names: Mapping[str, str]) -> list[SocietyRow]:
    """An edition that is not signed yet is shown as missing."""
    return [
        SocietyRow(
            names[line.region_code],
            summary_url(line.region_code, month),
            summary_chips(None if line.status == "missing" else line.summary),
            china_date(line.summary.signed_at if line.summary else None) or "—",
        )
        for line in lines
    ]


def township_rows(
    lines: Sequence[RegionSummary], chosen: SummaryListFilter, names: Mapping[str, str]
) -> list[TownshipRow]:
    return [
        TownshipRow(
            names[line.region_code],
            summary_url(line.region_code, chosen.month),
            summary_chips(line.summary),
            chosen.url(region=line.region_code),
        )
        for line in lines
    ]


@dataclass(frozen=True)
class ChangeRow:
    """A number of a sheet that differs, as text."""

    words: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class SheetLine:
    """A number of the sheet, as text."""

    words: str
    value: str


@dataclass(frozen=True)
class SheetSection:
    """Numbers of the sheet that belong together."""

    words: str
    lines: Sequence[SheetLine]


@dataclass(frozen=True)
class AdjustmentLine:
    """A late entry of an earlier month."""

    month: str
    href: str
    words: str
    change: str


@dataclass(frozen=True)
class EditionRow:
    """One edition of the month and who answers for it."""

    edition: int
    href: str
    state: str
    prepared: str
    signed: str
    answered: str


@dataclass(frozen=True)
class SummaryPage(View):
    """One edition of a month's summary."""

    template: ClassVar[str] = "reports/summaries/show.html"
    summary_id: int
    place: str
    month: str
    first_day: date
    last_day: date
    chips: Sequence[Chip]
    month_url: str
    is_current: bool
    """Whether this is the latest edition: an earlier one is only read."""
    tampered: bool
    """Whether the numbers no longer follow from the rows they were counted from."""
    nothing_happened: bool
    return_reason: GatedText
    reason: GatedText
    """Why this edition corrects the one before; "" for the first."""
    prepared_by: str
    may_sign: bool
    may_answer: bool
    may_count_again: bool
    may_restate: bool
    may_export_in_full: bool
    later_changes: Sequence[ChangeRow]
    """What was recorded or corrected since it was counted."""
    edition_changes: Sequence[ChangeRow] | None
    """What differs from the edition before; None for the first edition."""
    sections: Sequence[SheetSection]
    adjustments: Sequence[AdjustmentLine]
    editions: Sequence[EditionRow]
    digest_start: str


@dataclass(frozen=True)
class SummaryFacts:
    """What the domain knows of an edition. `editions` are all of its month, the latest first."""

    summary: MonthlySummary
    editions: Sequence[MonthlySummary]
    place: str
    people: Mapping[int, str]
    changed: Sequence[Difference] | None
    later: Sequence[Difference]
    tampered: bool
    reason: GatedText
    return_reason: GatedText


@dataclass(frozen=True)
class SummaryPermissions:
    """What the actor may do with summaries of this region and month, in whatever state they are."""

    may_hand_in: bool
    may_answer: bool
    may_export_in_full: bool


def summary_page(facts: SummaryFacts, permissions: SummaryPermissions) -> SummaryPage:
    """The page of an edition. What may be done depends on its state; with an earlier edition nothing may."""
    summary, sheet = facts.summary, sheet_of(facts.summary)
    month_url = summary_url(summary.region_code, summary.month)
    is_current = summary.edition == facts.editions[0].edition
    may_hand_in = is_current and permissions.may_hand_in
    return SummaryPage(
        summary_id=summary.pk,
        place=facts.place,
        month=summary.month,
        first_day=summary.first_day,
        last_day=summary.last_day,
        chips=summary_chips(summary),
        month_url=month_url,
        is_current=is_current,
        tampered=facts.tampered,
        nothing_happened=summary.nothing_happened,
        return_reason=facts.return_reason if summary.state is SummaryState.returned else GatedText(),
        reason=facts.reason,
        prepared_by=facts.people[summary.prepared_by],
        may_sign=may_hand_in and summary.state is SummaryState.prepared,
        may_answer=is_current and permissions.may_answer and summary.state is SummaryState.handed_in,
        may_count_again=may_hand_in and summary.state is SummaryState.returned,
        may_restate=may_hand_in and summary.state is SummaryState.accepted,
        may_export_in_full=permissions.may_export_in_full,
        later_changes=_changes(facts.later),
        edition_changes=None if facts.changed is None else _changes(facts.changed),
        sections=_sections(sheet),
        adjustments=_adjustments(summary.region_code, sheet),
        editions=[_edition_row(edition, facts.people) for edition in facts.editions],
        digest_start=summary.digest[:DIGEST_SHOWN],
    )


def _amount(name: str, value: float) -> str:
    return yuan(int(value)) if name.endswith("_fen") else str(value)


def _changes(differences: Sequence[Difference]) -> list[ChangeRow]:
    return [
        ChangeRow(
            figure_name(row.name),
            _amount(row.name, row.before),
            _amount(row.name, row.after),
            _amount(row.name, row.after - row.before),
        )
        for row in differences
    ]


def _sections(sheet: Sheet) -> list[SheetSection]:
    return [
        SheetSection(
            label("sheet_section", section),
            [
                *(SheetLine(figure_name(name), _sheet_value(sheet, name)) for name in names),
                *(_causes_and_categories(sheet) if section == "relief" else ()),
            ],
        )
        for section, names in SECTIONS
    ]


def _sheet_value(sheet: Sheet, name: str) -> str:
    if name == "average_days":
        return "—" if sheet.average_days is None else f"{sheet.average_days:.2f}"
    return _amount(name, getattr(sheet, name))


def _causes_and_categories(sheet: Sheet) -> list[SheetLine]:
    causes = [
        SheetLine(_("Cause: %(cause)s") % {"cause": label("hardship_cause", cause)}, str(count))
        for cause, count in sheet.by_cause.items()
    ]
    categories = [
        SheetLine(_("Category: %(category)s") % {"category": label("relief_category", category)}, str(count))
        for category, count in sheet.by_category.items()
    ]
    return [*causes, *categories]


def _adjustments(region_code: str, sheet: Sheet) -> list[AdjustmentLine]:
    return [
        AdjustmentLine(
            month,
            summary_url(region_code, month),
            figure_name(name),
            ("+" if count > 0 else "") + _amount(name, count),
        )
        for month, counts in sheet.adjustments.items()
        for name, count in counts.items()
    ]


def _edition_row(edition: MonthlySummary, people: Mapping[int, str]) -> EditionRow:
    comma = _(", ")
    url = f"{summary_url(edition.region_code, edition.month)}?edition={edition.edition}"
    signed = f"{people[edition.signed_by]}{comma}{china_time(edition.signed_at)}" if edition.signed_by else "—"
    answered = f"{people[edition.answered_by]}{comma}{china_time(edition.answered_at)}" if edition.answered_by else "—"
    return EditionRow(
        edition=edition.edition,
        href=url,
        state=label("summary_state", edition.state),
        prepared=f"{people[edition.prepared_by]}{comma}{china_time(edition.counted_at)}",
        signed=signed,
        answered=answered,
    )


@dataclass(frozen=True)
class MonthNotCountedPage(View):
    """A month of which there is no summary yet."""

    template: ClassVar[str] = "reports/summaries/not_yet.html"
    place: str
    month: str
    first_day: date
    last_day: date
    is_over: bool
    may_count: bool
    count_url: str


def select_societies(lines: Sequence[RegionSummary], chosen: SummaryListFilter) -> list[RegionSummary]:
    """The societies of the chosen state, the missing ones first."""
    selected = (line for line in lines if chosen.only in ("", line.status))
    return sorted(selected, key=lambda line: not line.missing)
