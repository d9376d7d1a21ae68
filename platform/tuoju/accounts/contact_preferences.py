"""How an account is reached: its own addresses, how much it wants to hear by each, and its quiet hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.address_confirmations import addresses_for, ask_to_confirm, set_addresses, unconfirmed
from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.models import ContactPreferences, NotificationVolume, User
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.regions.calendar import CHINA
from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.routing import Destination
from tuoju_notifications.routing import user as user_recipient
from tuoju_text.inputs import Input


class OwnAddressesInput(Input):
    """Where an account is reached; an empty address is not used."""

    email: Email = ""
    mobile: Mobile = ""


class ContactPreferencesInput(Input):
    """How much an account wants to hear by each channel; without both ends there are no quiet hours."""

    by_email: NotificationVolume = NotificationVolume.usual
    by_sms: NotificationVolume = NotificationVolume.urgent_only
    quiet_from: time | None = None
    quiet_to: time | None = None

    @field_validator("quiet_from", "quiet_to", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _both_ends(self) -> "ContactPreferencesInput":
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise PydanticCustomError("quiet_hours", "Quiet hours have two ends")
        return self


def get_contact_preferences(session: Session, user_id: int) -> ContactPreferences:
    """How an account is reached; one that never said is not stored yet."""
    return session.exec(
        select(ContactPreferences).where(ContactPreferences.user_id == user_id)
    ).first() or ContactPreferences(user_id=user_id)


def set_contact_preferences(session: Session, actor: Actor, inputs: ContactPreferencesInput) -> ContactPreferences:
    """Say how much one's own account is to hear by each channel, and when."""
    reach = get_contact_preferences(session, actor.user_id)
    for name, value in inputs.model_dump().items():
        setattr(reach, name, value)
    session.add(reach)
    session.flush()
    audit.record(session, actor, "set_contact_preferences", reach, scope="accounts")
    return reach


def set_own_addresses(session: Session, actor: Actor, inputs: OwnAddressesInput) -> ContactPreferences:
    """Say where one's own account is reached. A new address gets a link to confirm it, and nothing else before."""
    reach = get_contact_preferences(session, actor.user_id)
    set_addresses(reach, email=inputs.email, mobile=inputs.mobile)
    session.add(reach)
    session.flush()
    ask_to_confirm(session, user_recipient(actor.user_id), reach)
    audit.record(session, actor, "set_own_addresses", reach, scope="accounts")
    return reach


def unconfirmed_channels(session: Session, actor: Actor) -> list[Channel]:
    """The channels of one's own account whose address waits to be confirmed."""
    waiting = unconfirmed(get_contact_preferences(session, actor.user_id))
    return [channel for channel, address in waiting.items() if address]


def send_confirmation_again(session: Session, actor: Actor) -> bool:
    """Send the link to each own address that waits to be confirmed; False if that was done too often today."""
    return ask_to_confirm(session, user_recipient(actor.user_id), get_contact_preferences(session, actor.user_id))


def destinations_of_user(session: Session, user_id: int, kind: NotificationKind) -> Sequence[Destination]:
    """The inbox, e-mail and SMS as the kind and the account want them; no e-mail or SMS in the account's quiet hours
    unless it is urgent, and none to an address that is not confirmed but the link to confirm it. An invitation goes to
    the addresses that were typed for the account: it is the first message, and its link opens nothing yet."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        return ()
    reach = get_contact_preferences(session, user_id)
    is_invitation = kind is NotificationKind.account_invited
    known = {Channel.email: reach.email, Channel.sms: reach.mobile} if is_invitation else addresses_for(reach, kind)
    addresses: Mapping[Channel, tuple[str, NotificationVolume]] = {
        Channel.email: (known[Channel.email], reach.by_email),
        Channel.sms: (known[Channel.sms], reach.by_sms),
    }
    wait = None if kind.urgency is Urgency.urgent else end_of_quiet_hours(reach, now())
    out = [
        Destination(channel, address, user.language, wait)
        for channel, (address, volume) in addresses.items()
        if address and wants(volume, kind, channel)
    ]
    inbox = (Destination(Channel.in_app, language=user.language),) if Channel.in_app in kind.channels else ()
    return (*inbox, *out)


def wants(volume: NotificationVolume, kind: NotificationKind, channel: Channel) -> bool:
    """Whether an account that wants to hear so much by a channel is told of a kind by it."""
    match volume:
        case NotificationVolume.nothing:
            return False
        case NotificationVolume.everything:
            return True
        case NotificationVolume.usual:
            return channel in kind.channels
        case NotificationVolume.urgent_only:
            return channel in kind.channels and kind.urgency is Urgency.urgent


def end_of_quiet_hours(reach: ContactPreferences, moment: datetime) -> datetime | None:
    """When the quiet hours that hold at a moment end; None outside of them."""
    start, end = reach.quiet_from, reach.quiet_to
    if start is None or end is None or start == end:
        return None
    local = moment.astimezone(CHINA)
    clock = local.time()
    quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not quiet:
        return None
    ends = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)
