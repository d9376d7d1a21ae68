"""The stage of the golden scenarios: a village with two officers, its fund, and the days of October 2026."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from factories.accounts import VILLAGE, make_actor
from factories.projects import make_organization, make_project
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, NeedInput, OpinionInput
from tuoju.cases.models import Case, Need
from tuoju.cases.service import add_need, open_case
from tuoju.database.records import frozen_time, now
from tuoju.referrals.models import Referral
from tuoju.referrals.service import send
from tuoju.regions.calendar import CHINA, china_day
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.models import Fund, Payment
from tuoju.residents.consents import ConsentTerms, give_consent
from tuoju.residents.models import ConsentGiver, ConsentPurpose, GuardianRelation, Resident
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import record_visit
from tuoju_projects.models import Project


@dataclass
class Charity:
    """A project and whoever answers for it."""

    project: Project
    staff: Actor


@dataclass
class Village:
    """What people do in the stories, each in one sentence; `on` says the day."""

    session: Session
    officer: Actor
    chair: Actor
    township: Actor
    fund: Fund
    visits: int = field(default=0)

    @contextmanager
    def on(self, day: str, hour: int = 10) -> Iterator[date]:
        with frozen_time(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=CHINA)):
            yield date.fromisoformat(day)

    def meet(self, **values: Any) -> Resident:
        return make_resident(self.session, self.officer, **values)

    def open(self, resident: Resident, **values: Any) -> Case:
        return open_case(
            self.session, self.officer, resident, CaseInput.model_validate({"hardship_cause": "1"} | values)
        )

    def visit(self, case: Case, by: Actor | None = None, **findings: Any) -> None:
        values = {"visited_on": china_day(now()), "difficulties": "生活困难", "conclusion": "money"} | findings
        procedure.record_investigation(
            self.session, by or self.officer, case, InvestigationInput.model_validate(values)
        )

    def suggest(self, case: Case, opinion: str = "relieve") -> None:
        model_validate = OpinionInput.model_validate({"opinion": opinion, "note": "情况属实"})
        procedure.give_opinion(self.session, self.officer, case, model_validate)

    def grant(self, case: Case, yuan: int, by: Actor | None = None) -> None:
        values = DecisionInput(approve=True, granted_yuan=Decimal(yuan))
        procedure.decide(self.session, by or self.chair, case, values)

    def pay(self, case: Case, yuan: int) -> Payment:
        account = queries.earmarked_accounts_of(self.session, self.fund)[0]
        model_validate = PaymentInput.model_validate({"account_id": account.pk, "way": "cash", "amount_yuan": yuan})
        payment = relief.prepare_payment(self.session, self.officer, case, model_validate)
        return relief.confirm_payment(self.session, self.chair, payment)

    def need(self, case: Case, category: str = "A01", text: str = "一个人住,早饭没人做") -> Need:
        return add_need(self.session, self.officer, case, NeedInput(category=category, text=text))

    def charity(self, places: int = 3, **values: Any) -> Charity:
        organization = make_organization(self.session)
        period = {"starts_on": date(2026, 1, 1), "ends_on": date(2099, 12, 31)}
        project = make_project(self.session, organization=organization, places=places, **period | values)
        staff = make_actor(self.session, role=Role.charity_staff, organization_id=organization.id)
        return Charity(project, staff)

    def agree(self, resident: Resident, charity: Charity, giver: ConsentGiver = ConsentGiver.self) -> None:
        give_consent(
            self.session,
            self.officer,
            resident,
            purpose=ConsentPurpose.referral,
            organization_id=charity.project.organization_id,
            given_by=giver,
            method="paper",
            terms=ConsentTerms(relation=GuardianRelation.grandparent if giver is ConsentGiver.guardian else None),
        )

    def refer(self, need: Need, charity: Charity) -> Referral:
        return send(self.session, self.officer, need, charity.project)

    def serve(self, referral: Referral, charity: Charity, *served: Resident) -> None:
        self.visits += 1
        values = VisitInput(
            submission_key=f"story-{self.visits:04d}",
            served_on=china_day(now()),
            minutes=60,
            served=[item.pk for item in served],
            content="按约上门",
            again=True,
        )
        record_visit(self.session, charity.staff, referral, values)

    def balance(self) -> int:
        """What the fund holds now, in yuan."""
        return sum(account.balance_fen for account in queries.earmarked_accounts_of(self.session, self.fund)) // 100


@pytest.fixture
def village(session: Session) -> Village:
    officer, chair = make_actor(session), make_actor(session)
    township = make_actor(session, role=Role.township_officer)
    fund = relief.open_fund(session, officer, VILLAGE)
    money = IncomeInput.model_validate({"source": "government", "amount_yuan": 5000, "occurred_on": "2026-09-01"})
    with frozen_time(datetime(2026, 9, 1, 10, tzinfo=CHINA)):
        relief.receive(session, officer, fund, money)
    return Village(session, officer, chair, township, fund)
