"""The village board of public notices: open to everybody."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, get_region
from tuoju.relief import notices
from tuoju.relief.societies import society_of
from tuoju.web.kit.dependencies import ReadSession
from tuoju.web.kit.rendering import render

router = APIRouter()


@router.get("/board/{region_code}")
def board(request: Request, session: ReadSession, region_code: str) -> Response:
    """What hangs on a village's board today; open to everybody, as the paper one is."""
    region = get_region(session, region_code)
    found = notices.on_board(session, region.code, china_day(now()))
    response = render(
        request,
        "public_notices/board.html",
        notices=found,
        place=full_name(session, region.code),
        policy=policy_for(session, Scheme.society_relief, region.code, china_day(now())),
        society=society_of(session, region.code),
    )
    # What comes down from the board is to be found nowhere else.
    response.headers["x-robots-tag"] = "noindex, nofollow, noarchive"
    response.headers["cache-control"] = "no-store"
    return response
