"""The destinations of a recipient. The platform finds them: it has the contacts, preferences and quiet hours."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType


class Recipient(NamedTuple):
    """Who gets a notification."""

    type: RecipientType
    id: int


class Destination(NamedTuple):
    """One address on one channel. Nothing is sent before `not_before` (quiet hours)."""

    channel: Channel
    address: str = ""
    language: str = "zh_CN"
    not_before: datetime | None = None


Router = Callable[[Session, Recipient, NotificationKind], Sequence[Destination]]


def user(user_id: int) -> Recipient:
    """An account as a recipient."""
    return Recipient(RecipientType.user, user_id)


def in_app_only(_session: Session, recipient: Recipient, _kind: NotificationKind) -> Sequence[Destination]:
    """Accounts get it in the application; other recipients get nothing."""
    return (Destination(Channel.in_app),) if recipient.type is RecipientType.user else ()


_router: Router = in_app_only


def use_router(router: Router) -> None:
    """Set how this process finds the destinations; done once by launch.bootstrap."""
    global _router
    _router = router


def destinations(session: Session, recipient: Recipient, kind: NotificationKind) -> Sequence[Destination]:
    """The destinations of a recipient for one kind of notification; may be empty."""
    return _router(session, recipient, kind)
