"""Whoever approves an erasure reaches the rows of their own area only; what names the person goes everywhere.

On PostgreSQL this runs under the role of the service, which owns no table and meets row-level security; on SQLite under
the guard of writes. Histories and notifications belong to referrals and to other accounts.
"""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select
from tests.platform.holdings.conftest import SECRET, Life, later, make_life
from tests.platform.holdings.test_erasure import everything

from factories.accounts import COUNTY, make_actor
from factories.databases import UnitOfWork
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.records import frozen_time
from tuoju.database.scopes import scope_in_force
from tuoju.holdings import service
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import Erasable, ErasureGround, ErasureState
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, NotificationEvent, RecipientType
from tuoju_notifications.status import NotificationState

NUMBER = "13800001234"


@pytest.fixture
def committed_life(unit_of_work: UnitOfWork) -> Life:
    with unit_of_work.write() as session:
        life = make_life(session)
        message = Notification(
            key="by scope",
            group_key="by scope",
            kind=NotificationKind.referral_accepted,
            channel=Channel.sms,
            recipient_type=RecipientType.resident,
            recipient_id=life.resident.pk,
            address=NUMBER,
            link="/",
            state=NotificationState.sent,
            created_at=later(0),
        )
        session.add(message)
        session.flush()
        session.expunge_all()
    return life


def request(unit_of_work: UnitOfWork, life: Life, resident_id: int) -> int:
    with unit_of_work.write(row_scope_of(life.scene.worker)) as session:
        resident = session.get_one(type(life.resident), resident_id)
        return service.request_erasure(session, life.scene.worker, resident, reason="本人当面提出").pk


def counts(session: Session) -> dict[str, int]:
    tables = (Notification, NotificationEvent, AuditEntry)
    return {table.__name__: session.exec(select(sa.func.count()).select_from(table)).one() for table in tables}


class TestPerson:
    def test_histories_and_messages_of_others_are_erased_too(
        self, unit_of_work: UnitOfWork, committed_life: Life
    ) -> None:
        life = committed_life
        with frozen_time(later(1)):
            erasure_id = request(unit_of_work, life, life.resident.pk)
            with unit_of_work.write(row_scope_of(life.township)) as session:
                scope = scope_in_force(session)
                before = counts(session)
                erasure = service.get_erasure(session, life.township, erasure_id)
                service.approve_erasure(session, life.township, erasure)
                assert scope_in_force(session) == scope, "the wider scope ends with the erasure"
        with unit_of_work.read() as session:
            text = everything(session)
            assert [name for name in (SECRET, "测试建国", NUMBER, "测试监护人") if name in text] == []
            assert counts(session)["NotificationEvent"] >= before["NotificationEvent"], "rows stay, for the figures"
            assert session.get_one(Erasure, erasure_id).state is ErasureState.done

    def test_the_audit_keeps_its_entries(self, unit_of_work: UnitOfWork, committed_life: Life) -> None:
        with unit_of_work.read() as session:
            entries = session.exec(select(AuditEntry.id)).all()
        with frozen_time(later(1)):
            erasure_id = request(unit_of_work, committed_life, committed_life.resident.pk)
            with unit_of_work.write(row_scope_of(committed_life.township)) as session:
                erasure = service.get_erasure(session, committed_life.township, erasure_id)
                service.approve_erasure(session, committed_life.township, erasure)
        with unit_of_work.read() as session:
            assert set(entries) <= set(session.exec(select(AuditEntry.id)).all())
        with pytest.raises(DBAPIError), unit_of_work.write() as session:
            session.connection().execute(sa.delete(AuditEntry))


class TestBatch:
    def test_numbers_in_old_messages_are_erased_by_who_cannot_read_them(
        self, unit_of_work: UnitOfWork, committed_life: Life
    ) -> None:
        first = committed_life.administrator
        with unit_of_work.write() as session:
            second = make_actor(session, role=Role.administrator, region_code=COUNTY)
            rows = Erasure(
                what=Erasable.message_address, ground=ErasureGround.retention, region_code=COUNTY, before=later(9)
            )
            session.add(rows)
            session.flush()
            erasure_id = rows.pk
        with unit_of_work.write(row_scope_of(first)) as session:
            service.confirm_erasure(session, first, service.get_erasure(session, first, erasure_id))
        with unit_of_work.write(row_scope_of(second)) as session:
            erasure = service.get_erasure(session, second, erasure_id)
            assert service.approve_erasure(session, second, erasure).row_count == 1
        with unit_of_work.read() as session:
            messages = select(Notification.address).where(Notification.recipient_type == RecipientType.resident)
            assert set(session.exec(messages)) == {""}
