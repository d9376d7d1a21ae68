"""Drafts: saved while typing, loaded again, discarded."""

import pytest
from sqlmodel import text

from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import id_number, make_resident

NEW_FILE = "resident-new-0a1b2c3d4e5f"
PAGE = "/residents/new?form=full&draft=0a1b2c3d4e5f"


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


class TestSave:
    def test_a_draft_is_loaded_only_for_its_writer(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        typed = {"name": ["孙明德"], "vulnerabilities": ["DJ", "WC"]}
        assert worker.save_draft(NEW_FILE, typed).status_code == 204
        page = worker.get(PAGE).text
        assert 'value="孙明德"' in page
        assert 'value="DJ" checked' in page
        assert 'value="WC" checked' in page
        assert "孙明德" not in Visitor(unit_of_work).get(PAGE).text

    def test_a_draft_is_stored_sealed(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        worker.save_draft(NEW_FILE, {"name": ["孙明德"]})
        with unit_of_work.read() as session:
            [content] = session.exec(text("SELECT content FROM draft")).one()
        assert "孙明德" not in content
        assert "\\u5b59" not in content

    @pytest.mark.parametrize(
        ("form", "typed", "status"),
        [("other", {}, 404), ("case-new-x", {}, 404), (NEW_FILE, {"name": ["长" * 20_001]}, 413)],
    )
    def test_unknown_forms_have_no_drafts(
        self, worker: Visitor, form: str, typed: dict[str, list[str]], status: int
    ) -> None:
        assert worker.save_draft(form, typed).status_code == status

    def test_saving_requires_the_form_token(self, worker: Visitor) -> None:
        assert worker.client.post(f"/drafts/{NEW_FILE}", json={}).status_code == 403

    def test_a_visitor_without_session_saves_no_draft(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        worker.client.cookies.clear()
        assert worker.client.post(f"/drafts/{NEW_FILE}", json={}).url.path in {"/sign-in", f"/drafts/{NEW_FILE}"}

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


class TestList:
    """Several drafts, named by whom and what they are about (issue of forms)."""

    def test_drafts_are_listed_on_the_first_page_by_subject_and_step(self, worker: Visitor) -> None:
        worker.save_draft(NEW_FILE, {"name": ["孙明德"]})
        worker.save_draft("resident-new-ffffffffffff", {"name": ["钱春梅"]})
        page = worker.get("/").text
        assert "登记服务对象 · 孙*德" in page
        assert "登记服务对象 · 钱*梅" in page
        assert 'href="/residents/new?form=full&amp;draft=0a1b2c3d4e5f"' in page

    def test_the_look_up_comes_first_although_there_is_a_draft(self, worker: Visitor) -> None:
        worker.save_draft(NEW_FILE, {"name": ["孙明德"]})
        page = worker.get("/residents/new").text
        assert 'action="/residents/find"' in page
        assert "孙*德" in page

    def test_looking_up_the_number_of_a_draft_goes_on_with_it(self, worker: Visitor) -> None:
        number = id_number()
        worker.save_draft(NEW_FILE, {"name": ["孙明德"], "id_number": [number]})
        answer = worker.post("/residents/find", {"id_number": number})
        assert 'value="孙明德"' in answer.text

    def test_a_draft_about_somebody_out_of_reach_names_nobody(self, worker: Visitor) -> None:
        worker.save_draft("case-new-99999", {"text": ["想有人送午饭"]})
        assert "新建个案" in worker.get("/").text


class TestDiscard:
    def test_discarding_empties_the_form(self, worker: Visitor) -> None:
        worker.save_draft(NEW_FILE, {"name": ["孙明德"]})
        answer = worker.post(f"/drafts/{NEW_FILE}/discard")
        assert answer.url.path == "/residents/new"
        assert NEW_FILE not in worker.get("/").text
        assert "孙明德" not in answer.text

    def test_unknown_forms_have_no_drafts(self, worker: Visitor) -> None:
        assert worker.post("/drafts/other/discard").status_code == 404
