"""Reading a user's notices."""

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notice, RecipientType
from tuoju_notifications.status import NoticeState


def _inbox(user_id: int) -> ColumnElement[bool]:
    return and_(
        col(Notice.recipient_type) == RecipientType.user,
        col(Notice.recipient_id) == user_id,
        col(Notice.channel) == Channel.in_app,
        col(Notice.state) == NoticeState.delivered,
    )


def find_notices(session: Session, user_id: int, *, before_id: int | None = None, limit: int = 100) -> list[Notice]:
    """The inbox of an account, latest first."""
    query = select(Notice).where(_inbox(user_id))
    if before_id is not None:
        query = query.where(col(Notice.id) < before_id)
    return list(session.exec(query.order_by(col(Notice.id).desc()).limit(limit)))


def count_unread(session: Session, user_id: int) -> int:
    query = select(func.count()).select_from(Notice).where(_inbox(user_id), col(Notice.read_at).is_(None))
    return session.exec(query).one()


def find_notice(session: Session, user_id: int, notice_id: int) -> Notice | None:
    """A notice in this account's inbox, or None."""
    return session.exec(select(Notice).where(Notice.id == notice_id, _inbox(user_id))).first()
