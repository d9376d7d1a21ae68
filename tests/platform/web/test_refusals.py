"""A refusal leads back to the form: everything that was typed, the field that is wrong, the reason and the way on."""

import pytest
from sqlmodel import Session

from factories.accounts import make_actor
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.forms import forms_of
from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.cases import procedure
from tuoju.cases.inputs import InvestigationInput, OpinionInput
from tuoju.cases.models import Case, Opinion
from tuoju.cases.policies import Scheme
from tuoju.cases.service import step_case
from tuoju.cases.status import CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.web.kit.error_summary import with_labels
from tuoju.web.kit.refilling import SentForm, refilled

PAGE = """<!DOCTYPE html>
<form method="post" action="/language"><input type="hidden" name="back" value="/"><button>En</button></form>
<details><summary>First</summary>
<form method="post" action="/rows/1">
<input type="hidden" name="once" value="new"><input type="hidden" name="row" value="1">
<input id="why-1" name="why" value=""></form></details>
<details><summary>Second</summary>
<form method="post" action="/rows/1">
<input type="hidden" name="once" value="new"><input type="hidden" name="row" value="2">
<label for="why">Why</label><input id="why" name="why" value="">
<textarea name="note">
old</textarea>
<select name="kind"><option value="a" selected>A</option><option value="b">B</option></select>
<label><input type="radio" name="sure" value="yes"><span>Yes</span></label>
<input type="checkbox" name="also" value="1" checked>
<input type="password" name="secret"></form></details>"""
SENT = {
    "once": ["old"],
    "row": ["2"],
    "why": ['<b>"gone"</b>'],
    "note": ["</textarea>\nnew"],
    "kind": ["b"],
    "sure": ["yes"],
    "secret": ["x"],
}


def again(**values: object) -> str:
    sent = SentForm(action="/rows/1", fields=SENT, sentence="Not so.", **values)  # type: ignore[arg-type]
    page = refilled(PAGE, sent, lambda field_id: f"[notice {field_id}]")
    assert page is not None
    return page


class TestRefilling:
    def test_the_form_of_the_row_gets_back_what_was_typed(self) -> None:
        page = again()
        first, second = [form for form in forms_of(page) if form.action == "/rows/1"]
        assert first.fields["why"].values == [""]
        assert second.fields["why"].values == ['<b>"gone"</b>']
        assert second.fields["kind"].values == ["b"]
        assert second.fields["sure"].values == ["yes"]
        assert second.fields["also"].values == []
        assert second.fields["once"].values == ["new"]
        assert second.fields["secret"].values == [""], "a password is never shown again"

    def test_nothing_that_was_typed_becomes_markup(self) -> None:
        page = again()
        assert "<b>" not in page
        assert page.count("</textarea>") == 1

    def test_what_it_is_folded_in_is_opened(self) -> None:
        page = again()
        assert page.count("<details open>") == 1
        assert page.index("<details open>") > page.index("First")

    def test_the_field_is_named_and_focused(self) -> None:
        page = again(field_name="why")
        assert "[notice why]" in page
        assert page.count('aria-invalid="true" autofocus') == 1
        assert page.index("Not so.") > page.index("Second")

    def test_a_page_without_the_form_is_not_taken_for_it(self) -> None:
        sent = SentForm(action="/rows/2", fields={}, sentence="Not so.")
        assert refilled(PAGE, sent, str) is None


def test_the_summary_names_each_field_by_its_label() -> None:
    page = '<a href="#why" data-field="why">Fill in this field.</a> <label for="why">Why <b>x</b></label>'
    assert with_labels(page).startswith('<a href="#why" data-field="why">Why: Fill in this field.</a>')


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def chair(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.society_chair)


@pytest.fixture
def case_id(unit_of_work: UnitOfWork, worker: Visitor) -> int:
    with unit_of_work.write() as session:
        return reviewed_case(session, worker).pk


def reviewed_case(session: Session, worker: Visitor) -> Case:
    make_actor(session, role=Role.society_chair)
    case = make_case(session, worker.actor, make_resident(session, worker.actor), Scheme.society_relief)
    visit = {"visited_on": china_day(now()), "difficulties": "屋顶漏雨", "conclusion": ["money"]}
    procedure.record_investigation(session, worker.actor, case, InvestigationInput.model_validate(visit))
    procedure.give_opinion(session, worker.actor, case, OpinionInput(opinion=Opinion.relieve, note="情况属实"))
    return case


def test_more_than_the_cap_comes_back_with_the_cap_at_the_amount(chair: Visitor, case_id: int) -> None:
    here = f"/cases/{case_id}"
    typed = {"page": here, "approve": "true", "granted_yuan": "99999", "note": "房屋漏雨，急需修缮"}
    answer = chair.post(f"{here}/decision", typed)
    assert answer.status_code == 409
    form = next(form for form in forms_of(answer.text) if form.action == f"{here}/decision")
    assert form.fields["granted_yuan"].values == ["99999"]
    assert form.fields["note"].values == ["房屋漏雨，急需修缮"]
    assert "规定每笔最高" in answer.text
    assert 'href="#granted_yuan"' in answer.text


def test_nobody_is_shown_a_decision_that_is_not_theirs(chair: Visitor, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        own = reviewed_case(session, chair)
        other = make_actor(session, role=Role.society_chair)
        shown = session.get_one(User, other.user_id).display_name
    page = chair.get(f"/cases/{own.pk}").text
    assert f"/cases/{own.pk}/decision" not in [form.action for form in forms_of(page)]
    assert "须由其他人审批" in page
    assert shown in page, "whom to ask is named"


def test_kin_are_shown_no_step(chair: Visitor, case_id: int, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        case, user = session.get_one(Case, case_id), session.get_one(User, chair.actor.user_id)
        procedure.declare_conflict(session, chair.actor, case, user, relation="表亲")
    page = chair.get(f"/cases/{case_id}").text
    shown = {form.action.rpartition("/")[2] for form in forms_of(page)}
    assert shown & {"decision", "return", "close", "withdraw", "mark_in_error", "reopen"} == set()
    assert "您已登记为当事人亲属" in page


class TestStepsThatAreNotPossible:
    """They are not offered, and the page says why."""

    @pytest.fixture
    def worker(self, unit_of_work: UnitOfWork) -> Visitor:
        return Visitor(unit_of_work)

    def steps(self, page: str, case_id: int) -> set[str]:
        """The steps of a case that its page offers."""
        here = f"/cases/{case_id}/"
        return {form.action.removeprefix(here) for form in forms_of(page) if form.action.startswith(here)}

    def test_a_case_with_a_need_that_waits_does_not_end(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            case = make_case(session, worker.actor, make_resident(session, worker.actor))
            need = make_need(session, worker.actor, case)
        page = worker.get(f"/cases/{case.pk}").text
        assert self.steps(page, case.pk) & {"close", "withdraw", "mark_in_error"} == set()
        assert "个案中还有需求在等待或服务中" in page
        worker.post(f"/needs/{need.pk}/withdraw")
        page = worker.get(f"/cases/{case.pk}").text
        assert {"withdraw", "mark_in_error"} <= self.steps(page, case.pk)
        assert "个案中还有需求在等待或服务中" not in page

    def test_a_reopened_case_is_visited_again_before_an_opinion(
        self, worker: Visitor, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            case = make_case(session, worker.actor, make_resident(session, worker.actor), scheme=Scheme.society_relief)
            inputs = InvestigationInput(visited_on=china_day(now()), difficulties="屋顶漏雨", conclusion=["money"])
            procedure.record_investigation(session, worker.actor, case, inputs)
            step_case(session, worker.actor, case, CaseVerb.withdraw, reason="搬走了")
            step_case(session, worker.actor, case, CaseVerb.reopen, reason="又搬回来")
        page = worker.get(f"/cases/{case.pk}").text
        assert "opinion" not in self.steps(page, case.pk)
        assert f'href="/cases/{case.pk}/investigation"' in page


def test_a_form_that_stands_on_no_page_is_kept_to_be_sent_again(chair: Visitor, case_id: int) -> None:
    typed = {"approve": "true", "granted_yuan": "99999", "note": "房屋漏雨，急需修缮"}
    answer = chair.post(f"/cases/{case_id}/decision", typed)
    assert answer.status_code == 409
    kept = next(form for form in forms_of(answer.text) if form.action == f"/cases/{case_id}/decision")
    assert kept.fields["note"].values == ["房屋漏雨，急需修缮"]
    assert "规定每笔最高" in answer.text
