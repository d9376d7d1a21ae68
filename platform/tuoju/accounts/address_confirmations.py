"""An address gets nothing but a link to confirm it until somebody has opened that link: whoever types a wrong number or
letter tells no stranger anything (OWASP ASVS 5.0, 6.3; PIPL art. 6).

The link is signed and not stored. It names the row and the channel, and its signature covers the address, so that it
ends when the address is changed, when it is confirmed and after LIFETIME.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from itsdangerous import Signer
from sqlmodel import Session

from tuoju.accounts.attempts import Limit, count_attempt
from tuoju.accounts.errors import ConfirmationClosed
from tuoju.database.keys import Purpose, keys
from tuoju.database.records import now
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Recipient

LIFETIME = timedelta(days=7)
MESSAGES = Limit(5, timedelta(days=1))
"""Confirmations that one account or organization can have sent: nobody fills a stranger's letter box."""
LINK = "/addresses"
_SEPARATOR = "."


class Addresses(Protocol):
    """A row that says where somebody is reached, and which of it is confirmed."""

    email: str
    mobile: str
    email_confirmed_at: datetime | None
    mobile_confirmed_at: datetime | None


def confirmed(row: Addresses) -> Mapping[Channel, str]:
    """The addresses that messages may go to, by channel; empty where there is none."""
    return {
        Channel.email: row.email if row.email_confirmed_at else "",
        Channel.sms: row.mobile if row.mobile_confirmed_at else "",
    }


def unconfirmed(row: Addresses) -> Mapping[Channel, str]:
    """The addresses that wait to be confirmed, by channel; empty where there is none."""
    return {
        Channel.email: "" if row.email_confirmed_at else row.email,
        Channel.sms: "" if row.mobile_confirmed_at else row.mobile,
    }


def addresses_for(row: Addresses, kind: NotificationKind) -> Mapping[Channel, str]:
    """Where a notification of a kind may go."""
    return unconfirmed(row) if kind is NotificationKind.address_to_confirm else confirmed(row)


def set_addresses(row: Addresses, *, email: str, mobile: str) -> None:
    """Replace the addresses; one that is another than before is not confirmed."""
    if email != row.email:
        row.email, row.email_confirmed_at = email, None
    if mobile != row.mobile:
        row.mobile, row.mobile_confirmed_at = mobile, None


def ask_to_confirm(session: Session, recipient: Recipient, row: Addresses) -> bool:
    """Send a link to each address that waits. Returns whether it was sent: not where nothing waits, and not more often
    than MESSAGES allows."""
    if not any(unconfirmed(row).values()):
        return False
    attempt = count_attempt(session, f"address-confirmation:{recipient.type}:{recipient.id}", MESSAGES)
    if attempt.is_allowed:
        key = f"confirm:{recipient.type}:{recipient.id}:{now().timestamp()}"
        post(session, NotificationKind.address_to_confirm, recipient=recipient, key=key, link=LINK)
    return attempt.is_allowed


def path_to_send(recipient: Recipient, channel: Channel, address: str) -> str:
    """The path that confirms the address, made when the message leaves."""
    facts = _SEPARATOR.join((recipient.type, f"{recipient.id}", channel, f"{int(now().timestamp())}"))
    return f"{LINK}/{facts}{_SEPARATOR}{_sign(facts, address)}"


def read_token(token: str) -> tuple[Recipient, Channel]:
    """Whose address a token is about, and by which channel. It is not verified yet. Raises ConfirmationClosed."""
    try:
        recipient_type, recipient_id, channel, _issued, _signature = token.split(_SEPARATOR)
        return Recipient(RecipientType(recipient_type), int(recipient_id)), Channel(channel)
    except ValueError:
        raise ConfirmationClosed from None


def confirm(row: Addresses, channel: Channel, token: str) -> None:
    """Confirm the address that the token was sent to. Raises ConfirmationClosed for another address than the present
    one, for one that is confirmed, and after LIFETIME."""
    facts, _, signature = token.rpartition(_SEPARATOR)
    address = unconfirmed(row).get(channel)
    if not address or not _signer().verify_signature(f"{facts}{_SEPARATOR}{address}".encode(), signature.encode()):
        raise ConfirmationClosed
    if int(facts.rpartition(_SEPARATOR)[2]) + LIFETIME.total_seconds() < now().timestamp():
        raise ConfirmationClosed
    if channel is Channel.email:
        row.email_confirmed_at = now()
    else:
        row.mobile_confirmed_at = now()


def _sign(facts: str, address: str) -> str:
    return _signer().get_signature(f"{facts}{_SEPARATOR}{address}".encode()).decode()


def _signer() -> Signer:
    return Signer(
        keys().signing_key(Purpose.contact_changes), salt="address", key_derivation="hmac", digest_method=sha256
    )
