"""What the recipient does with their inbox."""

from sqlalchemy import update
from sqlmodel import Session, col

from tuoju_notifications.models import Notification, now
from tuoju_notifications.queries import in_inbox


def mark_all_read(session: Session, user_id: int, *, up_to_id: int) -> None:
    """Mark the unread notifications in an account's inbox as read, up to the one that was the latest on the page: what
    came in meanwhile stays unread."""
    session.execute(
        update(Notification)
        .where(in_inbox(user_id), col(Notification.read_at).is_(None), col(Notification.id) <= up_to_id)
        .values(read_at=now())
        .execution_options(synchronize_session=False)
    )
