"""Delivery receipts: what a provider reports later of a message it accepted."""

from collections.abc import Iterable

from sqlalchemy import or_
from sqlmodel import Session, col, select

from tuoju_notifications.channels.base import Receipt
from tuoju_notifications.models import Notification, now
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step


def record_receipts(session: Session, provider: str, receipts: Iterable[Receipt]) -> int:
    """Record what a provider reports of its own messages; how many changed a state.

    A repeated receipt, and one of an unknown message or of another provider's, changes nothing.
    """
    return sum(_take(session, provider, receipt) for receipt in receipts)


def _take(session: Session, provider: str, receipt: Receipt) -> bool:
    known = [col(Notification.message_id) == receipt.message_id] if receipt.message_id else []
    known += [col(Notification.provider_reference) == receipt.reference] if receipt.reference else []
    if not known:
        return False
    query = select(Notification.id).where(Notification.provider == provider, or_(*known))
    notification_id = session.exec(query).first()
    if notification_id is None:
        return False
    own = col(Notification.provider) == provider
    if receipt.delivered:
        return step(
            session, notification_id, NotificationState.delivered, own, delivered_at=now(), lease="", last_error=""
        )
    code = receipt.code or "not_delivered"
    return step(
        session, notification_id, NotificationState.permanent_failure, own, code=code, last_error=code, lease=""
    )
