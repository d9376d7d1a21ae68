"""Reading a user's notices."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from tuoju_notifications.models import Notice
from tuoju_notifications.status import NoticeState


def find_notices(
    session: Session, recipient_id: int, *, before_id: int | None = None, limit: int = 100
) -> list[Notice]:
    """The delivered notices of a user, latest first."""
    query = select(Notice).where(Notice.recipient_id == recipient_id, Notice.state == NoticeState.delivered)
    if before_id is not None:
        query = query.where(col(Notice.id) < before_id)
    return list(session.exec(query.order_by(col(Notice.id).desc()).limit(limit)))


def count_unread(session: Session, recipient_id: int) -> int:
    query = (
        select(func.count())
        .select_from(Notice)
        .where(
            Notice.recipient_id == recipient_id,
            Notice.state == NoticeState.delivered,
            col(Notice.read_at).is_(None),
        )
    )
    return session.exec(query).one()


def find_notice(session: Session, recipient_id: int, notice_id: int) -> Notice | None:
    """A notice of this user's own, or None."""
    query = select(Notice).where(Notice.id == notice_id, Notice.recipient_id == recipient_id)
    return session.exec(query).first()
