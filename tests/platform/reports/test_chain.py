"""One chain of help a person: nothing twice without its being seen (国办 2023; rejection list 16)."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from factories.accounts import VILLAGE, make_actor
from factories.cases import make_case, make_need
from factories.projects import make_project
from factories.residents import id_number, make_resident
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case
from tuoju.cases.policies import Scheme
from tuoju.cases.status import CaseState
from tuoju.database.records import frozen_time
from tuoju.referrals.service import send
from tuoju.regions.calendar import CHINA
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.models import Payment, PaymentState, PaymentWay
from tuoju.reports.chain import links_of
from tuoju.residents.consents import give_consent
from tuoju.residents.models import ConsentGiver, ConsentPurpose, Resident

DAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


def relieved(session: Session, worker: Actor, resident: Resident, fen: int = 50_000) -> Case:
    """A case paid and closed on DAY."""
    with frozen_time(DAY):
        fund = relief.open_fund(session, worker, VILLAGE)
        case = make_case(session, worker, resident, scheme=Scheme.society_relief)
        account = queries.earmarked_accounts_of(session, fund)[0]
        session.add(
            Payment(
                case_id=case.pk,
                account_id=account.pk,
                way=PaymentWay.cash,
                amount_fen=fen,
                state=PaymentState.paid,
                paid_at=DAY,
                prepared_by=worker.user_id,
            )
        )
        case.state, case.relief_completed_at = CaseState.closed, DAY
        session.flush()
    return case


def test_relief_of_the_last_half_year_is_listed_for_the_whole_household(session: Session, worker: Actor) -> None:
    husband = make_resident(session, worker)
    wife = make_resident(session, worker, id_number=id_number(), household_of=husband.pk, another_person=True)
    earlier = relieved(session, worker, husband)
    with frozen_time(DAY + timedelta(days=100)):
        own = make_case(session, worker, husband, scheme=Scheme.society_relief)
        [link] = links_of(session, worker, own)
        assert (link.case_id, link.fen, link.same_person, link.on) == (earlier.pk, 50_000, True, DAY.date())
        hers = links_of(session, worker, make_case(session, worker, wife, scheme=Scheme.society_relief))
    assert {(link.case_id, link.fen, link.same_person) for link in hers} == {
        (earlier.pk, 50_000, False),
        (own.pk, 0, False),
    }


def test_relief_before_the_period_of_the_policy_is_not_listed(session: Session, worker: Actor) -> None:
    resident = make_resident(session, worker)
    relieved(session, worker, resident)
    with frozen_time(DAY + timedelta(days=181)):
        assert links_of(session, worker, make_case(session, worker, resident, scheme=Scheme.society_relief)) == []


def test_the_same_service_by_two_projects_is_listed(session: Session, worker: Actor) -> None:
    resident = make_resident(session, worker)
    first, second = (make_case(session, worker, resident) for _ in range(2))
    for case in (first, second):
        project = make_project(session)
        give_consent(
            session,
            worker,
            resident,
            purpose=ConsentPurpose.referral,
            organization_id=project.organization_id,
            given_by=ConsentGiver.self,
            method="paper",
        )
        send(session, worker, make_need(session, worker, case), project)
    [link] = links_of(session, worker, second)
    assert (link.case_id, link.category, link.same_person) == (first.pk, "A01", True)
    assert link.project
    make_need(session, worker, second, category="C02")
    assert {link.category for link in links_of(session, worker, second)} == {"A01"}


def test_relief_of_another_household_is_not_listed(session: Session, worker: Actor) -> None:
    relieved(session, worker, make_resident(session, worker))
    other = make_resident(session, worker, id_number=id_number(), another_person=True)
    assert links_of(session, worker, make_case(session, worker, other, scheme=Scheme.society_relief)) == []
