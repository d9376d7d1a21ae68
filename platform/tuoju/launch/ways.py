"""The ways to each kind of recipient, which the platform lends the post office."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.accounts.reach import ways_to_user
from tuoju.accounts.subscriptions import ways_to_subscriber
from tuoju.referrals.contacts import ways_to
from tuoju.referrals.news import ways_to_resident
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.routing import Recipient, Way


def find_ways(session: Session, recipient: Recipient, kind: NoticeKind) -> Sequence[Way]:
    """Accounts as they wish, organizations by their registered contact, groups and integrators by their address."""
    match recipient.type:
        case RecipientType.user:
            return ways_to_user(session, recipient.id, kind)
        case RecipientType.organization:
            return ways_to(session, recipient.id, kind)
        case RecipientType.group | RecipientType.integrator:
            return ways_to_subscriber(session, recipient.id)
        case RecipientType.resident:
            return ways_to_resident(session, recipient.id)
