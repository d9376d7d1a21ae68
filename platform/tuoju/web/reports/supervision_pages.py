"""The supervision view: every society's deadlines, funds, notices and reports, down from county to village."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import ancestors, full_name, get_region, names
from tuoju.reports.summaries import last_month
from tuoju.reports.supervision import Watch, rows_of, supervise, whole
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.rendering import render

router = APIRouter()
MOST_ROWS = 1000


@router.get("/supervision")
def show(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    region: Annotated[str, Query(pattern=r"^\d{12}$")] = "",
) -> Response:
    home = actor.region_code or ""
    where = region or home
    month = last_month(session, home)
    lines = supervise(session, actor, where, month)
    above = [each for each in ancestors(session, where) if each.path.startswith(get_region(session, home).path)]
    return render(
        request,
        "reports/supervision/show.html",
        region=where,
        place=full_name(session, where),
        month=month,
        lines=lines,
        whole=whole(lines),
        trail=above[:-1],
        opens=get_region(session, where).level in (RegionLevel.city, RegionLevel.county),
        places=names(session, {line.code for line in lines}),
    )


@router.get("/supervision/{watch}")
def rows(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    watch: Watch,
    region: Annotated[str, Query(pattern=r"^\d{12}$")] = "",
) -> Response:
    """The rows behind one number of the view. Nobody is named."""
    where = region or actor.region_code or ""
    month = last_month(session, actor.region_code or "")
    found = rows_of(session, actor, watch, where, month)
    return render(
        request,
        "reports/supervision/rows.html",
        watch=watch,
        region=where,
        place=full_name(session, where),
        month=month,
        rows=found[:MOST_ROWS],
        total=len(found),
        places=names(session, {row.village for row in found[:MOST_ROWS]}),
    )
