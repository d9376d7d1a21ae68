"""The sweep: hands notifications to the queue again after a crash, a broker failure or a change of the clock."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju_notifications.copies import is_live
from tuoju_notifications.delivery import LEASE, is_due, recover
from tuoju_notifications.kinds import Urgency
from tuoju_notifications.models import Notification, PausedChannel
from tuoju_notifications.outbox import HANDOVER_TIMEOUT, QueuedNotification
from tuoju_notifications.status import OPEN, WAITING, NotificationState

_MOST_DOUBLINGS = 6


def sweep(
    session: Session, moment: datetime, *, limit: int = 500, without: Collection[Urgency] = ()
) -> list[QueuedNotification]:
    """The notifications to hand to the queue (again) now, at most `limit`, except those of the urgencies `without`.

    Each handover doubles the time until the next one, so that a long queue is not filled with duplicates.
    """
    _shorten_impossible_times(session, moment)
    recover(session, moment)
    query = (
        select(Notification)
        .where(
            col(Notification.state).in_(WAITING),
            col(Notification.hand_over_at) <= moment,
            is_due(moment),
            col(Notification.urgency).not_in(without),
            col(Notification.channel).not_in(select(PausedChannel.channel)),
            is_live(),
        )
        .order_by(col(Notification.hand_over_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = session.exec(query).all()
    for notification in due:
        notification.hand_over_at = moment + HANDOVER_TIMEOUT * 2 ** min(notification.handovers, _MOST_DOUBLINGS)
        notification.handovers += 1
    session.flush()
    return [QueuedNotification(notification.pk, notification.urgency) for notification in due]


def _shorten_impossible_times(session: Session, moment: datetime) -> None:
    """After the clock was set back, shorten leases and handover times that lie further ahead than is possible."""
    longest = HANDOVER_TIMEOUT * 2**_MOST_DOUBLINGS
    for column, until, *conditions in (
        (Notification.lease_until, moment + LEASE, col(Notification.state) == NotificationState.sending),
        (
            Notification.hand_over_at,
            moment + HANDOVER_TIMEOUT,
            col(Notification.not_before).is_(None),
            col(Notification.created_at) > moment,
        ),
        (Notification.hand_over_at, moment + longest, col(Notification.not_before).is_(None)),
    ):
        session.execute(
            update(Notification)
            .where(col(Notification.state).in_(OPEN), col(column) > until, *conditions)
            .values({col(column): until})
            .execution_options(synchronize_session=False)
        )
