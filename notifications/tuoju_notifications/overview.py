"""What administrators see of deliveries: figures by channel, messages, and what did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Circuit, Notification, NotificationEvent, PausedChannel, RecipientType, now
from tuoju_notifications.status import DEAD, WAITING, NotificationState

SAMPLE = 5000
"""Times are measured over so many of the latest messages of a channel."""


@dataclass(frozen=True)
class ChannelFigures:
    """One channel over some time."""

    channel: Channel
    counts: dict[NotificationState, int]
    p50: float | None
    """Seconds from when a message was due to when its provider accepted it: the median; None if there are none."""
    p95: float | None
    oldest_waiting: datetime | None
    """When the oldest unsettled message is tried next."""
    paused_at: datetime | None

    def _sum(self, states: frozenset[NotificationState]) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def queued(self) -> int:
        """How many are not settled."""
        return self._sum(WAITING | {NotificationState.sending})

    @property
    def sent(self) -> int:
        """How many were accepted by a provider and have no receipt yet."""
        return self.counts.get(NotificationState.sent, 0)

    @property
    def delivered(self) -> int:
        """How many arrived."""
        return self.counts.get(NotificationState.delivered, 0)

    @property
    def failed(self) -> int:
        """How many failed for good."""
        return self._sum(DEAD)

    @property
    def called_off(self) -> int:
        """How many were called off."""
        return self.counts.get(NotificationState.called_off, 0)


@dataclass(frozen=True)
class Overview:
    """All channels since a moment, and the providers whose circuit is open."""

    since: datetime
    channels: list[ChannelFigures]
    circuits: list[Circuit] = field(default_factory=list)


def overview(session: Session, *, over: timedelta = timedelta(days=1)) -> Overview:
    """The figures of each channel over the last day, or `over`; what still waits counts however old it is."""
    since = now() - over
    counts: dict[Channel, dict[NotificationState, int]] = {channel: {} for channel in Channel}
    unfinished = WAITING | {NotificationState.sending}
    query = (
        select(Notification.channel, Notification.state, func.count())
        .where((col(Notification.created_at) >= since) | col(Notification.state).in_(unfinished))
        .group_by(col(Notification.channel), col(Notification.state))
    )
    for channel, state, count in session.exec(query):
        counts[Channel(channel)][NotificationState(state)] = count
    oldest = {
        Channel(channel): moment
        for channel, moment in session.exec(
            select(Notification.channel, func.min(Notification.next_attempt_at))
            .where(col(Notification.state).in_(unfinished))
            .group_by(col(Notification.channel))
        )
    }
    paused = {row.channel: row.paused_at for row in session.exec(select(PausedChannel))}
    figures = []
    for channel in Channel:
        seconds = _seconds(session, channel, since)
        figures.append(
            ChannelFigures(
                channel,
                counts[channel],
                _quantile(seconds, 0.5),
                _quantile(seconds, 0.95),
                oldest.get(channel),
                paused.get(channel),
            )
        )
    open_circuits = list(session.exec(select(Circuit).where(col(Circuit.open_until) > now())))
    return Overview(since, figures, open_circuits)


def _seconds(session: Session, channel: Channel, since: datetime) -> list[float]:
    query = (
        select(Notification.created_at, Notification.not_before, Notification.sent_at, Notification.delivered_at)
        .where(
            Notification.channel == channel,
            col(Notification.created_at) >= since,
            col(Notification.state).in_((NotificationState.sent, NotificationState.delivered)),
        )
        .order_by(col(Notification.id).desc())
        .limit(SAMPLE)
    )
    waits = []
    for created, not_before, sent, delivered in session.exec(query):
        accepted = sent or delivered
        if accepted is not None:
            due = max(created, not_before) if not_before else created
            waits.append(max(0.0, (accepted - due).total_seconds()))
    return sorted(waits)


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of all values do not exceed; None if there are no values."""
    if not ordered:
        return None
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def count_dead(session: Session) -> int:
    """How many messages were given up and not sent again."""
    return session.exec(select(func.count()).where(col(Notification.state).in_(DEAD))).one()


def find_messages(
    session: Session,
    *,
    states: frozenset[NotificationState] | None = None,
    channel: Channel | None = None,
    word: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[Notification]:
    """Messages, latest first, at most `limit`; `before_id` continues a list.

    `word` is the beginning of a key, or the number of the matter, a message id, a provider's reference or an id.
    """
    query = select(Notification)
    if states is not None:
        query = query.where(col(Notification.state).in_(states))
    if channel is not None:
        query = query.where(Notification.channel == channel)
    if word:
        query = query.where(_is_named(word))
    if before_id is not None:
        query = query.where(col(Notification.id) < before_id)
    return list(session.exec(query.order_by(col(Notification.id).desc()).limit(limit)))


def _is_named(word: str) -> ColumnElement[bool]:
    own_id = int(word) if word.isdecimal() and len(word) < 10 else 0
    return or_(
        col(Notification.id) == own_id,
        col(Notification.key).startswith(word, autoescape=True),
        col(Notification.parameters)["number"].as_string() == word,
        col(Notification.message_id) == word,
        col(Notification.provider_reference) == word,
    )


def history_of(session: Session, notification: Notification) -> list[NotificationEvent]:
    """Every step of one message, oldest first."""
    query = select(NotificationEvent).where(NotificationEvent.notification_id == notification.pk)
    return list(session.exec(query.order_by(col(NotificationEvent.id))))


def find_messages_to(
    session: Session, recipient_type: RecipientType, recipient_id: int, *, limit: int = 100
) -> list[Notification]:
    """What was sent to one recipient, latest first: the delivery log of an integrator."""
    query = select(Notification).where(
        Notification.recipient_type == recipient_type, Notification.recipient_id == recipient_id
    )
    return list(session.exec(query.order_by(col(Notification.id).desc()).limit(limit)))
