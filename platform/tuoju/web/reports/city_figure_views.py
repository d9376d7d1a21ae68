"""View objects of the city's eight numbers, part by part down to the village, and of the rows behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar
from urllib.parse import urlencode

from tuoju.regions.models import Region
from tuoju.reports.city_figures import HandlingTime, HelpCount, RegionNumbers
from tuoju.reports.city_pages import CityPage, CityRow
from tuoju.web.kit.views import View
from tuoju.web.reports.page_numbers import PageNumbers, page_numbers
from tuoju.web.reports.shared_views import RegionLink, Tile
from tuoju.words.formats import yuan
from tuoju.words.labels import options
from tuoju.words.languages import gettext as _

COUNTED_FIGURES = frozenset({"relief_paid_fen", "service_person_times", "average_handling_working_days"})
"""Figures of which a row may add more than 1, so that the rows show what they add."""


def city_figure_words(figure: str, value: float | None) -> str:
    """A city figure as text, without the sign of the currency; a dash where there is none."""
    if value is None:
        return "—"
    if figure == "relief_paid_fen":
        return yuan(int(value))
    return str(value) if figure == "average_handling_working_days" else f"{value:,}"


def with_currency(figure: str, value: float | None) -> str:
    """The same with the sign of the currency before an amount."""
    sign = "¥" if figure == "relief_paid_fen" and value is not None else ""
    return sign + city_figure_words(figure, value)


def relief_url(region: str, month: str) -> str:
    return f"/figures/relief?{urlencode({'region': region, 'month': month})}"


def city_rows_url(figure: str, region: str, month: str) -> str:
    return f"/figures/city/{figure}?{urlencode({'region': region, 'month': month})}"


def city_tiles(city: RegionNumbers, region: str, month: str) -> list[Tile]:
    """The eight numbers of a region as tiles, each leading to its rows; help says what of it is confirmed."""
    values, notes = asdict(city.figures), {"residents_referred_helped": help_words(city.help_count)}
    return [
        Tile(city_rows_url(figure, region, month), with_currency(figure, values[figure]), words, notes.get(figure, ""))
        for figure, words in options("city_figure")
    ]


def help_words(help_count: HelpCount) -> str:
    """How many of those who got help are confirmed, and how many are not."""
    numbers = {"confirmed": help_count.confirmed, "unconfirmed": help_count.unconfirmed}
    return _("%(confirmed)s confirmed, %(unconfirmed)s not") % numbers


@dataclass(frozen=True)
class CityCell:
    """A number of a part. `href` leads to its rows; "" where there are none. `beside` is what it consists of."""

    words: str
    text: str
    href: str
    beside: str


@dataclass(frozen=True)
class CityPart:
    """The eight numbers of one part of the region."""

    name: str
    href: str
    cells: Sequence[CityCell]


@dataclass(frozen=True)
class ReliefPage(View):
    """The eight numbers of a region and of each of its parts."""

    template: ClassVar[str] = "reports/figures/relief.html"
    region: str
    month: str
    months: Sequence[str]
    place: str
    trail: Sequence[RegionLink]
    all_figures_url: str
    tiles: Sequence[Tile]
    handling_words: str
    """How long relief took; "" where no relief was completed."""
    region_parts: Sequence[CityPart]
    totals: Sequence[CityCell]


def relief_page(
    *,
    region: str,
    month: str,
    months: Sequence[str],
    place: str,
    trail: Sequence[Region],
    city: RegionNumbers,
    handling: HandlingTime,
    parts: Mapping[str, tuple[str, RegionNumbers]],
) -> ReliefPage:
    """`trail` are the regions above, from the actor's own down; `parts` are name and numbers by region code."""
    # The overview filters by county: a region one step below the city is one.
    county = region if parts and len(trail) == 1 else ""
    return ReliefPage(
        region=region,
        month=month,
        months=months,
        place=place,
        trail=[RegionLink(above.name, relief_url(above.code, month)) for above in trail],
        all_figures_url=f"/figures?{urlencode({'county': county, 'month': month})}",
        tiles=city_tiles(city, region, month),
        handling_words=_handling_words(handling) if handling.cases else "",
        region_parts=[
            CityPart(name, relief_url(code, month), _cells(numbers, code, month))
            for code, (name, numbers) in parts.items()
        ],
        totals=_cells(city, "", month),
    )


def _handling_words(handling: HandlingTime) -> str:
    return _(
        "Working days to relief: mean of %(count)s cases; median %(median)s; every step on time "
        "in %(part)s of them (%(share)s%%)."
    ) % {
        "count": handling.cases,
        "median": handling.median,
        "part": handling.in_time,
        "share": round(100 * handling.in_time / handling.cases, 1),
    }


def _cells(numbers: RegionNumbers, region: str, month: str) -> list[CityCell]:
    values = asdict(numbers.figures)
    notes = {"residents_referred_helped": help_words(numbers.help_count)}
    return [
        CityCell(
            words,
            city_figure_words(figure, values[figure]),
            city_rows_url(figure, region, month) if values[figure] and region else "",
            notes.get(figure, "") if values[figure] else "",
        )
        for figure, words in options("city_figure")
    ]


@dataclass(frozen=True)
class CityRowShown:
    """A row behind a city figure. Texts are "" where the figure has none of that kind."""

    words: str
    href: str
    village: str
    village_href: str
    day: str
    counts: str


@dataclass(frozen=True)
class CityRowsPage(View):
    """The rows behind one of the city's numbers. No person is named in full."""

    template: ClassVar[str] = "reports/figures/city.html"
    figure: str
    number: str
    place: str
    month: str
    total: int
    back_url: str
    help_words: str
    shows_words: bool
    shows_village: bool
    shows_day: bool
    shows_counts: bool
    rows: Sequence[CityRowShown]
    numbers: PageNumbers


def city_rows_page(
    figure: str,
    value: float | None,
    page: CityPage,
    *,
    region: str,
    month: str,
    names: Mapping[str, str],
    may_open_cases: bool,
) -> CityRowsPage:
    """One page of the rows; `names` are the names of regions by code, that of `region` among them."""
    first = page.rows[0] if page.rows else CityRow("")
    return CityRowsPage(
        figure=figure,
        number=with_currency(figure, value),
        place=names[region],
        month=month,
        total=page.total,
        back_url=relief_url(region, month),
        help_words=_rows_help(figure, value, page),
        shows_words=bool(first.words),
        shows_village=bool(first.village),
        shows_day=first.day is not None,
        shows_counts=figure in COUNTED_FIGURES,
        rows=[
            CityRowShown(
                words=row.words,
                href=_row_url(row, may_open_cases=may_open_cases),
                village=names.get(row.village, ""),
                village_href=relief_url(row.village, month),
                day=row.day.isoformat() if row.day else "",
                counts=yuan(int(row.counts)) if figure == "relief_paid_fen" else str(row.counts),
            )
            for row in page.rows
        ],
        numbers=page_numbers(page.number, page.last, {"region": region, "month": month}),
    )


def _row_url(row: CityRow, *, may_open_cases: bool) -> str:
    if row.case_id and may_open_cases:
        return f"/cases/{row.case_id}"
    return f"/projects/{row.project_id}" if row.project_id else ""


def _rows_help(figure: str, value: float | None, page: CityPage) -> str:
    if figure == "average_handling_working_days" and page.total:
        words = _("Total: %(days)s working days over %(count)s cases, %(mean)s on average.")
        return words % {"days": page.adds, "count": page.total, "mean": value}
    if figure == "service_person_times":
        return _("By project and village. Each person counts once for each visit.")
    return ""
