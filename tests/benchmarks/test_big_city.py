"""The big city is as consistent as one that the verbs built."""

import pytest
from benchmarks.big_city import NotEmpty, Size, fill
from sqlmodel import Session, col, func, select

from factories.databases import UnitOfWork
from tuoju.cases.models import Need
from tuoju.cases.status import NeedState
from tuoju.database.scopes import SYSTEM
from tuoju.invariants.service import check_invariants
from tuoju.referrals.models import Referral
from tuoju.residents.models import Resident
from tuoju.visits.models import ServiceVisit

SIZE = Size(residents=90, referrals=70, visits=150)


def filled(unit_of_work: UnitOfWork, size: Size = SIZE) -> None:
    fill(unit_of_work, size, tell=lambda _words: None)


def count(session: Session, model: type[Resident | Referral | ServiceVisit]) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def test_every_invariant_holds_of_the_big_city(unit_of_work: UnitOfWork) -> None:
    filled(unit_of_work)
    findings = check_invariants(unit_of_work.engine)
    assert findings.violations == []
    with unit_of_work.read(SYSTEM) as session:
        sizes = count(session, Resident), count(session, Referral), count(session, ServiceVisit)
        waiting = select(func.count()).where(Need.state == NeedState.open)
        assert sizes == (90, 70, 150)
        assert session.exec(waiting).one() >= 90 - 70
        assert session.exec(select(Resident.name).order_by(col(Resident.id)).limit(1)).one()


def test_needs_are_referred_again_where_there_are_more_referrals_than_residents(unit_of_work: UnitOfWork) -> None:
    filled(unit_of_work, Size(residents=20, referrals=45, visits=30))
    assert check_invariants(unit_of_work.engine, rules=("need_history", "places_equal_referrals")).violations == []
    with unit_of_work.read(SYSTEM) as session:
        assert count(session, Referral) == 45


def test_a_database_that_holds_residents_is_left_alone(unit_of_work: UnitOfWork) -> None:
    filled(unit_of_work, Size(residents=2, referrals=0, visits=0))
    with pytest.raises(NotEmpty):
        filled(unit_of_work)
