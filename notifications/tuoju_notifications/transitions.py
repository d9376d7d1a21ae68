"""The only place where a notification changes state: by compare-and-swap, with a row of its history."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col

from tuoju_notifications.models import Notification, NotificationEvent, now
from tuoju_notifications.status import DEAD, NotificationState, before
from tuoju_notifications.tallies import count, waited

_FAILED = DEAD | {NotificationState.temporary_failure}
UNCOUNTED = frozenset({NotificationState.created, NotificationState.sending})
"""Steps to these states are not in the tallies."""


def step(session: Session, notification_id: int, to: NotificationState, *conditions: Any, **values: Any) -> bool:
    """Move one notification, as `steps` does; whether this call did it."""
    return bool(steps(session, [notification_id], to, *conditions, **values))


def steps(
    session: Session,
    notification_ids: Collection[int],
    to: NotificationState,
    *conditions: Any,
    code: str = "",
    by_id: int | None = None,
    **values: Any,
) -> set[int]:
    """Move notifications to a state, those for which that is a lawful step and the `conditions` hold; the ids of those
    that this call moved.

    `values` are set in the same statement; `code` is kept in their history. A notification that fails after it was
    called off becomes `called_off` instead of being tried again.
    """
    statement = (
        update(Notification)
        .where(col(Notification.id).in_(notification_ids), col(Notification.state).in_(before(to)), *conditions)
        .values(state=to, **values)
        .returning(
            col(Notification.id),
            col(Notification.attempts),
            col(Notification.provider),
            col(Notification.channel),
            col(Notification.created_at),
            col(Notification.not_before),
            col(Notification.called_off),
        )
    )
    rows = session.connection().execute(statement).all()
    record(session, to, rows, code=code, by_id=by_id)
    if to not in UNCOUNTED:
        reached = values.get("sent_at")
        count(
            session,
            to,
            [
                (row.channel, None if reached is None else waited(row.created_at, row.not_before, reached))
                for row in rows
            ],
        )
    if to in _FAILED:
        for reason in {row.called_off for row in rows if row.called_off}:
            ids = [row.id for row in rows if row.called_off == reason]
            steps(session, ids, NotificationState.called_off, code=reason, last_error=reason)
    return {row.id for row in rows}


def begin(session: Session, notifications: Sequence[Notification]) -> None:
    """Add to the history that these were created, and of those in the application that they were delivered with it:
    one INSERT for all."""
    in_app = [notification for notification in notifications if notification.state is NotificationState.delivered]
    rows = [
        *_history(NotificationState.created, notifications),
        *_history(NotificationState.delivered, in_app),
    ]
    if rows:
        session.connection().execute(insert(NotificationEvent), rows)
        count(session, NotificationState.delivered, [(notification.channel, None) for notification in in_app])


def record(
    session: Session,
    state: NotificationState,
    notifications: Iterable[Any],
    *,
    code: str = "",
    by_id: int | None = None,
) -> None:
    """Add a row to the history of each notification: rows with `id`, `attempts` and `provider`."""
    rows = _history(state, notifications, code=code, by_id=by_id)
    if rows:
        session.connection().execute(insert(NotificationEvent), rows)


def _history(
    state: NotificationState, notifications: Iterable[Any], *, code: str = "", by_id: int | None = None
) -> list[dict[str, Any]]:
    moment = now()
    return [
        {
            "notification_id": notification.id,
            "at": moment,
            "state": state,
            "attempt": notification.attempts,
            "provider": notification.provider,
            "code": code,
            "by_id": by_id,
        }
        for notification in notifications
    ]
