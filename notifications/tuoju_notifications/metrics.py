"""Metrics for Prometheus from the database: queues, oldest waiting, steps, waits, circuits. Nothing personal."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from tuoju_notifications.heartbeats import BACKUP, last_seen, queue_states
from tuoju_notifications.kinds import Channel, Urgency
from tuoju_notifications.models import Circuit, Notification, PausedChannel, Tally, now
from tuoju_notifications.status import OPEN, NotificationState
from tuoju_notifications.tallies import BEYOND, BUCKETS


def metrics_text(session: Session) -> bytes:
    """The text of /metrics (version 0.0.4)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FromDatabase(session))
    return generate_latest(registry)


class _FromDatabase(Collector):
    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[Metric]:
        yield from self._queues()
        yield from self._steps()
        yield from self._channels()
        yield from self._parts()

    def _queues(self) -> Iterator[Metric]:
        moment = now()
        depth = GaugeMetricFamily(
            "tuoju_notifications_open", "Notifications not settled yet", labels=["channel", "queue"]
        )
        oldest = GaugeMetricFamily(
            "tuoju_notifications_oldest_seconds",
            "How long the oldest due notification has waited",
            labels=["channel", "queue"],
        )
        query = (
            select(Notification.channel, Notification.urgency, func.count(), func.min(Notification.created_at))
            .where(
                col(Notification.state).in_(OPEN),
                func.coalesce(col(Notification.not_before), col(Notification.created_at)) <= moment,
            )
            .group_by(col(Notification.channel), col(Notification.urgency))
        )
        open_counts = {
            (channel, urgency): (number, first) for channel, urgency, number, first in self._session.exec(query)
        }
        for channel in Channel:
            for urgency in Urgency:
                number, first = open_counts.get((channel, urgency), (0, moment))
                depth.add_metric([channel.value, urgency.value], number)
                oldest.add_metric([channel.value, urgency.value], max((moment - first).total_seconds(), 0))
        yield depth
        yield oldest

    def _steps(self) -> Iterator[Metric]:
        steps = CounterMetricFamily(
            "tuoju_notification_steps", "Steps of notifications by channel and state", labels=["channel", "state"]
        )
        waits = HistogramMetricFamily(
            "tuoju_notification_wait_seconds",
            "From when a notification was due to when its provider accepted it",
            labels=["channel"],
        )
        query = columns(
            col(Tally.channel), col(Tally.state), col(Tally.bucket), func.sum(Tally.steps), func.sum(Tally.seconds)
        ).group_by(col(Tally.channel), col(Tally.state), col(Tally.bucket))
        totals: dict[tuple[Channel, NotificationState], int] = {}
        buckets: dict[Channel, dict[int, int]] = {}
        sums: dict[Channel, float] = {}
        for channel, state, bucket, number, seconds in self._session.execute(query):
            totals[(channel, state)] = totals.get((channel, state), 0) + int(number)
            if bucket >= 0:
                counted = buckets.setdefault(channel, {})
                counted[bucket] = counted.get(bucket, 0) + int(number)
                sums[channel] = sums.get(channel, 0.0) + float(seconds)
        for (channel, state), number in totals.items():
            steps.add_metric([channel.value, state.value], number)
        for channel, counted in buckets.items():
            waits.add_metric([channel.value], _cumulative(counted), sums[channel])
        yield steps
        yield waits

    def _channels(self) -> Iterator[Metric]:
        paused = GaugeMetricFamily("tuoju_channel_paused", "Whether an administrator paused it", labels=["channel"])
        stopped = set(self._session.exec(select(PausedChannel.channel)))
        for channel in Channel:
            paused.add_metric([channel.value], channel in stopped)
        circuits = GaugeMetricFamily(
            "tuoju_provider_circuit_open", "Whether the circuit of a provider is open", labels=["provider"]
        )
        moment = now()
        for circuit in self._session.exec(select(Circuit)):
            circuits.add_metric([circuit.provider], circuit.open_until is not None and circuit.open_until > moment)
        yield paused
        yield circuits

    def _parts(self) -> Iterator[Metric]:
        beats = GaugeMetricFamily(
            "tuoju_queue_beat_seconds",
            "How long ago a worker took the last beat from a queue: its age, or nobody serves it",
            labels=["queue"],
        )
        for state in queue_states(self._session):
            if state.last_seen is not None:
                beats.add_metric([state.queue], max((now() - state.last_seen).total_seconds(), 0))
        yield beats
        backed_up = last_seen(self._session, BACKUP)
        if backed_up is not None:
            age = max((now() - backed_up).total_seconds(), 0)
            yield GaugeMetricFamily("tuoju_backup_age_seconds", "How long ago the last backup ended", value=age)


def _cumulative(counted: dict[int, int]) -> list[tuple[str, int]]:
    total, rows = 0, []
    for number, bound in enumerate((*BUCKETS, float("inf"))):
        total += counted.get(number, 0)
        rows.append(("+Inf" if number == BEYOND else str(float(bound)), total))
    return rows
