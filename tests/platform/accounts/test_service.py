"""Signing in: hashed tokens, a lock after wrong passwords, sessions that end (design.md section 7)."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import PASSWORD, make_user
from tuoju.accounts.errors import UsernameTaken, WrongCredentials
from tuoju.accounts.models import Role, UserSession
from tuoju.accounts.service import create_user, set_active, set_password, sign_in, sign_out
from tuoju.accounts.sessions import find_signed_in
from tuoju.database.records import now


class TestSignIn:
    def test_gives_a_token_of_which_only_the_hash_is_kept(self, session: Session) -> None:
        user = make_user(session)
        token, _user = sign_in(session, user.username, PASSWORD)
        signed_in = find_signed_in(session, token)
        assert signed_in is not None
        assert signed_in.actor.user_id == user.pk
        assert token not in session.exec(select(UserSession)).one().model_dump_json()

    def test_five_wrong_passwords_lock_for_a_while(self, session: Session) -> None:
        user = make_user(session)
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                sign_in(session, user.username, "wrong")
        with pytest.raises(WrongCredentials):
            sign_in(session, user.username, PASSWORD)
        with time_machine.travel(now() + timedelta(minutes=16)):
            assert sign_in(session, user.username, PASSWORD)

    def test_an_unknown_name_is_told_the_same(self, session: Session) -> None:
        with pytest.raises(WrongCredentials):
            sign_in(session, "nobody", PASSWORD)


class TestSession:
    def test_ends_by_signing_out(self, session: Session) -> None:
        token, _user = sign_in(session, make_user(session).username, PASSWORD)
        sign_out(session, token)
        assert find_signed_in(session, token) is None

    def test_ends_with_its_time(self, session: Session) -> None:
        token, _user = sign_in(session, make_user(session).username, PASSWORD)
        with time_machine.travel(now() + timedelta(hours=13)):
            assert find_signed_in(session, token) is None

    def test_ends_when_the_account_stops_or_its_password_changes(self, session: Session) -> None:
        user = make_user(session)
        first, _user = sign_in(session, user.username, PASSWORD)
        set_password(session, user, "another long one")
        assert find_signed_in(session, first) is None
        second, _user = sign_in(session, user.username, "another long one")
        set_active(session, user, active=False)
        assert find_signed_in(session, second) is None


class TestCreateUser:
    def test_a_name_is_given_once(self, session: Session) -> None:
        user = make_user(session)
        with pytest.raises(UsernameTaken):
            create_user(session, username=user.username, password=PASSWORD, display_name="x", role=Role.social_worker)
