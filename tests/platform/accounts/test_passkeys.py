"""Passkeys: registered, enough to sign in, bound to site, challenge and verified holder (design.md section 7; WebAuthn
L3)."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session

from factories.accounts import make_user
from factories.authenticators import USER_PRESENT, Authenticator
from tuoju.accounts import passkeys
from tuoju.accounts.attempts import Client
from tuoju.accounts.errors import LastSecondFactor, PasskeyRefused
from tuoju.accounts.models import User
from tuoju.accounts.passkeys import Site, passkeys_of, register_passkey, registration_options, sign_in_options
from tuoju.accounts.second_factors import has_second_factor
from tuoju.accounts.service import set_active
from tuoju.accounts.sessions import find_signed_in
from tuoju.database.records import now

SITE = Site("testserver", "http://testserver")


def enrol(session: Session, user: User) -> Authenticator:
    authenticator = Authenticator()
    answer = authenticator.create(registration_options(session, user, SITE))
    assert len(register_passkey(session, user, answer, SITE, name="手机", token="")) == 10
    return authenticator


def enter(session: Session, answer: str) -> int | None:
    token, _row = passkeys.sign_in_with_passkey(session, answer, SITE, Client())
    signed_in = find_signed_in(session, token)
    return signed_in.actor.user_id if signed_in else None


class TestPasskey:
    def test_it_signs_in_alone(self, session: Session) -> None:
        user = make_user(session)
        authenticator = enrol(session, user)
        assert has_second_factor(session, user)
        assert enter(session, authenticator.get(sign_in_options(session, SITE))) == user.pk
        assert enter(session, authenticator.get(sign_in_options(session, SITE))) == user.pk

    def test_an_answer_works_once(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        answer = authenticator.get(sign_in_options(session, SITE))
        enter(session, answer)
        with pytest.raises(PasskeyRefused):
            enter(session, answer)

    def test_an_answer_that_comes_late_is_refused(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        answer = authenticator.get(sign_in_options(session, SITE))
        with time_machine.travel(now() + timedelta(minutes=6)), pytest.raises(PasskeyRefused):
            enter(session, answer)

    def test_a_challenge_that_we_did_not_give_out_is_refused(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        with pytest.raises(PasskeyRefused):
            enter(session, authenticator.get('{"challenge": "bm90IG91cnM"}'))

    def test_another_site_is_refused(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        authenticator.origin = "https://testserver.example"
        with pytest.raises(PasskeyRefused):
            enter(session, authenticator.get(sign_in_options(session, SITE)))

    def test_a_holder_who_was_not_verified_is_refused(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        with pytest.raises(PasskeyRefused):
            enter(session, authenticator.get(sign_in_options(session, SITE), flags=USER_PRESENT))

    def test_another_key_under_its_name_is_refused(self, session: Session) -> None:
        real, forged = enrol(session, make_user(session)), Authenticator()
        forged.credential_id = real.credential_id
        with pytest.raises(PasskeyRefused):
            enter(session, forged.get(sign_in_options(session, SITE)))

    def test_a_count_that_steps_back_is_refused_as_a_copy(self, session: Session) -> None:
        authenticator = enrol(session, make_user(session))
        authenticator.sign_count = 9
        enter(session, authenticator.get(sign_in_options(session, SITE)))
        authenticator.sign_count = 5
        with pytest.raises(PasskeyRefused):
            enter(session, authenticator.get(sign_in_options(session, SITE)))

    def test_a_stopped_account_is_refused(self, session: Session) -> None:
        user = make_user(session)
        authenticator = enrol(session, user)
        set_active(session, user, active=False)
        with pytest.raises(PasskeyRefused):
            enter(session, authenticator.get(sign_in_options(session, SITE)))

    @pytest.mark.parametrize(
        "answer", ["", "{", "[]", "{}", '{"response": 3}', '{"response": {"clientDataJSON": "?"}}']
    )
    def test_what_is_no_answer_is_refused(self, session: Session, answer: str) -> None:
        with pytest.raises(PasskeyRefused):
            enter(session, answer)

    def test_a_challenge_for_one_account_registers_none_of_another(self, session: Session) -> None:
        options = registration_options(session, make_user(session), SITE)
        with pytest.raises(PasskeyRefused):
            register_passkey(session, make_user(session), Authenticator().create(options), SITE, name="x", token="")


class TestOwnPasskeys:
    def test_they_are_named_and_removed_by_their_owner_only(self, session: Session) -> None:
        user, other = make_user(session), make_user(session)
        enrol(session, user)
        (row,) = passkeys_of(session, user)
        with pytest.raises(PasskeyRefused):
            passkeys.rename_passkey(session, other, row.pk, "x")
        with pytest.raises(PasskeyRefused):
            passkeys.remove_passkey(session, other, row.pk, ())
        passkeys.rename_passkey(session, user, row.pk, "办公室电脑")
        assert passkeys_of(session, user)[0].name == "办公室电脑"
        with pytest.raises(LastSecondFactor):
            passkeys.remove_passkey(session, user, row.pk, {user.role})
        passkeys.remove_passkey(session, user, row.pk, ())
        assert passkeys_of(session, user) == []
