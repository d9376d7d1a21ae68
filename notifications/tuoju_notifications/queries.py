"""Reading a user's notifications."""

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.status import NotificationState


def in_inbox(user_id: int) -> ColumnElement[bool]:
    """The condition that a notification is in the inbox of an account."""
    return and_(
        col(Notification.recipient_type) == RecipientType.user,
        col(Notification.recipient_id) == user_id,
        col(Notification.channel) == Channel.in_app,
        col(Notification.state) == NotificationState.delivered,
    )


def find_notifications(
    session: Session, user_id: int, *, only_unread: bool = False, before_id: int | None = None, limit: int = 100
) -> list[Notification]:
    """The notifications in the inbox of an account, or the unread ones, latest first; `before_id` continues a list."""
    query = select(Notification).where(in_inbox(user_id))
    if only_unread:
        query = query.where(col(Notification.read_at).is_(None))
    if before_id is not None:
        query = query.where(col(Notification.id) < before_id)
    return list(session.exec(query.order_by(col(Notification.id).desc()).limit(limit)))


def count_unread(session: Session, user_id: int) -> int:
    """How many notifications in the inbox of an account are unread."""
    query = select(func.count()).select_from(Notification).where(in_inbox(user_id), col(Notification.read_at).is_(None))
    return session.exec(query).one()


def find_notification(session: Session, user_id: int, notification_id: int) -> Notification | None:
    """A notification in this account's inbox, or None."""
    return session.exec(select(Notification).where(Notification.id == notification_id, in_inbox(user_id))).first()
