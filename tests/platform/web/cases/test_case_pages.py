"""The pages of cases, tested through the application."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.pages import Visitor, counted
from factories.residents import make_resident
from tuoju.cases.models import Case, Need
from tuoju.cases.status import CaseState
from tuoju.residents.models import Resident

TYPED = {
    "opened_by": "proactive_discovery",
    "discovery_channel": "2",
    "hardship_cause": "1",
    "text": "一个人住,做饭洗衣都困难",
    "category": "A01",
    "urgency": "soon",
    "wished_times": ["morning", "weekend"],
    "constraints": ["woman_only"],
}


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def resident(unit_of_work: UnitOfWork, worker: Visitor) -> Resident:
    with unit_of_work.write() as session:
        return make_resident(session, worker.actor)


@pytest.fixture
def need(unit_of_work: UnitOfWork, worker: Visitor, resident: Resident) -> Need:
    with unit_of_work.write() as session:
        return make_need(session, worker.actor, make_case(session, worker.actor, resident))


class TestNew:
    def test_a_case_comes_with_its_first_need_and_leads_to_projects(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        answer = worker.post(f"/cases?resident={resident.pk}", TYPED)
        with unit_of_work.read() as session:
            need = session.exec(select(Need)).one()
            assert (need.category, need.wished_times) == ("A01", ["morning", "weekend"])
            assert answer.url.path == f"/needs/{need.pk}/matches"

    @pytest.mark.parametrize(
        ("field", "wrong"), [("text", ""), ("category", ""), ("category", "A99"), ("hardship_cause", "")]
    )
    def test_errors_are_shown_at_the_field_and_the_rest_is_kept(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork, field: str, wrong: str
    ) -> None:
        answer = worker.post(f"/cases?resident={resident.pk}", TYPED | {"summary": "屋顶漏水", field: wrong})
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text
        assert "屋顶漏水" in answer.text
        assert 'value="weekend" checked' in answer.text
        with unit_of_work.read() as session:
            assert session.exec(select(Case)).all() == []

    def test_the_form_says_to_call_the_police_for_harm_to_a_child(self, worker: Visitor, resident: Resident) -> None:
        """未保法 art. 11."""
        assert "110" in worker.get(f"/cases/new?resident={resident.pk}").text

    def test_a_resident_out_of_scope_is_not_found(self, unit_of_work: UnitOfWork, resident: Resident) -> None:
        stranger = Visitor(unit_of_work, region_code="341122103213")
        assert stranger.get(f"/cases/new?resident={resident.pk}").status_code == 404
        assert stranger.post(f"/cases?resident={resident.pk}", TYPED).status_code == 404


class TestShow:
    def test_an_open_need_links_to_its_projects(self, worker: Visitor, need: Need) -> None:
        page = worker.get(f"/cases/{need.case_id}").text
        assert f'href="/needs/{need.pk}/matches"' in page
        assert "110" in page

    def test_a_need_is_added_on_the_page_of_its_case(self, worker: Visitor, need: Need) -> None:
        answer = worker.post(f"/cases/{need.case_id}/needs", {"text": "想有人送午饭", "category": "B01"})
        assert answer.url.path.endswith("/matches")
        assert "想有人送午饭" in worker.get(f"/cases/{need.case_id}").text

    def test_errors_of_a_need_are_shown_at_the_field(self, worker: Visitor, need: Need) -> None:
        answer = worker.post(f"/cases/{need.case_id}/needs", {"text": "想有人送午饭", "category": ""})
        assert answer.status_code == 422
        assert "想有人送午饭" in answer.text

    def test_the_number_of_statements_does_not_grow_with_needs(
        self, worker: Visitor, need: Need, unit_of_work: UnitOfWork, engine: Engine
    ) -> None:
        counts = []
        for _ in range(2):
            with counted(engine) as statements:
                worker.get(f"/cases/{need.case_id}")
            counts.append(len(statements))
            with unit_of_work.write() as session:
                for _each in range(5):
                    make_need(session, worker.actor, session.get_one(Case, need.case_id))
        assert counts[0] == counts[1] <= 19  # five of them write the audit of the reading


class TestStep:
    def test_a_case_does_not_close_while_a_need_waits(
        self, worker: Visitor, need: Need, unit_of_work: UnitOfWork
    ) -> None:
        answer = worker.post(f"/cases/{need.case_id}/close")
        assert answer.status_code == 409
        worker.post(f"/needs/{need.pk}/withdraw")
        assert worker.post(f"/cases/{need.case_id}/close").status_code == 200
        with unit_of_work.read() as session:
            assert session.get_one(Case, need.case_id).state is CaseState.closed
        assert worker.post(f"/cases/{need.case_id}/withdraw").status_code == 409
        assert worker.post(f"/cases/{need.case_id}/reopen", {"reason": "又有了新的困难"}).status_code == 200

    def test_only_lawful_steps_have_a_button(self, worker: Visitor, need: Need) -> None:
        page = worker.get(f"/cases/{need.case_id}").text
        assert f'action="/cases/{need.case_id}/close"' not in page, "a need waits"
        assert f'action="/cases/{need.case_id}/reopen"' not in page

    def test_an_unknown_step_is_not_found(self, worker: Visitor, need: Need) -> None:
        assert worker.post(f"/cases/{need.case_id}/burn").status_code == 404


class TestList:
    def test_counts_by_state_and_filters(self, worker: Visitor, need: Need) -> None:
        assert "已受理 1" in worker.get("/cases").text
        assert f'href="/cases/{need.case_id}"' in worker.get("/cases?state=recorded").text
        assert f'href="/cases/{need.case_id}"' not in worker.get("/cases?state=closed").text
        assert worker.get("/cases?state=lost").status_code == 404

    def test_the_list_has_pages(self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            case_ids = [make_case(session, worker.actor, resident).pk for _ in range(51)]
        assert f"before={case_ids[1]}" in worker.get("/cases").text
        assert f'href="/cases/{case_ids[0]}"' in worker.get(f"/cases?before={case_ids[1]}").text

    def test_the_number_of_statements_does_not_grow_with_cases(
        self, worker: Visitor, need: Need, unit_of_work: UnitOfWork, engine: Engine
    ) -> None:
        counts = []
        for _ in range(2):
            with counted(engine) as statements:
                worker.get("/cases")
            counts.append(len(statements))
            with unit_of_work.write() as session:
                make_many(session, worker)
        assert counts[0] == counts[1] <= 19  # five of them write the audit of the reading


def make_many(session: Any, worker: Visitor) -> None:
    for _ in range(8):
        make_need(session, worker.actor)
