"""The resident's own page by link, and the officer's panel and slip."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from factories.projects import make_organization
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts.models import Role
from tuoju.cases.models import Case, Need
from tuoju.cases.service import set_care
from tuoju.database.records import now
from tuoju.referrals import resident_updates, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import AskedBy, Outcome, ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Consent, ReportedTo, Resident
from tuoju.residents.protection import ReportInput, report_harm
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import LINK_COOKIE_AGE, OWN_PAGE_COOKIE
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import Destination, in_app_only, use_router
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step
from tuoju_projects.models import Organization, Project

NAME, PHONE = "欧阳建国", "13800001234"


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def scene(unit_of_work: UnitOfWork, worker: Visitor) -> Scene:
    with unit_of_work.write() as session:
        scene = make_scene(session, name=NAME, phone=PHONE)
    scene.worker = worker.actor
    return scene


def send(unit_of_work: UnitOfWork, scene: Scene, *, serve: bool = False) -> int:
    with unit_of_work.write() as session:
        need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
        referral = service.send(session, scene.worker, need, project)
        if serve:
            service.step(session, scene.charity, referral, ReferralVerb.accept)
            day = china_day(now())
            inputs = VisitInput(submission_key="page-0001", served_on=day, minutes=30, served=[scene.resident.pk])
            record_visit(session, scene.charity, referral, inputs)
            complete(session, scene.charity, referral, outcome=Outcome.met)
        return referral.pk


def resident(unit_of_work: UnitOfWork) -> TestClient:
    return TestClient(create_app(unit_of_work, SETTINGS), headers={"accept-language": "en"})


class TestResidentPage:
    def test_it_says_how_the_referral_is_doing_and_nothing_of_the_person(
        self, unit_of_work: UnitOfWork, scene: Scene
    ) -> None:
        answer = open_link(resident(unit_of_work), resident_updates.address_for(send(unit_of_work, scene)))
        assert "call you" in answer.text
        assert not [text for text in (NAME, "欧", PHONE, scene.need.text, "A01") if text in answer.text]
        assert answer.headers["referrer-policy"] == "no-referrer"

    def test_it_says_who_opened_the_file_when_and_why_and_names_no_colleague(
        self, unit_of_work: UnitOfWork, scene: Scene, worker: Visitor
    ) -> None:
        """PIPL art. 44. Roles and organizations answer for the people."""
        referral_id = send(unit_of_work, scene, serve=True)
        worker.get(f"/cases/{scene.case.pk}")
        worker.post(f"/residents/{scene.resident.pk}/reveal", {"purpose": "other", "note": "问问欧阳家里的情况"})
        charity = Visitor(unit_of_work, Role.charity_staff, organization_id=scene.project.organization_id)
        with unit_of_work.write() as session:
            session.get_one(Referral, referral_id).state = ReferralState.in_progress
        charity.post(f"/referrals/{referral_id}/reveal", {"purpose": "serve"})
        page = open_link(resident(unit_of_work), resident_updates.address_for(referral_id)).text
        own = page.split('id="readings"')[1].split("</section>")[0]
        with unit_of_work.read() as session:
            organization = session.get_one(Project, scene.project.pk).organization_id
            name = session.get_one(Organization, organization).name
        assert [words for words in ("Social worker", name, "To serve, after accepting") if words not in own] == []
        people = (worker.actor.display_name, charity.actor.display_name, "问问", NAME)
        assert [text for text in people if text in own] == []

    def test_it_takes_one_rating(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id = send(unit_of_work, scene, serve=True)
        client = resident(unit_of_work)
        opened = open_link(client, resident_updates.address_for(referral_id))
        page, address = opened.text, opened.url.path
        form = {**hidden_in(page), "satisfaction": "4", "solved": "yes", "by": "family", "said": "很好"}
        assert client.post(f"{address}/rating", data={**form, "satisfaction": "9"}).status_code == 422
        assert client.post(f"{address}/rating", data={**form, "form_token": "x"}).status_code == 403
        assert "Thank you for your feedback" in client.post(f"{address}/rating", data=form).text
        assert client.post(f"{address}/rating", data={**form, "satisfaction": "1"}).status_code == 409
        with unit_of_work.read() as session:
            referral = session.get_one(Referral, referral_id)
            assert (referral.satisfaction, referral.solved, referral.asked_by) == (4, True, AskedBy.link)

    def test_an_unknown_token_opens_nothing(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        send(unit_of_work, scene)
        for guess in ("1", "1.x", "1." + "A" * 43):
            assert open_link(resident(unit_of_work), f"/my/{guess}").status_code == 410


class TestOpenResidentPage:
    def test_the_token_is_exchanged_for_a_cookie_of_one_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        """design.md section 7: no secret in an address that is logged."""
        link, client = resident_updates.address_for(send(unit_of_work, scene)), resident(unit_of_work)
        token = link.rpartition("/")[2]
        opened = open_link(client, link)
        assert token not in str(opened.url) + opened.text
        cookie = next(item for item in client.cookies.jar if item.name == OWN_PAGE_COOKIE)
        assert cookie.path == opened.url.path
        assert "HttpOnly" in opened.history[0].headers["set-cookie"]
        assert client.get(opened.url.path).status_code == 200

    def test_a_preview_tells_and_sets_nothing(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        client = resident(unit_of_work)
        link = resident_updates.address_for(send(unit_of_work, scene))
        page = client.get(link)
        assert "call you" not in page.text
        assert OWN_PAGE_COOKIE not in [cookie.name for cookie in client.cookies.jar]

    def test_without_the_cookie_or_two_hours_later_the_page_is_closed(
        self, unit_of_work: UnitOfWork, scene: Scene
    ) -> None:
        client = resident(unit_of_work)
        address = open_link(client, resident_updates.address_for(send(unit_of_work, scene))).url.path
        assert resident(unit_of_work).get(address).status_code == 410
        with time_machine.travel(now() + timedelta(seconds=LINK_COOKIE_AGE + 60)):
            assert client.get(address).status_code == 410

    def test_a_cookie_opens_no_other_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        client = resident(unit_of_work)
        address = open_link(client, resident_updates.address_for(send(unit_of_work, scene))).url.path
        value = next(str(cookie.value) for cookie in client.cookies.jar if cookie.name == OWN_PAGE_COOKIE)
        headers = {"cookie": f"{OWN_PAGE_COOKIE}={value}"}
        assert client.get(f"{address}x", headers=headers).status_code == 410


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


class TestOfficersPanel:
    def test_the_officer_tells_marks_and_prints(self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene) -> None:
        referral_id = send(unit_of_work, scene)
        page = worker.get(f"/referrals/{referral_id}").text
        assert "我已告知" in page
        assert "我已告知" not in worker.post(f"/referrals/{referral_id}/news").text
        slip = worker.get(f"/referrals/{referral_id}/news.pdf")
        assert slip.headers["content-type"] == "application/pdf"
        assert slip.content.startswith(b"%PDF")

    def test_the_slip_has_no_code_after_reported_harm(
        self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene
    ) -> None:
        referral_id = send(unit_of_work, scene)
        scan_me = "扫一扫"
        assert scan_me in text_of(worker.get(f"/referrals/{referral_id}/news.pdf").content)
        with unit_of_work.write() as session:
            harm = ReportInput(reported_to=ReportedTo.police, what="身上有伤")
            resident = session.get_one(Resident, scene.resident.pk)
            report_harm(session, scene.worker, scene.case.region_code, harm, resident=resident)
        assert scan_me not in text_of(worker.get(f"/referrals/{referral_id}/news.pdf").content)

    def test_the_officer_sees_the_state_of_the_sms(
        self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene
    ) -> None:
        use_router(lambda _session, _recipient, _kind: (Destination(Channel.sms, PHONE),))
        try:
            referral_id = send(unit_of_work, scene)
        finally:
            use_router(in_app_only)
        assert "短信待发出" in worker.get(f"/referrals/{referral_id}").text
        with unit_of_work.write() as session:
            notifications = session.exec(
                select(Notification).where(Notification.recipient_type == RecipientType.resident)
            ).all()
            for notification in notifications:
                step(session, notification.pk, NotificationState.technical_failure, code="no_provider")
        page = worker.get(f"/referrals/{referral_id}").text
        assert "短信未能送达，请当面告知" in page
        assert "我已告知" in page

    def test_a_corrected_number_gets_the_sms_that_waits(
        self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene
    ) -> None:
        use_router(lambda _session, _recipient, _kind: (Destination(Channel.sms, PHONE),))
        try:
            send(unit_of_work, scene)
            form = {"name": NAME, "phone": "13900002222", "region_code": scene.resident.region_code, "id_type": "none"}
            assert worker.post(f"/residents/{scene.resident.pk}", form).status_code == 200
        finally:
            use_router(in_app_only)
        with unit_of_work.read() as session:
            notifications = session.exec(
                select(Notification).where(Notification.recipient_type == RecipientType.resident)
            ).all()
            assert [notification.called_off for notification in notifications] == ["number_changed", ""]

    def test_the_officer_says_that_sms_are_not_safe(
        self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene
    ) -> None:
        referral_id = send(unit_of_work, scene)
        page = worker.post(f"/referrals/{referral_id}/care", {"care": "yes"}).text
        assert "须谨慎联系" in page
        assert open_link(resident(unit_of_work), resident_updates.address_for(referral_id)).status_code == 410
        worker.post(f"/referrals/{referral_id}/care", {"care": "no"})
        with unit_of_work.write() as session:
            case = session.get_one(Case, scene.case.pk)
            assert not case.with_care
            set_care(session, scene.worker, case, with_care=True)

    def test_the_officer_asks_about_satisfaction(self, unit_of_work: UnitOfWork, worker: Visitor, scene: Scene) -> None:
        referral_id = send(unit_of_work, scene, serve=True)
        form = {"satisfaction": "5", "solved": "no", "by": "self", "asked_by": "phone", "said": "还想再来"}
        page = worker.post(f"/referrals/{referral_id}/satisfaction", form).text
        assert "未解决" in page
        assert "还想再来" in page

    def test_a_charity_has_no_such_panel(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        charity = Visitor(unit_of_work, scene.charity.role, organization_id=scene.project.organization_id)
        referral_id = send(unit_of_work, scene, serve=True)
        assert 'id="news"' not in charity.get(f"/referrals/{referral_id}").text
        assert charity.post(f"/referrals/{referral_id}/news").status_code == 403
        assert charity.get(f"/referrals/{referral_id}/news.pdf").status_code == 403
        assert charity.post(f"/referrals/{referral_id}/satisfaction", {"satisfaction": "5"}).status_code == 403


class TestWithdrawal:
    def test_the_resident_withdraws_in_one_tap_and_the_service_stops(
        self, unit_of_work: UnitOfWork, scene: Scene
    ) -> None:
        """PIPL art. 15; domain scenario S12."""
        referral_id = send(unit_of_work, scene)
        client = resident(unit_of_work)
        opened = open_link(client, resident_updates.address_for(referral_id))
        page, address = opened.text, opened.url.path
        search = re.search(rf'action="({re.escape(address)}/consents/(\d+)/withdraw)"', page)
        assert search is not None
        assert "can no longer see anything about you" in page
        assert client.post(search[1], data={"form_token": "x"}).status_code == 403
        first = client.post(search[1], data=hidden_in(page))
        assert search[1] not in first.text
        with unit_of_work.read() as session:
            referral, consent = session.get_one(Referral, referral_id), session.get_one(Consent, int(search[2]))
            assert (referral.state, consent.withdrawn_by) == (ReferralState.cancelled, None)
            kinds = session.exec(
                select(Notification.kind).where(Notification.recipient_id == scene.worker.user_id)
            ).all()
            assert NotificationKind.consent_withdrawn in kinds

    def test_the_answer_tells_nothing_of_other_numbers(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id = send(unit_of_work, scene)
        with unit_of_work.write() as session:
            person, receiver = session.get_one(Resident, scene.resident.pk), make_organization(session).id or 0
            other_id = make_consent(session, scene.worker, person, receiver).pk
        client = resident(unit_of_work)
        opened = open_link(client, resident_updates.address_for(referral_id))
        address = opened.url.path
        answers = {
            (answer.status_code, len(answer.history))
            for answer in (
                client.post(f"{address}/consents/{pk}/withdraw", data=hidden_in(client.get(address).text))
                for pk in (other_id, 999_999)
            )
        }
        assert answers == {(200, 1)}
        with unit_of_work.read() as session:
            assert session.get_one(Consent, other_id).withdrawn_at is None
