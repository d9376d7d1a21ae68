"""The registered contact of an organization: who sets it, that it is sealed, that links go there and nowhere else."""

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select, text

from factories.accounts import make_actor
from factories.referrals import make_scene
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.launch.destinations import find_destinations
from tuoju.referrals import links
from tuoju.referrals.contacts import ContactInput, destinations_of_contact, get_contact, set_contact
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
    def test_the_organization_and_project_managers_may_set_it(self, session: Session) -> None:
        scene = make_scene(session)
        for actor in (scene.charity, make_actor(session, role=Role.program_manager)):
            set_contact(session, actor, scene.project.organization_id, CONTACT)
            assert get_contact(session, actor, scene.project.organization_id).mobile == MOBILE
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "set_contact")).all()) == 2

    def test_nobody_else_may_set_or_read_it(self, session: Session) -> None:
        """Whoever could change the contact would receive the links."""
        scene, other = make_scene(session), make_scene(session)
        for actor in (scene.worker, other.charity, make_actor(session, role=Role.township_officer)):
            with pytest.raises(NotPermitted):
                set_contact(session, actor, scene.project.organization_id, CONTACT)
            with pytest.raises(NotPermitted):
                get_contact(session, actor, scene.project.organization_id)

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
        destinations = destinations_of_contact(session, organization_id, NotificationKind.referral_received)
        addresses = {destination.channel: destination.address for destination in destinations}
        assert addresses == {Channel.sms: MOBILE, Channel.email: EMAIL}
        set_contact(session, scene.charity, organization_id, ContactInput(email=EMAIL))
        destinations = destinations_of_contact(session, organization_id, NotificationKind.link_sent)
        assert [destination.channel for destination in destinations] == [Channel.email]

    def test_a_queued_notification_contains_no_token(self, session: Session) -> None:
        scene = make_scene(session)
        set_contact(session, scene.charity, scene.project.organization_id, CONTACT)
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
