"""Side paths of a case: notice before the decision, kin, who decides, reopening (domain 1, 2.1, 17)."""

from datetime import date, datetime

import pytest
from sqlmodel import Session

from factories.accounts import TOWNSHIP, make_actor
from factories.cases import make_case
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure, service
from tuoju.cases.clock import last_day
from tuoju.cases.errors import (
    CompanionNotAllowed,
    ConflictOfInterest,
    IllegalCaseStep,
    OwnInvestigation,
    PublicNoticeRequiredFirst,
    ReasonRequired,
)
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, ClockStep, RefusalReason
from tuoju.cases.policies import Scheme
from tuoju.cases.queries import steps_of
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.relief import notices
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.models import Recheck

MONDAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)
OPINION = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
APPROVED = DecisionInput.model_validate({"approve": True, "granted_yuan": "600"})
REFUSED = DecisionInput.model_validate({"approve": False, "refusal_reason": "not_as_stated", "note": "与申报不符"})


def on(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 10, tzinfo=CHINA)


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session, worker: Actor) -> Actor:
    return make_actor(session)


@pytest.fixture
def township(session: Session) -> Actor:
    return make_actor(session, role=Role.township_officer)


def visit(session: Session, by: Actor, case: Case, *companions: Actor) -> None:
    inputs = {"visited_on": MONDAY.date(), "difficulties": "无法维持生活", "conclusion": "money", "suggested_yuan": 600}
    inputs["companions"] = [companion.user_id for companion in companions]
    procedure.record_investigation(session, by, case, InvestigationInput.model_validate(inputs))


def reviewed(session: Session, worker: Actor, chair: Actor, scheme: Scheme) -> Case:
    """A case opened and visited by two on MONDAY, with its opinion."""
    with frozen_time(MONDAY):
        case = make_case(session, worker, scheme=scheme)
        visit(session, worker, case, chair)
        return procedure.give_opinion(session, worker, case, OPINION)


class TestNoticeBeforeTheDecision:
    """低保审核确认办法 art. 19: seven days on the village board, then the decision."""

    def test_the_notice_comes_first_and_says_what_is_proposed(
        self, session: Session, worker: Actor, chair: Actor, township: Actor
    ) -> None:
        case = reviewed(session, worker, chair, Scheme.low_income)
        assert case.due_at is not None
        assert (case.due_step, last_day(case.due_at)) == (ClockStep.notice, date(2026, 10, 14))
        with frozen_time(on(13)):
            with pytest.raises(PublicNoticeRequiredFirst):
                procedure.decide(session, township, case, APPROVED)
            notice = notices.post_notice(session, worker, case, NoticeInput())
        assert (notice.amount_fen, notice.relieved_on, case.state) == (60_000, None, CaseState.announced)
        assert (notice.first_day, notice.last_day) == (date(2026, 10, 14), date(2026, 10, 20))
        assert last_day(case.due_at) == date(2026, 11, 9)
        with frozen_time(on(20)), pytest.raises(PublicNoticeRequiredFirst):
            procedure.decide(session, township, case, APPROVED)
        with frozen_time(on(21)):
            assert procedure.decide(session, township, case, APPROVED).state is CaseState.approved
            with pytest.raises(IllegalCaseStep):
                notices.post_notice(session, worker, case, NoticeInput())

    def test_a_refusal_needs_no_notice(self, session: Session, worker: Actor, chair: Actor, township: Actor) -> None:
        case = reviewed(session, worker, chair, Scheme.low_income)
        assert procedure.decide(session, township, case, REFUSED).state is CaseState.refused

    def test_an_open_objection_blocks_the_decision(
        self, session: Session, worker: Actor, chair: Actor, township: Actor
    ) -> None:
        case = reviewed(session, worker, chair, Scheme.temporary_relief)
        county = make_actor(session, role=Role.township_officer)
        with frozen_time(on(13)):
            notice = notices.post_notice(session, worker, case, NoticeInput())
        with frozen_time(on(19)):
            objection = notices.receive_objection(session, worker, notice, ObjectionInput(content="有两套房"))
        with frozen_time(on(22)):
            with pytest.raises(IllegalCaseStep):
                procedure.decide(session, township, case, APPROVED)
            inputs = AnswerInput(upheld=False, recheck=Recheck.deliberation, answer="一套为借住")
            notices.answer_objection(session, county, objection, inputs)
            assert case.state is CaseState.announced
            assert procedure.decide(session, township, case, APPROVED).state is CaseState.approved

    def test_a_case_sent_back_needs_a_second_notice(
        self, session: Session, worker: Actor, chair: Actor, township: Actor
    ) -> None:
        case = reviewed(session, worker, chair, Scheme.low_income)
        with frozen_time(on(13)):
            notices.post_notice(session, worker, case, NoticeInput())
            procedure.return_back(session, township, case, reason="缺核对授权")
        with frozen_time(on(22)):
            procedure.give_opinion(session, worker, case, OPINION)
            with pytest.raises(PublicNoticeRequiredFirst):
                procedure.decide(session, township, case, APPROVED)

    def test_no_notice_is_posted_under_a_policy_without_notice(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        """小额快救: no public notice, not even by mistake."""
        case = reviewed(session, worker, chair, Scheme.small_urgent)
        case.state = CaseState.relieved
        with pytest.raises(IllegalCaseStep):
            notices.post_notice(session, worker, case, NoticeInput())


class TestKin:
    """单独登记备案: kin take part in no step."""

    def test_kin_may_take_no_step(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        procedure.declare_conflict(session, worker, case, session.get_one(User, chair.user_id), relation="堂兄")
        visit(session, worker, case)
        for step in (
            lambda: visit(session, chair, case),
            lambda: procedure.give_opinion(session, chair, case, OPINION),
            lambda: procedure.pause(session, chair, case, reason="人在县医院"),
            lambda: procedure.return_back(session, chair, case, reason="缺材料"),
            lambda: procedure.decide(session, chair, case, APPROVED),
            lambda: service.step_case(session, chair, case, CaseVerb.withdraw, reason="本人不愿意"),
        ):
            with pytest.raises(ConflictOfInterest):
                step()

    def test_kin_may_not_go_along_on_a_visit(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        procedure.declare_conflict(session, worker, case, session.get_one(User, chair.user_id), relation="堂兄")
        with pytest.raises(CompanionNotAllowed):
            visit(session, worker, case, chair)

    def test_officers_of_other_villages_may_not_go_along(self, session: Session, worker: Actor) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        with pytest.raises(CompanionNotAllowed):
            visit(session, worker, case, make_actor(session, region_code="341122103213"))
        visit(session, worker, case, make_actor(session, role=Role.township_officer, region_code=TOWNSHIP))


class TestWhoDecides:
    def test_whoever_went_on_an_earlier_visit_may_not_decide(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        visit(session, chair, case)
        visit(session, worker, case)
        procedure.give_opinion(session, worker, case, OPINION)
        with pytest.raises(OwnInvestigation):
            procedure.decide(session, chair, case, APPROVED)

    def test_whoever_gave_the_opinion_may_not_decide(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        visit(session, worker, case)
        procedure.give_opinion(session, chair, case, OPINION)
        with pytest.raises(OwnInvestigation):
            procedure.decide(session, chair, case, APPROVED)

    def test_the_exception_for_an_only_officer_does_not_apply_to_the_township(
        self, session: Session, worker: Actor, township: Actor
    ) -> None:
        case = make_case(session, worker, scheme=Scheme.society_relief)
        visit(session, township, case)
        procedure.give_opinion(session, worker, case, OPINION)
        with pytest.raises(OwnInvestigation):
            procedure.decide(session, township, case, APPROVED)
        assert procedure.decide(session, worker, case, APPROVED).decided_alone


class TestOpenedAgain:
    def test_a_reopened_case_starts_again_and_keeps_its_refusal_on_record(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = reviewed(session, worker, make_actor(session), Scheme.society_relief)
        with frozen_time(on(13)):
            procedure.decide(session, chair, case, REFUSED)
        with frozen_time(on(20)):
            with pytest.raises(ReasonRequired):
                service.step_case(session, worker, case, CaseVerb.reopen)
            service.step_case(session, worker, case, CaseVerb.reopen, reason="补交了病历")
        assert (case.state, case.refusal_reason, case.decided_by) == (CaseState.recorded, None, None)
        assert case.due_at is not None
        assert last_day(case.due_at) == date(2026, 10, 21)
        refusal = next(step for step in steps_of(session, case) if step.verb is CaseVerb.refuse)
        assert (refusal.refusal_reason, refusal.note) == (RefusalReason.not_as_stated, "与申报不符")

    def test_a_case_closed_after_relief_cannot_be_reopened(self, session: Session, worker: Actor) -> None:
        """New hardship is a new case, so that figures of past months do not change (rejection list 20)."""
        case = make_case(session, worker, scheme=Scheme.society_relief)
        case.state, case.relief_completed_at = CaseState.closed, MONDAY
        assert service.lawful_verbs(case) == []

    def test_every_end_but_closing_requires_a_reason(self, session: Session, worker: Actor) -> None:
        for verb in (CaseVerb.withdraw, CaseVerb.mark_in_error):
            case = service.open_case(
                session, worker, make_resident(session, worker, another_person=True), CaseInput(hardship_cause="1")
            )
            with pytest.raises(ReasonRequired):
                service.step_case(session, worker, case, verb, reason=" ")
            service.step_case(session, worker, case, verb, reason="登记错了人")
            assert steps_of(session, case)[-1].note == "登记错了人"
