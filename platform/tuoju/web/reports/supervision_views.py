"""View objects of supervision: the numbers of a region and its parts, and the rows behind one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.regions.models import Region
from tuoju.reports.supervision import RegionFigures, SupervisionFigures, Watch, WatchRow, sum_of
from tuoju.web.kit.views import View
from tuoju.web.reports.shared_views import RegionLink, Tile
from tuoju.words.formats import yuan
from tuoju.words.languages import gettext as _


@dataclass(frozen=True)
class SupervisionLinks:
    """Where the numbers of a region lead, by what the actor may open."""

    region: str
    month: str
    """The reporting month looked at."""
    has_parts: bool = False
    """Whether the lines are counties or townships, which have parts of their own to look at."""
    may_open_alerts: bool = False
    may_open_cases: bool = False
    may_open_funds: bool = False

    def alerts(self, region: str) -> str:
        return f"/alerts?region={region}" if self.may_open_alerts else ""

    def summaries(self, region: str) -> str:
        return f"/summaries?month={self.month}&region={region}&only=missing"

    def fund(self, region: str) -> str:
        return f"/funds/{region}" if self.may_open_funds else ""


def supervision_url(region: str) -> str:
    return f"/supervision?region={region}"


def watch_url(watch: Watch, region: str) -> str:
    return f"/supervision/{watch}?region={region}"


def deadlines_url(region: str, only: str = "") -> str:
    return f"/deadlines?only={only}&region={region}" if only else f"/deadlines?region={region}"


@dataclass(frozen=True)
class SupervisionCell:
    """A number of a line. `href` is "" where there is nothing to open."""

    words: str
    text: str
    href: str = ""
    is_bad: bool = False
    """Whether the number stands out, since somebody has to act."""


@dataclass(frozen=True)
class SupervisionLine:
    """One part of the region."""

    name: str
    href: str
    cells: Sequence[SupervisionCell]


@dataclass(frozen=True)
class SupervisionPage(View):
    """The numbers of a region: before, during and after the procedure, then part by part."""

    template: ClassVar[str] = "reports/supervision/show.html"
    place: str
    trail: Sequence[RegionLink]
    before: Sequence[Tile]
    during: Sequence[Tile]
    after: Sequence[Tile]
    lines: Sequence[SupervisionLine]


def supervision_page(
    lines: Sequence[RegionFigures],
    names: Mapping[str, str],
    *,
    place: str,
    trail: Sequence[Region],
    links: SupervisionLinks,
) -> SupervisionPage:
    """The lines with the most overdue cases come first, then those with the most missing summaries."""
    total = sum_of(lines)
    pressing = sorted(lines, key=lambda line: (-line.figures.overdue, -line.figures.summaries_missing))
    return SupervisionPage(
        place=place,
        trail=[RegionLink(above.name, supervision_url(above.code)) for above in trail],
        before=_tiles_before(total, links),
        during=_tiles_during(total, links),
        after=_tiles_after(total, links),
        lines=[
            SupervisionLine(
                names[line.code],
                supervision_url(line.code) if links.has_parts else "",
                _cells(line.code, line.figures, links),
            )
            for line in pressing
        ],
    )


def _overdue(count: int) -> str:
    return _("%(count)s overdue") % {"count": count}


def _tiles_before(total: SupervisionFigures, links: SupervisionLinks) -> list[Tile]:
    return [
        Tile(
            links.alerts(links.region),
            str(total.alerts_open),
            _("alerts to check"),
            _overdue(total.alerts_overdue),
        )
    ]


def _tiles_during(total: SupervisionFigures, links: SupervisionLinks) -> list[Tile]:
    region = links.region
    under_way = _("of %(count)s in progress") % {"count": total.cases_running}
    return [
        Tile(deadlines_url(region, "overdue"), str(total.overdue), _("cases overdue"), under_way),
        Tile(deadlines_url(region, "due_today"), str(total.due_today), _("cases due today")),
        Tile(
            watch_url(Watch.notices_due, region),
            str(total.notices_due),
            _("public notices to post"),
            _overdue(total.notices_overdue),
        ),
        Tile(
            watch_url(Watch.low_funds, region),
            str(total.low_funds),
            _("funds running low"),
            _("below the limit in the policy"),
        ),
    ]


def _tiles_after(total: SupervisionFigures, links: SupervisionLinks) -> list[Tile]:
    region, month = links.region, links.month
    return [
        Tile(watch_url(Watch.notices, region), str(total.notices_on_board), _("public notices on display")),
        Tile(
            watch_url(Watch.objections, region),
            str(total.objections_open),
            _("open objections"),
            _overdue(total.objections_overdue),
        ),
        Tile(links.summaries(region), str(total.summaries_missing), _("missing summaries"), month),
        Tile(watch_url(Watch.restated, region), str(total.summaries_restated), _("corrected summaries"), month),
    ]


def _cells(code: str, figures: SupervisionFigures, links: SupervisionLinks) -> list[SupervisionCell]:
    """The numbers of a line in the order of the table's columns."""
    # A township or county has no fund of its own.
    fund_url = "" if links.has_parts else links.fund(code)
    return [
        _cell(_("Societies"), figures.societies, ""),
        _cell(_("Alerts"), figures.alerts_open, links.alerts(code)),
        _cell(_("In progress"), figures.cases_running, deadlines_url(code)),
        _cell(_("Due today"), figures.due_today, deadlines_url(code, "due_today")),
        _cell(_("Overdue"), figures.overdue, deadlines_url(code, "overdue"), is_bad=True),
        SupervisionCell(_("Funds (yuan)"), yuan(figures.balance_fen), fund_url),
        _cell(_("Funds low"), figures.low_funds, watch_url(Watch.low_funds, code), is_bad=True),
        _cell(_("Public notices on display"), figures.notices_on_board, watch_url(Watch.notices, code)),
        _cell(_("Open objections"), figures.objections_open, watch_url(Watch.objections, code), is_bad=True),
        _cell(_("Missing summaries"), figures.summaries_missing, links.summaries(code), is_bad=True),
    ]


def _cell(words: str, number: int, href: str, *, is_bad: bool = False) -> SupervisionCell:
    """A number that is 0 neither leads anywhere nor stands out."""
    return SupervisionCell(words, str(number), href if number else "", is_bad and number > 0)


@dataclass(frozen=True)
class WatchRowShown:
    """A row behind a number: a case, an edition, or a fund that runs low."""

    village: str
    village_url: str
    words: str
    """The number of the case or edition; "" for a fund."""
    url: str
    day: str
    is_late: bool
    funds: str
    """The balance in yuan; "" for a case or edition."""


@dataclass(frozen=True)
class WatchRowsPage(View):
    """The rows behind one number of supervision. Nobody is named."""

    template: ClassVar[str] = "reports/supervision/rows.html"
    watch: Watch
    total: int
    place: str
    month: str
    """The month of the restated summaries; "" for the other numbers."""
    back_url: str
    shows_funds: bool
    subject_words: str
    """What a row is about: a case or an edition."""
    rows: Sequence[WatchRowShown]
    is_cut: bool
    """Whether there are more rows than are shown."""


def watch_rows_page(
    watch: Watch, rows: Sequence[WatchRow], total: int, names: Mapping[str, str], *, links: SupervisionLinks
) -> WatchRowsPage:
    """`rows` are those shown, of `total`; `names` are the names of regions by code."""
    return WatchRowsPage(
        watch=watch,
        total=total,
        place=names[links.region],
        month=links.month if watch is Watch.restated else "",
        back_url=supervision_url(links.region),
        shows_funds=watch is Watch.low_funds,
        subject_words=_("Version") if watch is Watch.restated else _("Case"),
        rows=[
            WatchRowShown(
                village=names[row.village],
                village_url=_village_url(watch, row.village, links),
                words=row.words,
                url=f"/cases/{row.case_id}" if row.case_id and links.may_open_cases else "",
                day=row.day.isoformat() if row.day else "",
                is_late=row.late,
                funds="" if row.fen is None else yuan(row.fen),
            )
            for row in rows
        ],
        is_cut=total > len(rows),
    )


def _village_url(watch: Watch, village: str, links: SupervisionLinks) -> str:
    match watch:
        case Watch.restated:
            return f"/summaries/{village}/{links.month}"
        case Watch.notices:
            return f"/board/{village}"
        case Watch.low_funds:
            return links.fund(village)
        case Watch.objections | Watch.notices_due:
            return ""
