"""Two persons who decide at the same moment: one erasure is done once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import select
from tests.platform.holdings.conftest import make_life

from factories.accounts import COUNTY, make_actor
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.holdings import service
from tuoju.holdings.errors import IllegalErasureStep
from tuoju.holdings.models import Erasure
from tuoju.residents.models import Resident


@pytest.mark.postgres
def test_two_second_persons_erase_once(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        life = make_life(session)
        erasure_id = service.request_erasure(session, life.scene.worker, life.resident, reason="本人当面提出").pk
        deciders = [life.township, make_actor(session, role=Role.administrator, region_code=COUNTY)]

    def approve(actor: Actor) -> str:
        try:
            with unit_of_work.write() as session:
                service.approve_erasure(session, actor, session.get_one(Erasure, erasure_id))
        except (StaleDataError, IllegalErasureStep) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(approve, deciders))
    assert outcomes[-1] == "done"
    assert outcomes.count("done") == 1
    with unit_of_work.read() as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "erase")).all()) == 1
        assert session.exec(select(Resident)).one().erased_at is not None
