"""Posting, and calling off: a notification is a row of the transaction that causes it, and ends in the one that ends its
ground."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.models import Notification, now
from tuoju_notifications.routing import Destination, Recipient, destinations
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import record, step, steps

HANDOVER_TIMEOUT = timedelta(seconds=30)
"""How long a notification handed to the queue may wait there before the sweep hands it over again."""

_POSTED = "tuoju_notifications.posted"


class QueuedNotification(NamedTuple):
    """What the queue has to know of a notification."""

    notification_id: int
    urgency: Urgency


def post(
    session: Session, kind: NotificationKind, *, recipient: Recipient, key: str, link: str, **parameters: Any
) -> list[Notification]:
    """Write a notification for each way that leads to the recipient; the same `key` and recipient twice is told once, and
    again only where all of it was called off.

    `link` is a path within the application; `parameters` must hold nothing personal.
    """
    group_key = _group_key(recipient, key)
    found = _in_group(session, group_key)
    if any(each.state is not NotificationState.called_off for each in found):
        return found
    notifications = [
        _notification(kind, recipient, way, f"{group_key}:{way.channel.value}:{number}", group_key, link, parameters)
        for number, way in enumerate(destinations(session, recipient, kind), len(found))
    ]
    try:
        with session.begin_nested():
            session.add_all(notifications)
            session.flush()
    except IntegrityError:
        posted = _in_group(session, group_key)
        if len(posted) == len(found):  # not by another transaction at the same moment: a programming error
            raise
        return posted
    record(session, NotificationState.created, notifications)
    for notification in notifications:
        hand_over(session, notification)
    return notifications


def _in_group(session: Session, group_key: str) -> list[Notification]:
    query = select(Notification).where(Notification.group_key == group_key).order_by(col(Notification.id))
    return list(session.exec(query.execution_options(populate_existing=True)))


def states_of(session: Session, recipient: Recipient, keys: Collection[str]) -> dict[str, set[NotificationState]]:
    """How the notifications stand that were posted to a recipient under each of these keys; none for a key is an answer."""
    groups = {_group_key(recipient, key): key for key in keys}
    states: dict[str, set[NotificationState]] = {key: set() for key in keys}
    query = select(col(Notification.group_key), col(Notification.state)).where(col(Notification.group_key).in_(groups))
    for group_key, state in session.exec(query):
        states[groups[group_key]].add(state)
    return states


def _group_key(recipient: Recipient, key: str) -> str:
    return f"{key}:{recipient.type.value}:{recipient.id}"


def _notification(
    kind: NotificationKind,
    recipient: Recipient,
    way: Destination,
    key: str,
    group_key: str,
    link: str,
    parameters: dict[str, Any],
) -> Notification:
    moment = now()
    first = max(moment, way.not_before) if way.not_before else moment
    return Notification(
        key=key,
        group_key=group_key,
        kind=kind,
        channel=way.channel,
        urgency=kind.urgency,
        recipient_type=recipient.type,
        recipient_id=recipient.id,
        address=way.address,
        language=way.language,
        link=link,
        parameters=parameters,
        created_at=moment,
        not_before=way.not_before,
        next_attempt_at=first,
        hand_over_at=first if first > moment else moment + HANDOVER_TIMEOUT,
    )


def hand_over(session: Session, notification: Notification) -> None:
    """Let a notification that was just created reach the queue after the commit, or its inbox with it."""
    if notification.channel is Channel.in_app:  # Visible with this very commit: no queue can lose it.
        step(session, notification.pk, NotificationState.delivered, delivered_at=notification.created_at)
        session.refresh(notification)
    elif notification.next_attempt_at <= now():
        session.info.setdefault(_POSTED, []).append(QueuedNotification(notification.pk, notification.urgency))


def take_queued(session: Session) -> list[QueuedNotification]:
    """The notifications posted in this session since last asked, for dispatch after the commit."""
    posted: list[QueuedNotification] = session.info.pop(_POSTED, [])
    return posted


def call_off(session: Session, recipient: Recipient, kinds: Collection[NotificationKind], *, code: str) -> set[int]:
    """Let nothing of these kinds that has not left yet ever leave for the recipient: what waits, for its hour or for
    another try, and what failed for good; the ids of those ended. `code` says why, in their history.

    One that is `sending` in this moment is in a provider's hands and can not be called back; should it fail, it is not
    tried again.
    """
    theirs = (
        Notification.recipient_type == recipient.type,
        Notification.recipient_id == recipient.id,
        col(Notification.kind).in_(kinds),
        Notification.state != NotificationState.delivered,
    )
    # With their rows locked none is taken by a sender, and one that a sender has just taken is seen as such.
    locked = select(Notification.id).where(*theirs).order_by(col(Notification.id)).with_for_update()
    ids = [notification_id for notification_id in session.exec(locked) if notification_id is not None]
    session.connection().execute(update(Notification).where(col(Notification.id).in_(ids)).values(called_off=code))
    return steps(session, ids, NotificationState.called_off, code=code, last_error=code)
