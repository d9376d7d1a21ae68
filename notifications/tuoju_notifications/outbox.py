"""Posting and calling off: a notification is written in the transaction that causes it, and called off in the
transaction that removes its reason."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.models import Notification, now
from tuoju_notifications.routing import Destination, Recipient, destinations
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import begin, step, steps

HANDOVER_TIMEOUT = timedelta(seconds=30)
"""How long a notification may wait in the queue before the sweep hands it over again."""

_POSTED = "tuoju_notifications.posted"
ALL_RECIPIENTS = "tuoju_notifications.all_recipients"
"""In `session.info`: a function that gives a block in which the session reaches the rows of every recipient, set by
whoever opens sessions that reach only some."""


class QueuedNotification(NamedTuple):
    """What the queue needs to know of a notification."""

    notification_id: int
    urgency: Urgency


def post(
    session: Session, kind: NotificationKind, *, recipient: Recipient, key: str, link: str, **parameters: Any
) -> list[Notification]:
    """Write a notification for each destination of the recipient.

    The same `key` and recipient a second time writes nothing and returns what was written the first time, unless all of
    it was called off: then it is written anew. `link` is a path within the application; `parameters` must hold nothing
    personal.
    """
    with _all_recipients(session):
        return _post(session, kind, recipient, key, link, parameters)


def post_new(
    session: Session, kind: NotificationKind, recipients: Iterable[Recipient], *, key: str, link: str, **parameters: Any
) -> list[Notification]:
    """Write a notification for each destination of several recipients, all in one INSERT, under a key that nothing was
    posted under: the caller's transaction made what it names, or holds its lock."""
    with _all_recipients(session):
        notifications = [
            _notification(kind, recipient, destination, number, _group_key(recipient, key), link, parameters)
            for recipient in recipients
            for number, destination in enumerate(destinations(session, recipient, kind))
        ]
        if notifications:
            session.add_all(notifications)
            session.flush()
            _begin(session, notifications)
    return notifications


def _all_recipients(session: Session) -> AbstractContextManager[None]:
    opening: Callable[[], AbstractContextManager[None]] = session.info.get(ALL_RECIPIENTS, nullcontext)
    return opening()


def _post(
    session: Session, kind: NotificationKind, recipient: Recipient, key: str, link: str, parameters: dict[str, Any]
) -> list[Notification]:
    group_key = _group_key(recipient, key)
    earlier = _in_group(session, group_key)
    if any(notification.state is not NotificationState.called_off for notification in earlier):
        return earlier
    notifications = [
        _notification(kind, recipient, destination, number, group_key, link, parameters)
        for number, destination in enumerate(destinations(session, recipient, kind), len(earlier))
    ]
    try:
        with session.begin_nested():
            session.add_all(notifications)
            session.flush()
    except IntegrityError:
        in_group = _in_group(session, group_key)
        if len(in_group) == len(earlier):  # Not written by another transaction at the same moment: a programming error.
            raise
        return in_group
    _begin(session, notifications)
    return notifications


def _begin(session: Session, notifications: Sequence[Notification]) -> None:
    """Write the history of what was added, and mark for the queue what does not stay in the application."""
    begin(session, notifications)
    for notification in notifications:
        if notification.channel is not Channel.in_app:
            hand_over(session, notification)


def _in_group(session: Session, group_key: str) -> list[Notification]:
    query = select(Notification).where(Notification.group_key == group_key).order_by(col(Notification.id))
    return list(session.exec(query.execution_options(populate_existing=True)))


def states_of(session: Session, recipient: Recipient, keys: Collection[str]) -> dict[str, set[NotificationState]]:
    """By key, the states of the notifications that were posted to a recipient under it; empty if there are none."""
    groups = {_group_key(recipient, key): key for key in keys}
    states: dict[str, set[NotificationState]] = {key: set() for key in keys}
    query = select(col(Notification.group_key), col(Notification.state)).where(col(Notification.group_key).in_(groups))
    with _all_recipients(session):
        for group_key, state in session.exec(query):
            states[groups[group_key]].add(state)
    return states


def _group_key(recipient: Recipient, key: str) -> str:
    return f"{key}:{recipient.type.value}:{recipient.id}"


def _notification(
    kind: NotificationKind,
    recipient: Recipient,
    destination: Destination,
    number: int,
    group_key: str,
    link: str,
    parameters: dict[str, Any],
) -> Notification:
    moment, in_app = now(), destination.channel is Channel.in_app  # visible with this commit, without the queue
    first = max(moment, destination.not_before) if destination.not_before else moment
    return Notification(
        key=f"{group_key}:{destination.channel.value}:{number}",
        group_key=group_key,
        kind=kind,
        channel=destination.channel,
        urgency=kind.urgency,
        recipient_type=recipient.type,
        recipient_id=recipient.id,
        address=destination.address,
        language=destination.language,
        link=link,
        parameters=parameters,
        created_at=moment,
        state=NotificationState.delivered if in_app else NotificationState.created,
        delivered_at=moment if in_app else None,
        not_before=destination.not_before,
        next_attempt_at=first,
        hand_over_at=first if first > moment else moment + HANDOVER_TIMEOUT,
    )


def hand_over(session: Session, notification: Notification) -> None:
    """Mark a created notification for the queue, which gets it after the commit; in the application it is delivered."""
    if notification.channel is Channel.in_app:  # Visible with this commit; no queue is needed.
        step(session, notification.pk, NotificationState.delivered, delivered_at=notification.created_at)
        session.refresh(notification)
    elif notification.next_attempt_at <= now():
        session.info.setdefault(_POSTED, []).append(QueuedNotification(notification.pk, notification.urgency))


def take_queued(session: Session) -> list[QueuedNotification]:
    """The notifications to give to the queue after the commit; they are returned once."""
    posted: list[QueuedNotification] = session.info.pop(_POSTED, [])
    return posted


def call_off(session: Session, recipient: Recipient, kinds: Collection[NotificationKind], *, code: str) -> set[int]:
    """Call off the notifications of these kinds to a recipient that have not been sent: those that wait, and those that
    failed for good; their ids. `code` says why, in their history.

    One that is `sending` right now cannot be stopped; if it fails, it is not tried again.
    """
    of_recipient = (
        Notification.recipient_type == recipient.type,
        Notification.recipient_id == recipient.id,
        col(Notification.kind).in_(kinds),
        Notification.state != NotificationState.delivered,
    )
    with _all_recipients(session):
        # While their rows are locked no sender can claim them; one that was claimed just before is seen as `sending`.
        locked = select(Notification.id).where(*of_recipient).order_by(col(Notification.id)).with_for_update()
        ids = [notification_id for notification_id in session.exec(locked) if notification_id is not None]
        session.connection().execute(update(Notification).where(col(Notification.id).in_(ids)).values(called_off=code))
        return steps(session, ids, NotificationState.called_off, code=code, last_error=code)
