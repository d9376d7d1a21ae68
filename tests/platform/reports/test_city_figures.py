"""The city's numbers, added up from the rows by another path (docs/figures.md)."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from factories.accounts import CITY, VILLAGE, make_actor
from factories.cases import make_case
from tuoju.accounts.models import Role
from tuoju.cases import procedure
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.policies import Scheme
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.reports.city_figures import CityScope, city_figures

MONDAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)


def live(session: Session, yuan: int, days: int) -> None:
    """A case of MONDAY whose opinion came the same day and whose relief `days` later."""
    worker, chair = make_actor(session), make_actor(session)
    fund = relief.open_fund(session, worker, VILLAGE)
    money = {"source": "government", "amount_yuan": yuan + 1, "occurred_on": MONDAY.date()}
    relief.receive(session, worker, fund, IncomeInput.model_validate(money))
    account = queries.earmarked_accounts_of(session, fund)[0]
    with frozen_time(MONDAY):
        case = make_case(session, worker, scheme=Scheme.society_relief)
        visit = {"visited_on": MONDAY.date(), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.give_opinion(session, worker, case, opinion)
    with frozen_time(MONDAY + timedelta(days=days)):
        procedure.decide(session, chair, case, DecisionInput(approve=True, granted_yuan=Decimal(yuan)))
        inputs = {"account_id": account.pk, "way": "cash", "amount_yuan": yuan}
        payment = relief.prepare_payment(session, worker, case, PaymentInput.model_validate(inputs))
        relief.confirm_payment(session, chair, payment)


def test_the_figures_equal_the_counts_of_rows(session: Session) -> None:
    for yuan, days in ((300, 0), (500, 1), (800, 2)):
        live(session, yuan, days)
    manager = make_actor(session, role=Role.program_manager, region_code=CITY)
    figures = city_figures(session, manager)
    query = "SELECT count(*), sum(amount_fen) FROM relief_payment WHERE state = 'paid'"
    assert (figures.relief_person_times, figures.relief_paid_fen) == tuple(
        session.connection().execute(text(query)).one()
    )
    ledger = "SELECT -sum(amount_fen) FROM posting p JOIN fund_entry e ON e.id = p.entry_id"
    out = session.connection().execute(text(f"{ledger} WHERE e.payment_id IS NOT NULL AND account LIKE 'earmarked:%'"))
    assert out.scalar() == figures.relief_paid_fen == 160_000
    scope = CityScope(session, manager)
    cases = scope.relieved(limit=10, offset=0)
    assert sorted(case.days for case in cases) == [0.5, 1.0, 2.0]
    time = scope.handling()
    assert (time.mean, time.median, time.in_time, time.cases) == (1.17, 1.0, 2, 3)
    assert (figures.societies, figures.average_handling_working_days) == (1, 1.17)
    assert json.dumps(figures.__dict__)


def test_a_recovered_payment_is_not_counted(session: Session) -> None:
    live(session, 300, 0)
    chair = make_actor(session)
    case_id = CityScope(session, chair).relieved(limit=1, offset=0)[0].id
    payment = queries.get_payment(session, chair, _only_payment(session, case_id))
    relief.recover_payment(session, chair, payment, note="情况不实")
    figures = city_figures(session, make_actor(session, role=Role.program_manager, region_code=CITY))
    assert (figures.relief_person_times, figures.relief_paid_fen) == (0, 0)


def _only_payment(session: Session, case_id: int) -> int:
    query = text("SELECT id FROM relief_payment WHERE case_id = :id").bindparams(id=case_id)
    return int(session.connection().execute(query).scalar_one())


def test_figures_cover_only_the_actors_county(session: Session) -> None:
    live(session, 300, 0)
    stranger = make_actor(session, role=Role.township_officer, region_code="341122000000")
    figures = city_figures(session, stranger)
    assert (figures.relief_paid_fen, figures.societies, figures.average_handling_working_days) == (0, 0, None)
