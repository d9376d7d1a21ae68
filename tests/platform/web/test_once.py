"""A form has one effect, however often it is sent, and leads to the same page each time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import func, select

from factories.accounts import VILLAGE
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.cases.models import Case
from tuoju.database.records import now
from tuoju.referrals import links
from tuoju.referrals.models import ReferralMessage
from tuoju.regions.calendar import china_day
from tuoju.relief.models import FundEntry
from tuoju.residents.models import Resident
from tuoju.web.app import create_app
from tuoju.web.kit import form_keys
from tuoju.web.kit.dependencies import BareForm, Form
from tuoju.web.kit.once import RouteWithoutOnce, check_once, repeatable

CASE = {"hardship_cause": "1", "text": "早饭没人做", "category": "A01", "urgency": "soon"}
PERSON = {
    "name": "王秀兰",
    "id_type": "none",
    "sex": "female",
    "born_on": "1941-03-02",
    "region_code": VILLAGE,
    "relief_category": "NONE",
    "self_care": "not_assessed",
}


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def resident(unit_of_work: UnitOfWork, worker: Visitor) -> Resident:
    with unit_of_work.write() as session:
        return make_resident(session, worker.actor)


def count(unit_of_work: UnitOfWork, model: type[Any]) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(func.count()).select_from(model)).one()


def send(visitor: Visitor, path: str, data: dict[str, Any]) -> Response:
    return visitor.client.post(path, data=data, follow_redirects=False)


class TestSentTwice:
    def test_back_and_save_makes_one_case_and_leads_to_the_same_page(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path, data = f"/cases?resident={resident.pk}", {**worker.hidden(), **CASE}
        first, again = send(worker, path, data), send(worker, path, data)
        assert (first.status_code, again.status_code) == (303, 303)
        assert first.headers["location"] == again.headers["location"]
        assert count(unit_of_work, Case) == 1

    def test_the_message_is_the_same(self, worker: Visitor, resident: Resident) -> None:
        path, data = f"/cases?resident={resident.pk}", {**worker.hidden(), **CASE}
        messages = [worker.client.post(path, data=data).text.split('role="status">')[1][:40] for _ in range(2)]
        assert messages[0] == messages[1]

    def test_income_is_booked_once(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        worker.post(f"/funds/{VILLAGE}")
        typed = {"source": "government", "amount_yuan": "3000", "occurred_on": china_day(now()).isoformat()}
        data = {**worker.hidden(), **typed}
        for _ in range(3):
            assert send(worker, f"/funds/{VILLAGE}/income", data).headers["location"] == f"/funds/{VILLAGE}"
        assert count(unit_of_work, FundEntry) == 1

    def test_a_person_without_a_number_is_registered_once(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        data = {**worker.hidden(), **PERSON}
        answers = {send(worker, "/residents", data).headers["location"] for _ in range(2)}
        assert len(answers) == 1
        assert count(unit_of_work, Resident) == 1

    def test_a_form_that_came_back_is_sent_again_under_its_key(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path, hidden = f"/cases?resident={resident.pk}", worker.hidden()
        assert send(worker, path, {**hidden, **CASE, "text": ""}).status_code == 422
        assert send(worker, path, {**hidden, **CASE}).status_code == 303
        assert count(unit_of_work, Case) == 1


def four_at_once(worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
    """Four tabs of one case, one income and one person without a number: one of each, and all lead to the same page."""
    worker.post(f"/funds/{VILLAGE}")
    income = {"source": "government", "amount_yuan": "3000", "occurred_on": china_day(now()).isoformat()}
    forms = ((f"/cases?resident={resident.pk}", CASE), (f"/funds/{VILLAGE}/income", income), ("/residents", PERSON))
    for path, typed in forms:
        data = {**worker.hidden(), **typed}
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, path=path, data=data: send(worker, path, data), range(4)))
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1
    assert [count(unit_of_work, model) for model in (Case, FundEntry, Resident)] == [1, 1, 2]


def test_four_tabs_at_once_have_one_effect(worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
    four_at_once(worker, resident, unit_of_work)


@pytest.mark.postgres
def test_four_tabs_at_once_have_one_effect_on_postgresql(
    worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
) -> None:
    four_at_once(worker, resident, unit_of_work)


class TestWrongKeys:
    """Each is a clear message, with nothing doubled and nothing that was typed lost."""

    def refused(self, worker: Visitor, resident: Resident, data: dict[str, Any]) -> str:
        page = f"/cases/new?resident={resident.pk}"
        answer = send(worker, f"/cases?resident={resident.pk}", {"page": page, **CASE, **data})
        assert answer.status_code == 409
        assert CASE["text"] in answer.text
        assert data.get("once", "") == "" or data["once"] not in answer.text
        return answer.text

    def test_another_users_key(self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
        other = Visitor(unit_of_work).hidden()
        text = self.refused(worker, resident, {**worker.hidden(), "once": other["once"]})
        assert "这张表单是别人打开的" in text
        assert count(unit_of_work, Case) == 0

    def test_a_forged_key(self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
        self.refused(worker, resident, {**worker.hidden(), "once": "x" * 40})
        assert count(unit_of_work, Case) == 0

    def test_a_form_from_before_the_upgrade_has_none(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        text = self.refused(worker, resident, {"form_token": worker.hidden()["form_token"]})
        assert "系统更新前打开的这张表单" in text
        assert count(unit_of_work, Case) == 0

    def test_a_key_of_a_form_that_was_sent_with_other_words(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path, hidden = f"/cases?resident={resident.pk}", worker.hidden()
        send(worker, path, {**hidden, **CASE, "text": "屋顶漏雨"})
        self.refused(worker, resident, hidden)
        assert count(unit_of_work, Case) == 1

    def test_a_key_of_another_form(self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
        hidden = worker.hidden()
        send(worker, "/residents", {**hidden, **PERSON})
        self.refused(worker, resident, hidden)
        assert count(unit_of_work, Case) == 0

    def test_a_key_is_taken_for_thirty_days(self) -> None:
        made = form_keys.new_form_key(SETTINGS, "user:1")
        assert form_keys.check_form_key(SETTINGS, "user:1", made)
        with time_machine.travel(now() + timedelta(days=31)), pytest.raises(form_keys.FormKeyExpired):
            form_keys.check_form_key(SETTINGS, "user:1", made)
        with time_machine.travel(now() - timedelta(days=1)), pytest.raises(form_keys.FormKeyExpired):
            form_keys.check_form_key(SETTINGS, "user:1", made)


class TestBehindALink:
    """A form that was kept on a telephone is sent after the browser was closed and the link opened again."""

    def opened(self, unit_of_work: UnitOfWork, token: str) -> tuple[TestClient, str, dict[str, str]]:
        """Another browser that opened the link, the address of the page, and what its forms carry."""
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        page = open_link(client, f"/a/{token}").headers["location"]
        return client, page, hidden_in(client.get(page).text)

    @pytest.fixture
    def tokens(self, unit_of_work: UnitOfWork) -> list[str]:
        with unit_of_work.write() as session:
            referrals = [make_scene(session).send(session) for _ in range(2)]
            current = [links.find_current_link(session, referral) for referral in referrals]
            return [links.token_of(link) for link in current if link is not None]

    def test_its_key_holds_in_the_next_visit_and_has_one_effect(
        self, unit_of_work: UnitOfWork, tokens: list[str]
    ) -> None:
        _closed, page, kept = self.opened(unit_of_work, tokens[0])
        for _visit in range(2):
            client, _page, hidden = self.opened(unit_of_work, tokens[0])
            data = {**hidden, "once": kept["once"], "text": "每天几点送餐方便？"}
            assert client.post(f"{page}/messages", data=data).headers["location"].startswith(page)
        assert count(unit_of_work, ReferralMessage) == 1

    def test_its_key_is_of_no_other_link_and_needs_the_token_of_the_visit(
        self, unit_of_work: UnitOfWork, tokens: list[str]
    ) -> None:
        first, other = (self.opened(unit_of_work, token) for token in tokens)
        typed = {"text": "每天几点送餐方便？"}
        client, page, hidden = other
        answer = client.post(f"{page}/messages", data={**hidden, **typed, "once": first[2]["once"]})
        assert answer.status_code == 409
        answer = client.post(f"{page}/messages", data={**hidden, **typed, "form_token": first[2]["form_token"]})
        assert answer.status_code == 403
        assert count(unit_of_work, ReferralMessage) == 0


class TestEveryRoute:
    def app_with(self, router: APIRouter) -> FastAPI:
        app = FastAPI()
        app.include_router(router)
        return app

    def test_the_routes_of_the_application_claim_their_keys_or_say_why_not(self) -> None:
        check_once(create_app(None, SETTINGS))  # type: ignore[arg-type]

    def test_one_that_says_neither_does_not_start(self) -> None:
        router = APIRouter()

        @router.post("/forms")
        def forgotten(form: BareForm) -> None:
            """Takes a form and claims nothing."""

        with pytest.raises(RouteWithoutOnce, match="/forms"):
            check_once(self.app_with(router))

    def test_one_that_says_both_does_not_start(self) -> None:
        router = APIRouter()

        @router.post("/forms", dependencies=[repeatable("no reason")])
        def both(form: Form) -> None:
            """Claims a key, and says that it needs none."""

        with pytest.raises(RouteWithoutOnce, match="/forms"):
            check_once(self.app_with(router))
