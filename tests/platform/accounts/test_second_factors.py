"""TOTP, recovery codes and who must have them (design.md section 7; RFC 6238; OWASP ASVS 5.0, 6.5 and 6.6)."""

from datetime import timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import Session, select

from factories.accounts import COUNTY, PASSWORD, make_actor, make_user
from tuoju.accounts import proposals
from tuoju.accounts.administration import invite_again
from tuoju.accounts.attempts import Client
from tuoju.accounts.errors import (
    LastSecondFactor,
    NotPermitted,
    SecondFactorNotSetUp,
    SecondFactorRequired,
    UserNotFound,
    WrongCode,
)
from tuoju.accounts.models import RecoveryCode, Role, SessionKind, SessionStage, User
from tuoju.accounts.recovery import recover
from tuoju.accounts.second_factors import (
    begin_totp,
    check_code,
    confirm_totp,
    finish_set_up,
    finish_sign_in,
    finish_without_pages,
    has_second_factor,
    make_recovery_codes,
    recovery_codes_left,
    remove_totp,
)
from tuoju.accounts.service import sign_in
from tuoju.accounts.sessions import find_session, find_signed_in
from tuoju.database.records import now

STRANGER = Client()
ADMINISTRATORS = {Role.administrator}


def enrol(session: Session, user: User) -> tuple[pyotp.TOTP, list[str]]:
    """An app that is confirmed one step ago, so that its present code is new; and the recovery codes."""
    app = pyotp.TOTP(begin_totp(session, user).secret)
    return app, confirm_totp(session, user, app.at(now() - timedelta(seconds=30)), "")


class TestTotp:
    def test_it_counts_only_after_a_first_right_code(self, session: Session) -> None:
        user = make_user(session)
        app = pyotp.TOTP(begin_totp(session, user).secret)
        with pytest.raises(WrongCode):
            confirm_totp(session, user, "000000" if app.now() != "000000" else "111111", "")
        assert not has_second_factor(session, user)
        assert len(confirm_totp(session, user, app.now(), "")) == 10
        assert has_second_factor(session, user)

    def test_a_code_is_refused_when_it_is_used_again(self, session: Session) -> None:
        user = make_user(session)
        app, _codes = enrol(session, user)
        code = app.now()
        check_code(session, user, code, STRANGER)
        with pytest.raises(WrongCode):
            check_code(session, user, code, STRANGER)

    def test_an_older_code_is_refused_after_a_newer_one(self, session: Session) -> None:
        user = make_user(session)
        app, _codes = enrol(session, user)
        older = app.now()
        with time_machine.travel(now() + timedelta(seconds=30)):
            check_code(session, user, app.now(), STRANGER)
            with pytest.raises(WrongCode):
                check_code(session, user, older, STRANGER)

    def test_the_secret_is_sealed(self, session: Session) -> None:
        row = begin_totp(session, make_user(session))
        stored = session.connection().execute(text("SELECT secret FROM totp_secret")).scalar_one()
        assert row.secret not in stored

    def test_after_five_wrong_codes_the_right_one_is_refused_except_on_a_known_device(self, session: Session) -> None:
        user = make_user(session)
        app, _codes = enrol(session, user)
        for _ in range(5):
            with pytest.raises(WrongCode):
                check_code(session, user, "12345", STRANGER)
        with pytest.raises(WrongCode):
            check_code(session, user, app.now(), STRANGER)
        check_code(session, user, app.now(), Client(known_devices={user.pk: "the owner's"}))


class TestRecoveryCodes:
    def test_each_works_once_however_it_is_typed(self, session: Session) -> None:
        user = make_user(session)
        _app, codes = enrol(session, user)
        check_code(session, user, f" {codes[3].upper()} ", STRANGER)
        with pytest.raises(WrongCode):
            check_code(session, user, codes[3], STRANGER)
        check_code(session, user, codes[4].replace("-", ""), STRANGER)
        assert recovery_codes_left(session, user) == 8

    def test_only_hashes_are_kept(self, session: Session) -> None:
        _app, codes = enrol(session, make_user(session))
        kept = [row.code_hash for row in session.exec(select(RecoveryCode))]
        assert len(kept) == 10
        assert not any(code.replace("-", "") in code_hash for code in codes for code_hash in kept)

    def test_new_ones_replace_the_old(self, session: Session) -> None:
        user = make_user(session)
        _app, codes = enrol(session, user)
        make_recovery_codes(session, user)
        with pytest.raises(WrongCode):
            check_code(session, user, codes[0], STRANGER)


class TestSignInInTwoSteps:
    def test_a_right_password_alone_opens_nothing(self, session: Session) -> None:
        user = make_user(session)
        app, _codes = enrol(session, user)
        token, row = sign_in(session, user.username, PASSWORD)
        assert row.stage is SessionStage.second_factor
        assert find_signed_in(session, token) is None
        client = Client(previous_token=token)
        complete, _row = finish_sign_in(session, row, user, app.now(), client)
        assert find_signed_in(session, complete) is not None
        assert find_session(session, token) is None

    def test_it_waits_ten_minutes(self, session: Session) -> None:
        user = make_user(session)
        enrol(session, user)
        token, _row = sign_in(session, user.username, PASSWORD)
        with time_machine.travel(now() + timedelta(minutes=11)):
            assert find_session(session, token) is None

    def test_a_role_that_needs_a_second_factor_sets_one_up_first(self, session: Session) -> None:
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        token, row = sign_in(session, user.username, PASSWORD, second_factor_roles=ADMINISTRATORS)
        assert row.stage is SessionStage.set_up
        assert find_signed_in(session, token) is None
        with pytest.raises(SecondFactorNotSetUp):
            finish_set_up(session, row, user, Client(previous_token=token))
        app = pyotp.TOTP(begin_totp(session, user).secret)
        confirm_totp(session, user, app.now(), token)
        complete, _row = finish_set_up(session, row, user, Client(previous_token=token))
        assert find_signed_in(session, complete) is not None

    def test_whoever_knew_only_the_password_does_not_go_on_with_the_owners_factor(self, session: Session) -> None:
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        stranger, _row = sign_in(session, user.username, PASSWORD, second_factor_roles=ADMINISTRATORS)
        owner, _row = sign_in(session, user.username, PASSWORD, second_factor_roles=ADMINISTRATORS)
        app = pyotp.TOTP(begin_totp(session, user).secret)
        confirm_totp(session, user, app.now(), owner)
        session.expire_all()
        assert find_session(session, stranger) is None
        assert find_session(session, owner) is not None

    def test_another_role_signs_in_with_its_password(self, session: Session) -> None:
        user = make_user(session)
        _token, row = sign_in(session, user.username, PASSWORD, second_factor_roles=ADMINISTRATORS)
        assert row.stage is SessionStage.complete


class TestPrograms:
    def test_the_code_comes_with_the_password(self, session: Session) -> None:
        user = make_user(session)
        app, _codes = enrol(session, user)
        token, row = sign_in(session, user.username, PASSWORD, kind=SessionKind.api)
        with pytest.raises(SecondFactorRequired):
            finish_without_pages(session, row, user, "", STRANGER)
        assert find_session(session, token) is None
        _token, row = sign_in(session, user.username, PASSWORD, kind=SessionKind.api)
        complete = finish_without_pages(session, row, user, app.now(), STRANGER)
        assert complete is not None
        assert find_signed_in(session, complete) is not None

    def test_a_second_factor_is_not_set_up_by_a_program(self, session: Session) -> None:
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        _token, row = sign_in(session, user.username, PASSWORD, second_factor_roles=ADMINISTRATORS)
        with pytest.raises(SecondFactorNotSetUp):
            finish_without_pages(session, row, user, "123456", STRANGER)


class TestRemoval:
    def test_the_last_one_stays_where_the_role_needs_it(self, session: Session) -> None:
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        enrol(session, user)
        with pytest.raises(LastSecondFactor):
            remove_totp(session, user, ADMINISTRATORS)
        remove_totp(session, user, ())
        assert not has_second_factor(session, user)
        assert recovery_codes_left(session, user) == 0

    def test_an_administrator_resets_the_factor_of_somebody_in_their_region(self, session: Session) -> None:
        user = make_user(session)
        enrol(session, user)
        token, _row = sign_in(session, user.username, PASSWORD)
        administrator = make_actor(session, role=Role.administrator, region_code=COUNTY)
        invite_again(session, administrator, user, second_factor_lost=True)
        session.expire_all()
        assert not has_second_factor(session, user)
        assert find_session(session, token) is None

    def test_a_lost_password_alone_leaves_the_factors(self, session: Session) -> None:
        user = make_user(session)
        enrol(session, user)
        invite_again(session, make_actor(session, role=Role.administrator, region_code=COUNTY), user)
        assert has_second_factor(session, user)

    def test_those_of_an_administrator_go_when_a_second_one_confirms(self, session: Session) -> None:
        """design.md section 7: no single administrator takes the account of another over."""
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        enrol(session, user)
        first, second = (make_actor(session, role=Role.administrator, region_code=COUNTY) for _ in range(2))
        invite_again(session, first, user, second_factor_lost=True)
        assert has_second_factor(session, user)
        proposal = proposals.find_pending(session, user)
        assert proposal is not None
        proposals.confirm(session, second, proposal)
        assert not has_second_factor(session, user)

    def test_two_operators_reset_those_of_the_last_administrator(self, session: Session) -> None:
        user = make_user(session, role=Role.administrator, region_code=COUNTY)
        enrol(session, user)
        recover(session, username=user.username, region_code=COUNTY, display_name="", operators=("王五", "赵六"))
        assert not has_second_factor(session, user)

    def test_nobody_else_does(self, session: Session) -> None:
        user = make_user(session)
        with pytest.raises(NotPermitted):
            invite_again(session, make_actor(session), user, second_factor_lost=True)
        elsewhere = make_actor(session, role=Role.administrator, region_code="341122000000")
        with pytest.raises(UserNotFound):
            invite_again(session, elsewhere, user, second_factor_lost=True)
