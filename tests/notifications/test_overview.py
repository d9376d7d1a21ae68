"""What administrators see of deliveries."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from factories.notifications import mail_to, post_one
from tuoju_notifications.administration import pause_channel
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, now
from tuoju_notifications.overview import ChannelFigures, _quantile, find_messages, history_of, overview
from tuoju_notifications.status import DEAD, NotificationState
from tuoju_notifications.transitions import step


def mailed(session: Session, key: str, seconds: float | None = None) -> Notification:
    """An e-mail; delivered after `seconds` if any are given."""
    with mail_to("a@example.test"):
        [notification] = post_one(session, key)
    if seconds is not None:
        step(session, notification.pk, NotificationState.sending)
        step(
            session,
            notification.pk,
            NotificationState.delivered,
            delivered_at=notification.created_at + timedelta(seconds=seconds),
        )
        session.refresh(notification)
    return notification


def email(session: Session) -> ChannelFigures:
    return next(channel for channel in overview(session).channels if channel.channel is Channel.email)


class TestOverview:
    def test_counts_where_messages_stand_and_how_long_they_took(self, session: Session) -> None:
        for number in range(20):
            mailed(session, f"d{number}", seconds=number + 1)
        waiting = mailed(session, "w")
        result = email(session)
        assert (result.delivered, result.queued, result.failed) == (20, 1, 0)
        assert (result.p50, result.p95) == (10.0, 19.0)
        assert result.oldest_waiting == waiting.next_attempt_at

    def test_what_waits_since_long_ago_is_not_forgotten(self, session: Session) -> None:
        mailed(session, "old").created_at = now() - timedelta(days=9)
        mailed(session, "done", seconds=1).created_at = now() - timedelta(days=9)
        session.flush()
        assert (email(session).queued, email(session).delivered) == (1, 0)

    def test_a_pause_shows(self, session: Session) -> None:
        pause_channel(session, Channel.email, by_id=1)
        assert email(session).paused_at is not None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_quantile_is_the_smallest_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    result = _quantile(ordered, share)
    assert result is not None
    assert sum(entry <= result for entry in ordered) >= share * len(ordered)
    assert sum(item < result for item in ordered) < share * len(ordered)


class TestFind:
    def test_by_the_number_of_the_matter(self, session: Session) -> None:
        notification = mailed(session, "n")
        assert find_messages(session, word="R-1") == [notification]
        assert find_messages(session, word="R-2") == []

    def test_by_key_reference_and_id(self, session: Session) -> None:
        notification = mailed(session, "referral:7:accept")
        notification.provider_reference = "sms-77"
        session.flush()
        for word in ("referral:7", "sms-77", notification.message_id, str(notification.pk)):
            assert notification in find_messages(session, word=word), word

    def test_a_wildcard_is_a_letter(self, session: Session) -> None:
        mailed(session, "n")
        assert find_messages(session, word="%") == []

    def test_page_by_page(self, session: Session) -> None:
        made = [mailed(session, f"k{number}") for number in range(3)]
        first = find_messages(session, limit=2)
        assert first == [made[2], made[1]]
        assert find_messages(session, before_id=first[-1].pk, limit=2) == [made[0]]

    def test_only_what_did_not_arrive(self, session: Session) -> None:
        mailed(session, "fine", seconds=1)
        lost = mailed(session, "lost")
        step(session, lost.pk, NotificationState.technical_failure, code="no_provider")
        session.refresh(lost)
        assert find_messages(session, states=DEAD) == [lost]
        assert [event.state for event in history_of(session, lost)] == [
            NotificationState.created,
            NotificationState.technical_failure,
        ]
