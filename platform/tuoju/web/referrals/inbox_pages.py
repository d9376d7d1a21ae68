"""The inbox of a charity: its referrals that wait for an answer."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.web.kit.dependencies import CurrentActor
from tuoju.web.kit.rendering import redirect

router = APIRouter()


@router.get("/inbox")
def show(request: Request, actor: CurrentActor) -> Response:
    return redirect(request, "/referrals?state=requested")
