"""The city's eight numbers, part by part down to the village, and the rows behind each of them."""

from dataclasses import asdict

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action, may
from tuoju.regions.queries import ancestors, full_name, get_region, names
from tuoju.reports.city_figures import CityScope
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
    scope = CityScope(session, actor, code, month)
    numbers = scope.by_part()
    part_names = names(session, set(numbers))
    home = get_region(session, actor.region_code or "").path
    view = relief_page(
        region=code,
        month=month,
        months=CityScope(session, actor, code).months(),
        place=full_name(session, code),
        trail=[above for above in ancestors(session, code) if above.path.startswith(home)][:-1],
        city=scope.numbers(),
        handling=scope.handling(),
        parts={part: (part_names[part], values) for part, values in numbers.items()},
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
    scope = CityScope(session, actor, code, month)
    figures = scope.figures()
    shown = page_of(scope, figure, figures, page)
    view = city_rows_page(
        figure,
        asdict(figures)[figure],
        shown,
        region=code,
        month=month,
        names=names(session, {code, *(row.village for row in shown.rows if row.village)}),
        may_open_cases=may(actor, Action.read_cases),
    )
    return render(request, view)
