"""An address gets nothing but a link to confirm it until that link was opened."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from factories.accounts import make_actor
from factories.addresses import confirm_addresses, token_for
from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor, open_link
from factories.referrals import make_scene
from tuoju.accounts.address_confirmations import LIFETIME, MESSAGES
from tuoju.accounts.contact_preferences import (
    OwnAddressesInput,
    destinations_of_user,
    send_confirmation_again,
    set_own_addresses,
)
from tuoju.accounts.errors import ConfirmationClosed
from tuoju.accounts.models import AuditEntry, ContactPreferences, Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import frozen_time, now
from tuoju.launch.destinations import find_destinations
from tuoju.referrals.contacts import ContactInput, confirm_address, destinations_of_contact, set_contact
from tuoju.web.app import create_app
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.routing import in_app_only, use_router
from tuoju_notifications.routing import user as recipient_of

EMAIL, MOBILE = "office@example.cn", "13905501234"
BOTH = OwnAddressesInput(email=EMAIL, mobile=MOBILE)
OTHERS = [kind for kind in NotificationKind if kind not in ("address_to_confirm", "account_invited")]


@pytest.fixture(autouse=True)
def _router() -> Iterator[None]:
    use_router(find_destinations)
    yield
    use_router(in_app_only)


@pytest.fixture
def actor(session: Session) -> Actor:
    actor = make_actor(session)
    set_own_addresses(session, actor, BOTH)
    return actor


def outside(session: Session, user_id: int, kind: NotificationKind) -> set[Channel]:
    return {way.channel for way in destinations_of_user(session, user_id, kind)} - {Channel.in_app}


def confirmations(session: Session) -> list[Notification]:
    query = select(Notification).where(Notification.kind == NotificationKind.address_to_confirm)
    return list(session.exec(query.order_by(col(Notification.id))))


class TestAccount:
    def test_a_new_address_gets_the_link_and_nothing_else(self, session: Session, actor: Actor) -> None:
        assert {message.address for message in confirmations(session)} == {EMAIL, MOBILE}
        assert [kind for kind in OTHERS if outside(session, actor.user_id, kind)] == []

    def test_what_is_confirmed_gets_messages_the_other_waits(self, session: Session, actor: Actor) -> None:
        confirm_address(session, token_for(recipient_of(actor.user_id), Channel.email, EMAIL))
        assert outside(session, actor.user_id, NotificationKind.referral_received) == {Channel.email}
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "confirm_address")).one()
        assert entry.detail == {"channel": "email"}

    def test_a_link_is_for_one_use_one_address_and_seven_days(self, session: Session, actor: Actor) -> None:
        recipient = recipient_of(actor.user_id)
        token = token_for(recipient, Channel.email, EMAIL)
        wrong = [
            token_for(recipient, Channel.email, "stranger@example.cn"),
            token_for(recipient_of(actor.user_id + 1), Channel.email, EMAIL),
            token.replace("email", "sms"),
            token[:-1],
            "",
            "user.1.email",
        ]
        for refused in wrong:
            with pytest.raises(ConfirmationClosed):
                confirm_address(session, refused)
        with frozen_time(now() + LIFETIME + timedelta(minutes=1)), pytest.raises(ConfirmationClosed):
            confirm_address(session, token)
        confirm_address(session, token)
        with pytest.raises(ConfirmationClosed):
            confirm_address(session, token)

    def test_a_changed_address_is_to_be_confirmed_anew(self, session: Session, actor: Actor) -> None:
        confirm_addresses(session, user_id=actor.user_id)
        set_own_addresses(session, actor, OwnAddressesInput(email="new@example.cn", mobile=MOBILE))
        assert outside(session, actor.user_id, NotificationKind.referral_received) == {Channel.sms}
        assert confirmations(session)[-1].address == "new@example.cn"

    def test_the_link_is_sent_five_times_a_day(self, session: Session, actor: Actor) -> None:
        start = now()
        sent = []
        for minute in range(1, MESSAGES.attempts + 2):
            with frozen_time(start + timedelta(minutes=minute)):
                sent.append(send_confirmation_again(session, actor))
        assert sent.count(True) == MESSAGES.attempts - 1
        assert len({message.group_key for message in confirmations(session)}) == MESSAGES.attempts

    def test_an_invitation_goes_to_what_was_typed_for_the_account(self, session: Session, actor: Actor) -> None:
        assert outside(session, actor.user_id, NotificationKind.account_invited) == {Channel.email, Channel.sms}


class TestOrganization:
    def test_no_link_to_a_referral_leaves_before_the_contact_is_confirmed(self, session: Session) -> None:
        scene = make_scene(session)
        organization_id = scene.project.organization_id
        set_contact(session, scene.charity, organization_id, ContactInput(email=EMAIL, mobile=MOBILE))
        assert [kind for kind in OTHERS if destinations_of_contact(session, organization_id, kind)] == []
        confirm_addresses(session, organization_id=organization_id)
        ways = destinations_of_contact(session, organization_id, NotificationKind.link_sent)
        assert {way.address for way in ways} == {EMAIL, MOBILE}


class TestPages:
    def test_the_page_of_the_link_confirms_by_post_only(self, unit_of_work: UnitOfWork) -> None:
        visitor = Visitor(unit_of_work)
        page = visitor.post("/reach/addresses", {"email": EMAIL})
        assert "尚未确认" in page.text
        token = token_for(recipient_of(visitor.actor.user_id), Channel.email, EMAIL)
        stranger = TestClient(create_app(unit_of_work, SETTINGS))
        opened = stranger.get(f"/addresses/{token}")
        assert EMAIL not in opened.text
        with unit_of_work.read() as session:
            assert session.exec(select(ContactPreferences)).one().email_confirmed_at is None
        assert open_link(stranger, f"/addresses/{token}").status_code == 200
        assert open_link(stranger, f"/addresses/{token}").status_code == 410
        assert "尚未确认" not in visitor.get("/reach").text

    def test_the_link_is_sent_again_from_both_pages(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            organization_id = make_scene(session).project.organization_id
        charity = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)
        at = f"/organizations/{organization_id}/contact"
        assert "尚未确认" in charity.post(at, {"name": "王", "mobile": MOBILE, "email": ""}).text
        charity.post(f"{at}/confirmations")
        charity.post("/reach/addresses", {"email": EMAIL})
        charity.post("/reach/confirmations")
        with unit_of_work.read() as session:
            assert [message.address for message in confirmations(session)] == [MOBILE, MOBILE, EMAIL, EMAIL]
