"""Concurrent requests on PostgreSQL: one succeeds, the others get an error, nothing happens twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, func, select

from factories.accounts import CITY, VILLAGE, make_actor
from factories.cases import make_case
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.errors import CaseError
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, CaseStep
from tuoju.cases.policies import Policy, PolicyInput, Scheme, add_policy, policy_for
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.relief import notices, queries
from tuoju.relief import service as relief
from tuoju.relief.errors import AboveYearlyCap, ReliefError
from tuoju.relief.inputs import AnswerInput, IncomeInput, NoticeInput, ObjectionInput, PaymentInput
from tuoju.relief.models import EarmarkedAccount, FundEntry, Objection, Payment, PublicNotice, Recheck
from tuoju.residents.models import Resident

pytestmark = pytest.mark.postgres
LOSES = (StaleDataError, IntegrityError, CaseError, ReliefError)


def at_once(unit_of_work: UnitOfWork, verb: Callable[[Session, int], object], desks: int = 4) -> int:
    """How many of some desks that do the same at the same moment come through."""
    start = threading.Barrier(desks)

    def desk(number: int) -> bool:
        start.wait(10)
        try:
            with unit_of_work.write() as session:
                verb(session, number)
        except LOSES:
            return False
        return True

    with ThreadPoolExecutor(desks) as pool:
        return sum(pool.map(desk, range(desks)))


class Stage:
    """A society with two officers, the township, and money; its cases as far as the decision."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        with unit_of_work.write() as session:
            self.worker, self.chair = make_actor(session), make_actor(session)
            self.township = make_actor(session, role=Role.township_officer)
            fund = relief.open_fund(session, self.worker, VILLAGE)
            money = {"source": "government", "amount_yuan": 9000, "occurred_on": china_day(now())}
            relief.receive(session, self.worker, fund, IncomeInput.model_validate(money))
            self.account_id = queries.earmarked_accounts_of(session, fund)[0].pk

    def reviewed(self, session: Session, resident: Resident | None = None) -> Case:
        case = make_case(session, self.worker, resident, scheme=Scheme.society_relief)
        visit = {"visited_on": china_day(now()), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, self.worker, case, InvestigationInput.model_validate(visit))
        inputs = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        return procedure.give_opinion(session, self.worker, case, inputs)

    def approved(self, session: Session, resident: Resident | None = None, yuan: int = 500) -> Case:
        return procedure.decide(session, self.chair, self.reviewed(session, resident), granting(yuan))

    def paying(self, yuan: int) -> PaymentInput:
        return PaymentInput.model_validate({"account_id": self.account_id, "way": "cash", "amount_yuan": yuan})

    def relieved(self, session: Session) -> Case:
        case = self.approved(session)
        relief.confirm_payment(
            session, self.chair, relief.prepare_payment(session, self.worker, case, self.paying(500))
        )
        return case


def granting(yuan: int) -> DecisionInput:
    return DecisionInput.model_validate({"approve": True, "granted_yuan": yuan})


def count(session: Session, table: type[Any]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


@pytest.fixture
def stage(unit_of_work: UnitOfWork) -> Stage:
    return Stage(unit_of_work)


def test_a_case_is_approved_once(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        case_id = stage.reviewed(session).pk
    approve = lambda session, number: procedure.decide(  # noqa: E731
        session, stage.chair, session.get_one(Case, case_id), granting(100 + number)
    )
    assert at_once(unit_of_work, approve) == 1
    with unit_of_work.read() as session:
        steps = session.exec(select(CaseStep).where(CaseStep.verb == CaseVerb.approve)).all()
        assert [step.granted_fen for step in steps] == [session.get_one(Case, case_id).granted_fen]


def test_a_grant_is_prepared_once(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        case_id = stage.approved(session).pk
    prepare = lambda session, _number: relief.prepare_payment(  # noqa: E731
        session, stage.worker, session.get_one(Case, case_id), stage.paying(500)
    )
    assert at_once(unit_of_work, prepare) == 1


def test_a_payment_is_confirmed_once(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        payment_id = relief.prepare_payment(session, stage.worker, stage.approved(session), stage.paying(500)).pk
    confirm = lambda session, _number: relief.confirm_payment(  # noqa: E731
        session, stage.chair, session.get_one(Payment, payment_id)
    )
    assert at_once(unit_of_work, confirm) == 1
    with unit_of_work.read() as session:
        assert (session.exec(select(EarmarkedAccount.balance_fen)).one(), count(session, FundEntry)) == (850_000, 2)


def test_the_yearly_cap_holds_over_two_cases_of_one_person(stage: Stage, unit_of_work: UnitOfWork) -> None:
    """3,000 yuan a year: of four cases with 1,000 each three are prepared."""
    with unit_of_work.write() as session:
        first = stage.approved(session, yuan=1000)
        resident = session.get_one(Resident, first.resident_id)
        ids = [first.pk, *(stage.approved(session, resident, 1000).pk for _ in range(3))]
    refused = []

    def prepare(session: Session, number: int) -> None:
        try:
            relief.prepare_payment(session, stage.worker, session.get_one(Case, ids[number]), stage.paying(1000))
        except AboveYearlyCap:
            refused.append(number)
            raise

    assert (at_once(unit_of_work, prepare), len(refused)) == (3, 1)


def test_a_case_has_one_notice(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        case_id = stage.relieved(session).pk
    post = lambda session, _number: notices.post_notice(  # noqa: E731
        session, stage.worker, session.get_one(Case, case_id), NoticeInput()
    )
    assert at_once(unit_of_work, post) == 1
    with unit_of_work.read() as session:
        assert count(session, PublicNotice) == 1


def test_of_two_concurrent_answers_exactly_one_completes_the_objections(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        case = stage.relieved(session)
        notice = notices.post_notice(session, stage.worker, case, NoticeInput())
        objection_input = ObjectionInput(content="他家去年盖了新房")
        ids = [notices.receive_objection(session, stage.worker, notice, objection_input).pk for _ in range(4)]
    answer = lambda session, number: notices.answer_objection(  # noqa: E731
        session,
        stage.township,
        session.get_one(Objection, ids[number]),
        AnswerInput(upheld=False, recheck=Recheck.deliberation, answer="已复查"),
    )
    assert at_once(unit_of_work, answer) == 4
    with unit_of_work.read() as session:
        assert session.get_one(Case, case.pk).state is CaseState.publicised


def test_two_policies_do_not_begin_on_the_same_day(stage: Stage, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        admin: Actor = make_actor(session, role=Role.administrator, region_code=CITY)
        values = policy_for(session, Scheme.society_relief, VILLAGE, china_day(now()))
        inputs = PolicyInput.model_validate(
            values.model_dump(exclude={"id", "valid_to"}) | {"valid_from": date(2027, 1, 1)}
        )
    assert at_once(unit_of_work, lambda session, _number: add_policy(session, admin, inputs)) == 1
    with unit_of_work.read() as session:
        assert len(session.exec(select(Policy).where(Policy.valid_from == date(2027, 1, 1))).all()) == 1
