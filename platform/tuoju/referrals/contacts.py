"""The registered contact of an organization: a person, a mobile number and an e-mail address, without an account.

Links to referrals are sent to the contact, so whoever changes it would receive them. The charity's own accounts change
it at once. An officer only proposes a change: it takes effect when the charity confirms it at the contact before the
change, or when a second officer confirms that both met the charity in person.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, Signer
from pydantic import Field
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.address_confirmations import (
    addresses_for,
    ask_to_confirm,
    confirm,
    read_token,
    set_addresses,
    unconfirmed,
)
from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.errors import AccountError, ConfirmationClosed
from tuoju.accounts.models import ContactPreferences
from tuoju.accounts.permissions import Action, Actor, may, require_in
from tuoju.accounts.queries import staff_of_organization
from tuoju.database.keys import Purpose, keys
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals.errors import ContactChangeNotFound, OwnContactChange
from tuoju.referrals.models import ContactChange, ContactChangeEnd, OrganizationContact
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Destination, Recipient, user
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input, PersonName


class ContactInput(Input):
    """A contact as typed. Empty fields are not used."""

    name: PersonName = Field(default="", max_length=30)
    mobile: Mobile = ""
    email: Email = ""


def is_own(actor: Actor, organization_id: int) -> bool:
    """Whether the actor's account belongs to the organization."""
    return may(actor, Action.answer_referrals) and actor.organization_id == organization_id


def may_change_contact(session: Session, actor: Actor, organization_id: int) -> bool:
    """Whether the actor may read the contact and change it or propose a change: accounts of the organization, and who
    manages the projects of the region it belongs to."""
    try:
        _check_permission(session, actor, organization_id)
    except AccountError:
        return False
    return True


def get_contact(session: Session, actor: Actor, organization_id: int) -> OrganizationContact:
    """The contact, or an empty one that is not stored. Raises NotPermitted, OutOfScope."""
    _check_permission(session, actor, organization_id)
    return _find_contact(session, organization_id) or OrganizationContact(organization_id=organization_id)


def find_change(session: Session, actor: Actor, organization_id: int) -> ContactChange | None:
    """The change of the contact that waits, if any. Raises NotPermitted, OutOfScope."""
    _check_permission(session, actor, organization_id)
    return _find_open(session, organization_id)


def set_contact(session: Session, actor: Actor, organization_id: int, inputs: ContactInput) -> ContactChange | None:
    """Change the contact as an account of the organization, or propose the change as an officer.

    Returns the proposal, None if the contact is changed. The charity is told at the contact before the change. A
    proposal that waited is replaced. Raises NotPermitted, OutOfScope.
    """
    _check_permission(session, actor, organization_id)
    waiting = _find_open(session, organization_id)
    if waiting is not None:
        _end(session, waiting, ContactChangeEnd.replaced, actor)
    if is_own(actor, organization_id):
        _apply(session, organization_id, inputs, actor)
        _audit(session, actor, "set_contact", organization_id)
        return None
    change = ContactChange(organization_id=organization_id, proposed_by=actor.user_id, **inputs.model_dump())
    session.add(change)
    session.flush()
    _audit(session, actor, "propose_contact", organization_id, change=change.pk)
    _tell_charity(session, NotificationKind.contact_change_proposed, change.pk, organization_id)
    return change


def confirm_change(session: Session, actor: Actor, organization_id: int) -> None:
    """Confirm the change that waits: as an account of the organization, or as the second officer who met the charity.

    Raises ContactChangeNotFound, OwnContactChange, NotPermitted, OutOfScope.
    """
    _check_permission(session, actor, organization_id)
    change = _get_open(session, organization_id)
    own = is_own(actor, organization_id)
    if not own and change.proposed_by == actor.user_id:
        raise OwnContactChange
    end = ContactChangeEnd.confirmed_by_charity if own else ContactChangeEnd.confirmed_in_person
    _confirm(session, change, end, actor)


def refuse_change(session: Session, actor: Actor, organization_id: int) -> None:
    """Refuse the change that waits, or take it back. Raises ContactChangeNotFound, NotPermitted, OutOfScope."""
    _check_permission(session, actor, organization_id)
    _end(session, _get_open(session, organization_id), ContactChangeEnd.refused, actor)


def address_for(change_id: int) -> str:
    """The path by which the contact before the change confirms or refuses it; signed, not stored."""
    return f"/contact-changes/{_signer().sign(str(change_id)).decode()}"


def change_of(session: Session, token: str) -> ContactChange:
    """The waiting change that a message to the contact leads to. Raises ContactChangeNotFound."""
    try:
        with system_scope(session, Escape.links):
            change = session.get(ContactChange, int(_signer().unsign(token).decode()))
    except (BadSignature, ValueError):
        raise ContactChangeNotFound from None
    if change is None or change.ended_at is not None:
        raise ContactChangeNotFound
    return change


def answer_by_message(session: Session, token: str, *, confirmed: bool) -> None:
    """Confirm or refuse a change from the message to the contact. Raises ContactChangeNotFound."""
    change = change_of(session, token)
    with system_scope(session, Escape.links):
        if confirmed:
            _confirm(session, change, ContactChangeEnd.confirmed_by_charity, None)
        else:
            _end(session, change, ContactChangeEnd.refused, None)


def destinations_of_contact(session: Session, organization_id: int, kind: NotificationKind) -> Sequence[Destination]:
    """The confirmed addresses of the contact for the channels that this kind of notification uses; for the link to
    confirm them the others."""
    contact = _find_contact(session, organization_id)
    if contact is None:
        return ()
    addresses = addresses_for(contact, kind)
    return tuple(Destination(channel, addresses[channel]) for channel in kind.channels if addresses.get(channel))


def _confirm(session: Session, change: ContactChange, end: ContactChangeEnd, actor: Actor | None) -> None:
    _end(session, change, end, actor)
    inputs = ContactInput(name=change.name, mobile=change.mobile, email=change.email)
    _apply(session, change.organization_id, inputs, actor)


def _apply(session: Session, organization_id: int, inputs: ContactInput, actor: Actor | None) -> None:
    """Store the contact, and tell the charity at the one before it."""
    contact = _find_contact(session, organization_id) or OrganizationContact(organization_id=organization_id)
    moment = now()
    _tell_charity(session, NotificationKind.contact_changed, f"{moment.timestamp()}", organization_id)
    contact.name = inputs.name
    set_addresses(contact, email=inputs.email, mobile=inputs.mobile)
    contact.changed_by, contact.changed_at = actor.user_id if actor else None, moment
    session.add(contact)
    session.flush()
    ask_to_confirm(session, Recipient(RecipientType.organization, organization_id), contact)


def unconfirmed_channels(session: Session, actor: Actor, organization_id: int) -> list[Channel]:
    """The channels whose address waits to be confirmed. Raises NotPermitted, OutOfScope."""
    waiting = unconfirmed(get_contact(session, actor, organization_id))
    return [channel for channel, address in waiting.items() if address]


def send_confirmation_again(session: Session, actor: Actor, organization_id: int) -> bool:
    """Send the link to each address of the contact that waits to be confirmed; False if that was done too often today.
    Raises NotPermitted, OutOfScope."""
    contact = get_contact(session, actor, organization_id)
    return ask_to_confirm(session, Recipient(RecipientType.organization, organization_id), contact)


def confirm_address(session: Session, token: str) -> None:
    """Confirm the address of an account or an organization by the link that was sent there.

    Raises ConfirmationClosed.
    """
    recipient, channel = read_token(token)
    with system_scope(session, Escape.links):
        row = _addresses_of(session, recipient)
        if row is None:
            raise ConfirmationClosed
        confirm(row, channel, token)
        session.flush()
    if recipient.type is RecipientType.organization:
        _audit(session, None, "confirm_address", recipient.id, channel=channel.value)
    else:
        audit.record(session, None, "confirm_address", row, scope="accounts", channel=channel.value)


def _addresses_of(session: Session, recipient: Recipient) -> ContactPreferences | OrganizationContact | None:
    if recipient.type is RecipientType.organization:
        return _find_contact(session, recipient.id)
    query = select(ContactPreferences).where(ContactPreferences.user_id == recipient.id)
    return session.exec(query).first() if recipient.type is RecipientType.user else None


def _end(session: Session, change: ContactChange, end: ContactChangeEnd, actor: Actor | None) -> None:
    # Lock the audit chain before the change: one order everywhere avoids deadlocks.
    _audit(session, actor, f"contact_change_{end}", change.organization_id, change=change.pk)
    session.refresh(change, with_for_update=True)
    if change.ended_at is not None:
        raise ContactChangeNotFound
    change.ended_at, change.end, change.ended_by = now(), end, actor.user_id if actor else None
    session.flush()


def _tell_charity(session: Session, kind: NotificationKind, event: object, organization_id: int) -> None:
    """Post to every account of the organization and to its contact as it is now."""
    link = f"/organizations/{organization_id}/contact"
    receivers = [user(member.pk) for member in staff_of_organization(session, organization_id)]
    key = f"contact:{organization_id}:{kind}:{event}"
    for recipient in receivers:
        post(session, kind, recipient=recipient, key=key, link=link)
    proposed = kind is NotificationKind.contact_change_proposed
    contact = Recipient(RecipientType.organization, organization_id)
    post(session, kind, recipient=contact, key=key, link=f"/contact-changes/{event}" if proposed else "/")


def _check_permission(session: Session, actor: Actor, organization_id: int) -> None:
    if not is_own(actor, organization_id):
        require_in(session, actor, Action.manage_projects, get_organization(session, organization_id).region_code)


def _find_contact(session: Session, organization_id: int) -> OrganizationContact | None:
    query = select(OrganizationContact).where(OrganizationContact.organization_id == organization_id)
    return session.exec(query).first()


def _find_open(session: Session, organization_id: int) -> ContactChange | None:
    query = select(ContactChange).where(
        ContactChange.organization_id == organization_id, col(ContactChange.ended_at).is_(None)
    )
    return session.exec(query).first()


def _get_open(session: Session, organization_id: int) -> ContactChange:
    change = _find_open(session, organization_id)
    if change is None:
        raise ContactChangeNotFound
    return change


def _signer() -> Signer:
    return Signer(
        keys().signing_key(Purpose.contact_changes), salt="contact-change", key_derivation="hmac", digest_method=sha256
    )


def _audit(session: Session, actor: Actor | None, verb: str, organization_id: int, **detail: Any) -> None:
    organization = get_organization(session, organization_id)
    audit.record(session, actor, verb, organization, scope=f"organization:{organization_id}", **detail)
