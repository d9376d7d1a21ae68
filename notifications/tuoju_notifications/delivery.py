"""Delivering notices: by compare-and-swap, so that however often it is tried, it is done once."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju_notifications.models import Notice, now
from tuoju_notifications.status import WAITING, NoticeState


def deliver(session: Session, notice_id: int) -> bool:
    """Deliver one notice if it is still waiting; whether this call did it.

    The channel within the application needs no provider: being delivered is being visible.
    """
    statement = (
        update(Notice)
        .where(col(Notice.id) == notice_id, col(Notice.state).in_(WAITING))
        .values(state=NoticeState.delivered, delivered_at=now(), attempts=col(Notice.attempts) + 1)
        .returning(col(Notice.id))
    )
    return session.execute(statement).first() is not None


def stranded(session: Session, before: datetime, *, limit: int = 500) -> list[int]:
    """Notices still waiting that were due before an instant: their hand-over to the queue was lost."""
    query = select(Notice.id).where(col(Notice.state).in_(WAITING), col(Notice.next_attempt_at) <= before)
    return [each for each in session.exec(query.order_by(col(Notice.id)).limit(limit)) if each is not None]
