"""Finds the destinations of a notification for each type of recipient."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.accounts.contact_preferences import destinations_of_user
from tuoju.accounts.subscriptions import destinations_of_subscriber
from tuoju.referrals.contacts import destinations_of_contact
from tuoju.referrals.resident_updates import destinations_of_resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.routing import Destination, Recipient


def find_destinations(session: Session, recipient: Recipient, kind: NotificationKind) -> Sequence[Destination]:
    """Accounts by their preferences, organizations by their contact, groups and integrators by their address, residents
    by their mobile number."""
    match recipient.type:
        case RecipientType.user:
            return destinations_of_user(session, recipient.id, kind)
        case RecipientType.organization:
            return destinations_of_contact(session, recipient.id, kind)
        case RecipientType.group | RecipientType.integrator:
            return destinations_of_subscriber(session, recipient.id)
        case RecipientType.resident:
            return destinations_of_resident(session, recipient.id)
