"""The sweep: what a crash, a broker that was away or a clock set back has left behind goes to the queue again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju_notifications.delivery import LEASE, is_due, recover
from tuoju_notifications.kinds import Urgency
from tuoju_notifications.models import Notification, PausedChannel
from tuoju_notifications.outbox import HANDOVER_TIMEOUT, QueuedNotification
from tuoju_notifications.status import OPEN, WAITING, NotificationState

_MOST_DOUBLINGS = 6


def sweep(
    session: Session, moment: datetime, *, limit: int = 500, without: Collection[Urgency] = ()
) -> list[QueuedNotification]:
    """The notifications to hand to the queue (again) now, but those `without`. Each time one is handed over it is left alone
    twice as long, so that a long queue is not filled with doubles."""
    _mend_clocks(session, moment)
    recover(session, moment)
    query = (
        select(Notification)
        .where(
            col(Notification.state).in_(WAITING),
            col(Notification.hand_over_at) <= moment,
            is_due(moment),
            col(Notification.urgency).not_in(without),
            col(Notification.channel).not_in(select(PausedChannel.channel)),
        )
        .order_by(col(Notification.hand_over_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.exec(query).all()
    for notification in found:
        notification.hand_over_at = moment + HANDOVER_TIMEOUT * 2 ** min(notification.handovers, _MOST_DOUBLINGS)
        notification.handovers += 1
    session.flush()
    return [QueuedNotification(notification.pk, notification.urgency) for notification in found]


def _mend_clocks(session: Session, moment: datetime) -> None:
    """After the clock was set back no lease and no turn with the queue may lie further ahead than one can be."""
    longest = HANDOVER_TIMEOUT * 2**_MOST_DOUBLINGS
    for column, until, *astray in (
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
            .where(col(Notification.state).in_(OPEN), col(column) > until, *astray)
            .values({col(column): until})
            .execution_options(synchronize_session=False)
        )
