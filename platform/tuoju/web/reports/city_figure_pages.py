"""The city's eight numbers, part by part down to the village, and the rows behind each of them."""

from dataclasses import asdict

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.regions.queries import ancestors, full_name, get_region, names, part_of
from tuoju.reports.city_figures import CityRows, city_rows
from tuoju.reports.city_pages import FIGURES, page_of
from tuoju.web.kit.dependencies import CurrentActor, ReportSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.web.reports.city_figure_views import city_rows_page, relief_page
from tuoju.web.reports.parameters import MonthQuery, PageNumber, RegionQuery

router = APIRouter(dependencies=[needs(Action.read_figures)])


@router.get("/figures/relief")
def parts(
    request: Request, session: ReportSession, actor: CurrentActor, region: RegionQuery = "", month: MonthQuery = ""
) -> Response:
    """The eight numbers of a region and of each of its parts."""
    code = region or actor.region_code or ""
    all_rows = _rows(session, actor, code)
    rows = all_rows.during(month)
    by_part = rows.by_part(part_of(session, code))
    parts_rows = {part: part_rows for part, part_rows in by_part.items() if part != code}
    part_names = names(session, set(parts_rows))
    home = get_region(session, actor.region_code or "").path
    view = relief_page(
        region=code,
        month=month,
        months=all_rows.months(),
        place=full_name(session, code),
        trail=[above for above in ancestors(session, code) if above.path.startswith(home)][:-1],
        rows=rows,
        parts={part: (part_names[part], part_rows) for part, part_rows in parts_rows.items()},
    )
    return render(request, view)


@router.get("/figures/city/{figure}")
def rows_behind(
    request: Request,
    session: ReportSession,
    actor: CurrentActor,
    figure: str,
    region: RegionQuery = "",
    month: MonthQuery = "",
    page: PageNumber = 1,
) -> Response:
    """The rows behind one of the numbers; all pages together add up to it. Masked: no person is named in full."""
    if figure not in FIGURES:
        raise HTTPException(404)
    code = region or actor.region_code or ""
    rows = _rows(session, actor, code).during(month)
    shown = page_of(session, figure, rows, page)
    view = city_rows_page(
        figure,
        asdict(rows.figures())[figure],
        shown,
        region=code,
        month=month,
        names=names(session, {code, *(row.village for row in shown.rows if row.village)}),
        may_open_cases=may(actor, Action.read_cases),
    )
    return render(request, view)


def _rows(session: Session, actor: Actor, region_code: str) -> CityRows:
    part = part_of(session, region_code)
    return city_rows(session, actor).within(lambda code: part(code) is not None)
