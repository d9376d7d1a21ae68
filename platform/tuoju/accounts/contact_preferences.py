"""How an account is reached: its own addresses, how much it wants to hear by each, and its quiet hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.models import ContactPreferences, NotificationVolume, User
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.regions.calendar import CHINA
from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.routing import Destination


class ContactPreferencesInput(BaseModel):
    """What was typed; an empty address is not used, and without both ends there are no quiet hours."""

    model_config = ConfigDict(str_strip_whitespace=True)

    email: Email = ""
    mobile: Mobile = ""
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
    """Say how one's own account is reached."""
    reach = get_contact_preferences(session, actor.user_id)
    for name, value in inputs.model_dump().items():
        setattr(reach, name, value)
    session.add(reach)
    session.flush()
    audit.record(session, actor, "set_contact_preferences", reach, scope="accounts")
    return reach


def destinations_of_user(session: Session, user_id: int, kind: NotificationKind) -> Sequence[Destination]:
    """The inbox always; e-mail and SMS as the account wants them, not in its quiet hours unless it is urgent."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        return ()
    reach = get_contact_preferences(session, user_id)
    addresses: Mapping[Channel, tuple[str, NotificationVolume]] = {
        Channel.email: (reach.email, reach.by_email),
        Channel.sms: (reach.mobile, reach.by_sms),
    }
    wait = None if kind.urgency is Urgency.urgent else end_of_quiet_hours(reach, now())
    out = [
        Destination(channel, address, user.language, wait)
        for channel, (address, volume) in addresses.items()
        if address and wants(volume, kind, channel)
    ]
    return (Destination(Channel.in_app, language=user.language), *out)


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
