"""Addresses that were confirmed, by the link that is sent to them."""

from sqlmodel import Session, select

from tuoju.accounts.address_confirmations import path_to_send, unconfirmed
from tuoju.accounts.contact_preferences import get_contact_preferences
from tuoju.referrals.contacts import confirm_address
from tuoju.referrals.models import OrganizationContact
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import RecipientType
from tuoju_notifications.routing import Recipient


def token_for(recipient: Recipient, channel: Channel, address: str) -> str:
    """The token that the message to an address holds."""
    return path_to_send(recipient, channel, address).rpartition("/")[2]


def confirm_addresses(session: Session, *, user_id: int = 0, organization_id: int = 0) -> None:
    """Confirm every address of an account or of the contact of an organization."""
    if user_id:
        recipient = Recipient(RecipientType.user, user_id)
        waiting = unconfirmed(get_contact_preferences(session, user_id))
    else:
        recipient = Recipient(RecipientType.organization, organization_id)
        query = select(OrganizationContact).where(OrganizationContact.organization_id == organization_id)
        waiting = unconfirmed(session.exec(query).one())
    for channel, address in waiting.items():
        if address:
            confirm_address(session, token_for(recipient, channel, address))
