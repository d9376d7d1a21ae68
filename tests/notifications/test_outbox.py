"""A notification is written with what causes it, once for each way that leads to the recipient."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from factories.notifications import mail_to, post_one, routed_to
from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.models import Notification, NotificationEvent, now
from tuoju_notifications.outbox import QueuedNotification, call_off, post, take_queued
from tuoju_notifications.queries import count_unread, find_notifications
from tuoju_notifications.routing import Destination, user
from tuoju_notifications.status import STEPS, NotificationState, before
from tuoju_notifications.transitions import step


class TestPost:
    def test_the_same_key_twice_is_told_once(self, session: Session) -> None:
        assert [item.id for item in post_one(session)] == [entry.id for entry in post_one(session)]

    def test_an_inbox_has_it_with_the_commit(self, session: Session) -> None:
        post_one(session)
        assert count_unread(session, 1) == 1
        assert take_queued(session) == []

    def test_one_call_takes_every_way(self, session: Session) -> None:
        with routed_to(
            Destination(Channel.in_app),
            Destination(Channel.email, "a@example.test"),
            Destination(Channel.sms, "13800000000"),
        ):
            notifications = post_one(session)
        assert [notification.channel for notification in notifications] == [Channel.in_app, Channel.email, Channel.sms]
        assert take_queued(session) == [QueuedNotification(item.pk, Urgency.urgent) for item in notifications[1:]]
        assert len(find_notifications(session, 1)) == 1

    def test_what_the_database_refuses_is_not_taken_for_posted(self, session: Session) -> None:
        with pytest.raises(IntegrityError):
            post(session, NotificationKind.gap_found, recipient=user(1), key="k", link=None)  # type: ignore[arg-type]

    def test_quiet_hours_are_left_to_the_sweep(self, session: Session) -> None:
        morning = now() + timedelta(hours=8)
        with routed_to(Destination(Channel.sms, "13800000000", not_before=morning)):
            [notification] = post_one(session)
        assert take_queued(session) == []
        assert (notification.next_attempt_at, notification.hand_over_at) == (morning, morning)

    def test_an_address_is_sealed_at_rest(self, session: Session) -> None:
        with mail_to("someone@example.test"):
            post_one(session)
        stored = session.execute(text("SELECT address FROM notification")).scalar_one()
        assert "someone" not in stored
        assert session.exec(select(Notification)).one().address == "someone@example.test"


class TestPostAgain:
    """The same key to the same recipient, after `call_off`."""

    def test_a_notification_that_was_called_off_is_written_anew(self, session: Session) -> None:
        with mail_to("a@example.test"):
            [first] = post_one(session)
            call_off(session, user(1), {first.kind}, code="consent_withdrawn")
            [second] = post_one(session)
            assert second.pk != first.pk
            assert second.key != first.key
            assert second.group_key == first.group_key
            assert second.state is NotificationState.created
            assert take_queued(session) == [
                QueuedNotification(first.pk, Urgency.urgent),
                QueuedNotification(second.pk, Urgency.urgent),
            ]
            assert post_one(session)[-1].pk == second.pk

    def test_nothing_is_written_while_one_of_them_was_not_called_off(self, session: Session) -> None:
        with routed_to(Destination(Channel.in_app), Destination(Channel.email, "a@example.test")):
            in_app, email = post_one(session)
            assert call_off(session, user(1), {email.kind}, code="consent_withdrawn") == {email.pk}
            assert [notification.pk for notification in post_one(session)] == [in_app.pk, email.pk]


class TestStep:
    def test_every_state_can_be_reached_and_only_as_the_table_says(self, session: Session) -> None:
        with mail_to("a@example.test"):
            [notification] = post_one(session)
        for origin in NotificationState:
            for target in NotificationState:
                notification.state = origin
                session.flush()
                assert step(session, notification.pk, target) is (target in STEPS[origin])
                session.refresh(notification)
        assert before(NotificationState.created) == {
            NotificationState.permanent_failure,
            NotificationState.technical_failure,
        }

    def test_is_kept_in_the_history(self, session: Session) -> None:
        [notification] = post_one(session)
        states = [
            row.state
            for row in session.exec(
                select(NotificationEvent).where(NotificationEvent.notification_id == notification.id)
            )
        ]
        assert states == [NotificationState.created, NotificationState.delivered]


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_says_how_it_travels(kind: NotificationKind) -> None:
    """Residents have no account, whoever is invited cannot sign in yet, and an address is confirmed by what it gets:
    these are told outside the application."""
    outside = {NotificationKind.account_invited, NotificationKind.address_to_confirm}
    is_told_outside = kind.value.startswith("resident_") or kind in outside
    assert (kind.channels[0] is Channel.in_app) is not is_told_outside
    assert kind.urgency in Urgency
    assert NotificationKind(kind.value) is kind
