"""The ways to each kind of recipient, which the platform lends the post office."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.referrals.contacts import ways_to
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.routing import Recipient, Way, in_app_only


def find_ways(session: Session, recipient: Recipient, kind: NoticeKind) -> Sequence[Way]:
    """Organizations by their registered contact, accounts within the application."""
    if recipient.type is RecipientType.organization:
        return ways_to(session, recipient.id, kind)
    return in_app_only(session, recipient, kind)
