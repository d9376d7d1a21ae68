"""The resident's own page by link, and the officer's panel and slip."""

import re
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlmodel import select

from factories.pages import SETTINGS, Visitor
from factories.referrals import Scene, make_scene
from tuoju.cases.models import Case, Need
from tuoju.cases.service import set_care
from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals import resident_updates, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import AskedBy, Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import ReportedTo, Resident
from tuoju.residents.protection import ReportInput, report_harm
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju.web.app import create_app
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import Destination, in_app_only, use_router
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step
from tuoju_projects.models import Project

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
        answer = resident(unit_of_work).get(resident_updates.address_for(send(unit_of_work, scene)))
        assert "call you" in answer.text
        assert not [text for text in (NAME, "欧", PHONE, scene.need.text, "A01") if text in answer.text]
        assert answer.headers["referrer-policy"] == "no-referrer"

    def test_it_takes_one_rating(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id = send(unit_of_work, scene, serve=True)
        client, address = resident(unit_of_work), resident_updates.address_for(referral_id)
        page = client.get(address).text
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
        assert token is not None
        form = {"form_token": token[1], "satisfaction": "4", "solved": "yes", "by": "family", "said": "很好"}
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
            assert resident(unit_of_work).get(f"/my/{guess}").status_code == 410


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
        assert resident(unit_of_work).get(resident_updates.address_for(referral_id)).status_code == 410
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
