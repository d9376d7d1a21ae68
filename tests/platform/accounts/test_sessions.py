"""Sessions: idle and absolute end by role, rotation, the owner's list (OWASP ASVS 5.0, 7.3 and 7.4)."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import COUNTY, PASSWORD, make_user
from tuoju.accounts.attempts import Client
from tuoju.accounts.errors import PasswordRefused, SessionNotFound, SignInTooOld, WrongCredentials
from tuoju.accounts.models import AuditEntry, Role, SessionKind, User
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import change_password, confirm_password, sign_in, sign_out
from tuoju.accounts.sessions import (
    AUDIT_SCOPE,
    end_other_sessions,
    end_session,
    find_signed_in,
    open_sessions,
    require_recent_proof,
    touch,
)
from tuoju.database.records import now

LONG = "nine lanterns over the lake"


def is_signed_in(session: Session, token: str) -> bool:
    session.expire_all()
    return find_signed_in(session, token) is not None


def actions(session: Session) -> list[str]:
    entries = session.exec(select(AuditEntry).where(AuditEntry.scope == AUDIT_SCOPE))
    return [entry.action for entry in sorted(entries, key=lambda entry: entry.sequence)]


class TestEnds:
    @pytest.mark.parametrize(
        ("role", "minutes"),
        [(Role.administrator, 30), (Role.program_manager, 60), (Role.township_officer, 120), (Role.social_worker, 120)],
    )
    def test_a_browser_that_does_nothing_is_signed_out_by_role(
        self, session: Session, role: Role, minutes: int
    ) -> None:
        user = make_user(session, role=role, region_code=COUNTY if role is Role.administrator else None)
        token, _row = sign_in(session, user.username, PASSWORD)
        with time_machine.travel(now() + timedelta(minutes=minutes - 1)):
            assert is_signed_in(session, token)
        with time_machine.travel(now() + timedelta(minutes=minutes + 1)):
            assert not is_signed_in(session, token)

    def test_use_prolongs_it_up_to_the_absolute_end(self, session: Session) -> None:
        token, _row = sign_in(session, make_user(session).username, PASSWORD)
        started = now()
        for hours in range(1, 12):
            with time_machine.travel(started + timedelta(hours=hours)):
                signed_in = find_signed_in(session, token)
                assert signed_in is not None
                assert signed_in.is_touch_due
                touch(session, token)
                session.expire_all()
        with time_machine.travel(started + timedelta(hours=12, minutes=1)):
            assert not is_signed_in(session, token)

    def test_a_program_may_rest_for_a_week(self, session: Session) -> None:
        token, _row = sign_in(session, make_user(session).username, PASSWORD, kind=SessionKind.api)
        with time_machine.travel(now() + timedelta(days=6)):
            assert is_signed_in(session, token)
        with time_machine.travel(now() + timedelta(days=8)):
            assert not is_signed_in(session, token)

    def test_the_session_that_a_browser_had_ends_when_it_signs_in_anew(self, session: Session) -> None:
        user, other = make_user(session), make_user(session)
        first, _row = sign_in(session, user.username, PASSWORD)
        second, _row = sign_in(session, other.username, PASSWORD, client=Client(previous_token=first))
        assert not is_signed_in(session, first)
        assert is_signed_in(session, second)


class TestOwnList:
    def sign_in_thrice(self, session: Session) -> tuple[User, list[str]]:
        user = make_user(session)
        kinds = (SessionKind.browser, SessionKind.browser, SessionKind.api)
        return user, [sign_in(session, user.username, PASSWORD, kind=kind)[0] for kind in kinds]

    def test_it_has_browsers_and_programs_that_are_signed_in(self, session: Session) -> None:
        user, tokens = self.sign_in_thrice(session)
        sign_out(session, tokens[0])
        assert {row.kind for row in open_sessions(session, user)} == {SessionKind.browser, SessionKind.api}
        assert len(open_sessions(session, user)) == 2

    def test_one_is_ended(self, session: Session) -> None:
        user, tokens = self.sign_in_thrice(session)
        row = open_sessions(session, user)[0]
        end_session(session, actor_of(user), user, row.pk)
        assert sum(is_signed_in(session, token) for token in tokens) == 2
        with pytest.raises(SessionNotFound):
            end_session(session, actor_of(user), user, row.pk)

    def test_that_of_another_is_not_found(self, session: Session) -> None:
        user, _tokens = self.sign_in_thrice(session)
        other = make_user(session)
        with pytest.raises(SessionNotFound):
            end_session(session, actor_of(other), other, open_sessions(session, user)[0].pk)

    def test_all_others_are_ended(self, session: Session) -> None:
        user, tokens = self.sign_in_thrice(session)
        assert end_other_sessions(session, actor_of(user), user, tokens[1]) == 2
        assert [is_signed_in(session, token) for token in tokens] == [False, True, False]


class TestChangePassword:
    def test_it_ends_all_sessions_and_goes_on_under_a_new_token(self, session: Session) -> None:
        user = make_user(session)
        other, _row = sign_in(session, user.username, PASSWORD, kind=SessionKind.api)
        present, _row = sign_in(session, user.username, PASSWORD)
        token, _row = change_password(session, user, PASSWORD, LONG, Client(previous_token=present))
        assert [is_signed_in(session, item) for item in (other, present, token)] == [False, False, True]
        assert sign_in(session, user.username, LONG)

    def test_the_present_one_is_asked_for_and_limited(self, session: Session) -> None:
        user = make_user(session)
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                change_password(session, user, "wrong", LONG, Client())
        with pytest.raises(WrongCredentials):
            change_password(session, user, PASSWORD, LONG, Client())

    def test_a_common_one_is_refused(self, session: Session) -> None:
        with pytest.raises(PasswordRefused):
            change_password(session, make_user(session), PASSWORD, "password123", Client())


class TestRecentProof:
    def test_it_is_the_sign_in_or_the_password_entered_again(self, session: Session) -> None:
        user = make_user(session)
        token, _row = sign_in(session, user.username, PASSWORD)
        require_recent_proof(session, token)
        with time_machine.travel(now() + timedelta(minutes=11)):
            with pytest.raises(SignInTooOld):
                require_recent_proof(session, token)
            confirm_password(session, user, PASSWORD, Client(previous_token=token))
            session.expire_all()
            require_recent_proof(session, token)


class TestAudit:
    def test_signing_in_failing_and_out_and_changes_are_recorded(self, session: Session) -> None:
        user = make_user(session)
        with pytest.raises(WrongCredentials):
            sign_in(session, user.username, "wrong")
        present, _row = sign_in(session, user.username, PASSWORD)
        token, _row = change_password(session, user, PASSWORD, LONG, Client(previous_token=present))
        end_other_sessions(session, actor_of(user), user, token)
        sign_out(session, token)
        expected = ["sign_in_failed", "sign_in", "change_password", "end_other_sessions", "sign_out"]
        assert actions(session) == expected
