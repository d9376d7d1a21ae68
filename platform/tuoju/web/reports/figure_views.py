"""View objects of the figures: the overview of needs, referrals and visits, and the rows behind each figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from urllib.parse import urlencode

from tuoju.reports.city_figures import RegionNumbers
from tuoju.reports.facts import AttendanceFact, Fact, NeedFact, ReferralFact, Slice
from tuoju.reports.figures import Balance, Dimension, Figure, FigureCounts, Line, Rate, median_of
from tuoju.web.kit.maps import HEIGHT, WIDTH, Shape
from tuoju.web.kit.views import View
from tuoju.web.reports.city_figure_views import city_tiles
from tuoju.web.reports.page_numbers import PageNumbers
from tuoju.web.reports.shared_views import Tile
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

LONGEST_WAITING = 8
"""How many of the needs that wait longest are listed."""


DimensionNames = Mapping[Dimension, Callable[[str], str]]
"""The name to show for each key of a dimension."""


@dataclass(frozen=True)
class FilterOption:
    """One choice of a filter."""

    key: str
    words: str
    selected: bool


@dataclass(frozen=True)
class Filter:
    """One select field above the figures; `all_words` names the choice of everything."""

    name: str
    words: str
    all_words: str
    options: Sequence[FilterOption]


@dataclass(frozen=True)
class MapCounty:
    """One county of the map; `opacity` grows with the needs that wait there."""

    words: str
    count: int
    href: str
    path: str
    opacity: float
    label_x: float
    label_y: float


@dataclass(frozen=True)
class ChartMap:
    """The map of the counties, in pixels."""

    width: float
    height: float
    view_box: str
    counties: Sequence[MapCounty]


@dataclass(frozen=True)
class WaitingNeed:
    """A need among those that wait longest."""

    href: str
    category: str
    county: str
    days: int


@dataclass(frozen=True)
class FigureCell:
    """A value of a table and the address of the rows behind it."""

    value: int
    href: str


@dataclass(frozen=True)
class FigureTableRow:
    """One county, project or month."""

    words: str
    cells: Sequence[FigureCell]


@dataclass(frozen=True)
class FigureTable:
    """All figures by one dimension."""

    dimension: Dimension
    csv_url: str
    rows: Sequence[FigureTableRow]


@dataclass(frozen=True)
class FiguresPage(View):
    """The overview of the figures of one part of the actor's division."""

    template: ClassVar[str] = "reports/figures/show.html"
    filters: Sequence[Filter]
    export_url: str
    city_tiles: Sequence[Tile]
    relief_url: str
    tiles: Sequence[Tile]
    chart_map: ChartMap
    off_map: Sequence[tuple[str, int, str]]
    """Counties without an outline, as (name, waiting needs, address): development zones, or all without a map."""
    state_bars: Sequence[tuple[str, int, str]]
    """(words, referrals, address of their list or "")."""
    day_columns: Sequence[tuple[str, int]]
    """(working days, answered referrals)."""
    project_bars: Sequence[tuple[str, int, str]]
    month_columns: Sequence[tuple[str, int]]
    longest_waiting: Sequence[WaitingNeed]
    balances: Sequence[Balance]
    tables: Sequence[FigureTable]
    headline: Mapping[Figure, int]


def rows_url(figure: Figure, part: Slice) -> str:
    """The address of the rows behind a figure of a part."""
    return f"/figures/rows?{urlencode({'figure': figure.value, **part_query(part)})}"


def part_query(part: Slice) -> dict[str, str]:
    return {"county": part.county, "project": part.project, "month": part.month}


def figures_page(
    counts: FigureCounts,
    names: DimensionNames,
    *,
    city: RegionNumbers,
    balances: Sequence[Balance],
    outlines: Sequence[Shape],
    today: date,
) -> FiguresPage:
    """The overview of a part; `city` are the city's figures of the same part."""
    part, headline = counts.part, counts.values()
    tables = {dimension: counts.table(dimension) for dimension in Dimension}
    days = counts.answer_days()
    waiting = {line.key: line.values[Figure.waiting_needs] for line in tables[Dimension.county]}
    return FiguresPage(
        filters=_filters(counts, names),
        export_url=f"/figures/export.xlsx?{urlencode(part_query(part))}",
        city_tiles=city_tiles(city, part.county, part.month),
        relief_url=f"/figures/relief?{urlencode({'region': part.county, 'month': part.month})}",
        tiles=_tiles(counts, headline, median_of(days)),
        chart_map=_chart_map(outlines, part, names, waiting),
        off_map=[
            (
                names[Dimension.county](county),
                count,
                rows_url(Figure.waiting_needs, Slice(county, part.project, part.month)),
            )
            for county, count in waiting.items()
            if county not in {outline.code for outline in outlines}
        ],
        state_bars=_state_bars(counts),
        day_columns=[(str(day), days.get(day, 0)) for day in range(max(days) + 1)] if days else [],
        project_bars=[
            (
                names[Dimension.project](line.key),
                line.values[Figure.person_times],
                rows_url(Figure.person_times, Slice(part.county, line.key, part.month)),
            )
            for line in tables[Dimension.project]
        ],
        month_columns=[(line.key, line.values[Figure.person_times]) for line in tables[Dimension.month]],
        longest_waiting=_longest_waiting(counts, names, today),
        balances=balances,
        tables=[_table(dimension, lines, part, names) for dimension, lines in tables.items()],
        headline=headline,
    )


def _filters(counts: FigureCounts, names: DimensionNames) -> list[Filter]:
    keys = counts.keys()
    all_words = {
        Dimension.county: _("All counties"),
        Dimension.project: _("All projects"),
        Dimension.month: _("All months"),
    }
    chosen = part_query(counts.part)
    return [
        Filter(
            dimension.value,
            label("dimension", dimension),
            all_words[dimension],
            [FilterOption(key, names[dimension](key), key == chosen[dimension]) for key in keys[dimension]],
        )
        for dimension in Dimension
    ]


def _tiles(counts: FigureCounts, headline: Mapping[Figure, int], median_days: float | None) -> list[Tile]:
    """The road from need to service in eight numbers."""
    closed, helped = counts.closed_loop_rate(), counts.got_help_rate()

    def tile(figure: Figure, words: str, note: str = "", number: object = None) -> Tile:
        return Tile(rows_url(figure, counts.part), str(headline[figure] if number is None else number), words, note)

    return [
        tile(Figure.waiting_needs, _("needs waiting now")),
        tile(Figure.referrals_sent, _("referrals sent")),
        tile(
            Figure.loops_closed,
            _("closed-loop rate"),
            _("%(part)s of %(whole)s: the sender knows the result") % {"part": closed.part, "whole": closed.total},
            _percent(closed),
        ),
        tile(
            Figure.got_help,
            _("got-help rate"),
            _("%(part)s of %(whole)s: need met or partly met; %(confirmed)s confirmed, %(unconfirmed)s not")
            % {
                "part": helped.part,
                "whole": helped.total,
                "confirmed": headline[Figure.help_confirmed],
                "unconfirmed": headline[Figure.help_unconfirmed],
            },
            _percent(helped),
        ),
        tile(
            Figure.referrals_answered,
            _("working days to an answer"),
            _("median of %(count)s answered") % {"count": headline[Figure.referrals_answered]},
            "—" if median_days is None else median_days,
        ),
        tile(Figure.person_times, _("person-times"), _("each person counted at each visit")),
        tile(Figure.persons, _("persons"), _("each counted once across projects")),
        tile(Figure.household_times, _("household-times"), _("each visit counted once")),
    ]


def _percent(rate: Rate) -> str:
    return "—" if rate.share is None else f"{round(rate.share * 100)}%"


def _chart_map(outlines: Sequence[Shape], part: Slice, names: DimensionNames, waiting: Mapping[str, int]) -> ChartMap:
    largest = max(waiting.values(), default=0)
    counties = []
    for shape in outlines:
        count = waiting.get(shape.code, 0)
        depth = count / largest if largest else 0
        counties.append(
            MapCounty(
                words=names[Dimension.county](shape.code),
                count=count,
                href=rows_url(Figure.waiting_needs, Slice(shape.code, part.project, part.month)),
                path=shape.path,
                opacity=round(0.06 + 0.74 * depth, 2),
                label_x=shape.x,
                label_y=shape.label_y,
            )
        )
    return ChartMap(WIDTH, HEIGHT, f"-4 -4 {WIDTH + 8} {HEIGHT + 8}", counties)


def _state_bars(counts: FigureCounts) -> list[tuple[str, int, str]]:
    """Referrals by state. The list of referrals knows no filter by county, project or month: no link for a part."""
    is_part = any(part_query(counts.part).values())
    return [
        (label("referral_state", state), count, "" if is_part else f"/referrals?state={state}")
        for state, count in counts.by_state().items()
    ]


def _longest_waiting(counts: FigureCounts, names: DimensionNames, today: date) -> list[WaitingNeed]:
    return [
        WaitingNeed(
            href=f"/needs/{need.id}/matches",
            category=label("service_type", need.category),
            county=names[Dimension.county](need.county),
            days=(today - need.opened_on).days,
        )
        for need in counts.longest_waiting(LONGEST_WAITING)
    ]


def _table(dimension: Dimension, lines: Sequence[Line], part: Slice, names: DimensionNames) -> FigureTable:
    def href(figure: Figure, key: str) -> str:
        return rows_url(figure, Slice(**{**part_query(part), dimension.value: key}))

    return FigureTable(
        dimension=dimension,
        csv_url=f"/figures/export.csv?{urlencode({'by': dimension.value, **part_query(part)})}",
        rows=[
            FigureTableRow(
                names[dimension](line.key),
                [FigureCell(value, href(figure, line.key)) for figure, value in line.values.items()],
            )
            for line in lines
        ],
    )


@dataclass(frozen=True)
class CountedRow:
    """A row behind a figure. Nobody is named."""

    id: int
    href: str
    county: str
    month: str
    words: str


@dataclass(frozen=True)
class FigureRowsPage(View):
    """The rows behind one figure."""

    template: ClassVar[str] = "reports/figures/rows.html"
    figure: Figure
    value: int
    part_words: str
    """What the rows are limited to: county, project and month by name; "" for everything."""
    total: int
    back_url: str
    rows: Sequence[CountedRow]
    numbers: PageNumbers


def part_words(part: Slice, names: DimensionNames) -> str:
    """County, project and month of a part by name; "" for everything."""
    return " · ".join(names[Dimension(name)](key) for name, key in part_query(part).items() if key)


def counted_row(fact: Fact, names: DimensionNames) -> CountedRow:
    """A row of any of the three kinds."""
    county = names[Dimension.county](fact.county)
    match fact:
        case NeedFact():
            href, words = f"/needs/{fact.id}/matches", label("service_type", fact.category)
        case ReferralFact():
            href = f"/referrals/{fact.id}"
            words = f"{names[Dimension.project](str(fact.project_id))} · {label('referral_state', fact.state)}"
        case AttendanceFact():
            href = f"/referrals/{fact.referral_id}"
            visit = _("visit %(number)s") % {"number": fact.visit_id}
            words = f"{names[Dimension.project](str(fact.project_id))} · {visit}"
    return CountedRow(fact.id, href, county, fact.month, words)
