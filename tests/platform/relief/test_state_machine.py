"""Case, fund and notice together: whatever people try in whatever order, what must hold holds (design 4; domain 17)."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from factories.accounts import VILLAGE, make_actor
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.errors import CaseError
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, Opinion, RefusalReason
from tuoju.cases.policies import NoticePhase, Scheme
from tuoju.cases.procedure import investigators_of, policy_of
from tuoju.cases.queries import steps_of
from tuoju.cases.service import open_case, step_case
from tuoju.cases.status import CASE_STEPS, CaseState, CaseVerb
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.relief import notices, queries
from tuoju.relief import service as relief
from tuoju.relief.errors import ReliefError
from tuoju.relief.inputs import AnswerInput, IncomeInput, NoticeInput, ObjectionInput, PaymentInput
from tuoju.relief.models import Objection, PaymentState, Posting, PublicNotice, Recheck

BEGIN = datetime(2026, 10, 12, 9, tzinfo=CHINA)
SCHEMES = [Scheme.society_relief, Scheme.small_urgent, Scheme.low_income]
WHO = st.sampled_from(["officer", "chair", "third", "township", "kin"])
FAR = set(CaseState) - {CaseState.withdrawn, CaseState.entered_in_error, CaseState.refused}
BEFORE_DECISION = {CaseState.recorded, CaseState.investigating, CaseState.under_review, CaseState.announced}


class Society(RuleBasedStateMachine):
    """A village of four officers, one of them kin of the person, and the township; a case of any rule."""

    session: Session
    reached: set[CaseState]

    @initialize(scheme=st.sampled_from(SCHEMES), urgent=st.booleans())
    def opened(self, scheme: Scheme, urgent: bool) -> None:
        self.savepoint = self.session.begin_nested()
        self.moment = BEGIN
        self.people = {name: make_actor(self.session) for name in ("officer", "chair", "third", "kin")}
        self.people["township"] = make_actor(self.session, role=Role.township_officer)
        with frozen_time(self.moment):
            self.fund = relief.open_fund(self.session, self.people["officer"], VILLAGE)
            money = {"source": "collective", "amount_yuan": 700, "occurred_on": BEGIN.date()}
            relief.receive(self.session, self.people["officer"], self.fund, IncomeInput.model_validate(money))
            resident = make_resident(self.session, self.people["officer"], another_person=True)
            reason = "房屋失火" if urgent else ""
            inputs = CaseInput(hardship_cause="3", scheme=scheme, first_help_reason=reason)
            self.case: Case = open_case(self.session, self.people["officer"], resident, inputs)
            kin = self.session.get_one(User, self.people["kin"].user_id)
            procedure.declare_conflict(self.session, self.people["officer"], self.case, kin, relation="堂兄")

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            self.savepoint.rollback()

    def _try(self, verb: Any, *inputs: Any, **more: Any) -> None:
        """What is not allowed raises one of the families and changes nothing that the invariants look at."""
        state, steps = self.case.state, len(steps_of(self.session, self.case))
        try:
            with frozen_time(self.moment):
                verb(self.session, *inputs, **more)
        except (CaseError, ReliefError):
            assert (self.case.state, len(steps_of(self.session, self.case))) == (state, steps)

    def _by(self, who: str) -> Actor:
        return self.people[who]

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.moment += timedelta(days=days)

    @rule()
    def go_on_as_one_should(self) -> None:
        """The next step by the right people, so that the far end of the procedure is tried as often as the near."""
        match self.case.state:
            case CaseState.recorded:
                self.visit("officer", "third")
            case CaseState.investigating:
                self.opine("officer", Opinion.relieve)
            case CaseState.under_review if policy_of(self.session, self.case).notice_phase is NoticePhase.pre_decision:
                self.post("officer")
            case CaseState.under_review | CaseState.announced:
                self.approve("chair", 400)
            case CaseState.approved:
                self.prepare("officer", 400)
                self.answer_payment("chair", 0, "confirm")
                self.report("officer")
            case CaseState.relieved:
                self.post("officer")
            case CaseState.publicised:
                notice = notices.notice_of(self.session, self.case)
                if notice is not None and not notices.objections_to(self.session, notice):
                    self.object("officer")
                else:
                    self.moment += timedelta(days=4)
                    self.desk("officer", CaseVerb.close)
            case CaseState.objected:
                self.answer("township", Recheck.deliberation, False)
            case _:
                self.desk("officer", CaseVerb.reopen)

    @rule(steps=st.integers(1, 6))
    def go_on(self, steps: int) -> None:
        """Several steps at once: by chance alone the far end is rarely reached."""
        for _step in range(steps):
            self.go_on_as_one_should()

    @rule()
    def go_on_twice(self) -> None:
        self.go_on_as_one_should()
        self.go_on_as_one_should()

    @rule(who=WHO, other=WHO)
    def visit(self, who: str, other: str) -> None:
        visit = {"visited_on": self.moment.date(), "difficulties": "无处过夜", "conclusion": "money"}
        visit |= {"suggested_yuan": 400, "companions": [] if who == other else [self.people[other].user_id]}
        with frozen_time(self.moment):
            inputs = InvestigationInput.model_validate(visit)
        self._try(procedure.record_investigation, self._by(who), self.case, inputs)

    @rule(who=WHO, opinion=st.sampled_from(Opinion))
    def opine(self, who: str, opinion: Opinion) -> None:
        self._try(procedure.give_opinion, self._by(who), self.case, OpinionInput(opinion=opinion, note="情况属实"))

    @rule(who=WHO, yuan=st.sampled_from([0, 300, 400, 1001]))
    def approve(self, who: str, yuan: int) -> None:
        inputs = DecisionInput(approve=True, granted_yuan=Decimal(yuan))
        self._try(procedure.decide, self._by(who), self.case, inputs)

    @rule(who=st.sampled_from(["chair", "kin"]))
    def refuse(self, who: str) -> None:
        inputs = DecisionInput(approve=False, refusal_reason=RefusalReason.not_as_stated, note="与申报不符")
        self._try(procedure.decide, self._by(who), self.case, inputs)

    @rule(who=WHO)
    def send_back(self, who: str) -> None:
        self._try(procedure.return_back, self._by(who), self.case, reason="缺材料")

    @rule(who=WHO, yuan=st.sampled_from([200, 300, 400]))
    def prepare(self, who: str, yuan: int) -> None:
        account = queries.earmarked_accounts_of(self.session, self.fund)[0]
        inputs = PaymentInput.model_validate({"account_id": account.pk, "way": "cash", "amount_yuan": yuan})
        self._try(relief.prepare_payment, self._by(who), self.case, inputs)

    @rule(who=WHO, number=st.integers(0, 3), verb=st.sampled_from(["confirm", "confirm", "cancel", "recover"]))
    def answer_payment(self, who: str, number: int, verb: str) -> None:
        payments = queries.payments_of(self.session, [self.case])[self.case.pk]
        if number >= len(payments):
            return
        payment = payments[-1 - number]
        if verb == "recover":
            self._try(relief.recover_payment, self._by(who), payment, note="异议成立")
        else:
            step = relief.confirm_payment if verb == "confirm" else relief.cancel_payment
            self._try(step, self._by(who), payment)

    @rule(who=WHO)
    def report(self, who: str) -> None:
        self._try(relief.report_services, self._by(who), self.case)

    @rule(who=WHO)
    def post(self, who: str) -> None:
        self._try(notices.post_notice, self._by(who), self.case, NoticeInput())

    @rule(who=WHO)
    def object(self, who: str) -> None:
        notice = notices.notice_of(self.session, self.case)
        if notice is not None:
            self._try(notices.receive_objection, self._by(who), notice, ObjectionInput(content="家里有两台货车"))

    @rule(who=WHO, recheck=st.sampled_from(Recheck), upheld=st.booleans())
    def answer(self, who: str, recheck: Recheck, upheld: bool) -> None:
        notice = notices.notice_of(self.session, self.case)
        for objection in notices.objections_to(self.session, notice) if notice else []:
            inputs = AnswerInput(upheld=upheld, recheck=recheck, answer="已复查")
            self._try(notices.answer_objection, self._by(who), objection, inputs)

    @rule(who=st.sampled_from(["officer", "kin"]), verb=st.sampled_from([CaseVerb.close, CaseVerb.reopen]))
    def desk(self, who: str, verb: CaseVerb) -> None:
        self._try(step_case, self._by(who), self.case, verb, reason="与本人核实过")

    @rule(who=st.sampled_from(["officer", "kin"]), verb=st.sampled_from([CaseVerb.withdraw, CaseVerb.mark_in_error]))
    def give_up(self, who: str, verb: CaseVerb) -> None:
        self.desk(who, verb)

    @rule(who=WHO, reason=st.sampled_from(["人在县医院", ""]))
    def stop_or_go_on(self, who: str, reason: str) -> None:
        if reason:
            self._try(procedure.pause, self._by(who), self.case, reason=reason)
        else:
            self._try(procedure.resume, self._by(who), self.case)

    @invariant()
    def the_steps_are_a_path_on_the_table(self) -> None:
        state = CaseState.recorded
        for step in steps_of(self.session, self.case):
            assert CASE_STEPS[(state, step.verb)] is step.to_state
            state = step.to_state
        assert state is self.case.state
        self.reached.add(state)

    @invariant()
    def kin_are_nowhere(self) -> None:
        kin = self.people["kin"].user_id
        payments = queries.payments_of(self.session, [self.case])[self.case.pk]
        acted = {step.by for step in steps_of(self.session, self.case)} | investigators_of(self.session, self.case)
        assert kin not in acted | {payment.prepared_by for payment in payments} | {
            payment.confirmed_by for payment in payments
        }

    @invariant()
    def nobody_decided_what_they_found(self) -> None:
        case = self.case
        if case.decided_by is not None and case.state is not CaseState.objected:
            before = {case.reviewed_by}
            assert case.decided_by not in before
            assert not case.decided_alone
        if case.granted_fen is not None and policy_of(self.session, case).notice_phase is NoticePhase.pre_decision:
            assert case.notice_ends_on is not None
            assert case.decided_at is not None
            assert case.notice_ends_on < case.decided_at.astimezone(CHINA).date()

    @invariant()
    def the_money_is_where_the_ledger_says(self) -> None:
        payments = queries.payments_of(self.session, [self.case])[self.case.pk]
        paid = [payment for payment in payments if payment.state is PaymentState.paid]
        two = policy_of(self.session, self.case).persons_per_payment == 2
        assert all(payment.prepared_by != payment.confirmed_by for payment in paid if two)
        out = sum(payment.amount_fen for payment in paid)
        account = queries.earmarked_accounts_of(self.session, self.fund)[0]
        self.session.refresh(account)
        in_ledger = queries.balance_on(self.session, self.fund, self.moment.date())
        assert account.balance_fen == in_ledger == 70_000 - out >= 0
        sums: dict[int, int] = {}
        for posting in self.session.exec(select(Posting)):
            sums[posting.entry_id] = sums.get(posting.entry_id, 0) + posting.amount_fen
        assert set(sums.values()) <= {0}
        if self.case.granted_fen is not None:
            first = sum(payment.amount_fen for payment in paid if payment.first_help)
            assert out <= max(self.case.granted_fen, first)

    @invariant()
    def a_notice_hangs_once_and_an_objection_keeps_the_case_open(self) -> None:
        query = select(PublicNotice).where(PublicNotice.case_id == self.case.pk)
        notices_posted = list(self.session.exec(query.order_by(col(PublicNotice.id))))
        on_board = notices.on_board(self.session, VILLAGE, self.moment.date())
        assert {notice.pk for notice in on_board} <= {
            notice.pk for notice in notices_posted if notice.last_day >= self.moment.date()
        }
        after = [notice for notice in notices_posted if notice.relieved_on is not None]
        assert len(after) <= 1
        open_ones = [
            objection
            for notice in notices_posted
            for objection in self.session.exec(select(Objection).where(Objection.notice_id == notice.pk))
            if objection.answered_at is None
        ]
        assert bool(open_ones) is (self.case.state is CaseState.objected)
        if self.case.state is CaseState.closed and self.case.needs_notice:
            assert after
            assert self.case.closed_at is not None
            assert after[0].last_day < self.case.closed_at.astimezone(CHINA).date()

    @invariant()
    def the_clock_runs_only_where_something_is_due(self) -> None:
        case = self.case
        ended = case.state in {CaseState.refused, CaseState.closed, CaseState.withdrawn, CaseState.entered_in_error}
        assert (case.closed_at is not None) is ended
        if ended or case.state is CaseState.publicised:
            assert case.due_step is None
        paused = any(pause.to_day is None for pause in procedure.pauses_of(self.session, case))
        if case.state in BEFORE_DECISION | {CaseState.approved, CaseState.objected} and not paused:
            assert case.due_at is not None
            assert case.due_at > datetime.combine(BEGIN.date(), time(), tzinfo=CHINA)


def test_the_invariants_hold_after_any_sequence_of_steps(session: Session) -> None:
    reached: set[CaseState] = set()
    machine = type("Machine", (Society,), {"session": session, "reached": reached})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert reached >= FAR, "a machine that does not get everywhere proves little"
