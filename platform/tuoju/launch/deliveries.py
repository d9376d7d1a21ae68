"""What this process delivers notifications with: providers, templates and links."""

import re
from datetime import timedelta

from sqlmodel import Session

from tuoju.launch.bootstrap import Parts
from tuoju.launch.providers import make_providers
from tuoju.referrals import links
from tuoju.referrals import resident_updates as news
from tuoju_notifications.delivery import DeliveryContext
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.rendering import Message, Templates


def make_delivery_context(parts: Parts) -> DeliveryContext:
    """What the worker needs to deliver notifications."""
    templates, address = Templates(), parts.settings.public_address.rstrip("/")

    def render(session: Session, notification: Notification) -> Message:
        return templates.render(notification, address + _path(session, notification))

    lease = timedelta(seconds=parts.settings.sender_lease_seconds)
    return DeliveryContext(parts.unit_of_work.write, make_providers(parts.settings), render, lease)


def _path(session: Session, notification: Notification) -> str:
    """The path that a message links to.

    The contact of an organization and a resident have no account: their personal link to the one referral is made now,
    so that it is not stored in the outbox.
    """
    referral = re.fullmatch(r"/referrals/(\d+)(#\w+)?", notification.link)
    if notification.recipient_type is RecipientType.organization and referral:
        return links.address_for(session, int(referral[1]))
    own = re.fullmatch(r"/my/(\d+)", notification.link)
    if notification.recipient_type is RecipientType.resident and own:
        return news.address_for(int(own[1]))
    return notification.link
