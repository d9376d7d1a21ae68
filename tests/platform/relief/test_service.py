"""A society's fund: double entry, never below zero, two persons, caps (domain sections 1, 2.3; design section 4)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, func, select

from factories.accounts import VILLAGE, make_actor
from factories.cases import make_case
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure, service
from tuoju.cases.errors import ConflictOfInterest
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case
from tuoju.cases.policies import Scheme
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.errors import (
    AboveGrant,
    AboveYearlyCap,
    FundNotFound,
    NotAllPaid,
    NotEnoughMoney,
    NotYetApproved,
    PaymentAnswered,
    PaymentFrozen,
    SecondPersonNeeded,
)
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.models import EarmarkedAccount, Fund, FundEntry, Payment, PaymentState, Posting
from tuoju.residents.models import Resident

TODAY = china_day(now())


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session, worker: Actor) -> Actor:
    return make_actor(session)


def income(yuan: object, day: date = TODAY, purpose: str = "", source: str = "government") -> IncomeInput:
    return IncomeInput.model_validate({"source": source, "amount_yuan": yuan, "occurred_on": day, "purpose": purpose})


def filled(session: Session, actor: Actor, yuan: object = 1000) -> Fund:
    fund = relief.open_fund(session, actor, VILLAGE)
    relief.receive(session, actor, fund, income(yuan))
    return fund


def approved(session: Session, worker: Actor, chair: Actor, yuan: int = 500, resident: Resident | None = None) -> Case:
    case = make_case(session, worker, resident, scheme=Scheme.society_relief)
    visit = {"visited_on": TODAY, "difficulties": "房屋漏雨", "conclusion": "money"}
    procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
    opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
    procedure.give_opinion(session, worker, case, opinion)
    decision = DecisionInput.model_validate({"approve": True, "granted_yuan": yuan})
    return procedure.decide(session, chair, case, decision)


def paying(session: Session, fund: Fund, yuan: object, place: int = 0) -> PaymentInput:
    account = queries.earmarked_accounts_of(session, fund)[place]
    return PaymentInput.model_validate({"account_id": account.pk, "way": "cash", "amount_yuan": yuan})


def balance(session: Session, fund: Fund) -> int:
    for account in queries.earmarked_accounts_of(session, fund):
        session.refresh(account)
    return sum(account.balance_fen for account in queries.earmarked_accounts_of(session, fund))


class TestPayment:
    def test_one_person_prepares_and_another_confirms(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, case = filled(session, worker), approved(session, worker, chair)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        with pytest.raises(SecondPersonNeeded):
            relief.confirm_payment(session, worker, payment)
        relief.confirm_payment(session, chair, payment)
        assert (payment.state, payment.confirmed_by) == (PaymentState.paid, chair.user_id)
        assert (case.state, balance(session, fund)) == (CaseState.relieved, 50_000)
        assert case.relief_completed_at is not None

    def test_a_grant_paid_in_parts_is_complete_with_the_last_part(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        fund, case = filled(session, worker), approved(session, worker, chair)
        first = relief.prepare_payment(session, worker, case, paying(session, fund, "200.50"))
        relief.confirm_payment(session, chair, first)
        with pytest.raises(NotAllPaid):
            relief.report_services(session, worker, case)
        with pytest.raises(AboveGrant):
            relief.prepare_payment(session, worker, case, paying(session, fund, 300))
        rest = relief.prepare_payment(session, worker, case, paying(session, fund, "299.50"))
        relief.confirm_payment(session, chair, rest)
        assert case.state is CaseState.relieved

    def test_nothing_is_paid_before_the_decision(self, session: Session, worker: Actor) -> None:
        fund = filled(session, worker)
        with pytest.raises(NotYetApproved):
            relief.prepare_payment(session, worker, make_case(session, worker), paying(session, fund, 1))

    def test_in_an_emergency_first_help_is_paid_before_the_decision(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        """先行救助 (社会救助法 art. 50), golden scenario S2."""
        fund = filled(session, worker)
        resident = session.get_one(Resident, make_case(session, worker).resident_id)
        inputs = CaseInput.model_validate({"hardship_cause": "3", "first_help_reason": "房屋失火,无处过夜"})
        case = service.open_case(session, worker, resident, inputs)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 800))
        relief.confirm_payment(session, chair, payment)
        assert payment.first_help
        assert (case.state, balance(session, fund)) == (CaseState.recorded, 20_000)
        with pytest.raises(AboveGrant):
            relief.prepare_payment(session, worker, case, paying(session, fund, 201))

    def test_payments_to_one_person_have_a_yearly_cap(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund = filled(session, worker, 10_000)
        resident = session.get_one(Resident, make_case(session, worker).resident_id)
        for _ in range(3):
            case = approved(session, worker, chair, 1000, resident)
            relief.prepare_payment(session, worker, case, paying(session, fund, 1000))
        case = approved(session, worker, chair, 1, resident)
        with pytest.raises(AboveYearlyCap):
            relief.prepare_payment(session, worker, case, paying(session, fund, 1))

    def test_a_payment_above_the_balance_is_rejected(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, case = filled(session, worker, 499), approved(session, worker, chair)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        with pytest.raises(NotEnoughMoney) as caught:
            relief.confirm_payment(session, chair, payment)
        assert caught.value.balance_fen == 49_900

    def test_money_for_one_purpose_pays_for_no_other(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, case = filled(session, worker, 100), approved(session, worker, chair)
        relief.receive(session, worker, fund, income(900, purpose="助学", source="donation"))
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        with pytest.raises(NotEnoughMoney):
            relief.confirm_payment(session, chair, payment)

    def test_a_cancelled_payment_is_not_paid(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, case = filled(session, worker), approved(session, worker, chair)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        relief.cancel_payment(session, worker, payment)
        with pytest.raises(PaymentAnswered):
            relief.confirm_payment(session, chair, payment)
        relief.prepare_payment(session, worker, case, paying(session, fund, 500))

    def test_a_recovered_payment_returns_to_its_account(self, session: Session, worker: Actor, chair: Actor) -> None:
        """Golden scenario S5: an objection upheld after payment means recovery."""
        fund, case = filled(session, worker), approved(session, worker, chair)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        relief.confirm_payment(session, chair, payment)
        relief.recover_payment(session, chair, payment, note="情况不实")
        assert (payment.state, balance(session, fund)) == (PaymentState.recovered, 100_000)
        with pytest.raises(PaymentAnswered):
            relief.recover_payment(session, chair, payment, note="再来一次")

    def test_a_relative_of_the_resident_may_not_confirm(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, case = filled(session, worker), approved(session, worker, chair)
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        procedure.declare_conflict(session, worker, case, session.get_one(User, chair.user_id), relation="堂兄")
        with pytest.raises(ConflictOfInterest):
            relief.confirm_payment(session, chair, payment)

    def test_nothing_is_paid_for_an_ended_case(self, session: Session, worker: Actor, chair: Actor) -> None:
        fund, urgent = filled(session, worker), {"hardship_cause": "3", "first_help_reason": "房屋失火"}
        resident = session.get_one(Resident, make_case(session, worker).resident_id)
        case = service.open_case(session, worker, resident, CaseInput.model_validate(urgent))
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        service.step_case(session, worker, case, CaseVerb.withdraw, reason="亲戚已接走")
        with pytest.raises(NotYetApproved):
            relief.confirm_payment(session, chair, payment)

    def test_an_objection_freezes_unpaid_payments(self, session: Session, worker: Actor, chair: Actor) -> None:
        """First help that waits for its second person, under a rule with the notice before the decision."""
        fund, urgent = filled(session, worker), {"hardship_cause": "3", "first_help_reason": "房屋失火"}
        resident = session.get_one(Resident, make_case(session, worker).resident_id)
        case = service.open_case(session, worker, resident, CaseInput.model_validate(urgent))
        payment = relief.prepare_payment(session, worker, case, paying(session, fund, 500))
        case.state = CaseState.objected
        with pytest.raises(PaymentFrozen):
            relief.confirm_payment(session, chair, payment)
        with pytest.raises(PaymentFrozen):
            relief.prepare_payment(session, worker, case, paying(session, fund, 100))

    def test_income_may_not_lie_in_the_future(self) -> None:
        with pytest.raises(ValueError, match="between 2000-01-01 and today"):
            income(100, TODAY + timedelta(days=1))

    def test_a_case_is_not_paid_from_the_fund_of_another_village(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = approved(session, worker, chair)
        stranger = make_actor(session, region_code="341122103213")
        other = relief.open_fund(session, stranger, "341122103213")
        with pytest.raises(FundNotFound):
            relief.prepare_payment(session, worker, case, paying(session, other, 1))
        with pytest.raises(FundNotFound):
            queries.get_fund(session, stranger, VILLAGE)
        with pytest.raises(FundNotFound):
            relief.open_fund(session, stranger, "341124105000")


class TestSecondPerson:
    """Two persons per payment (domain section 2.3): who prepared it does not confirm it. A policy may let a village's
    only officer decide alone; that holds for payments too."""

    def test_the_only_officer_pays_alone_where_the_policy_lets_one_decide_alone(
        self, session: Session, worker: Actor
    ) -> None:
        payment = prepared_alone(session, worker, sole_officer_may_decide=True)
        relief.confirm_payment(session, worker, payment)
        assert (payment.state, payment.prepared_by) == (PaymentState.paid, payment.confirmed_by)

    def test_the_only_officer_does_not_pay_alone_where_the_policy_does_not_allow_it(
        self, session: Session, worker: Actor
    ) -> None:
        payment = prepared_alone(session, worker, sole_officer_may_decide=False)
        with pytest.raises(SecondPersonNeeded):
            relief.confirm_payment(session, worker, payment)
        assert payment.state is PaymentState.prepared

    def test_with_a_second_active_officer_nobody_pays_alone(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        payment = prepared_alone(session, worker, sole_officer_may_decide=True)
        with pytest.raises(SecondPersonNeeded):
            relief.confirm_payment(session, worker, payment)
        assert relief.confirm_payment(session, chair, payment).state is PaymentState.paid

    def test_an_officer_who_has_left_is_no_second_officer(self, session: Session, worker: Actor, chair: Actor) -> None:
        payment = prepared_alone(session, worker, sole_officer_may_decide=True)
        session.get_one(User, chair.user_id).is_active = False
        assert relief.confirm_payment(session, worker, payment).state is PaymentState.paid

    def test_where_the_policy_asks_for_one_person_whoever_prepared_may_confirm(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        payment = prepared_alone(session, worker, sole_officer_may_decide=False, persons_per_payment=1)
        assert relief.confirm_payment(session, worker, payment).state is PaymentState.paid

    def test_the_exemption_of_an_only_officer_does_not_cover_the_township(self, session: Session) -> None:
        worker, township = make_actor(session), make_actor(session, role=Role.township_officer)
        payment = prepared_alone(session, township, sole_officer_may_decide=True)
        with pytest.raises(SecondPersonNeeded):
            relief.confirm_payment(session, township, payment)
        assert relief.confirm_payment(session, worker, payment).state is PaymentState.paid


def prepared_alone(session: Session, actor: Actor, **policy: object) -> Payment:
    """A payment of an approved case, prepared by the actor, under the policy of society relief changed as stated."""
    case, fund = make_case(session, actor, scheme=Scheme.society_relief), filled(session, actor)
    case.state, case.granted_fen = CaseState.approved, 50_000
    in_force = procedure.policy_of(session, case)
    for name, value in policy.items():
        setattr(in_force, name, value)
    session.flush()
    return relief.prepare_payment(session, actor, case, paying(session, fund, 500))


class TestLedger:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(moves=st.lists(st.tuples(st.integers(1, 90_000), st.integers(0, 20)), max_size=8))
    def test_every_entry_adds_up_to_zero_and_the_balance_equals_the_ledger(
        self, session: Session, moves: list[tuple[int, int]]
    ) -> None:
        officer = make_actor(session, role=Role.township_officer)
        nested = session.begin_nested()
        fund = relief.open_fund(session, officer, VILLAGE)
        total = 0
        for amount, days in moves:
            inputs = income(Decimal(amount) / 100, TODAY - timedelta(days=days))
            relief.receive(session, officer, fund, inputs)
            total += amount
        sums = select(func.sum(Posting.amount_fen)).group_by(Posting.entry_id)  # type: ignore[arg-type]
        assert all(total_of_entry == 0 for total_of_entry in session.exec(sums))
        assert balance(session, fund) == queries.balance_on(session, fund, TODAY) == total
        lines = queries.statement(session, fund, TODAY - timedelta(days=20), TODAY)
        assert [line.balance_fen for line in lines][-1:] == ([total] if moves else [])
        assert sum(line.amount_fen for line in lines) == total
        nested.rollback()


@pytest.mark.postgres
def test_concurrent_payments_never_make_the_balance_negative(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        worker, chair = make_actor(session), make_actor(session)
        fund = filled(session, worker, 1000)
        ids = [
            relief.prepare_payment(
                session, worker, approved(session, worker, chair, 300), paying(session, fund, 300)
            ).pk
            for _ in range(8)
        ]
    start = threading.Barrier(8)

    def confirm(payment_id: int) -> bool:
        start.wait(10)
        try:
            with unit_of_work.write() as session:
                relief.confirm_payment(session, chair, session.get_one(Payment, payment_id))
        except NotEnoughMoney:
            return False
        return True

    with ThreadPoolExecutor(8) as desks:
        paid = sum(desks.map(confirm, ids))
    with unit_of_work.read() as session:
        left = session.exec(select(EarmarkedAccount.balance_fen)).one()
        entries = session.exec(select(func.count()).select_from(FundEntry)).one()
    assert (paid, left, entries) == (3, 10_000, 4)
