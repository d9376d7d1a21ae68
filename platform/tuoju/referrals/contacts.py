"""The registered contact of an organization: a person, a mobile number and an e-mail address, without an account."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.database.records import now
from tuoju.referrals.models import OrganizationContact
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.routing import Destination


class ContactInput(BaseModel):
    """A contact as typed. Empty fields are not used."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(default="", max_length=30)
    mobile: Mobile = ""
    email: Email = ""


def may_set_contact(actor: Actor, organization_id: int) -> bool:
    """Whether the actor may read and change the contact: accounts of the organization, and who manages projects.

    Nobody else, because links to referrals are sent to this contact.
    """
    own = may(actor, Action.answer_referrals) and actor.organization_id == organization_id
    return own or may(actor, Action.manage_projects)


def get_contact(session: Session, actor: Actor, organization_id: int) -> OrganizationContact:
    """The contact, or an empty one that is not stored. Raises NotPermitted unless the actor may change it."""
    _check_permission(actor, organization_id)
    return _find_contact(session, organization_id) or OrganizationContact(organization_id=organization_id)


def set_contact(session: Session, actor: Actor, organization_id: int, inputs: ContactInput) -> OrganizationContact:
    """Set where links and notifications are sent. Raises NotPermitted."""
    _check_permission(actor, organization_id)
    contact = _find_contact(session, organization_id) or OrganizationContact(organization_id=organization_id)
    contact.name, contact.mobile, contact.email = inputs.name, inputs.mobile, inputs.email
    contact.changed_by, contact.changed_at = actor.user_id, now()
    session.add(contact)
    session.flush()
    audit.record(session, actor, "set_contact", contact, scope=f"organization:{organization_id}")
    return contact


def destinations_of_contact(session: Session, organization_id: int, kind: NotificationKind) -> Sequence[Destination]:
    """The addresses of the contact for the channels that this kind of notification uses."""
    contact = _find_contact(session, organization_id)
    if contact is None:
        return ()
    addresses = {Channel.email: contact.email, Channel.sms: contact.mobile}
    return tuple(Destination(channel, addresses[channel]) for channel in kind.channels if addresses.get(channel))


def _check_permission(actor: Actor, organization_id: int) -> None:
    if not may_set_contact(actor, organization_id):
        require(actor, Action.manage_projects)


def _find_contact(session: Session, organization_id: int) -> OrganizationContact | None:
    query = select(OrganizationContact).where(OrganizationContact.organization_id == organization_id)
    return session.exec(query).first()
