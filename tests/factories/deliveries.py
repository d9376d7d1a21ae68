"""Delivery by SMS over scripted providers, for the tests of delivery."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from factories.databases import UnitOfWork
from factories.notifications import post_one, routed_to
from tuoju_notifications.channels.base import Accepted, Envelope, Outcome
from tuoju_notifications.delivery import DeliveryContext, deliver
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, NotificationEvent, now
from tuoju_notifications.rendering import Message, Templates
from tuoju_notifications.routing import Destination
from tuoju_notifications.sweeping import sweep


@dataclass
class ScriptedProvider:
    """A provider that returns `outcomes` in turn, then accepts everything; keeps the messages it got."""

    name: str = "first"
    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[Envelope] = field(default_factory=list)

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        self.sent.append(envelope)
        return self.outcomes.pop(0) if self.outcomes else Accepted(reference=f"{self.name}-{len(self.sent)}")


class SmsDelivery:
    """Delivery of SMS by scripted providers, on a database of its own."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        self.first, self.second = ScriptedProvider("first"), ScriptedProvider("second")
        self.context = DeliveryContext(unit_of_work.write, {Channel.sms: (self.first,)}, self._render)

    def with_second(self) -> "SmsDelivery":
        self.context = DeliveryContext(self.unit_of_work.write, {Channel.sms: (self.first, self.second)}, self._render)
        return self

    @staticmethod
    def _render(_session: Session, notification: Notification) -> Message:
        return Templates().render(notification, "https://tuoju.example" + notification.link)

    def post(self, key: str = "k", **options: object) -> int:
        with routed_to(Destination(Channel.sms, "13800001234", **options)), self.unit_of_work.write() as session:  # type: ignore[arg-type]
            return post_one(session, key)[0].pk

    def read(self, notification_id: int) -> Notification:
        with self.unit_of_work.read() as session:
            notification = session.get_one(Notification, notification_id)
            session.expunge(notification)
            return notification

    def codes(self, notification_id: int) -> list[tuple[str, str]]:
        with self.unit_of_work.read() as session:
            query = (
                select(NotificationEvent)
                .where(NotificationEvent.notification_id == notification_id)
                .order_by(col(NotificationEvent.id))
            )
            return [(event.state.value, event.code) for event in session.exec(query)]

    def sweep(self) -> list[int]:
        with self.unit_of_work.write() as session:
            return [queued.notification_id for queued in sweep(session, now())]

    def lose_sender(self) -> int:
        """A notification whose sender dies during the call of the provider."""

        @dataclass
        class Dying(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                raise KeyboardInterrupt

        notification_id = self.post()
        with suppress(KeyboardInterrupt):
            deliver(DeliveryContext(self.unit_of_work.write, {Channel.sms: (Dying(),)}, self._render), notification_id)
        return notification_id


@contextmanager
def later(wait: timedelta) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + wait, tick=True):
        yield


def wait_for_a_lock(engine: Engine, seconds: float = 20) -> None:
    """Wait until a connection waits for a lock in this PostgreSQL database."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    end = time.monotonic() + seconds
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        while not connection.execute(waiting).scalar():
            assert time.monotonic() < end, "no connection waits"
