"""The registered contact of an organization: who sets it, that it is sealed, that links go there and nowhere else."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select, text

from factories.accounts import make_actor
from factories.addresses import confirm_addresses
from factories.referrals import make_scene
from tuoju.accounts.errors import NotPermitted, OutOfScope
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.launch.destinations import find_destinations
from tuoju.referrals import links
from tuoju.referrals.contacts import (
    ContactInput,
    address_for,
    answer_by_message,
    confirm_change,
    destinations_of_contact,
    find_change,
    get_contact,
    refuse_change,
    set_contact,
)
from tuoju.referrals.errors import ContactChangeNotFound, OwnContactChange
from tuoju.referrals.models import OrganizationContact
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import in_app_only, use_router

MOBILE, EMAIL = "13905501234", "office@nuanyang.example.cn"
CONTACT = ContactInput(name="王老师", mobile="139-0550 1234", email=EMAIL)


class TestContactInput:
    @pytest.mark.parametrize("mobile", ["1390550123", "05503022685", "abc", "139055012345"])
    def test_refuses_a_number_that_gets_no_sms(self, mobile: str) -> None:
        with pytest.raises(ValidationError):
            ContactInput(mobile=mobile)

    @pytest.mark.parametrize("email", ["a", "a@b", "a b@c.cn", "a@b.cn,c@d.cn", "a@b.cn>", "@b.cn", "a\n@b.cn"])
    def test_refuses_an_address_that_gets_no_mail(self, email: str) -> None:
        with pytest.raises(ValidationError):
            ContactInput(email=email)


class TestSetContact:
    def test_an_account_of_the_organization_changes_it_at_once(self, session: Session) -> None:
        scene = make_scene(session)
        assert set_contact(session, scene.charity, scene.project.organization_id, CONTACT) is None
        assert get_contact(session, scene.charity, scene.project.organization_id).mobile == MOBILE
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "set_contact")).all()) == 1

    def test_nobody_else_may_set_or_read_it(self, session: Session) -> None:
        """Whoever could change the contact would receive the links."""
        scene, other = make_scene(session), make_scene(session)
        for actor in (scene.worker, other.charity, make_actor(session, role=Role.township_officer)):
            with pytest.raises(NotPermitted):
                set_contact(session, actor, scene.project.organization_id, CONTACT)
            with pytest.raises(NotPermitted):
                get_contact(session, actor, scene.project.organization_id)

    def test_a_manager_of_another_county_neither_reads_nor_changes_it(self, session: Session) -> None:
        """A manager of another county had changed the contact, and had received the next link (design.md section 7)."""
        organization_id = make_scene(session).project.organization_id
        stranger = make_actor(session, role=Role.program_manager, region_code="341122000000")
        with pytest.raises(OutOfScope):
            get_contact(session, stranger, organization_id)
        with pytest.raises(OutOfScope):
            set_contact(session, stranger, organization_id, CONTACT)

    def test_it_is_sealed_in_the_database(self, session: Session) -> None:
        scene = make_scene(session)
        set_contact(session, scene.charity, scene.project.organization_id, CONTACT)
        stored = str(session.connection().execute(text("SELECT * FROM organization_contact")).all())
        assert not [text for text in (MOBILE, EMAIL, "王老师") if text in stored]


class TestDestinationsOfContact:
    def test_they_follow_the_kind_and_what_is_known(self, session: Session) -> None:
        scene = make_scene(session)
        organization_id = scene.project.organization_id
        assert destinations_of_contact(session, organization_id, NotificationKind.referral_received) == ()
        set_contact(session, scene.charity, organization_id, CONTACT)
        confirm_addresses(session, organization_id=organization_id)
        destinations = destinations_of_contact(session, organization_id, NotificationKind.referral_received)
        addresses = {destination.channel: destination.address for destination in destinations}
        assert addresses == {Channel.sms: MOBILE, Channel.email: EMAIL}
        set_contact(session, scene.charity, organization_id, ContactInput(email=EMAIL))
        destinations = destinations_of_contact(session, organization_id, NotificationKind.link_sent)
        assert [destination.channel for destination in destinations] == [Channel.email]

    def test_a_queued_notification_contains_no_token(self, session: Session) -> None:
        scene = make_scene(session)
        set_contact(session, scene.charity, scene.project.organization_id, CONTACT)
        confirm_addresses(session, organization_id=scene.project.organization_id)
        use_router(find_destinations)
        try:
            referral = scene.send(session)
        finally:
            use_router(in_app_only)
        waiting = session.exec(
            select(Notification).where(Notification.recipient_type == RecipientType.organization)
        ).all()
        assert {notification.channel for notification in waiting} == {Channel.sms, Channel.email}
        link = links.find_current_link(session, referral)
        assert link is not None
        token = links.token_of(link)
        stored = str([notification.model_dump() for notification in waiting])
        assert token not in stored
        assert link.handle not in stored
        assert links.address_for(session, referral.pk) == f"/a/{token}"
        links.revoke(session, scene.worker, referral)
        assert links.address_for(session, referral.pk) == "/answer/again"


class TestProposedChange:
    """An officer's change takes effect when the charity confirms it at the old contact, or two officers in person."""

    OLD = ContactInput(name="旧", mobile="13905500000", email="old@example.cn")

    @pytest.fixture(autouse=True)
    def _router(self) -> Iterator[None]:
        use_router(find_destinations)
        yield
        use_router(in_app_only)

    def propose(self, session: Session) -> tuple[Actor, Actor, int]:
        """The proposing officer, the charity, and the organization."""
        scene = make_scene(session)
        organization_id = scene.project.organization_id
        set_contact(session, scene.charity, organization_id, self.OLD)
        confirm_addresses(session, organization_id=organization_id)
        officer = make_actor(session, role=Role.program_manager)
        assert set_contact(session, officer, organization_id, CONTACT) is not None
        return officer, scene.charity, organization_id

    def mobile(self, session: Session, organization_id: int) -> str:
        query = select(OrganizationContact).where(OrganizationContact.organization_id == organization_id)
        return session.exec(query).one().mobile

    def test_nothing_changes_before_it_is_confirmed_and_the_old_contact_is_asked(self, session: Session) -> None:
        _officer, _charity, organization_id = self.propose(session)
        assert self.mobile(session, organization_id) == self.OLD.mobile
        asked = session.exec(
            select(Notification).where(
                Notification.kind == NotificationKind.contact_change_proposed,
                Notification.recipient_type == RecipientType.organization,
            )
        ).all()
        assert {row.address for row in asked} == {self.OLD.mobile, self.OLD.email}

    def test_the_old_contact_confirms_from_its_message(self, session: Session) -> None:
        officer, charity, organization_id = self.propose(session)
        change = find_change(session, officer, organization_id)
        assert change is not None
        token = address_for(change.pk).rpartition("/")[2]
        answer_by_message(session, token, confirmed=True)
        assert self.mobile(session, organization_id) == MOBILE
        with pytest.raises(ContactChangeNotFound):
            answer_by_message(session, token, confirmed=True)
        query = select(Notification).where(Notification.kind == NotificationKind.contact_changed)
        assert self.OLD.mobile in {row.address for row in session.exec(query)}
        assert find_change(session, charity, organization_id) is None

    def test_a_made_up_token_opens_nothing(self, session: Session) -> None:
        officer, _charity, organization_id = self.propose(session)
        change = find_change(session, officer, organization_id)
        assert change is not None
        for token in ("", "1", str(change.pk), f"{change.pk}.x", "会"):
            with pytest.raises(ContactChangeNotFound):
                answer_by_message(session, token, confirmed=True)

    def test_a_second_officer_confirms_in_person_but_not_the_proposer(self, session: Session) -> None:
        officer, _charity, organization_id = self.propose(session)
        with pytest.raises(OwnContactChange):
            confirm_change(session, officer, organization_id)
        confirm_change(session, make_actor(session, role=Role.program_manager), organization_id)
        assert self.mobile(session, organization_id) == MOBILE

    def test_a_refused_change_changes_nothing(self, session: Session) -> None:
        _officer, charity, organization_id = self.propose(session)
        refuse_change(session, charity, organization_id)
        assert self.mobile(session, organization_id) == self.OLD.mobile
        with pytest.raises(ContactChangeNotFound):
            confirm_change(session, charity, organization_id)

    def test_a_later_proposal_replaces_the_one_that_waits(self, session: Session) -> None:
        officer, charity, organization_id = self.propose(session)
        first = find_change(session, officer, organization_id)
        assert first is not None
        set_contact(session, officer, organization_id, ContactInput(mobile="13905509999"))
        with pytest.raises(ContactChangeNotFound):
            answer_by_message(session, address_for(first.pk).rpartition("/")[2], confirmed=True)
        confirm_change(session, charity, organization_id)
        assert self.mobile(session, organization_id) == "13905509999"
