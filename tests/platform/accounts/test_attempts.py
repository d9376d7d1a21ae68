"""Limits shared by all processes and hosts, which cannot lock the owner out nor tell names apart."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from tuoju.accounts.attempts import Client, Limit, count_attempt, forget_attempts, sweep_attempts
from tuoju.accounts.errors import WrongCredentials
from tuoju.accounts.models import AttemptCounter, AuditEntry
from tuoju.accounts.service import set_active, set_password, sign_in
from tuoju.database.records import now

THREE = Limit(3, timedelta(minutes=15))


class TestCountAttempt:
    def test_as_many_as_allowed_pass_until_the_window_ends(self, session: Session) -> None:
        assert [count_attempt(session, "a", THREE).is_allowed for _ in range(4)] == [True, True, True, False]
        assert count_attempt(session, "b", THREE).is_allowed
        assert 890 <= count_attempt(session, "a", THREE).retry_after <= 900
        with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
            assert count_attempt(session, "a", THREE).is_allowed

    def test_a_success_begins_anew(self, session: Session) -> None:
        for _ in range(4):
            count_attempt(session, "a", THREE)
        forget_attempts(session, "a")
        assert count_attempt(session, "a", THREE).is_allowed

    def test_the_sweep_deletes_what_is_over(self, session: Session) -> None:
        count_attempt(session, "a", THREE)
        with time_machine.travel(now() + timedelta(minutes=16)):
            count_attempt(session, "b", THREE)
            sweep_attempts(session)
        assert session.exec(select(AttemptCounter.key)).all() == ["b"]

    @pytest.mark.postgres
    def test_of_many_at_once_only_as_many_as_allowed_pass(self, unit_of_work: UnitOfWork) -> None:
        def attempt(_number: int) -> bool:
            with unit_of_work.write() as session:
                return count_attempt(session, "a", THREE).is_allowed

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(40))) == 3

    @pytest.mark.postgres
    def test_guesses_made_at_once_are_all_counted(self, unit_of_work: UnitOfWork) -> None:
        """Afterwards even the right password is refused."""
        with unit_of_work.write() as session:
            username = make_user(session).username

        def guess(_number: int) -> None:
            with unit_of_work.write() as session, suppress(WrongCredentials):
                sign_in(session, username, "wrong")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(guess, range(10)))
        with unit_of_work.write() as session:
            assert is_refused(session, username, PASSWORD)
            assert session.exec(select(AttemptCounter.attempts)).one() == 11


def is_refused(session: Session, username: str, password: str, client: Client | None = None) -> bool:
    try:
        sign_in(session, username, password, client=client)
    except WrongCredentials as refusal:
        return refusal.args == ()
    return False


class TestLockout:
    def test_five_wrong_passwords_refuse_the_right_one_for_a_while(self, session: Session) -> None:
        user = make_user(session)
        assert all(is_refused(session, user.username, "wrong") for _ in range(5))
        assert is_refused(session, user.username, PASSWORD)
        with time_machine.travel(now() + timedelta(minutes=16)):
            assert not is_refused(session, user.username, PASSWORD)

    def test_a_browser_that_the_owner_used_before_passes(self, session: Session) -> None:
        user = make_user(session)
        known = Client(known_devices={user.pk: "a device of the owner"})
        for _ in range(9):
            is_refused(session, user.username, "wrong")
        assert not is_refused(session, user.username, PASSWORD, known)
        assert is_refused(session, user.username, PASSWORD)

    def test_a_known_browser_has_a_limit_of_its_own(self, session: Session) -> None:
        user = make_user(session)
        known = Client(known_devices={user.pk: "a device of the owner"})
        assert all(is_refused(session, user.username, "wrong", known) for _ in range(5))
        assert is_refused(session, user.username, PASSWORD, known)
        assert not is_refused(session, user.username, PASSWORD)

    def test_the_device_of_another_account_is_a_stranger(self, session: Session) -> None:
        user, other = make_user(session), make_user(session)
        for _ in range(5):
            is_refused(session, user.username, "wrong")
        assert is_refused(session, user.username, PASSWORD, Client(known_devices={other.pk: "theirs"}))

    def test_unknown_names_are_counted_without_keeping_them(self, session: Session) -> None:
        for _ in range(6):
            is_refused(session, "my-typed-password", "wrong")
        counter = session.exec(select(AttemptCounter)).one()
        assert counter.attempts == 6
        assert "typed" not in counter.key

    def test_a_new_password_lifts_the_lock(self, session: Session) -> None:
        user = make_user(session)
        for _ in range(6):
            is_refused(session, user.username, "wrong")
        set_password(session, user, "nine lanterns over the lake")
        assert not is_refused(session, user.username, "nine lanterns over the lake")

    def test_unknown_wrong_stopped_and_locked_take_the_same_statements_and_leave_the_same_kind_of_entry(
        self, session: Session
    ) -> None:
        stopped, locked = make_user(session), make_user(session)
        set_active(session, stopped, active=False)
        for _ in range(5):
            is_refused(session, locked.username, "wrong")
        before = len(session.exec(select(AuditEntry)).all())
        cases = [("nobody", PASSWORD), (make_user(session).username, "wrong"), (stopped.username, PASSWORD)]
        assert all(is_refused(session, name, password) for name, password in [*cases, (locked.username, PASSWORD)])
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.sequence)).all()[before:]  # type: ignore[arg-type]
        assert [(entry.action, entry.actor_id) for entry in entries] == [("sign_in_failed", None)] * 4
        assert entries[0].subject_id == "unknown"
