"""What is called off never leaves; what is being sent in that moment is tried this once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from factories.databases import UnitOfWork
from factories.deliveries import ScriptedProvider, SmsDelivery, later, wait_for_a_lock
from tuoju_notifications.administration import NotDead, replay
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused
from tuoju_notifications.delivery import LEASE, DeliveryContext, deliver
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, now
from tuoju_notifications.outbox import call_off
from tuoju_notifications.rendering import Message
from tuoju_notifications.routing import user
from tuoju_notifications.status import NotificationState


@pytest.fixture
def delivery(unit_of_work: UnitOfWork) -> SmsDelivery:
    return SmsDelivery(unit_of_work)


def call_off_here(session: Session) -> set[int]:
    return call_off(session, user(1), {NotificationKind.referral_received}, code="consent_withdrawn")


def call_off_all(delivery: SmsDelivery) -> set[int]:
    with delivery.unit_of_work.write() as session:
        return call_off_here(session)


class TestCallOff:
    @pytest.mark.parametrize("outcome", [Failed("http_500"), Refused("invalid_number")])
    def test_what_failed_is_neither_tried_nor_replayed(self, delivery: SmsDelivery, outcome: Outcome) -> None:
        delivery.first.outcomes = [outcome]
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        assert call_off_all(delivery) == {notification_id}
        assert delivery.codes(notification_id)[-1] == ("called_off", "consent_withdrawn")
        with delivery.unit_of_work.write() as session, pytest.raises(NotDead):
            replay(session, session.get_one(Notification, notification_id), by_id=1)
        with later(timedelta(hours=1)):
            assert delivery.sweep() == []
            assert not deliver(delivery.context, notification_id)
        assert len(delivery.first.sent) == 1

    def test_what_waits_for_the_morning_never_leaves(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post(not_before=now() + timedelta(hours=8))
        assert call_off_all(delivery) == {notification_id}
        assert call_off_all(delivery) == set()
        with later(timedelta(hours=9)):
            assert delivery.sweep() == []
            assert not deliver(delivery.context, notification_id)
        assert delivery.first.sent == []

    @pytest.mark.parametrize(
        ("outcome", "states"),
        [
            (Accepted(), ["sent"]),
            (Failed("http_500"), ["temporary_failure", "called_off"]),
            (Failed("timeout", uncertain=True), ["temporary_failure", "called_off"]),
            (Refused("invalid_number"), ["permanent_failure", "called_off"]),
        ],
    )
    def test_what_is_being_sent_is_tried_this_once(
        self, delivery: SmsDelivery, outcome: Outcome, states: list[str]
    ) -> None:
        @dataclass
        class Overtaken(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                assert call_off_all(delivery) == set()
                return super().send(envelope)

        overtaken = Overtaken(outcomes=[outcome])
        delivery.context = DeliveryContext(
            delivery.unit_of_work.write, {Channel.sms: (overtaken, delivery.second)}, delivery._render
        )
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        assert [state for state, _code in delivery.codes(notification_id)[2:]] == states
        with later(timedelta(hours=1)):
            assert not deliver(delivery.context, notification_id)
        assert (len(overtaken.sent), len(delivery.second.sent)) == (1, 0)

    def test_a_sender_that_is_lost_is_not_followed_by_another(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.lose_sender()
        assert call_off_all(delivery) == set()
        with later(LEASE * 2):
            assert delivery.sweep() == []
        assert delivery.codes(notification_id)[-2:] == [
            ("temporary_failure", "sender_lost"),
            ("called_off", "consent_withdrawn"),
        ]

    def test_other_kinds_and_other_people_hear_on(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        with delivery.unit_of_work.write() as session:
            assert call_off(session, user(2), {NotificationKind.referral_received}, code="consent_withdrawn") == set()
            assert call_off(session, user(1), {NotificationKind.visit_due}, code="consent_withdrawn") == set()
        assert deliver(delivery.context, notification_id)


@pytest.mark.postgres
class TestRace:
    def test_a_sender_waits_for_what_is_just_being_called_off_and_sends_nothing(
        self, delivery: SmsDelivery, engine: Engine
    ) -> None:
        notification_id = delivery.post()
        sender = threading.Thread(target=deliver, args=[delivery.context, notification_id])
        with delivery.unit_of_work.write() as session:
            assert call_off_here(session) == {notification_id}
            sender.start()
            wait_for_a_lock(engine)
        sender.join(20)
        assert delivery.first.sent == []
        assert delivery.read(notification_id).state is NotificationState.called_off

    def test_what_a_sender_is_just_taking_is_waited_for(self, delivery: SmsDelivery, engine: Engine) -> None:
        """The sender holds the row while it writes the message; then it leaves, this once."""
        other = threading.Thread(target=call_off_all, args=[delivery])

        def render(session: Session, notification: Notification) -> Message:
            other.start()
            wait_for_a_lock(engine)
            return delivery._render(session, notification)

        delivery.first.outcomes = [Failed("http_500")]
        delivery.context = DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (delivery.first,)}, render)
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        other.join(20)
        assert delivery.read(notification_id).state is NotificationState.called_off
        assert len(delivery.first.sent) == 1

    def test_each_of_many_left_before_or_not_at_all(self, delivery: SmsDelivery) -> None:
        ids = [delivery.post(key=f"k{number}") for number in range(24)]
        start = threading.Barrier(9)
        over = threading.Event()
        late: list[int] = []

        def sender(part: list[int]) -> None:
            start.wait(20)
            for notification_id in part:
                begun_after = over.is_set()
                if deliver(delivery.context, notification_id) and begun_after:
                    late.append(notification_id)

        def caller() -> set[int]:
            start.wait(20)
            off = call_off_all(delivery)
            over.set()
            return off

        with ThreadPoolExecutor(9) as pool:
            asked = pool.submit(caller)
            senders = [pool.submit(sender, ids[number::8]) for number in range(8)]
            off = asked.result(60)
            for item in senders:
                item.result(60)
        left = {
            notification_id for notification_id in ids if delivery.read(notification_id).state is NotificationState.sent
        }
        assert late == []
        assert left | off == set(ids)
        assert not left & off
        assert len(delivery.first.sent) == len(left)
