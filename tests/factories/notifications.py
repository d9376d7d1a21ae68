"""Notifications for tests, and the destinations they go to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlmodel import Session

from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Destination, Recipient, in_app_only, use_router, user


@contextmanager
def routed_to(*destinations: Destination) -> Iterator[None]:
    """Within the block every recipient is reached by these destinations."""

    def route(_session: Session, _recipient: Recipient, _kind: NotificationKind) -> Sequence[Destination]:
        return destinations

    use_router(route)
    try:
        yield
    finally:
        use_router(in_app_only)


@contextmanager
def mail_to(address: str) -> Iterator[None]:
    """Within the block every recipient is reached by e-mail alone."""
    with routed_to(Destination(Channel.email, address)):
        yield


def post_one(
    session: Session,
    key: str = "k",
    *,
    recipient_id: int = 1,
    kind: NotificationKind = NotificationKind.referral_received,
    number: str = "R-1",
) -> list[Notification]:
    """A notification of one matter to one account, by each way there is."""
    return post(session, kind, recipient=user(recipient_id), key=key, link="/referrals/1", number=number)
