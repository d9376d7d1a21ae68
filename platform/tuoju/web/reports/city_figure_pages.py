"""The city's eight numbers, part by part down to the village, and the rows behind each of them."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.regions.queries import ancestors, full_name, get_region, names, part_of
from tuoju.reports.city_pages import FIGURES, page_of
from tuoju.reports.relief import CityRows, city_rows, handling_time
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.rendering import render

router = APIRouter()
Region = Annotated[str, Query(pattern=r"^(\d{12})?$")]
Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]


@router.get("/figures/relief")
def parts(
    request: Request, session: ReadSession, actor: CurrentActor, region: Region = "", month: Month = ""
) -> Response:
    """The eight numbers of a region and of each of its parts."""
    where = region or actor.region_code or ""
    everything = _rows(session, actor, where)
    rows, part = everything.during(month), part_of(session, where)
    lines = {code: each.figures() for code, each in rows.by_part(part).items() if code != where}
    home = get_region(session, actor.region_code or "").path
    return render(
        request,
        "reports/figures/relief.html",
        region=where,
        month=month,
        months=everything.months(),
        place=full_name(session, where),
        trail=[each for each in ancestors(session, where) if each.path.startswith(home)][:-1],
        city=rows.figures(),
        time=handling_time(rows.cases),
        lines=lines,
        places=names(session, set(lines)),
    )


@router.get("/figures/city/{figure}")
def rows_behind(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    figure: str,
    region: Region = "",
    month: Month = "",
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """The rows behind one of the numbers; all pages together add up to it. Masked: no person is named in full."""
    if figure not in FIGURES:
        raise HTTPException(404)
    where = region or actor.region_code or ""
    rows = _rows(session, actor, where).during(month)
    found = page_of(session, figure, rows, page)
    return render(
        request,
        "reports/figures/city.html",
        figure=figure,
        region=where,
        month=month,
        place=full_name(session, where),
        value=getattr(rows.figures(), figure),
        found=found,
        places=names(session, {each.village for each in found.rows if each.village}),
    )


def _rows(session: Session, actor: Actor, region_code: str) -> CityRows:
    part = part_of(session, region_code)
    return city_rows(session, actor).within(lambda code: part(code) is not None)
