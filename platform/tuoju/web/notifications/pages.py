"""Notices: what the signed-in user has been told."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.notifications import sentence
from tuoju_notifications.models import now
from tuoju_notifications.queries import find_notice, find_notices

router = APIRouter()


@router.get("/notices")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    found = find_notices(session, actor.user_id)
    return render(request, "notifications/index.html", notices=[(each, sentence(each)) for each in found])


@router.post("/notices/{notice_id}")
def follow(request: Request, session: WriteSession, actor: CurrentActor, notice_id: int, form: Form) -> Response:
    """Mark a notice read and go where it points."""
    notice = find_notice(session, actor.user_id, notice_id)
    if notice is None:
        raise HTTPException(404)
    notice.read_at = notice.read_at or now()
    return redirect(request, notice.link)
