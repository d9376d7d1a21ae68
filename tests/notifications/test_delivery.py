"""Delivery: taken once, settled under its lease, passed on when a provider is in trouble, never given up silently."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import Session, select

from factories.databases import UnitOfWork
from factories.deliveries import ScriptedProvider, SmsDelivery, later
from tuoju_notifications.administration import ChannelCannotPause, NotDead, pause_channel, replay, resume_channel
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Receipt, Refused
from tuoju_notifications.circuits import FAILURES_TO_OPEN, FIRST_REST
from tuoju_notifications.delivery import (
    GIVE_UP_AFTER,
    LEASE,
    MAX_ATTEMPTS,
    DeliveryContext,
    deliver,
    recover,
    wait_after,
)
from tuoju_notifications.kinds import Channel, Urgency
from tuoju_notifications.models import Notification, now
from tuoju_notifications.outbox import HANDOVER_TIMEOUT, QueuedNotification
from tuoju_notifications.receipts import record_receipts
from tuoju_notifications.rendering import Message
from tuoju_notifications.status import NotificationState
from tuoju_notifications.sweeping import sweep


@pytest.fixture
def delivery(unit_of_work: UnitOfWork) -> SmsDelivery:
    return SmsDelivery(unit_of_work)


class TestDeliver:
    def test_is_done_once(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        assert deliver(delivery.context, notification_id) is True
        assert deliver(delivery.context, notification_id) is False
        notification = delivery.read(notification_id)
        assert (notification.state, notification.attempts, notification.provider_reference) == (
            NotificationState.sent,
            1,
            "first-1",
        )
        assert len(delivery.first.sent) == 1

    def test_many_at_one_time_each_once(self, delivery: SmsDelivery) -> None:
        """Twice as many ask as there are notifications, from as many threads."""
        ids = [delivery.post(key=f"k{number}") for number in range(12)]
        delivery.first.outcomes = [Failed("http_500", provider_down=False), Refused("invalid_number")]
        with ThreadPoolExecutor(24) as pool:
            done = list(pool.map(partial(deliver, delivery.context), ids * 2))
        assert done.count(True) == 10
        assert len({envelope.message_id for envelope in delivery.first.sent}) == len(delivery.first.sent) == 12
        assert Counter(delivery.read(notification_id).state for notification_id in ids) == {
            NotificationState.sent: 10,
            NotificationState.temporary_failure: 1,
            NotificationState.permanent_failure: 1,
        }

    def test_one_that_cannot_be_written_keeps_no_other_back(self, delivery: SmsDelivery) -> None:
        ids = [delivery.post(key=f"k{number}") for number in range(6)]

        def render(session: Session, notification: Notification) -> Message:
            if notification.pk == ids[0]:
                session.execute(text("SELECT no_such_column FROM notification"))
            return delivery._render(session, notification)

        context = DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (delivery.first,)}, render)
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(deliver, context, notification_id) for notification_id in ids]
        assert [item.exception() is None for item in asked] == [False] + [True] * 5
        assert [delivery.read(notification_id).state for notification_id in ids] == [NotificationState.created] + [
            NotificationState.sent
        ] * 5

    def test_no_transaction_is_open_while_a_provider_is_asked(
        self, delivery: SmsDelivery, unit_of_work: UnitOfWork
    ) -> None:
        seen: list[NotificationState] = []

        @dataclass
        class Looking(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                with unit_of_work.write() as session:  # SQLite would wait here for good.
                    seen.append(session.exec(select(Notification)).one().state)
                return Accepted()

        deliver(DeliveryContext(unit_of_work.write, {Channel.sms: (Looking(),)}, delivery._render), delivery.post())
        assert seen == [NotificationState.sending]

    def test_what_is_told_has_its_history(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("http_500")]
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        with later(timedelta(minutes=1)):
            deliver(delivery.context, notification_id)
        assert delivery.codes(notification_id) == [
            ("created", ""),
            ("sending", ""),
            ("temporary_failure", "http_500"),
            ("sending", ""),
            ("sent", ""),
        ]

    def test_not_before_quiet_hours_are_over(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post(not_before=now() + timedelta(hours=8))
        assert deliver(delivery.context, notification_id) is False
        assert delivery.sweep() == []
        with later(timedelta(hours=9)):
            assert delivery.sweep() == [notification_id]
            assert deliver(delivery.context, notification_id) is True

    def test_a_retry_waits_and_every_attempt_bears_the_same_key(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("http_500")]
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        assert deliver(delivery.context, notification_id) is False
        with later(timedelta(minutes=1)):
            assert delivery.sweep() == [notification_id]
            assert deliver(delivery.context, notification_id) is True
        assert len({envelope.message_id for envelope in delivery.first.sent}) == 1

    def test_a_refusal_is_final(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Refused("invalid_number")]
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        notification = delivery.read(notification_id)
        assert (notification.state, notification.last_error) == (NotificationState.permanent_failure, "invalid_number")

    def test_so_many_attempts_and_no_more(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("greylisted", provider_down=False)] * (MAX_ATTEMPTS + 1)
        notification_id = delivery.post()
        for attempt in range(MAX_ATTEMPTS + 1):
            with later(timedelta(hours=attempt)):
                deliver(delivery.context, notification_id)
        assert delivery.read(notification_id).state is NotificationState.technical_failure
        assert len(delivery.first.sent) == MAX_ATTEMPTS

    def test_a_channel_without_a_provider_is_told_so(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        deliver(DeliveryContext(delivery.unit_of_work.write, {}, delivery._render), notification_id)
        notification = delivery.read(notification_id)
        assert (notification.state, notification.last_error) == (NotificationState.technical_failure, "no_provider")

    def test_a_defect_of_a_provider_is_a_doubtful_attempt(self, delivery: SmsDelivery) -> None:
        @dataclass
        class Broken(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                raise ZeroDivisionError

        notification_id = delivery.post()
        deliver(
            DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (Broken(),)}, delivery._render), notification_id
        )
        assert (delivery.read(notification_id).state, delivery.read(notification_id).provider) == (
            NotificationState.temporary_failure,
            "first",
        )


class TestFailOver:
    def test_the_next_provider_is_asked_at_once(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("http_500")]
        notification_id = delivery.with_second().post()
        assert deliver(delivery.context, notification_id) is True
        assert delivery.read(notification_id).provider == "second"

    def test_not_while_the_first_may_have_taken_it(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("timeout", uncertain=True)]
        notification_id = delivery.with_second().post()
        deliver(delivery.context, notification_id)
        with later(timedelta(minutes=1)):
            assert deliver(delivery.context, notification_id) is True
        assert delivery.second.sent == []
        assert [envelope.uncertain for envelope in delivery.first.sent] == [False, True]

    def test_an_open_circuit_is_passed_over_and_closes_after_a_trial(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("http_500")] * FAILURES_TO_OPEN
        ids = [delivery.with_second().post(key=f"k{number}") for number in range(FAILURES_TO_OPEN + 2)]
        for notification_id in ids[:-1]:
            deliver(delivery.context, notification_id)
        assert len(delivery.first.sent) == FAILURES_TO_OPEN
        with later(FIRST_REST * 2):
            deliver(delivery.context, ids[-1])
            deliver(delivery.context, delivery.post(key="after"))
        assert len(delivery.first.sent) == FAILURES_TO_OPEN + 2

    def test_with_every_circuit_open_it_waits_without_counting(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("http_500")] * FAILURES_TO_OPEN
        ids = [delivery.post(key=f"k{number}") for number in range(FAILURES_TO_OPEN + 1)]
        for notification_id in ids:
            deliver(delivery.context, notification_id)
        waiting = delivery.read(ids[-1])
        assert (waiting.state, waiting.attempts) == (NotificationState.created, 0)
        assert waiting.next_attempt_at > now()

    def test_but_not_for_ever(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("throttled", retry_after=timedelta(days=2))]
        deliver(delivery.context, delivery.post(key="first"))
        notification_id = delivery.post()
        with time_machine.travel(datetime.now(UTC) + GIVE_UP_AFTER + timedelta(minutes=2)):
            delivery.first.outcomes = [Failed("throttled", retry_after=timedelta(days=2))]
            deliver(delivery.context, delivery.post(key="another"))
            deliver(delivery.context, notification_id)
        assert delivery.read(notification_id).last_error == "given_up"

    def test_a_throttling_provider_is_left_alone_as_long_as_it_asked(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Failed("throttled", retry_after=timedelta(seconds=90))]
        ids = [delivery.post(key=f"k{number}") for number in range(2)]
        for notification_id in ids:
            deliver(delivery.context, notification_id)
        assert len(delivery.first.sent) == 1
        with later(timedelta(seconds=95)):
            deliver(delivery.context, ids[1])
        assert len(delivery.first.sent) == 2


class TestLease:
    def test_a_lost_sender_is_found_and_the_same_provider_asked_again(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.with_second().lose_sender()
        assert delivery.sweep() == []
        with later(LEASE + timedelta(seconds=1)):
            assert delivery.sweep() == [notification_id]
            deliver(delivery.context, notification_id)
        assert delivery.second.sent == []
        assert [envelope.uncertain for envelope in delivery.first.sent] == [True]
        assert ("temporary_failure", "sender_lost") in delivery.codes(notification_id)

    def test_a_slow_sender_may_settle_until_another_takes_it(self, delivery: SmsDelivery) -> None:
        @dataclass
        class Slow(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                with delivery.unit_of_work.write() as session:
                    assert recover(session, now() + LEASE * 2) == 1
                return Accepted(reference="late")

        notification_id = delivery.post()
        deliver(
            DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (Slow(),)}, delivery._render), notification_id
        )
        assert (delivery.read(notification_id).state, delivery.read(notification_id).provider_reference) == (
            NotificationState.sent,
            "late",
        )

    def test_one_that_comes_back_too_late_changes_nothing(self, delivery: SmsDelivery) -> None:
        @dataclass
        class Overtaken(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                with delivery.unit_of_work.write() as session:
                    recover(session, now() + LEASE * 2)
                with later(LEASE * 3):
                    deliver(delivery.context, notification_id)
                return Refused("late")

        notification_id = delivery.post()
        deliver(
            DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (Overtaken(),)}, delivery._render),
            notification_id,
        )
        assert delivery.read(notification_id).state is NotificationState.sent


class TestSweep:
    def test_leaves_a_fresh_notification_to_the_queue(self, delivery: SmsDelivery) -> None:
        delivery.post()
        assert delivery.sweep() == []

    def test_hands_over_ever_more_rarely(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        with later(HANDOVER_TIMEOUT * 1.1):
            assert delivery.sweep() == [notification_id]
            assert delivery.sweep() == []
        with later(HANDOVER_TIMEOUT * 2):
            assert delivery.sweep() == []
        with later(HANDOVER_TIMEOUT * 2.5):
            assert delivery.sweep() == [notification_id]
        with later(HANDOVER_TIMEOUT * 4):
            assert delivery.sweep() == []

    def test_leaves_a_queue_alone_that_is_long_already(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        with later(HANDOVER_TIMEOUT * 1.1), delivery.unit_of_work.write() as session:
            assert sweep(session, now(), without={Urgency.urgent}) == []
            assert sweep(session, now(), without={Urgency.normal}) == [
                QueuedNotification(notification_id, Urgency.urgent)
            ]

    def test_a_clock_set_back_strands_nothing(self, delivery: SmsDelivery) -> None:
        """A retry and a lease made while the clock was a day ahead are due as soon as they can be."""
        delivery.first.outcomes = [Failed("http_500", provider_down=False)]
        with later(timedelta(days=1)):
            failed, lost = delivery.post(key="failed"), delivery.lose_sender()
            deliver(delivery.context, failed)
            fresh = delivery.post(key="fresh")
        assert deliver(delivery.context, fresh) is True
        delivery.sweep()
        with later(LEASE + timedelta(seconds=1)):
            assert lost in delivery.sweep()
        with later(timedelta(minutes=31)):
            assert failed in delivery.sweep()


class TestPause:
    def test_nothing_leaves_by_a_paused_channel(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        with delivery.unit_of_work.write() as session:
            pause_channel(session, Channel.sms, by_id=1)
        assert deliver(delivery.context, notification_id) is False
        with later(HANDOVER_TIMEOUT * 2):
            assert delivery.sweep() == []
            with delivery.unit_of_work.write() as session:
                resume_channel(session, Channel.sms)
            assert delivery.sweep() == [notification_id]
            assert deliver(delivery.context, notification_id) is True

    def test_the_inbox_does_not_pause(self, session: Session) -> None:
        with pytest.raises(ChannelCannotPause):
            pause_channel(session, Channel.in_app, by_id=1)


class TestReplay:
    def test_what_was_refused_goes_out_as_a_new_message(self, delivery: SmsDelivery) -> None:
        delivery.first.outcomes = [Refused("invalid_number")]
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        with delivery.unit_of_work.write() as session:
            replay(session, session.get_one(Notification, notification_id), by_id=1)
        assert deliver(delivery.context, notification_id) is True
        assert len({envelope.message_id for envelope in delivery.first.sent}) == 2
        assert ("created", "replayed") in delivery.codes(notification_id)

    def test_only_the_dead_are_replayed(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        with pytest.raises(NotDead), delivery.unit_of_work.write() as session:
            replay(session, session.get_one(Notification, notification_id), by_id=1)


class TestReceipts:
    def test_say_what_became_of_a_message_once(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        receipt = Receipt(message_id="", reference="first-1", delivered=True)
        with delivery.unit_of_work.write() as session:
            assert record_receipts(session, "first", [receipt, receipt]) == 1
        assert delivery.read(notification_id).state is NotificationState.delivered

    def test_that_it_did_not_arrive_is_final(self, delivery: SmsDelivery) -> None:
        notification_id = delivery.post()
        deliver(delivery.context, notification_id)
        message_id = delivery.first.sent[0].message_id
        with delivery.unit_of_work.write() as session:
            record_receipts(session, "first", [Receipt(message_id, "", delivered=False, code="absent")])
        assert (delivery.read(notification_id).state, delivery.read(notification_id).last_error) == (
            NotificationState.permanent_failure,
            "absent",
        )

    def test_may_come_before_the_answer(self, delivery: SmsDelivery) -> None:
        @dataclass
        class Hasty(ScriptedProvider):
            def send(self, envelope: Envelope) -> Outcome:
                with delivery.unit_of_work.write() as session:
                    record_receipts(session, "first", [Receipt(envelope.message_id, "", delivered=True)])
                return Accepted(reference="x")

        notification_id = delivery.post()
        deliver(
            DeliveryContext(delivery.unit_of_work.write, {Channel.sms: (Hasty(),)}, delivery._render), notification_id
        )
        assert delivery.read(notification_id).state is NotificationState.delivered

    def test_of_another_provider_are_not_taken(self, delivery: SmsDelivery) -> None:
        deliver(delivery.context, delivery.post())
        with delivery.unit_of_work.write() as session:
            assert record_receipts(session, "second", [Receipt("", "first-1", delivered=True)]) == 0


class TestWait:
    def test_grows_is_spread_and_has_an_end(self) -> None:
        waits = [wait_after(attempts) for attempts in range(1, MAX_ATTEMPTS)]
        assert all(timedelta(seconds=1) <= wait <= timedelta(minutes=30) for wait in waits)
        assert wait_after(9) > wait_after(4) > wait_after(1)

    def test_is_never_shorter_than_asked(self) -> None:
        assert wait_after(1, timedelta(minutes=10)) == timedelta(minutes=10)
