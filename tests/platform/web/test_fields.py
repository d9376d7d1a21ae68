"""Fields: a charity gets the minimum until it accepts; who steers by figures reads no words (PIPL arts. 6, 23)."""

import io
import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlmodel import select

from factories.api import make_app, make_caller
from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor, open_link
from factories.projects import make_project
from factories.referrals import Scene, make_scene
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.cases.models import Need
from tuoju.referrals import links, messages, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import record_visit
from tuoju.web.app import create_app
from tuoju_notifications.models import Notification
from tuoju_projects.models import Project, RuleKind

TEXT = "孙小爱有糖尿病，电话１３８ ００００ １２３４，请来做早饭"
NOTE = "家里低保金每月收入500元，先打13800001234"
QUESTION = "家住村东头3号，身份证341199195003040016"
SECRETS = (
    "小爱",
    "*爱",
    "糖尿病",
    "1234",
    "１２３４",
    "低保",
    "500元",
    "3号",
    "341199",
    "黄庵村",
    "341124105205",
    "冬梅",
    "*梅",
)
"""What the texts and the file hold that a charity must not read before it accepts."""
WANTED = "请来做早饭"


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    with unit_of_work.write() as session:
        scene = make_scene(session, name="孙小爱", sex="female")
        make_resident(session, scene.worker, name="孙冬梅", phone="", household_of=scene.resident.pk)
        scene.need.text = TEXT
        return scene


@pytest.fixture
def referral_id(unit_of_work: UnitOfWork, scene: Scene) -> int:
    with unit_of_work.write() as session:
        need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
        referral = service.send(session, scene.worker, need, project, note=NOTE)
        messages.write(session, scene.worker, referral, QUESTION)
        return referral.pk


@pytest.fixture
def charity(unit_of_work: UnitOfWork, scene: Scene) -> Visitor:
    return Visitor(unit_of_work, Role.charity_staff, organization_id=scene.project.organization_id)


@pytest.fixture
def api(unit_of_work: UnitOfWork) -> FastAPI:
    return make_app(unit_of_work)


def pdf_text(content: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def by_link(unit_of_work: UnitOfWork, referral_id: int) -> str:
    with unit_of_work.write() as session:
        link = links.find_current_link(session, session.get_one(Referral, referral_id))
        assert link is not None
        token = links.token_of(link)
    return open_link(TestClient(create_app(unit_of_work, SETTINGS)), f"/a/{token}").text


def before_acceptance(
    unit_of_work: UnitOfWork, charity: Visitor, api: FastAPI, scene: Scene, referral_id: int
) -> Iterator[tuple[str, str]]:
    """Everything that a charity reads of a referral, by where."""
    caller = make_caller(api, Role.charity_staff, organization_id=scene.project.organization_id)
    yield "page", charity.get(f"/referrals/{referral_id}").text
    yield "inbox", charity.get("/referrals").text
    yield "link", by_link(unit_of_work, referral_id)
    yield "slip", pdf_text(charity.post(f"/referrals/{referral_id}/slip.pdf", {"purpose": "print"}).content)
    yield "API", caller.get(f"/referrals/{referral_id}").text
    yield "API list", caller.get("/referrals/inbox").text
    yield "API visits", caller.get(f"/referrals/{referral_id}/visits").text


class TestBeforeAcceptance:
    def test_a_charity_reads_nothing_that_identifies_the_person(
        self, unit_of_work: UnitOfWork, charity: Visitor, api: FastAPI, scene: Scene, referral_id: int
    ) -> None:
        for where, text in before_acceptance(unit_of_work, charity, api, scene, referral_id):
            assert [secret for secret in SECRETS if secret in text] == [], where

    def test_it_reads_what_help_is_wanted(
        self, unit_of_work: UnitOfWork, charity: Visitor, api: FastAPI, scene: Scene, referral_id: int
    ) -> None:
        shown = dict(before_acceptance(unit_of_work, charity, api, scene, referral_id))
        for where in ("page", "inbox", "link", "slip", "API"):
            assert WANTED in shown[where], where
            assert "70-79" in shown[where], where

    def test_no_notification_holds_a_text(self, unit_of_work: UnitOfWork, referral_id: int) -> None:
        with unit_of_work.read() as session:
            posted = session.exec(select(Notification)).all()
            assert posted
            assert not any(secret in str(row.parameters) for row in posted for secret in SECRETS)

    def test_the_form_of_a_visit_does_not_name_the_household(self, charity: Visitor, referral_id: int) -> None:
        answer = charity.get(f"/referrals/{referral_id}/visits/new")
        assert answer.status_code == 409
        assert "孙" not in answer.text

    def test_sex_means_and_health_are_withheld(self, api: FastAPI, scene: Scene, referral_id: int) -> None:
        caller = make_caller(api, Role.charity_staff, organization_id=scene.project.organization_id)
        shown = caller.get(f"/referrals/{referral_id}").json()
        person = shown["resident"]
        assert (person["name"], person["age_band"]) == ("孙*", "70-79")
        assert [person[field] for field in ("sex", "age", "relief_category", "self_care")] == [None] * 4
        assert person["vulnerabilities"] == []
        assert shown["region"] == {"code": "341124105000", "name": "全椒县马厂镇"}

    @pytest.mark.parametrize("state", [ReferralState.rejected, ReferralState.expired, ReferralState.cancelled])
    def test_an_ended_request_tells_no_more(
        self,
        unit_of_work: UnitOfWork,
        charity: Visitor,
        referral_id: int,
        state: ReferralState,
    ) -> None:
        with unit_of_work.write() as session:
            referral = session.get_one(Referral, referral_id)
            referral.state, referral.end_note = state, NOTE
        text = charity.get(f"/referrals/{referral_id}").text
        assert [secret for secret in SECRETS if secret in text] == []


class TestAfterAcceptance:
    def test_a_charity_reads_the_texts_whole(
        self, unit_of_work: UnitOfWork, charity: Visitor, scene: Scene, referral_id: int
    ) -> None:
        accept(unit_of_work, scene, referral_id)
        for text in (charity.get(f"/referrals/{referral_id}").text, by_link(unit_of_work, referral_id)):
            assert TEXT in text
            assert NOTE in text
            assert QUESTION in text
            assert "孙*爱" in text

    def test_it_never_reads_the_id_number_nor_the_relief_category(
        self, unit_of_work: UnitOfWork, api: FastAPI, scene: Scene, referral_id: int
    ) -> None:
        accept(unit_of_work, scene, referral_id)
        caller = make_caller(api, Role.charity_staff, organization_id=scene.project.organization_id)
        revealed = caller.post(f"/referrals/{referral_id}/reveal", json={"purpose": "serve"}).json()
        assert (revealed["name"], revealed["phone"]) == ("孙小爱", "13800001234")
        assert (revealed["id_number"], revealed["born_on"]) == (None, None)
        assert caller.get(f"/referrals/{referral_id}").json()["resident"]["relief_category"] is None


def accept(unit_of_work: UnitOfWork, scene: Scene, referral_id: int) -> None:
    with unit_of_work.write() as session:
        service.step(session, scene.charity, session.get_one(Referral, referral_id), ReferralVerb.accept)


class TestManager:
    """Who steers by figures drills down to masked rows and reads nobody's words, on the page as through the API."""

    VISIT: ClassVar[dict[str, Any]] = {
        "submission_key": "k" * 12,
        "minutes": 60,
        "content": "帮忙洗澡",
        "problems": "腿上有伤",
    }

    def test_reads_no_messages_visits_and_notes(
        self, unit_of_work: UnitOfWork, api: FastAPI, scene: Scene, referral_id: int
    ) -> None:
        accept(unit_of_work, scene, referral_id)
        with unit_of_work.write() as session:
            referral = session.get_one(Referral, referral_id)
            day = china_day(referral.requested_at).isoformat()
            visit = VisitInput.model_validate({**self.VISIT, "served_on": day, "served": [scene.resident.pk]})
            record_visit(session, scene.charity, referral, visit)
        page = Visitor(unit_of_work, Role.program_manager).get(f"/referrals/{referral_id}").text
        caller = make_caller(api, Role.program_manager)
        shown = caller.get(f"/referrals/{referral_id}").text
        visits = caller.get(f"/referrals/{referral_id}/visits")
        assert visits.json()["person_times"] == 1
        for text in (page, shown, visits.text):
            assert not any(words in text for words in (TEXT, NOTE, QUESTION, "帮忙洗澡", "腿上有伤"))

    def test_reads_no_number_health_or_means_of_those_who_wait(self, api: FastAPI, scene: Scene) -> None:
        [need] = make_caller(api, Role.program_manager).get("/needs").json()["items"]
        person = need["resident"]
        assert (person["name"], person["id_number"], person["phone"]) == ("孙*爱", "", "")
        hidden = ("relief_category", "disability_type", "disability_grade", "self_care")
        assert [person[field] for field in hidden] == [None] * 4
        assert person["vulnerabilities"] == []

    def test_reads_why_not_without_what_the_file_says_of_the_person(
        self, unit_of_work: UnitOfWork, api: FastAPI, scene: Scene
    ) -> None:
        with unit_of_work.write() as session:
            project_id = make_project(session, rules={RuleKind.self_care: ["unable"]}).pk
        path = f"/needs/{scene.need.pk}/why-not?project={project_id}"
        [obstacle] = make_caller(api, Role.program_manager).get(path).json()["obstacles"]
        assert (obstacle["code"], obstacle["actual"]) == ("self_care", "")
        assert obstacle["detail"] == "Self-care does not fit"
        assert make_caller(api).get(path).json()["obstacles"][0]["actual"] == "partly_unable"


class TestPreview:
    def test_the_sender_sees_what_the_charity_will_see(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        page = Visitor(unit_of_work).get(f"/needs/{scene.need.pk}/matches").text
        shown = re.search(r'<section class="panel" id="preview">(.*?)</section>', page, re.DOTALL)
        assert shown is not None
        assert WANTED in shown[1]
        assert [secret for secret in SECRETS if secret in shown[1]] == []

    def test_a_client_of_the_api_sees_its_note_too(self, api: FastAPI, scene: Scene) -> None:
        answer = make_caller(api).post(f"/needs/{scene.need.pk}/preview", json={"note": NOTE})
        assert answer.json()["note"] == "家里〔…〕每〔…〕，先打〔…〕"
        assert [secret for secret in SECRETS if secret in answer.text] == []
        assert (
            make_caller(api, Role.program_manager).post(f"/needs/{scene.need.pk}/preview", json={}).status_code == 403
        )
