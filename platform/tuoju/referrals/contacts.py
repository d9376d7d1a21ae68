"""Where an organization is reached without an account: a contact person, a mobile, an e-mail address."""

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
    """A contact as typed; what is empty is not used."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(default="", max_length=30)
    mobile: Mobile = ""
    email: Email = ""


def may_set_contact(actor: Actor, organization_id: int) -> bool:
    """The organization's own accounts may, and whoever manages projects: a link goes where this points."""
    own = may(actor, Action.answer_referrals) and actor.organization_id == organization_id
    return own or may(actor, Action.manage_projects)


def get_contact(session: Session, actor: Actor, organization_id: int) -> OrganizationContact:
    """The contact, or an empty one that is not stored yet. Raises NotPermitted for who may not change it."""
    _check(actor, organization_id)
    return _find(session, organization_id) or OrganizationContact(organization_id=organization_id)


def set_contact(session: Session, actor: Actor, organization_id: int, given: ContactInput) -> OrganizationContact:
    """Say where links and notifications go. Raises NotPermitted."""
    _check(actor, organization_id)
    contact = _find(session, organization_id) or OrganizationContact(organization_id=organization_id)
    contact.name, contact.mobile, contact.email = given.name, given.mobile, given.email
    contact.changed_by, contact.changed_at = actor.user_id, now()
    session.add(contact)
    session.flush()
    audit.record(session, actor, "set_contact", contact, scope=f"organization:{organization_id}")
    return contact


def destinations_of_contact(session: Session, organization_id: int, kind: NotificationKind) -> Sequence[Destination]:
    """How the contact is reached for a kind of notification, by the channels that kind uses."""
    contact = _find(session, organization_id)
    if contact is None:
        return ()
    addresses = {Channel.email: contact.email, Channel.sms: contact.mobile}
    return tuple(Destination(channel, addresses[channel]) for channel in kind.channels if addresses.get(channel))


def _check(actor: Actor, organization_id: int) -> None:
    if not may_set_contact(actor, organization_id):
        require(actor, Action.manage_projects)


def _find(session: Session, organization_id: int) -> OrganizationContact | None:
    query = select(OrganizationContact).where(OrganizationContact.organization_id == organization_id)
    return session.exec(query).first()
