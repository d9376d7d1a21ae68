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
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.rendering import render
from tuoju.web.public_notices.views import board_page

router = APIRouter()


@router.get(
    "/board/{region_code}", dependencies=[open_to(Audience.everybody, "the board of a village hangs in public, masked")]
)
def board(request: Request, session: ReadSession, region_code: str) -> Response:
    """The notices on a village's board today. Open to everybody, as the paper one is."""
    region, today = get_region(session, region_code), china_day(now())
    society = society_of(session, region.code)
    view = board_page(
        full_name(session, region.code),
        notices.on_board(session, region.code, today),
        policy_for(session, Scheme.society_relief, region.code, today),
        telephone=society.telephone if society else "",
    )
    response = render(request, view)
    # A notice that was taken down must not be found in a search engine or a cache.
    response.headers["x-robots-tag"] = "noindex, nofollow, noarchive"
    response.headers["cache-control"] = "no-store"
    return response
