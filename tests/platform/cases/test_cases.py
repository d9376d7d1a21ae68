"""Cases and needs: lawful steps, case numbers, drafts."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select, text

from factories.accounts import VILLAGE, make_actor
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.residents import make_resident
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases import procedure, queries, service
from tuoju.cases.errors import CaseNotFound, IllegalCaseStep, IllegalNeedStep, NeedNotFound, NeedsStillLive
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import Case, CaseStep, Draft, Urgency
from tuoju.cases.status import CASE_STEPS, ENDED_CASES, NEED_STEPS, CaseState, CaseVerb, NeedState, NeedVerb
from tuoju.database.records import now
from tuoju.regions.calendar import china_day

ELSEWHERE = "341122103213"

WHY = "与本人核实过"


class TestOpenCase:
    def test_numbers_consist_of_village_year_and_sequence(self, session: Session) -> None:
        worker = make_actor(session)
        resident = make_resident(session, worker)
        first, second = make_case(session, worker, resident), make_case(session, worker, resident)
        year = china_day(now()).year
        assert (first.number, second.number) == (f"{VILLAGE}-{year}-0001", f"{VILLAGE}-{year}-0002")

    def test_each_village_has_a_sequence_of_its_own(self, session: Session) -> None:
        make_case(session, make_actor(session))
        stranger = make_actor(session, region_code=ELSEWHERE)
        other = make_case(session, stranger, make_resident(session, stranger, region_code=ELSEWHERE))
        assert other.number.endswith("-0001")

    def test_simultaneous_cases_get_consecutive_numbers(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            worker = make_actor(session)
            residents = [make_resident(session, worker) for _ in range(4)]
        start = threading.Barrier(4)

        def desk(place: int) -> str:
            start.wait(10)
            with unit_of_work.write() as session:
                return service.open_case(session, worker, residents[place], CaseInput(hardship_cause="1")).number

        with ThreadPoolExecutor(4) as desks:
            numbers = sorted(desks.map(desk, range(4)))
        assert [number[-4:] for number in numbers] == ["0001", "0002", "0003", "0004"]

    def test_the_summary_is_stored_sealed(self, session: Session) -> None:
        worker = make_actor(session)
        inputs = CaseInput(hardship_cause="1", summary="家里起火")
        case = service.open_case(session, worker, make_resident(session, worker), inputs)
        query = text("SELECT summary FROM assistance_case WHERE id = :id").bindparams(id=case.pk)
        assert "起火" not in session.exec(query).one()[0]

    def test_a_charity_may_not_open_a_case(self, session: Session) -> None:
        resident = make_resident(session, make_actor(session))
        with pytest.raises(NotPermitted):
            make_case(session, make_actor(session, role=Role.charity_staff), resident)


class TestAddNeed:
    def test_a_need_keeps_urgency_times_and_constraints(self, session: Session) -> None:
        inputs = {"urgency": "urgent", "wished_times": ["morning"], "constraints": ["woman_only"]}
        need = make_need(session, make_actor(session), **inputs)
        session.refresh(need)
        assert (need.urgency, need.wished_times, need.constraints) == (Urgency.urgent, ["morning"], ["woman_only"])
        assert need.state is NeedState.open

    @pytest.mark.parametrize(
        "wrong",
        [{"category": "A99"}, {"category": "A"}, {"text": " "}, {"wished_times": ["tea"]}, {"constraints": ["tall"]}],
    )
    def test_values_outside_the_lists_are_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            NeedInput.model_validate({"category": "A01", "text": "做饭洗衣都困难"} | wrong)

    @pytest.mark.parametrize("verb", [CaseVerb.close, CaseVerb.withdraw, CaseVerb.mark_in_error])
    def test_an_ended_case_takes_no_need(self, session: Session, verb: CaseVerb) -> None:
        worker = make_actor(session)
        case = service.step_case(session, worker, make_case(session, worker), verb, reason=WHY)
        with pytest.raises(IllegalCaseStep) as caught:
            make_need(session, worker, case)
        assert caught.value.state is case.state


class TestStepNeed:
    @pytest.mark.parametrize(("state", "verb"), list(itertools.product(NeedState, NeedVerb)))
    def test_steps_outside_the_table_are_refused(self, session: Session, state: NeedState, verb: NeedVerb) -> None:
        worker = make_actor(session)
        need = make_need(session, worker)
        need.state = state
        session.flush()
        target = NEED_STEPS.get((state, verb))
        if target is None:
            with pytest.raises(IllegalNeedStep) as caught:
                service.step_need(session, need, verb, by=worker)
            assert (caught.value.state, caught.value.verb, need.state) == (state, verb, state)
            return
        service.step_need(session, need, verb, by=worker)
        assert need.state is target
        assert (need.ended_at is None) is (target in service.LIVE_NEEDS)

    def test_a_need_that_comes_back_keeps_its_waiting_time(self, session: Session) -> None:
        worker = make_actor(session)
        need = make_need(session, worker)
        since = need.opened_at
        for verb in (NeedVerb.refer, NeedVerb.take_up, NeedVerb.come_back):
            service.step_need(session, need, verb, by=worker)
        assert (need.state, need.opened_at) == (NeedState.open, since)

    def test_every_state_leads_to_an_end(self) -> None:
        leads = {state: {to for (start, _), to in NEED_STEPS.items() if start is state} for state in NeedState}
        for state in service.LIVE_NEEDS:
            assert reachable(leads, state) - service.LIVE_NEEDS
        assert all(not leads[state] for state in set(NeedState) - service.LIVE_NEEDS)


def reachable(leads: dict[NeedState, set[NeedState]], start: NeedState) -> set[NeedState]:
    states, front = {start}, {start}
    while front:
        front = {to for state in front for to in leads[state]} - states
        states |= front
    return states


class TestStepCase:
    @pytest.mark.parametrize(("state", "verb"), list(itertools.product(CaseState, CaseVerb)))
    def test_steps_outside_the_table_are_refused(self, session: Session, state: CaseState, verb: CaseVerb) -> None:
        worker = make_actor(session)
        case = make_case(session, worker)
        case.state = state
        session.flush()
        target = CASE_STEPS.get((state, verb))
        if target is None:
            with pytest.raises(IllegalCaseStep) as caught:
                procedure.move(session, worker, case, verb)
            assert (caught.value.state, caught.value.verb, case.state) == (state, verb, state)
            return
        procedure.move(session, worker, case, verb)
        assert case.state is target
        assert (case.closed_at is None) is (target not in ENDED_CASES)
        step = session.exec(select(CaseStep).where(CaseStep.case_id == case.pk)).one()
        assert (step.verb, step.to_state, step.by) == (verb, target, worker.user_id)

    @pytest.mark.parametrize(("state", "verb"), list(itertools.product(CaseState, CaseVerb)))
    def test_step_case_takes_only_steps_of_the_desk(self, session: Session, state: CaseState, verb: CaseVerb) -> None:
        worker = make_actor(session)
        case = make_case(session, worker)
        case.state, case.notice_ends_on = state, date(2026, 1, 9)
        session.flush()
        if (state, verb) in CASE_STEPS and verb in service.DESK_VERBS:
            assert service.step_case(session, worker, case, verb, reason=WHY).state is CASE_STEPS[(state, verb)]
        else:
            with pytest.raises(IllegalCaseStep):
                service.step_case(session, worker, case, verb, reason=WHY)

    @pytest.mark.parametrize("state", sorted(service.LIVE_NEEDS))
    @pytest.mark.parametrize("verb", [CaseVerb.close, CaseVerb.withdraw, CaseVerb.mark_in_error])
    def test_a_case_with_a_live_need_does_not_end(self, session: Session, state: NeedState, verb: CaseVerb) -> None:
        worker = make_actor(session)
        need = make_need(session, worker)
        need.state = state
        session.flush()
        case = session.get_one(Case, need.case_id)
        with pytest.raises(NeedsStillLive):
            service.step_case(session, worker, case, verb, reason=WHY)
        assert case.state is CaseState.recorded

    def test_steps_are_audited(self, session: Session) -> None:
        worker = make_actor(session)
        case = service.step_case(session, worker, make_case(session, worker), CaseVerb.close)
        entry = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc())).first()
        assert entry is not None
        assert (entry.action, entry.subject_id, entry.actor_id) == ("case_close", str(case.pk), worker.user_id)


class TestScope:
    def test_cases_and_needs_out_of_scope_are_not_found(self, session: Session) -> None:
        need = make_need(session, make_actor(session))
        stranger = make_actor(session, region_code=ELSEWHERE)
        with pytest.raises(CaseNotFound):
            queries.get_case(session, stranger, need.case_id)
        with pytest.raises(NeedNotFound):
            queries.get_need(session, stranger, need.pk)
        assert queries.find_cases(session, stranger) == queries.find_needs(session, stranger) == []
        assert queries.count_cases(session, stranger) == queries.count_needs(session, stranger) == {}

    def test_a_township_sees_the_cases_of_its_villages(self, session: Session) -> None:
        need = make_need(session, make_actor(session))
        officer = make_actor(session, role=Role.township_officer)
        assert queries.get_need(session, officer, need.pk) == need
        assert queries.count_cases(session, officer) == {CaseState.recorded: 1}


class TestFindNeeds:
    def test_needs_are_ordered_by_urgency_then_waiting_time(self, session: Session) -> None:
        worker = make_actor(session)
        case = make_case(session, worker)
        words = ["routine", "urgent", "soon", "life_threatening", "urgent"]
        needs = [make_need(session, worker, case, urgency=word) for word in words]
        order = [need.pk for need, _case, _resident in queries.find_needs(session, worker)]
        assert order == [needs[index].pk for index in (3, 1, 4, 2, 0)]


class TestDraft:
    def test_one_draft_a_form_is_stored_sealed_and_loaded_again(self, session: Session) -> None:
        worker = make_actor(session)
        service.save_draft(session, worker, "resident-new", json.dumps({"name": ["张"]}))
        service.save_draft(session, worker, "resident-new", json.dumps({"name": ["张建国"]}, ensure_ascii=False))
        draft = service.find_draft(session, worker, "resident-new")
        assert draft is not None
        assert json.loads(draft.content) == {"name": ["张建国"]}
        assert len(session.exec(select(Draft)).all()) == 1
        assert "张建国" not in session.exec(text("SELECT content FROM draft")).one()[0]

    def test_nobody_else_can_load_a_draft(self, session: Session) -> None:
        service.save_draft(session, make_actor(session), "resident-new", "{}")
        assert service.find_draft(session, make_actor(session), "resident-new") is None

    def test_a_draft_can_be_discarded(self, session: Session) -> None:
        worker = make_actor(session)
        service.save_draft(session, worker, "resident-new", "{}")
        service.discard_draft(session, worker, "resident-new")
        service.discard_draft(session, worker, "resident-new")
        assert service.find_draft(session, worker, "resident-new") is None
