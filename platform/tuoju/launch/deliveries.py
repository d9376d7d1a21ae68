"""What this process delivers notifications with: providers, templates and links."""

import re
from datetime import timedelta
from functools import partial

from sqlmodel import Session

from tuoju.accounts import address_confirmations, invitations
from tuoju.database.scopes import SYSTEM
from tuoju.launch.bootstrap import Parts
from tuoju.launch.providers import make_providers
from tuoju.referrals import contacts, links
from tuoju.referrals import resident_updates as news
from tuoju_notifications.delivery import DeliveryContext
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.rendering import Message, Templates
from tuoju_notifications.routing import Recipient


def make_delivery_context(parts: Parts) -> DeliveryContext:
    """What the worker needs to deliver notifications."""
    templates, address = Templates(), parts.settings.public_address.rstrip("/")

    def render(session: Session, notification: Notification) -> Message:
        return templates.render(notification, address + _path(session, notification))

    lease = timedelta(seconds=parts.settings.sender_lease_seconds)
    return DeliveryContext(partial(parts.unit_of_work.write, SYSTEM), make_providers(parts.settings), render, lease)


def _path(session: Session, notification: Notification) -> str:
    """The path that a message links to.

    The contact of an organization and a resident have no account: their personal link to the one referral is made now,
    so that it is not stored in the outbox. So are the links of an invitation and of an address to confirm.
    """
    referral = re.fullmatch(r"/referrals/(\d+)(#\w+)?", notification.link)
    if notification.recipient_type is RecipientType.organization and referral:
        return links.address_for(session, int(referral[1]))
    change = re.fullmatch(r"/contact-changes/(\d+)", notification.link)
    if notification.recipient_type is RecipientType.organization and change:
        return contacts.address_for(int(change[1]))
    invitation = re.fullmatch(r"/invitation/(\d+)", notification.link)
    if notification.recipient_type is RecipientType.user and invitation:
        return invitations.path_to_send(session, int(invitation[1]))
    if notification.kind is NotificationKind.address_to_confirm:
        recipient = Recipient(notification.recipient_type, notification.recipient_id)
        return address_confirmations.path_to_send(recipient, notification.channel, notification.address)
    own = re.fullmatch(r"/my/(\d+)", notification.link)
    if notification.recipient_type is RecipientType.resident and own:
        return news.address_for(int(own[1]))
    return notification.link
