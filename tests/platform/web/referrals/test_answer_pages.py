"""The charity's page behind a link: what it shows and refuses, and that the link opens nothing else."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine
from sqlmodel import select

from factories.accounts import VILLAGE
from factories.databases import UnitOfWork
from factories.forms import hidden_in, without_keys
from factories.pages import SETTINGS, Visitor, open_link
from factories.referrals import Scene, make_scene
from house.test_house import OPEN_TO_ALL
from tuoju.accounts.models import AuditEntry
from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.referrals import links, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.visits.models import ServiceVisit
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import LINK_COOKIE, LINK_COOKIE_AGE
from tuoju.web.kit.security import form_token
from tuoju.web.pages import ROUTERS
from tuoju_projects.models import Project

NAME, PHONE, ADDRESS = "欧阳建国", "13800001234", "村东头3号老槐树旁"


class Holder:
    """Someone with a link and a phone, and no account."""

    def __init__(self, unit_of_work: UnitOfWork, token: str, *, address: str = "testclient") -> None:
        app = create_app(unit_of_work, SETTINGS)
        self.client = TestClient(app, headers={"accept-language": "en"}, client=(address, 5000))
        self.opened = open_link(self.client, f"/a/{token}")
        self.at = self.opened.url.path

    def get(self, path: str = "") -> Response:
        return self.client.get(self.at + path)

    def post(self, path: str, data: dict[str, Any] | None = None) -> Response:
        page = self.get()
        hidden = hidden_in((page if page.url.path == self.at else self.opened).text)
        return self.client.post(self.at + path, data={**hidden, **(data or {})})


def link_cookie_of(holder: Holder) -> str:
    return next(str(cookie.value) for cookie in holder.client.cookies.jar if cookie.name == LINK_COOKIE)


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    with unit_of_work.write() as session:
        return make_scene(session, name=NAME, phone=PHONE, address=ADDRESS)


def send(unit_of_work: UnitOfWork, scene: Scene) -> tuple[int, str]:
    """The id of a referral and the token of its link."""
    with unit_of_work.write() as session:
        need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
        referral = service.send(session, scene.worker, need, project)
        link = links.find_current_link(session, referral)
        assert link is not None
        return referral.pk, links.token_of(link)


def state_of(unit_of_work: UnitOfWork, referral_id: int) -> ReferralState:
    with unit_of_work.read() as session:
        return session.get_one(Referral, referral_id).state


class TestWholeServiceThroughTheLink:
    def test_accept_reveal_visit_and_complete_on_one_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        before = holder.opened.text
        assert scene.need.text in before
        assert "欧*" in before
        assert "*国" not in before
        assert not [text for text in (NAME, PHONE, ADDRESS, "TKGY") if text in before]
        accepted = holder.post("/accept", {"named": "王老师"})
        assert "王老师" in accepted.text
        assert NAME not in accepted.text
        shown = holder.post("/reveal", {"purpose": "serve"}).text
        assert NAME in shown
        assert PHONE in shown
        assert ADDRESS in shown
        assert str(scene.resident.id_number) not in shown
        form = holder.get("/visits/new").text
        key = re.search(r'name="submission_key" value="(\w+)"', form)
        assert key is not None
        assert NAME not in form
        today = re.search(r'value="(\d{4}-\d\d-\d\d)"', form)
        assert today is not None
        visit = {"submission_key": key[1], "served_on": today[1], "minutes": "45", "served": [scene.resident.pk]}
        assert "1 person-times" in holder.post("/visits", visit).text
        closed = holder.post("/complete", {"outcome": "met"})
        assert closed.url.path.endswith("/done")
        assert state_of(unit_of_work, referral_id) is ReferralState.completed
        assert holder.get().url.path == "/answer/again"

    def test_a_rejection_needs_a_reason(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        unreasoned = holder.post("/reject")
        assert unreasoned.status_code == 422
        assert "Enter the reason." in unreasoned.text
        assert holder.post("/reject", {"reason": "no_capacity"}).url.path.endswith("/done")
        assert state_of(unit_of_work, referral_id) is ReferralState.rejected

    def test_question_and_answer_appear_on_both_pages(self, unit_of_work: UnitOfWork, engine: Engine) -> None:
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            scene = make_scene(session)
            scene.worker = worker.actor
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.post("/messages", {"text": "楼上还是楼下?"})
        assert "楼上还是楼下?" in worker.get(f"/referrals/{referral_id}").text
        worker.post(f"/referrals/{referral_id}/messages", {"text": "平房"})
        assert "平房" in holder.get().text

    def test_a_first_visit_is_promised_for_a_possible_day(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.post("/accept")
        assert "in the past" in holder.post("/first-visit", {"day": "2020-01-01"}).text
        assert "in the past" in holder.post("/first-visit", {"day": "soon"}).text
        tomorrow = china_day(now() + timedelta(days=1)).isoformat()
        holder.post("/first-visit", {"day": tomorrow})
        with unit_of_work.read() as session:
            assert str(session.get_one(Referral, referral_id).first_visit_on) == tomorrow

    def test_an_error_in_a_visit_is_shown_at_its_field(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.post("/accept")
        answer = holder.post("/visits", {"submission_key": "k" * 10, "served_on": "2020-01-01", "minutes": "x"})
        assert answer.status_code == 422
        assert "minutes-wrong" in answer.text

    def test_a_second_visit_of_the_day_is_asked(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.post("/accept")
        visit = {"submission_key": "k" * 10, "served_on": china_day(now()).isoformat(), "minutes": "30", "mode": "home"}
        visit |= {"served": str(scene.resident.pk), "staff_count": "1"}
        assert holder.post("/visits", visit).status_code == 200
        again = visit | {"submission_key": "l" * 10}
        asked = holder.post("/visits", again)
        assert (asked.status_code, 'name="again"' in asked.text) == (422, True)
        assert holder.post("/visits", again | {"again": "true"}).status_code == 200
        with unit_of_work.read() as session:
            assert len(session.exec(select(ServiceVisit)).all()) == 2


class TestOpenLink:
    def test_the_token_is_exchanged_for_a_cookie_of_one_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        answer = open_link(client, f"/a/{token}")
        assert answer.status_code == 303
        assert token not in answer.headers["location"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(LINK_COOKIE))
        assert "HttpOnly" in cookie
        assert f"Path={answer.headers['location']}" in cookie
        assert token not in cookie
        assert f"Max-Age={LINK_COOKIE_AGE}" in cookie
        assert "SameSite=lax" in cookie

    def test_opening_changes_nothing(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        """A messenger that previews addresses opens it too."""
        referral_id, token = send(unit_of_work, scene)
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        preview = client.get(f"/a/{token}")
        assert preview.status_code == 200
        assert preview.headers["referrer-policy"] == "no-referrer"
        assert LINK_COOKIE not in [cookie.name for cookie in client.cookies.jar]
        guessed = client.get("/a/guess.guess").text.replace("guess.guess", "")
        assert without_keys(preview.text.replace(token, "")) == without_keys(guessed)
        with unit_of_work.read() as session:
            link = links.find_current_link(session, session.get_one(Referral, referral_id))
            assert link is not None
            assert link.uses == 0

    def test_no_page_contains_the_token(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        for answer in (holder.opened, holder.get(), holder.post("/accept"), holder.get("/visits/new")):
            assert token not in answer.text
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"

    def test_every_form_needs_its_form_token(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        assert holder.client.post(f"{holder.at}/accept").status_code == 403
        assert holder.post("/accept", {"form_token": "0" * 64}).status_code == 403
        assert state_of(unit_of_work, referral_id) is ReferralState.requested

    def test_a_browser_without_a_referrer_may_post(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        """Without Sec-Fetch-Site, a page with no referrer sends the origin "null"."""
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.client.headers["origin"] = "null"
        holder.post("/accept")
        assert state_of(unit_of_work, referral_id) is ReferralState.accepted

    def test_a_form_of_another_site_is_refused(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.client.headers["sec-fetch-site"] = "cross-site"
        assert holder.post("/accept").status_code == 403

    def test_the_cookie_lasts_two_hours(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        value = link_cookie_of(holder)
        holder.client.cookies.clear()
        headers = {"cookie": f"{LINK_COOKIE}={value}"}
        assert holder.client.get(holder.at, headers=headers, follow_redirects=False).status_code == 200
        with time_machine.travel(now() + timedelta(seconds=LINK_COOKIE_AGE + 2)):
            assert holder.client.get(holder.at, headers=headers, follow_redirects=False).status_code == 303


class TestOtherPages:
    """A link opens one referral: every route of the product is tried with its cookie."""

    def test_the_cookie_opens_no_other_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        with unit_of_work.write() as session:
            other = make_scene(session, name=NAME, phone=PHONE, address=ADDRESS)
        other_id, other_token = send(unit_of_work, other)
        holder = Holder(unit_of_work, token)
        holder.post("/accept")
        value = link_cookie_of(holder)
        cookies = {"cookie": f"{LINK_COOKIE}={value}; session={value}", "accept-language": "en"}
        handle = links.handle_of  # the other referral's handle, as a guess that came true
        with unit_of_work.read() as session:
            guessed = handle(session, other_token)
        stranger = TestClient(holder.client.app, follow_redirects=False, headers=cookies)
        ids = {"handle": guessed, "token": "x.y", "region_code": VILLAGE, "verb": "accept", "kind": "referrals"}
        tried = 0
        for route in [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]:
            for number in (referral_id, other_id):
                path = re.sub(r"{(\w+)(?::\w+)?}", lambda name, at=number: str(ids.get(name[1], at)), route.path)
                for method in route.methods:
                    typed = {"form_token": form_token(SETTINGS.secret_key, value)} if method == "POST" else None
                    answer = stranger.request(method, path, data=typed)
                    tried += 1
                    text = answer.text
                    private = (NAME, PHONE, ADDRESS, other.need.text, "欧**国")
                    assert not [value for value in private if value in text], path
                    closed = answer.status_code in (303, 403, 404, 410, 422)
                    assert closed or route.path in OPEN_TO_ALL, (path, text[:200])
        assert tried > 150
        for path in ("/referrals", f"/referrals/{other_id}", "/residents", "/notifications", "/me", "/projects"):
            authorization = {"authorization": f"Bearer {value}"}
            assert stranger.get(f"/api/v1{path}", headers=authorization).status_code == 401
        assert state_of(unit_of_work, other_id) is ReferralState.requested

    def test_the_cookie_does_not_open_the_page_of_another_link(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        with unit_of_work.write() as session:
            other = make_scene(session, name="司马相如")
        _, other_token = send(unit_of_work, other)
        first, second = Holder(unit_of_work, token), Holder(unit_of_work, other_token)
        value = link_cookie_of(first)
        answer = first.client.get(second.at, headers={"cookie": f"{LINK_COOKIE}={value}"}, follow_redirects=False)
        assert answer.status_code == 303

    def test_the_steps_of_the_sender_are_refused(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        for verb in ("cancel", "mark_in_error", "expire"):
            assert holder.post(f"/{verb}", {"note": "x"}).status_code == 403
        assert holder.post("/no_such_verb").status_code == 404
        assert state_of(unit_of_work, referral_id) is ReferralState.requested

    def test_a_second_answer_is_a_conflict_with_a_way_back(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        _, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        holder.post("/accept")
        late = holder.post("/accept")
        assert late.status_code == 409
        assert f'href="{holder.at}"' in late.text


class TestClosedLink:
    def answers(self, unit_of_work: UnitOfWork, tokens: list[str]) -> set[tuple[int, str]]:
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        return {
            (answer.status_code, answer.headers["location"])
            for answer in (open_link(client, f"/a/{token}") for token in tokens)
        }

    def test_unknown_expired_and_revoked_links_get_the_same_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        with unit_of_work.write() as session:
            links.revoke(session, scene.worker, session.get_one(Referral, referral_id))
        stopped = token
        with unit_of_work.write() as session:
            fresh = links.token_of(links.issue(session, scene.worker, session.get_one(Referral, referral_id)))
        with time_machine.travel(now() + timedelta(days=30)):
            expired = self.answers(unit_of_work, [fresh])
        answers = self.answers(unit_of_work, [stopped, "guess", "guess.guess", "é"]) | expired
        assert answers == {(303, "/answer/again")}
        page = Holder(unit_of_work, stopped).opened
        assert page.status_code == 410
        assert "Send me a new link" in page.text

    def test_a_new_link_is_sent_and_not_shown(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        with unit_of_work.write() as session:
            links.revoke(session, scene.worker, session.get_one(Referral, referral_id))
        holder, guesser = Holder(unit_of_work, token), Holder(unit_of_work, "guess.guess")
        holder.at = guesser.at = ""
        answers = {visitor.post("/answer/again").text.split("<main")[1] for visitor in (holder, guesser)}
        assert len(answers) == 1
        with unit_of_work.read() as session:
            link = links.find_current_link(session, session.get_one(Referral, referral_id))
            assert link is not None
            assert links.token_of(link) not in answers.pop()

    def test_a_cancelled_referral_closes_the_page(self, unit_of_work: UnitOfWork, scene: Scene) -> None:
        referral_id, token = send(unit_of_work, scene)
        holder = Holder(unit_of_work, token)
        with unit_of_work.write() as session:
            service.step(
                session, scene.worker, session.get_one(Referral, referral_id), ReferralVerb.cancel, note="撤回"
            )
        assert holder.get().url.path == "/answer/again"
        assert holder.post("/accept").url.path == "/answer/again"
        assert state_of(unit_of_work, referral_id) is ReferralState.cancelled

    def test_many_attempts_are_limited(self, unit_of_work: UnitOfWork) -> None:
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        statuses = [open_link(client, f"/a/guess{n}").status_code for n in range(61)]
        assert statuses[:60] == [303] * 60
        assert statuses[60] == 429


class TestLinkPage:
    def test_the_worker_copies_scans_renews_and_stops_the_link(self, unit_of_work: UnitOfWork) -> None:
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            scene = make_scene(session)
            scene.worker = worker.actor
        referral_id, token = send(unit_of_work, scene)
        page = worker.get(f"/referrals/{referral_id}/link").text
        assert f"http://testserver/a/{token}" in page
        assert "<svg" in page
        with unit_of_work.read() as session:
            assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "show_link")).all()) == 1
        assert token not in worker.get(f"/referrals/{referral_id}").text
        renewed = worker.post(f"/referrals/{referral_id}/link").text
        assert token not in renewed
        assert "/a/" in renewed
        assert "/a/" not in worker.post(f"/referrals/{referral_id}/link/stop").text
        assert "/a/" not in worker.get(f"/referrals/{referral_id}/link").text
