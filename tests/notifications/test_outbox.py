"""A notice is written with what causes it, once for each way that leads to the recipient."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from factories.notices import mail_to, post_one, ways_are
from tuoju_notifications.kinds import Channel, NoticeKind, Urgency
from tuoju_notifications.models import Notice, NoticeEvent, now
from tuoju_notifications.outbox import Posted, post, take_posted
from tuoju_notifications.queries import count_unread, find_notices
from tuoju_notifications.routing import Way, user
from tuoju_notifications.status import STEPS, NoticeState, before
from tuoju_notifications.transitions import step


class TestPost:
    def test_the_same_key_twice_is_told_once(self, session: Session) -> None:
        assert [each.id for each in post_one(session)] == [each.id for each in post_one(session)]

    def test_an_inbox_has_it_with_the_commit(self, session: Session) -> None:
        post_one(session)
        assert count_unread(session, 1) == 1
        assert take_posted(session) == []

    def test_one_call_takes_every_way(self, session: Session) -> None:
        with ways_are(Way(Channel.in_app), Way(Channel.email, "a@example.test"), Way(Channel.sms, "13800000000")):
            notices = post_one(session)
        assert [each.channel for each in notices] == [Channel.in_app, Channel.email, Channel.sms]
        assert take_posted(session) == [Posted(each.pk, Urgency.urgent) for each in notices[1:]]
        assert len(find_notices(session, 1)) == 1

    def test_what_the_database_refuses_is_not_taken_for_posted(self, session: Session) -> None:
        with pytest.raises(IntegrityError):
            post(session, NoticeKind.gap_found, recipient=user(1), key="k", link=None)  # type: ignore[arg-type]

    def test_quiet_hours_are_left_to_the_sweep(self, session: Session) -> None:
        morning = now() + timedelta(hours=8)
        with ways_are(Way(Channel.sms, "13800000000", not_before=morning)):
            [notice] = post_one(session)
        assert take_posted(session) == []
        assert (notice.next_attempt_at, notice.hand_over_at) == (morning, morning)

    def test_an_address_is_sealed_at_rest(self, session: Session) -> None:
        with mail_to("someone@example.test"):
            post_one(session)
        stored = session.execute(text("SELECT address FROM notice")).scalar_one()
        assert "someone" not in stored
        assert session.exec(select(Notice)).one().address == "someone@example.test"


class TestStep:
    def test_every_state_can_be_reached_and_only_as_the_table_says(self, session: Session) -> None:
        with mail_to("a@example.test"):
            [notice] = post_one(session)
        for origin in NoticeState:
            for target in NoticeState:
                notice.state = origin
                session.flush()
                assert step(session, notice.pk, target) is (target in STEPS[origin])
                session.refresh(notice)
        assert before(NoticeState.created) == {NoticeState.permanent_failure, NoticeState.technical_failure}

    def test_is_kept_in_the_history(self, session: Session) -> None:
        [notice] = post_one(session)
        states = [each.state for each in session.exec(select(NoticeEvent).where(NoticeEvent.notice_id == notice.id))]
        assert states == [NoticeState.created, NoticeState.delivered]


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_says_how_it_travels(kind: NoticeKind) -> None:
    """Only residents have no account, so only they are told nowhere in the application."""
    told_to_residents = kind.value.startswith("resident_")
    assert (kind.channels[0] is Channel.in_app) is not told_to_residents
    assert kind.urgency in Urgency
    assert NoticeKind(kind.value) is kind
