"""What is called off never leaves; what is being sent in that moment is tried this once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from factories.desks import Desk, Told, later, wait_for_a_lock
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.administration import NotDead, replay
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused
from tuoju_notifications.delivery import LEASE, Office, deliver
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, now
from tuoju_notifications.outbox import call_off
from tuoju_notifications.rendering import Message
from tuoju_notifications.routing import user
from tuoju_notifications.status import NotificationState


@pytest.fixture
def desk(unit_of_work: UnitOfWork) -> Desk:
    return Desk(unit_of_work)


def call_off_here(session: Session) -> set[int]:
    return call_off(session, user(1), {NotificationKind.referral_received}, code="consent_withdrawn")


def call_off_all(desk: Desk) -> set[int]:
    with desk.unit_of_work.write() as session:
        return call_off_here(session)


class TestCallOff:
    @pytest.mark.parametrize("outcome", [Failed("http_500"), Refused("invalid_number")])
    def test_what_failed_is_neither_tried_nor_replayed(self, desk: Desk, outcome: Outcome) -> None:
        desk.first.outcomes = [outcome]
        notification_id = desk.post()
        deliver(desk.office, notification_id)
        assert call_off_all(desk) == {notification_id}
        assert desk.codes(notification_id)[-1] == ("called_off", "consent_withdrawn")
        with desk.unit_of_work.write() as session, pytest.raises(NotDead):
            replay(session, session.get_one(Notification, notification_id), by_id=1)
        with later(timedelta(hours=1)):
            assert desk.sweep() == []
            assert not deliver(desk.office, notification_id)
        assert len(desk.first.given) == 1

    def test_what_waits_for_the_morning_never_leaves(self, desk: Desk) -> None:
        notification_id = desk.post(not_before=now() + timedelta(hours=8))
        assert call_off_all(desk) == {notification_id}
        assert call_off_all(desk) == set()
        with later(timedelta(hours=9)):
            assert desk.sweep() == []
            assert not deliver(desk.office, notification_id)
        assert desk.first.given == []

    @pytest.mark.parametrize(
        ("outcome", "states"),
        [
            (Accepted(), ["sent"]),
            (Failed("http_500"), ["temporary_failure", "called_off"]),
            (Failed("timeout", uncertain=True), ["temporary_failure", "called_off"]),
            (Refused("invalid_number"), ["permanent_failure", "called_off"]),
        ],
    )
    def test_what_is_being_sent_is_tried_this_once(self, desk: Desk, outcome: Outcome, states: list[str]) -> None:
        @dataclass
        class Overtaken(Told):
            def send(self, envelope: Envelope) -> Outcome:
                assert call_off_all(desk) == set()
                return super().send(envelope)

        overtaken = Overtaken(outcomes=[outcome])
        desk.office = Office(desk.unit_of_work.write, {Channel.sms: (overtaken, desk.second)}, desk._render)
        notification_id = desk.post()
        deliver(desk.office, notification_id)
        assert [state for state, _code in desk.codes(notification_id)[2:]] == states
        with later(timedelta(hours=1)):
            assert not deliver(desk.office, notification_id)
        assert (len(overtaken.given), len(desk.second.given)) == (1, 0)

    def test_a_sender_that_is_lost_is_not_followed_by_another(self, desk: Desk) -> None:
        notification_id = desk.lose_sender()
        assert call_off_all(desk) == set()
        with later(LEASE * 2):
            assert desk.sweep() == []
        assert desk.codes(notification_id)[-2:] == [
            ("temporary_failure", "sender_lost"),
            ("called_off", "consent_withdrawn"),
        ]

    def test_other_kinds_and_other_people_hear_on(self, desk: Desk) -> None:
        notification_id = desk.post()
        with desk.unit_of_work.write() as session:
            assert call_off(session, user(2), {NotificationKind.referral_received}, code="consent_withdrawn") == set()
            assert call_off(session, user(1), {NotificationKind.visit_due}, code="consent_withdrawn") == set()
        assert deliver(desk.office, notification_id)


@pytest.mark.postgres
class TestRace:
    def test_a_sender_waits_for_what_is_just_being_called_off_and_sends_nothing(
        self, desk: Desk, engine: Engine
    ) -> None:
        notification_id = desk.post()
        sender = threading.Thread(target=deliver, args=[desk.office, notification_id])
        with desk.unit_of_work.write() as session:
            assert call_off_here(session) == {notification_id}
            sender.start()
            wait_for_a_lock(engine)
        sender.join(20)
        assert desk.first.given == []
        assert desk.read(notification_id).state is NotificationState.called_off

    def test_what_a_sender_is_just_taking_is_waited_for(self, desk: Desk, engine: Engine) -> None:
        """The sender holds the row while it writes the message; then it leaves, this once."""
        other = threading.Thread(target=call_off_all, args=[desk])

        def render(session: Session, notification: Notification) -> Message:
            other.start()
            wait_for_a_lock(engine)
            return desk._render(session, notification)

        desk.first.outcomes = [Failed("http_500")]
        desk.office = Office(desk.unit_of_work.write, {Channel.sms: (desk.first,)}, render)
        notification_id = desk.post()
        deliver(desk.office, notification_id)
        other.join(20)
        assert desk.read(notification_id).state is NotificationState.called_off
        assert len(desk.first.given) == 1

    def test_each_of_many_left_before_or_not_at_all(self, desk: Desk) -> None:
        ids = [desk.post(key=f"k{number}") for number in range(24)]
        start = threading.Barrier(9)
        over = threading.Event()
        late: list[int] = []

        def sender(part: list[int]) -> None:
            start.wait(20)
            for notification_id in part:
                begun_after = over.is_set()
                if deliver(desk.office, notification_id) and begun_after:
                    late.append(notification_id)

        def caller() -> set[int]:
            start.wait(20)
            off = call_off_all(desk)
            over.set()
            return off

        with ThreadPoolExecutor(9) as pool:
            asked = pool.submit(caller)
            senders = [pool.submit(sender, ids[number::8]) for number in range(8)]
            off = asked.result(60)
            for each in senders:
                each.result(60)
        left = {
            notification_id for notification_id in ids if desk.read(notification_id).state is NotificationState.sent
        }
        assert late == []
        assert left | off == set(ids)
        assert not left & off
        assert len(desk.first.given) == len(left)
