"""The inbox: the notifications of the signed-in user."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.notifications.views import inbox_page
from tuoju_notifications.models import now
from tuoju_notifications.queries import find_notification, find_notifications

router = APIRouter(dependencies=[needs(Action.keep_own_account)])


@router.get("/notifications")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The latest notifications."""
    return render(request, inbox_page(find_notifications(session, actor.user_id)))


@router.post("/notifications/{notification_id}")
def follow(
    request: Request, session: WriteSession, actor: CurrentActor, notification_id: PathId, form: Form
) -> Response:
    """Mark a notification as read and go to the page it is about."""
    notification = find_notification(session, actor.user_id, notification_id)
    if notification is None:
        raise HTTPException(404)
    notification.read_at = notification.read_at or now()
    return redirect(request, notification.link)
