"""What always holds of the outbox; `tuoju check invariants` checks it. Each rule yields the ids of the rows that break
it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from sqlalchemy import select as sql_select
from sqlmodel import Session, and_, col, func, or_, select

from tuoju_notifications.models import Notification, NotificationEvent, Tally
from tuoju_notifications.status import STEPS, WAITING, NotificationState
from tuoju_notifications.transitions import UNCOUNTED

RowIds = Mapping[str, int | str]
"""The rows that break a rule together: table to id."""
_ARRIVED = (NotificationState.sent, NotificationState.delivered)


def lawful_history(session: Session) -> Iterator[RowIds]:
    """Every notification went by lawful steps from `created` to the state that it has."""
    events = sql_select(
        col(NotificationEvent.notification_id), col(NotificationEvent.id), col(NotificationEvent.state)
    ).order_by(col(NotificationEvent.notification_id), col(NotificationEvent.id))
    last: dict[int, NotificationState] = {}
    rows = session.execute(events, execution_options={"yield_per": 5000})
    for notification_id, history in groupby(rows, key=lambda row: row[0]):
        state: NotificationState | None = None
        for _, event_id, to in history:
            lawful = to is NotificationState.created if state is None else to in STEPS[state]
            if not lawful:
                yield {"notification": notification_id, "notification_event": event_id}
            state = to
        if state is not None:
            last[notification_id] = state
    states = sql_select(col(Notification.id), col(Notification.state)).order_by(col(Notification.id))
    for notification_id, state in session.execute(states, execution_options={"yield_per": 5000}):
        if last.get(notification_id) is not state:
            yield {"notification": notification_id}


def consistent_outbox(session: Session) -> Iterator[RowIds]:
    """What is being sent has a lease, nothing else has one; what waits is not marked as sent, what a provider took or
    what arrived has the time of it."""
    sending = col(Notification.state) == NotificationState.sending
    arrived = col(Notification.state).in_(_ARRIVED)
    query = select(Notification.id).where(
        or_(
            and_(sending, or_(col(Notification.lease) == "", col(Notification.lease_until).is_(None))),
            and_(
                arrived,
                col(Notification.sent_at).is_(None),
                col(Notification.delivered_at).is_(None),
            ),
            and_(col(Notification.state).in_(WAITING), col(Notification.delivered_at).is_not(None)),
        )
    )
    for notification_id in session.exec(query.order_by(col(Notification.id))):
        yield {"notification": notification_id or 0}


def tallies_equal_recount(session: Session) -> Iterator[RowIds]:
    """The running counts of the metrics are those of the history."""
    tallies = sql_select(col(Tally.channel), col(Tally.state), func.sum(col(Tally.steps)))
    events = (
        sql_select(col(Notification.channel), col(NotificationEvent.state), func.count())
        .join(Notification, col(Notification.id) == col(NotificationEvent.notification_id))
        .where(col(NotificationEvent.state).not_in(UNCOUNTED))
        .group_by(col(Notification.channel), col(NotificationEvent.state))
    )
    kept, counted = (
        Counter({(channel.value, state.value): int(steps) for channel, state, steps in session.execute(query)})
        for query in (tallies.group_by(col(Tally.channel), col(Tally.state)), events)
    )
    for channel, state in sorted(kept.keys() | counted.keys()):
        if kept[channel, state] != counted[channel, state]:
            yield {"notification_tally": f"{channel}:{state}"}


INVARIANTS: Mapping[str, Callable[[Session], Iterator[RowIds]]] = {
    "notification_history": lawful_history,
    "outbox_consistent": consistent_outbox,
    "tallies_equal_recount": tallies_equal_recount,
}
