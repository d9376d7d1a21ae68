"""The sweep: what a crash, a broker that was away or a clock set back has left behind goes to the queue again."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju_notifications.delivery import LEASE, LONGEST_WAIT, recover
from tuoju_notifications.models import Notice, PausedChannel
from tuoju_notifications.outbox import PATIENCE, Posted
from tuoju_notifications.status import WAITING, NoticeState

_MOST_DOUBLINGS = 6


def sweep(session: Session, moment: datetime, *, limit: int = 500) -> list[Posted]:
    """The notices to hand to the queue (again) now. Each time one is handed over it is left alone twice as long,
    so that a long queue is not filled with doubles."""
    _mend_clocks(session, moment)
    recover(session, moment)
    query = (
        select(Notice)
        .where(
            col(Notice.state).in_(WAITING),
            col(Notice.hand_over_at) <= moment,
            col(Notice.next_attempt_at) <= moment,
            col(Notice.channel).not_in(select(PausedChannel.channel)),
        )
        .order_by(col(Notice.hand_over_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.exec(query).all()
    for notice in found:
        notice.hand_over_at = moment + PATIENCE * 2 ** min(notice.handovers, _MOST_DOUBLINGS)
        notice.handovers += 1
    session.flush()
    return [Posted(notice.pk, notice.urgency) for notice in found]


def _mend_clocks(session: Session, moment: datetime) -> None:
    """After the clock was set back no retry and no lease may lie further ahead than one can be."""
    for state, column, longest in (
        (NoticeState.temporary_failure, col(Notice.next_attempt_at), LONGEST_WAIT),
        (NoticeState.sending, col(Notice.lease_until), LEASE),
    ):
        session.execute(
            update(Notice)
            .where(col(Notice.state) == state, column > moment + longest)
            .values({column: moment + longest})
            .execution_options(synchronize_session=False)
        )
