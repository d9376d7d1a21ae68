"""Drafts: saved while typing, loaded again, discarded."""

import pytest
from sqlmodel import text

from factories.cases import make_case
from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.database.unit_of_work import UnitOfWork


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


class TestSave:
    def test_a_draft_is_loaded_only_for_its_writer(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        typed = {"name": ["孙明德"], "vulnerabilities": ["DJ", "WC"]}
        assert worker.save_draft("resident-new", typed).status_code == 204
        page = worker.get("/residents/new").text
        assert 'value="孙明德"' in page
        assert 'value="DJ" checked' in page
        assert 'value="WC" checked' in page
        assert "孙明德" not in Visitor(unit_of_work).get("/residents/new?form=full").text

    def test_a_draft_is_stored_sealed(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        worker.save_draft("resident-new", {"name": ["孙明德"]})
        with unit_of_work.read() as session:
            [content] = session.exec(text("SELECT content FROM draft")).one()
        assert "孙明德" not in content
        assert "\\u5b59" not in content

    @pytest.mark.parametrize(
        ("form", "typed", "status"),
        [("other", {}, 404), ("case-new-x", {}, 404), ("resident-new", {"name": ["长" * 20_001]}, 413)],
    )
    def test_unknown_forms_have_no_drafts(
        self, worker: Visitor, form: str, typed: dict[str, list[str]], status: int
    ) -> None:
        assert worker.save_draft(form, typed).status_code == status

    def test_saving_requires_the_form_token(self, worker: Visitor) -> None:
        assert worker.client.post("/drafts/resident-new", json={}).status_code == 403

    def test_a_visitor_without_session_saves_no_draft(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        worker.client.cookies.clear()
        assert worker.client.post("/drafts/resident-new", json={}).url.path in {"/sign-in", "/drafts/resident-new"}

    def test_forms_of_cases_and_needs_have_drafts(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor)
            case = make_case(session, worker.actor, resident)
            resident_id, case_id = resident.pk, case.pk
        worker.save_draft(f"case-new-{resident_id}", {"text": ["想有人送午饭"], "wished_times": ["morning"]})
        worker.save_draft(f"need-new-{case_id}", {"text": ["夜里怕黑"]})
        page = worker.get(f"/cases/new?resident={resident_id}").text
        assert "想有人送午饭" in page
        assert 'value="morning" checked' in page
        assert "夜里怕黑" in worker.get(f"/cases/{case_id}").text


class TestDiscard:
    def test_discarding_empties_the_form(self, worker: Visitor) -> None:
        worker.save_draft("resident-new", {"name": ["孙明德"]})
        answer = worker.post("/drafts/resident-new/discard")
        assert answer.url.path == "/residents/new"
        assert "孙明德" not in answer.text

    def test_unknown_forms_have_no_drafts(self, worker: Visitor) -> None:
        assert worker.post("/drafts/other/discard").status_code == 404
