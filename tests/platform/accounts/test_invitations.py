"""Invitations (design.md section 7): one use, an end, and nobody but the invited person knows the password."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import PASSWORD, make_actor, make_user
from tuoju.accounts import invitations
from tuoju.accounts.contact_preferences import OwnAddressesInput, destinations_of_user, set_own_addresses
from tuoju.accounts.errors import InvitationClosed, PasswordRefused, WrongCredentials
from tuoju.accounts.invitations import accept, find_user, issue, path_to_send
from tuoju.accounts.models import Invitation, Role, User
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import NO_PASSWORD, PASSWORDS, create_user, set_active, sign_in
from tuoju.accounts.sessions import find_signed_in
from tuoju.database.records import now
from tuoju_notifications.kinds import Channel, NotificationKind

CHOSEN = "my own long sentence"


@pytest.fixture
def invited(session: Session) -> User:
    return create_user(session, username="newcomer", display_name="测试新人", role=Role.social_worker)


class TestBefore:
    def test_nobody_signs_in(self, session: Session, invited: User) -> None:
        for guess in ("", "A" * 43, NO_PASSWORD):
            with pytest.raises(WrongCredentials):
                sign_in(session, invited.username, guess)

    def test_checking_takes_a_hash_of_the_usual_cost(self) -> None:
        cost = "m=19456,t=2,p=1"
        assert cost in NO_PASSWORD
        assert cost in PASSWORDS.hash(PASSWORD)


class TestUse:
    def test_the_person_chooses_the_password(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        accept(session, token, CHOSEN)
        assert sign_in(session, invited.username, CHOSEN)

    def test_only_the_hash_is_kept(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        assert token not in session.exec(select(Invitation)).one().model_dump_json()

    def test_it_works_once(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        accept(session, token, CHOSEN)
        with pytest.raises(InvitationClosed):
            accept(session, token, "another long sentence")
        assert sign_in(session, invited.username, CHOSEN)

    def test_it_ends(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        with time_machine.travel(now() + invitations.LIFETIME + timedelta(minutes=1)), pytest.raises(InvitationClosed):
            find_user(session, token)

    def test_a_later_one_takes_its_place(self, session: Session, invited: User) -> None:
        first, second = issue(session, None, invited).token, issue(session, None, invited).token
        with pytest.raises(InvitationClosed):
            accept(session, first, CHOSEN)
        accept(session, second, CHOSEN)

    def test_not_for_a_stopped_account(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        set_active(session, invited, active=False)
        with pytest.raises(InvitationClosed):
            accept(session, token, CHOSEN)

    def test_a_refused_password_uses_nothing_up(self, session: Session, invited: User) -> None:
        token = issue(session, None, invited).token
        with pytest.raises(PasswordRefused):
            accept(session, token, "short")
        accept(session, token, CHOSEN)

    def test_a_new_one_ends_password_and_sessions(self, session: Session) -> None:
        user = make_user(session)
        session_token, _user = sign_in(session, user.username, PASSWORD)
        issue(session, make_actor(session, role=Role.administrator), user)
        assert find_signed_in(session, session_token) is None
        with pytest.raises(WrongCredentials):
            sign_in(session, user.username, PASSWORD)


class TestSending:
    def test_it_goes_by_email_and_sms_and_not_into_the_application(self, session: Session, invited: User) -> None:
        reach = OwnAddressesInput(email="newcomer@tuoju.example", mobile="13800001234")
        set_own_addresses(session, actor_of(invited), reach)
        destinations = destinations_of_user(session, invited.pk, NotificationKind.account_invited)
        assert [destination.channel for destination in destinations] == [Channel.email, Channel.sms]

    def test_the_link_is_made_when_it_leaves_and_not_after_its_use(self, session: Session, invited: User) -> None:
        set_own_addresses(session, actor_of(invited), OwnAddressesInput(email="newcomer@tuoju.example"))
        invitation = issue(session, None, invited)
        stored = session.exec(select(Invitation)).one()
        assert path_to_send(session, stored.pk) == invitation.path
        accept(session, invitation.token, CHOSEN)
        session.refresh(stored)
        assert path_to_send(session, stored.pk) == "/sign-in"
        assert stored.token_to_send is None
