"""Your notifications."""

from fastapi import HTTPException

from tuoju.accounts.permissions import Action
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.notifications.representations import NotificationShown
from tuoju_notifications.models import now
from tuoju_notifications.queries import find_notification, find_notifications

router = api_router("/notifications", "Notifications")


@router.get("", summary="List your notifications", dependencies=[needs(Action.keep_own_account)])
def list_notifications(session: ReadSession, actor: CurrentActor, paging: PageOf) -> Page[NotificationShown]:
    """Latest first. Notifications contain numbers of cases and referrals, never personal data."""
    rows = find_notifications(session, actor.user_id, before_id=paging.after_id, limit=paging.fetch)
    shown, following = paging.take(rows, lambda notification: (notification.id,))
    return Page(items=[NotificationShown.of(notification) for notification in shown], next=following)


@router.post(
    "/{notification_id}/read",
    summary="Mark a notification as read",
    responses=problems(404),
    dependencies=[needs(Action.keep_own_account)],
)
def mark_as_read(session: WriteSession, actor: CurrentActor, notification_id: PathId) -> NotificationShown:
    """A repeated request changes nothing."""
    notification = find_notification(session, actor.user_id, notification_id)
    if notification is None:
        raise HTTPException(404)
    notification.read_at = notification.read_at or now()
    return NotificationShown.of(notification)
