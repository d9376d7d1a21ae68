"""The inbox: the notifications of the signed-in user."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.web.kit.bounds import GREATEST, OptionalQueryId, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.notifications.subjects import subjects_of
from tuoju.web.notifications.views import inbox_page
from tuoju.words.languages import gettext as _
from tuoju_notifications.inbox import mark_all_read
from tuoju_notifications.models import now
from tuoju_notifications.queries import count_unread, find_notification, find_notifications

PAGE = 50
router = APIRouter(dependencies=[needs(Action.keep_own_account)])


@router.get("/notifications")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    only: Annotated[Literal["new"] | None, Query()] = None,
    before: OptionalQueryId = None,
) -> Response:
    """Notifications grouped by what they are about, the latest first: all, or the unread ones."""
    fetched = find_notifications(session, actor.user_id, only_unread=only == "new", before_id=before, limit=PAGE + 1)
    shown = fetched[:PAGE]
    older = f"/notifications?{'only=new&' if only else ''}before={shown[-1].pk}" if len(fetched) > PAGE else ""
    unread = count_unread(session, actor.user_id)
    subjects = subjects_of(session, actor, shown)
    return render(request, inbox_page(shown, subjects, unread=unread, only_new=only == "new", older_url=older))


@router.post("/notifications/read")
def read_all(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Mark everything as read, up to the latest notification that the page showed."""
    up_to = str(form.get("up_to", ""))
    if up_to.isdecimal():
        mark_all_read(session, actor.user_id, up_to_id=min(int(up_to), GREATEST))
    return redirect(request, "/notifications", _("Marked as read."))


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
