"""Retention: what is due by dated policies is proposed, never erased by itself (domain sections 5.4 and 13)."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select
from tests.platform.holdings.conftest import LONG_AGO, Life, later, make_life

from factories.accounts import COUNTY, VILLAGE, make_actor
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.cases.alerts import dismiss_alert, record_alert
from tuoju.cases.inputs import AlertInput, DismissalInput
from tuoju.cases.models import AlertSource, DismissalReason, Draft
from tuoju.cases.service import save_draft
from tuoju.database.records import frozen_time
from tuoju.holdings import service
from tuoju.holdings.errors import SecondPersonRequired
from tuoju.holdings.retention import Due, find_due, propose_due
from tuoju.holdings.status import Erasable, ErasureGround, ErasureState
from tuoju.regions.calendar import china_day
from tuoju.residents.data_policies import DataKind, DataPolicyInput, add_data_policy, months_after
from tuoju.residents.models import Resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification


def due_persons(session: Session, years: float) -> list[Due]:
    with frozen_time(later(years)):
        return [due for due in find_due(session, china_day(later(years))) if due.what is Erasable.person]


class TestDue:
    def test_a_file_is_due_when_every_period_is_over(self, session: Session, life: Life) -> None:
        """The case file is kept 5 years after its end, longer than sharing records and consents."""
        assert due_persons(session, 4.9) == []
        [due] = due_persons(session, 5.1)
        assert (due.resident_id, due.policy.kind) == (life.resident.pk, DataKind.case_file)
        assert due.due_on == months_after(LONG_AGO.date(), 60) + timedelta(days=1)

    def test_payments_keep_it_as_long_as_accounting_law_says(self, session: Session) -> None:
        make_life(session, paid=True)
        assert due_persons(session, 29) == []
        [due] = due_persons(session, 30.1)
        assert due.policy.kind is DataKind.payment_voucher

    def test_a_county_may_lengthen_it(self, session: Session, life: Life) -> None:
        inputs = DataPolicyInput(
            kind=DataKind.case_file,
            region_code=COUNTY,
            valid_from=LONG_AGO.date(),
            months=120,
            citation="测试条款",
            source="测试来源",
        )
        add_data_policy(session, life.administrator, inputs)
        assert due_persons(session, 9.9) == []
        assert len(due_persons(session, 10.1)) == 1

    def test_a_file_without_a_case_is_due_after_a_year(self, session: Session) -> None:
        with frozen_time(LONG_AGO):
            make_resident(session, make_actor(session))
        assert due_persons(session, 0.9) == []
        assert [due.policy.kind for due in due_persons(session, 1.1)] == [DataKind.unused_file]

    def test_a_person_with_an_open_case_is_never_due(self, session: Session, life: Life) -> None:
        life.scene.case.state, life.scene.case.closed_at = "recorded", None  # type: ignore[assignment]
        session.flush()
        assert due_persons(session, 60) == []


class TestProposals:
    def test_it_is_proposed_once_and_two_persons_erase(self, session: Session, life: Life) -> None:
        with frozen_time(later(6)):
            today = china_day(later(6))
            [erasure] = [row for row in propose_due(session, today) if row.what is Erasable.person]
            assert (erasure.ground, erasure.state) == (ErasureGround.retention, ErasureState.proposed)
            assert life.resident.erased_at is None
            assert propose_due(session, today) == []
            kind = NotificationKind.erasure_waiting
            recipients = session.exec(select(Notification.recipient_id).where(Notification.kind == kind)).all()
            assert life.administrator.user_id in recipients
            service.confirm_erasure(session, life.township, erasure)
            with pytest.raises(SecondPersonRequired):
                service.approve_erasure(session, life.township, erasure)
            service.approve_erasure(session, life.administrator, erasure)
            assert life.resident.erased_at is not None
            assert propose_due(session, today) == []

    def test_what_is_kept_is_proposed_again_after_its_day(self, session: Session, life: Life) -> None:
        with frozen_time(later(6)):
            [erasure] = [row for row in propose_due(session, china_day(later(6))) if row.resident_id is not None]
            until = china_day(later(8))
            service.keep_data(session, life.township, erasure, reason="诉讼未结", until=until)
        assert due_persons(session, 7.9) == []
        assert [due.resident_id for due in due_persons(session, 8.1)] == [life.resident.pk]


class TestOldRows:
    def test_dismissed_alerts_lose_what_names_a_person(self, session: Session) -> None:
        worker, township = make_actor(session), make_actor(session, role=Role.township_officer)
        with frozen_time(LONG_AGO):
            number = make_resident(session, worker).id_number or ""
            session.exec(select(Resident)).one().id_number_index = None
            inputs = AlertInput(
                name="测试线索",
                id_number=number,
                region_code=VILLAGE,
                source=AlertSource.hotline,
                raised_on=LONG_AGO.date(),
            )
            alert = record_alert(session, worker, inputs)
            dismiss_alert(session, worker, alert, DismissalInput(reason=DismissalReason.no_need))
        with frozen_time(later(1.2)):
            proposed = propose_due(session, china_day(later(1.2)))
            [erasure] = [row for row in proposed if row.what is Erasable.dismissed_alert]
            assert (erasure.region_code, erasure.row_count) == (COUNTY, 1)
            first = make_actor(session, role=Role.administrator, region_code=COUNTY)
            second = make_actor(session, role=Role.administrator, region_code=COUNTY)
            service.confirm_erasure(session, first, erasure)
            service.approve_erasure(session, second, erasure)
        assert (alert.name, alert.id_number, alert.state) == ("", "", "dismissed")
        assert township

    def test_old_drafts_are_deleted_and_young_ones_stay(self, session: Session) -> None:
        worker = make_actor(session)
        with frozen_time(LONG_AGO):
            save_draft(session, worker, "resident-new", "{}")
        with frozen_time(later(0.2)):
            save_draft(session, worker, "need-new-1", "{}")
            [erasure] = [row for row in propose_due(session, china_day(later(0.2))) if row.what is Erasable.draft]
            first = make_actor(session, role=Role.administrator, region_code=COUNTY)
            second = make_actor(session, role=Role.administrator, region_code=COUNTY)
            service.confirm_erasure(session, first, erasure)
            service.approve_erasure(session, second, erasure)
        assert [draft.form for draft in session.exec(select(Draft))] == ["need-new-1"]
