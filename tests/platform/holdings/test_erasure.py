"""Erasure (PIPL art. 47): two persons, what stands against it, everything personal gone, every figure as before."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select
from tests.platform.holdings.conftest import LONG_AGO, SECRET, Life, later, make_life

from factories.accounts import CITY, make_actor
from factories.cases import make_case, make_need
from factories.residents import make_resident, resident_input
from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.cases.attachments import attachments_of
from tuoju.cases.models import Attachment
from tuoju.cases.service import step_case, withdraw_need
from tuoju.cases.status import CaseVerb
from tuoju.database.keys import EncryptionError
from tuoju.database.records import frozen_time
from tuoju.database.sealed_files import get_file
from tuoju.holdings import service
from tuoju.holdings.declaration import HELD, collect
from tuoju.holdings.errors import (
    ErasureBlocked,
    ErasureNotFound,
    ErasureReasonMissing,
    ErasureUnderWay,
    IllegalErasureStep,
    SecondPersonRequired,
)
from tuoju.holdings.export import export_held
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import ERASURE_STEPS, OPEN, EraseBlock, ErasureState, ErasureVerb
from tuoju.launch.tables import METADATA
from tuoju.regions.calendar import china_day
from tuoju.reports.city_figures import city_figures
from tuoju.reports.figures import Dimension, Figure, FigureCounts
from tuoju.reports.history import history
from tuoju.reports.sheets import Period, count_sheet
from tuoju.residents.consents import give_consent
from tuoju.residents.errors import ProcessingRestricted, ResidentErased
from tuoju.residents.identity import index_of
from tuoju.residents.models import ConsentGiver, ConsentPurpose
from tuoju.residents.queries import readings_of
from tuoju.residents.service import find_by_id_number, reveal, update
from tuoju.residents.views import resident_seen


def erase(session: Session, life: Life) -> Erasure:
    erasure = service.request_erasure(session, life.scene.worker, life.resident, reason="本人当面提出")
    return service.approve_erasure(session, life.township, erasure)


def everything(session: Session) -> str:
    """Every value of every row, opened, except those of accounts and audit."""
    texts = []
    for table in METADATA.sorted_tables:
        if table.name not in ("audit_entry", "user_account"):
            texts += [str(tuple(row)) for row in session.execute(sa.select(table))]
    return "\n".join(texts)


class TestErased:
    def test_nothing_personal_is_left_in_any_table(self, session: Session, life: Life) -> None:
        number = life.resident.id_number or ""
        before = everything(session)
        assert all(text in before for text in (SECRET, "测试建国", number, index_of(number), "13800001234"))
        with frozen_time(later(1)):
            erase(session, life)
        session.expire_all()
        after = everything(session)
        personal = (
            SECRET,
            "测试建国",
            "测*国",
            number,
            index_of(number),
            "13800001234",
            "测试监护人",
            "村东头",
            "1950-03-04",
        )
        assert [text for text in (*personal, "测试见证人", "测试异议人") if text in after] == []

    def test_every_figure_is_as_before(self, session: Session) -> None:
        life = make_life(session, paid=True)
        manager = make_actor(session, role=Role.program_manager, region_code=CITY)
        rows = {name: len(held_rows) for name, held_rows in collect(session, life.resident).items()}

        def figures() -> Mapping[str, Any]:
            period = Period(LONG_AGO.date().replace(day=1), LONG_AGO.date().replace(day=31), later(32))
            return {
                "facts": [FigureCounts(session, manager).rows(figure, limit=10_000) for figure in Figure],
                "tables": [FigureCounts(session, manager).table(dimension) for dimension in Dimension],
                "city": city_figures(session, manager),
                "sheet": count_sheet(session, CITY, period),
            }

        with frozen_time(later(31)):
            before = figures()
            erase(session, life)
            session.flush()
            session.expire_all()
            assert figures() == before
        left = {name: len(held_rows) for name, held_rows in collect(session, life.resident).items()}
        gone = {"draft": rows["draft"], "alert": 0, "audit_entry": 0}
        assert {name: rows[name] - left[name] for name in rows if rows[name] > left[name]} == {
            name: count for name, count in gone.items() if count
        }
        assert audit.verify(session)

    def test_files_are_destroyed_with_the_commit_and_not_before(self, session: Session, life: Life) -> None:
        attachment = session.exec(select(Attachment)).one()
        key = attachment.file_key
        erase(session, life)
        assert get_file(key)
        assert attachment.file_key != key
        assert attachments_of(session, life.scene.case) == []
        session.commit()
        with pytest.raises(EncryptionError, match="gone"):
            get_file(key)

    def test_the_file_says_when_and_nothing_more_is_added_or_read(self, session: Session, life: Life) -> None:
        erase(session, life)
        worker, resident = life.scene.worker, life.resident
        shown = resident_seen(worker, resident, china_day(later(1)))
        assert (shown.name, shown.id_number, shown.phone, shown.age) == ("已删除", "", "", None)
        assert shown.erased_on == china_day(resident.erased_at)  # type: ignore[arg-type]
        with pytest.raises(ResidentErased):
            reveal(session, worker, resident, purpose="visit")
        with pytest.raises(ResidentErased):
            update(session, worker, resident, resident_input())
        with pytest.raises(ResidentErased):
            export_held(session, worker, resident, purpose="own_copy")
        with pytest.raises(ResidentErased):
            service.request_erasure(session, worker, resident, reason="又一次")
        assert history(session, worker, resident)

    def test_the_person_may_come_back_with_a_new_file(self, session: Session, life: Life) -> None:
        number = life.resident.id_number or ""
        erase(session, life)
        assert find_by_id_number(session, life.scene.worker, number) is None
        assert make_resident(session, life.scene.worker, id_number=number).pk != life.resident.pk


class TestTwoPersons:
    def test_who_takes_the_request_cannot_approve_it(self, session: Session, life: Life) -> None:
        erasure = service.request_erasure(session, life.township, life.resident, reason="本人来电")
        with pytest.raises(SecondPersonRequired):
            service.approve_erasure(session, life.township, erasure)
        with pytest.raises(NotPermitted):
            service.approve_erasure(session, life.scene.worker, erasure)
        assert service.approve_erasure(session, life.administrator, erasure).state is ErasureState.done

    def test_one_is_under_way_at_a_time_and_says_who_asked(self, session: Session, life: Life) -> None:
        with pytest.raises(ErasureReasonMissing):
            service.request_erasure(session, life.scene.worker, life.resident, reason=" ")
        service.request_erasure(session, life.scene.worker, life.resident, reason="本人当面提出")
        with pytest.raises(ErasureUnderWay):
            service.request_erasure(session, life.township, life.resident, reason="本人当面提出")

    def test_an_erasure_of_another_county_does_not_exist(self, session: Session, life: Life) -> None:
        erasure = service.request_erasure(session, life.scene.worker, life.resident, reason="本人当面提出")
        elsewhere = make_actor(session, role=Role.administrator, region_code="341122000000")
        with pytest.raises(ErasureNotFound):
            service.get_erasure(session, elsewhere, erasure.pk)
        assert service.find_erasures(session, elsewhere, is_open=True) == []
        assert service.find_erasures(session, life.township, is_open=True) == [erasure]


class TestBlocks:
    def test_with_an_open_case_the_data_are_restricted_until_it_ends(self, session: Session) -> None:
        """PIPL art. 47: where they may not be erased, only storage and protection."""
        worker = make_actor(session)
        township = make_actor(session, role=Role.township_officer)
        resident = make_resident(session, worker)
        case = make_case(session, worker, resident)
        need = make_need(session, worker, case)
        erasure = service.request_erasure(session, worker, resident, reason="本人当面提出")
        assert (erasure.state, erasure.blocks) == (ErasureState.restricted, [EraseBlock.open_case])
        assert resident.restricted_at is not None
        for use in (
            lambda: reveal(session, worker, resident, purpose="visit"),
            lambda: make_case(session, worker, resident),
            lambda: make_need(session, worker, case),
            lambda: give_consent(
                session,
                worker,
                resident,
                purpose=ConsentPurpose.publicity,
                organization_id=None,
                given_by=ConsentGiver.self,
                method="paper",
            ),
        ):
            with pytest.raises(ProcessingRestricted):
                use()
        assert export_held(session, worker, resident, purpose="own_copy").counts
        with pytest.raises(ErasureBlocked):
            service.release_erasure(session, township, erasure)
        withdraw_need(session, worker, need)
        step_case(session, worker, case, CaseVerb.close)
        service.release_erasure(session, township, erasure)
        service.approve_erasure(session, township, erasure)
        assert resident.erased_at is not None

    def test_payments_are_kept_as_long_as_accounting_law_says(self, session: Session) -> None:
        """会计档案管理办法: 30 years."""
        life = make_life(session, paid=True)
        with frozen_time(later(29)):
            assert service.blocks_of(session, life.resident) == [EraseBlock.payment_kept]
        with frozen_time(later(30.1)):
            assert service.blocks_of(session, life.resident) == []

    def test_a_refusal_says_why_and_until_when_and_ends_the_restriction(self, session: Session) -> None:
        life = make_life(session, paid=True)
        with frozen_time(later(2)):
            erasure = service.request_erasure(session, life.scene.worker, life.resident, reason="本人来电")
            with pytest.raises(ErasureReasonMissing):
                service.keep_data(session, life.township, erasure, reason="凭证须保存", until=china_day(later(1)))
            service.keep_data(session, life.township, erasure, reason="凭证须保存", until=china_day(later(30.1)))
        assert (erasure.state, life.resident.restricted_at) == (ErasureState.kept, None)


class TestSteps:
    @pytest.mark.parametrize("state", ErasureState)
    @pytest.mark.parametrize("verb", ErasureVerb)
    def test_only_the_steps_of_the_table_are_possible(
        self, session: Session, life: Life, state: ErasureState, verb: ErasureVerb
    ) -> None:
        erasure = service.request_erasure(session, life.scene.worker, life.resident, reason="本人当面提出")
        erasure.state = state
        session.flush()
        verbs = {
            ErasureVerb.confirm: lambda: service.confirm_erasure(session, life.township, erasure),
            ErasureVerb.release: lambda: service.release_erasure(session, life.township, erasure),
            ErasureVerb.approve: lambda: service.approve_erasure(session, life.township, erasure),
            ErasureVerb.keep: lambda: service.keep_data(
                session, life.township, erasure, reason="另有规定", until=china_day(later(40))
            ),
        }
        if (state, verb) in ERASURE_STEPS:
            assert verbs[verb]().state is ERASURE_STEPS[state, verb]
        else:
            with pytest.raises(IllegalErasureStep):
                verbs[verb]()

    def test_only_open_erasures_have_steps(self) -> None:
        assert {state for state, _verb in ERASURE_STEPS} == OPEN


class TestExport:
    def test_it_holds_a_row_of_every_table_that_is_exported(self, session: Session) -> None:
        """PIPL art. 45."""
        life = make_life(session, paid=True)
        held = export_held(session, life.scene.worker, life.resident, purpose="own_copy")
        body = json.loads(held.content)
        filled = {table["table"] for table in body["tables"] if table["rows"]}
        rare = {
            "match",
            "need_vector",
            "complaint",
            "spot_check",
            "outcome_check",
            "fund_entry",
            "posting",
            "notification",
            "notification_event",
            "service_visit:attended",
            "reading_note",
            "erasure",
        }
        assert {item.name for item in HELD if not item.withheld} - filled <= rare | {"erasure"}
        assert SECRET in held.content.decode()
        assert len(held.files) == 2

    def test_it_names_nobody_else_and_no_report_on_harm(self, session: Session, life: Life) -> None:
        text = export_held(session, life.scene.worker, life.resident, purpose="own_copy").content.decode()
        assert [name for name in ("测试见证人", "测试异议人", "protection_report") if name in text] == []
        [attachment] = session.exec(select(Attachment)).all()
        assert life.resident.id_number_index not in text
        assert attachment.file_key not in text

    def test_it_is_shown_to_the_resident_as_a_reading(self, session: Session, life: Life) -> None:
        export_held(session, life.scene.worker, life.resident, purpose="own_copy")
        assert readings_of(session, life.resident)[0].purpose == "own_copy"
        assert audit.verify(session)
