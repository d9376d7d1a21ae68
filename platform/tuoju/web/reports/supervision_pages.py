"""The supervision view: every society's deadlines, funds, notices and reports, from the county down to the village."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action, may
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import ancestors, full_name, get_region, names
from tuoju.reports.summaries import last_month
from tuoju.reports.supervision import Watch, rows_of, supervise
from tuoju.web.kit.dependencies import CurrentActor, ReportSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.web.reports.parameters import RegionQuery
from tuoju.web.reports.supervision_views import SupervisionLinks, supervision_page, watch_rows_page

router = APIRouter(dependencies=[needs(Action.read_summaries)])
MAX_ROWS = 1000


@router.get("/supervision")
def show(request: Request, session: ReportSession, actor: CurrentActor, region: RegionQuery = "") -> Response:
    """The numbers of a region and of each of its parts."""
    home = actor.region_code or ""
    code = region or home
    month = last_month(session, home)
    lines = supervise(session, actor, code, month)
    home_path = get_region(session, home).path
    trail = [above for above in ancestors(session, code) if above.path.startswith(home_path)][:-1]
    view = supervision_page(
        lines,
        names(session, {line.code for line in lines}),
        place=full_name(session, code),
        trail=trail,
        links=SupervisionLinks(
            region=code,
            month=month,
            has_parts=get_region(session, code).level in (RegionLevel.city, RegionLevel.county),
            may_open_alerts=may(actor, Action.read_residents),
            may_open_funds=may(actor, Action.keep_funds),
        ),
    )
    return render(request, view)


@router.get("/supervision/{watch}")
def rows(
    request: Request, session: ReportSession, actor: CurrentActor, watch: Watch, region: RegionQuery = ""
) -> Response:
    """The rows behind one number of the view. Nobody is named."""
    code = region or actor.region_code or ""
    month = last_month(session, actor.region_code or "")
    watched = rows_of(session, actor, watch, code, month, limit=MAX_ROWS)
    view = watch_rows_page(
        watch,
        watched.rows,
        watched.total,
        names(session, {code, *(row.village for row in watched.rows)}),
        links=SupervisionLinks(
            region=code,
            month=month,
            may_open_cases=may(actor, Action.read_cases),
            may_open_funds=may(actor, Action.keep_funds),
        ),
    )
    return render(request, view)
