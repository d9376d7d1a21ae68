"""Import and export of every list: a dry run first, then all good rows or none; exports are masked by default."""

from io import BytesIO
from typing import Any

import pytest
from httpx2 import Response
from python_calamine import CalamineWorkbook
from sqlmodel import func, select

from factories.accounts import CITY, VILLAGE
from factories.pages import Visitor
from factories.referrals import make_scene
from factories.residents import id_number, make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.models import Alert
from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.documents.sheets.lists import LISTS
from tuoju.referrals.models import Referral
from tuoju.referrals.service import step
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Resident
from tuoju.visits.models import ServiceVisit
from tuoju.web.imports.messages import cell_message, sheet_message
from tuoju_projects.sheets import RowError, SheetError


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


def workbook(unit_of_work: UnitOfWork, visitor: Visitor, name: str, *rows: dict[str, Any]) -> bytes:
    with unit_of_work.read() as session:
        return LISTS[name].sheet(session, visitor.actor).template(rows=rows)


def upload(visitor: Visitor, name: str, content: bytes) -> Response:
    data = {"form_token": visitor._token("/notifications")}
    return visitor.client.post(f"/imports/{name}", data=data, files={"file": ("list.xlsx", content)})


def cells(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


def count(unit_of_work: UnitOfWork, table: type[Any]) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def audited(unit_of_work: UnitOfWork, action: str) -> list[tuple[str, str]]:
    with unit_of_work.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == action))
        return [(entry.subject_id, entry.purpose) for entry in rows]


def person(**values: Any) -> dict[str, Any]:
    return {
        "name": "李秀英",
        "id_number": id_number(),
        "region_code": "马厂镇黄庵村",
        "relief_category": "农村低保户",
    } | values


class TestResidents:
    def test_nothing_is_stored_before_the_import_is_confirmed(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        content = workbook(unit_of_work, worker, "residents", person(), person(region_code="某某村"))
        page = upload(worker, "residents", content).text
        assert "某某村" in page
        assert "本辖区没有这个村" in page
        assert "李秀英" not in page
        assert count(unit_of_work, Resident) == 0
        assert "已导入1条" in worker.post("/imports/residents/confirm").text
        with unit_of_work.read() as session:
            resident = session.exec(select(Resident)).one()
            assert (resident.name, resident.region_code, resident.relief_category) == ("李秀英", VILLAGE, "DB")
        assert audited(unit_of_work, "import_list") == [("residents", "")]

    def test_rows_with_errors_can_be_downloaded(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        upload(worker, "residents", workbook(unit_of_work, worker, "residents", person(id_number="341199195003040011")))
        lines = cells(worker.get("/imports/residents/bad-rows.xlsx").content)
        assert lines[1][0] == "李秀英"
        assert lines[1][-1].startswith("2：身份证号：")

    def test_a_resident_already_registered_is_not_imported(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            known = make_resident(session, worker.actor).id_number
        page = upload(worker, "residents", workbook(unit_of_work, worker, "residents", person(id_number=known))).text
        assert "系统里已经有了" in page
        assert "/imports/residents/confirm" not in page

    def test_a_resident_registered_meanwhile_stops_the_import(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        number = id_number()
        upload(worker, "residents", workbook(unit_of_work, worker, "residents", person(), person(id_number=number)))
        with unit_of_work.write() as session:
            make_resident(session, worker.actor, id_number=number)
        assert "没有导入任何内容" in worker.post("/imports/residents/confirm").text
        assert count(unit_of_work, Resident) == 1

    def test_an_export_is_masked_and_in_full_only_for_a_purpose(
        self, unit_of_work: UnitOfWork, worker: Visitor
    ) -> None:
        with unit_of_work.write() as session:
            number = make_resident(session, worker.actor).id_number
        masked = cells(worker.get("/exports/residents.xlsx").content)
        assert masked[2][:2] == ["张*国", f"34*************{number[-3:]}" if number else ""]
        assert "已脱敏" in masked[0][0]
        in_full = cells(worker.post("/exports/residents.xlsx", {"purpose": "核对台账"}).content)
        assert in_full[2][:2] == ["张建国", number]
        assert "核对台账" in in_full[0][0]
        assert audited(unit_of_work, "export_list") == [("residents", ""), ("residents", "核对台账")]
        assert len(audited(unit_of_work, "reveal")) == 1

    def test_a_role_that_may_not_read_residents_cannot_export_them(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
        assert manager.get("/exports/residents.xlsx").status_code == 403
        assert manager.get("/imports/residents").status_code == 403
        assert manager.post("/imports/residents/confirm").status_code == 403


def test_alerts_are_imported_once_and_exported(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    row = {
        "name": "王测试",
        "id_number": id_number(),
        "region_code": "黄庵村",
        "source": "医疗费用负担重",
        "raised_on": "2026.9.20",
    }
    with unit_of_work.read() as session:
        row["source"] = next(iter(LISTS["alerts"].sheet(session, worker.actor).columns[3].offered))
    upload(worker, "alerts", workbook(unit_of_work, worker, "alerts", row))
    worker.post("/imports/alerts/confirm")
    assert count(unit_of_work, Alert) == 1
    assert cells(worker.get("/exports/alerts.xlsx").content)[2][0] == "王*试"
    assert "系统里已经有了" in upload(worker, "alerts", workbook(unit_of_work, worker, "alerts", row)).text


def test_a_charity_imports_its_visits(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = scene.send(session)
        step(session, scene.charity, session.get_one(Referral, referral.pk), ReferralVerb.accept)
        number = referral.number
    charity = Visitor(unit_of_work, role=Role.charity_staff, organization_id=scene.project.organization_id)
    row = {"referral": number, "served_on": f"{china_day(now()):%Y.%m.%d}", "minutes": 60, "content": "助餐"}
    content = workbook(unit_of_work, charity, "visits", row, {**row, "referral": "没有这一件"})
    assert "没有找到这个编号的转介" in upload(charity, "visits", content).text
    charity.post("/imports/visits/confirm")
    assert count(unit_of_work, ServiceVisit) == 1
    exported = cells(charity.get("/exports/visits.xlsx").content)
    assert (exported[2][0], exported[2][4]) == (number, "张*国")


def test_a_payment_for_an_unknown_case_is_refused(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    content = workbook(unit_of_work, worker, "payments", {"case": "341124105205-2026-0009", "amount_fen": 500})
    assert "本辖区没有这个编号的个案" in upload(worker, "payments", content).text
    assert worker.get("/exports/payments.xlsx").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_the_template_of_every_list_reads_as_empty(unit_of_work: UnitOfWork, name: str) -> None:
    role = (
        Role.charity_staff if name == "visits" else Role.program_manager if name == "projects" else Role.social_worker
    )
    with unit_of_work.write() as session:
        owner = make_scene(session).project.organization_id
    visitor = Visitor(unit_of_work, role=role, organization_id=owner if role is Role.charity_staff else None)
    content = visitor.get(f"/imports/{name}/template.xlsx").content
    assert "没有数据行" in upload(visitor, name, content).text or upload(visitor, name, content).status_code == 422
    assert "Excel" in visitor.get(f"/imports/{name}").text


class TestMessages:
    def test_a_value_out_of_bounds_names_the_limit(self) -> None:
        error = RowError(2, "minutes", "greater_than_equal", "0", {"ge": 1})
        assert "1" in cell_message(error)

    @pytest.mark.parametrize("code", ["too_long", "columns_missing", "empty", "unreadable"])
    def test_every_error_of_a_sheet_has_a_sentence(self, code: str) -> None:
        assert "%(" not in sheet_message(SheetError(code, "5000"))
