"""The supervision view: every society's deadlines, funds, notices and reports, down from county to village."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import ancestors, full_name, get_region, names
from tuoju.reports.summaries import last_month
from tuoju.reports.supervision import supervise, whole
from tuoju.web.dependencies import CurrentActor, ReadSession
from tuoju.web.rendering import render

router = APIRouter()


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
        "supervision/show.html",
        region=where,
        place=full_name(session, where),
        month=month,
        lines=lines,
        whole=whole(lines),
        trail=above[:-1],
        opens=get_region(session, where).level in (RegionLevel.city, RegionLevel.county),
        places=names(session, {line.code for line in lines}),
    )
