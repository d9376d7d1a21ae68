"""Figures: what waits, what works, what was served; every number opens its rows."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of, names
from tuoju.reports import exports
from tuoju.reports.city_figures import CityScope
from tuoju.reports.facts import Slice
from tuoju.reports.figures import Dimension, Figure, FigureCounts
from tuoju.reports.supply import balances
from tuoju.web.kit.dependencies import CurrentActor, ReportSession, WriteSession, report_session_beside
from tuoju.web.kit.gates import needs
from tuoju.web.kit.maps import shapes
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import render
from tuoju.web.reports.figure_views import (
    DimensionNames,
    FigureRowsPage,
    counted_row,
    figures_page,
    part_query,
    part_words,
)
from tuoju.web.reports.page_numbers import page_numbers_of
from tuoju.web.reports.parameters import MonthQuery, PageNumber, ProjectQuery, RegionQuery
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.models import Project

router = APIRouter(dependencies=[needs(Action.read_figures)])
ROWS_SHOWN = 200
XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | float


def _part(county: RegionQuery = "", project: ProjectQuery = "", month: MonthQuery = "") -> Slice:
    return Slice(county, project, month)


Part = Annotated[Slice, Depends(_part)]


@router.get("/figures")
def show(request: Request, session: ReportSession, actor: CurrentActor, part: Part) -> Response:
    """The overview of one part of the actor's division."""
    counts = FigureCounts(session, actor, part)
    view = figures_page(
        counts,
        _names(session, counts),
        city=CityScope(session, actor, part.county, part.month).numbers(),
        balances=balances(session, actor, counts.waiting_by_category()),
        outlines=shapes(session),
        today=china_day(now()),
    )
    return render(request, view)


def _names(session: Session, counts: FigureCounts) -> DimensionNames:
    counties = names(session, {*counts.keys()[Dimension.county], *(shape.code for shape in shapes(session))})
    projects = {str(pk): name for pk, name in session.exec(select(Project.id, Project.name))}
    return {
        Dimension.county: lambda key: counties.get(key, key),
        Dimension.project: lambda key: projects.get(key, key),
        Dimension.month: lambda key: key,
    }


@router.get("/figures/rows")
def rows(
    request: Request, session: ReportSession, actor: CurrentActor, figure: Figure, part: Part, page: PageNumber = 1
) -> Response:
    """The rows behind one number, so that anyone can count them again. Masked: no person is named."""
    counts = FigureCounts(session, actor, part)
    dimension_names, total = _names(session, counts), counts.row_count(figure)
    numbers = page_numbers_of(total, page, ROWS_SHOWN, {"figure": figure.value, **part_query(part)})
    shown = counts.rows(figure, limit=ROWS_SHOWN, offset=(numbers.number - 1) * ROWS_SHOWN)
    view = FigureRowsPage(
        figure=figure,
        value=counts.value(figure),
        part_words=part_words(part, dimension_names),
        total=total,
        back_url=f"/figures?{urlencode(part_query(part))}",
        rows=[counted_row(fact, dimension_names) for fact in shown],
        numbers=numbers,
    )
    return render(request, view)


@router.get("/figures/export.{ending}", dependencies=[costs(Expense.export)])
def export(
    request: Request,
    session: WriteSession,
    actor: CurrentActor,
    ending: str,
    part: Part,
    by: Dimension = Dimension.county,
) -> Response:
    """The tables as Excel (all three) or CSV (one); the export is audited."""
    with report_session_beside(request, session) as reading:
        counts = FigureCounts(reading, actor, part)
        dimension_names = _names(reading, counts)
        sheets = {
            label("dimension", dimension): _lines(dimension, counts, dimension_names[dimension])
            for dimension in Dimension
        }
    region = actor.region_code or ""
    audit.record(session, actor, "export_figures", ending, scope=county_of(session, region), by=by.value)
    if ending == "csv":
        return _file(exports.to_csv(sheets[label("dimension", by)]), "text/csv; charset=utf-8", "tuoju-figures.csv")
    return _file(exports.to_xlsx(sheets), XLSX_MEDIA_TYPE, "tuoju-figures.xlsx")


def _lines(dimension: Dimension, counts: FigureCounts, name: Callable[[str], str]) -> list[list[Cell]]:
    """The table of a dimension: its heading, a line for each key, and a line of everything."""
    heading: list[Cell] = [label("dimension", dimension), *(label("figure", figure) for figure in Figure)]
    lines: list[list[Cell]] = [
        [name(line.key), *(line.values[figure] for figure in Figure)] for line in counts.table(dimension)
    ]
    return [heading, *lines, [_("All (persons once each)"), *counts.values().values()]]


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
