"""Import and export of every list: a trial run first, then the rows without errors; exports are masked by default."""

import re
from typing import Any

import pytest
from sqlmodel import col, func, select

from factories.accounts import CITY, VILLAGE
from factories.databases import UnitOfWork
from factories.jobs import cells, checked, exported, imported, upload, work_off, workbook
from factories.pages import Visitor
from factories.referrals import Scene, make_scene
from factories.residents import id_number, make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.models import Alert, Need
from tuoju.database.records import now
from tuoju.documents.sheets.lists import LISTS
from tuoju.referrals.models import Referral
from tuoju.referrals.service import send, step
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Resident
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit
from tuoju.visits.service import record_visit
from tuoju.web.imports.messages import cell_message
from tuoju_projects.models import Project
from tuoju_projects.sheets import RowError


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


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
        address, page = checked(unit_of_work, worker, "residents", content)
        assert "某某村" in page
        assert "本辖区没有这个村" in page
        assert "李秀英" not in page
        assert count(unit_of_work, Resident) == 0
        worker.post(f"{address}/confirm")
        assert count(unit_of_work, Resident) == 0
        work_off(unit_of_work)
        with unit_of_work.read() as session:
            resident = session.exec(select(Resident)).one()
            assert (resident.name, resident.region_code, resident.relief_category) == ("李秀英", VILLAGE, "DB")
        assert audited(unit_of_work, "import_list") == [("residents", "")]

    def test_rows_with_errors_can_be_downloaded(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        content = workbook(unit_of_work, worker, "residents", person(id_number="341199195003040011"))
        address, page = checked(unit_of_work, worker, "residents", content)
        assert "341199195003040011" not in page
        lines = cells(worker.post(f"{address}/bad-rows.xlsx").content)
        assert lines[1][:2] == ["李秀英", "341199195003040011"]
        assert lines[1][-1].startswith("2：身份证号：")

    def test_the_report_names_every_row_and_no_person(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        rows = [person(name="王测试甲"), person(region_code="某某村")]
        content = workbook(unit_of_work, worker, "residents", *rows)
        address, _page = checked(unit_of_work, worker, "residents", content)
        worker.post(f"{address}/confirm")
        work_off(unit_of_work)
        assert re.search(r"读取行数</dt>\s*<dd>\s*2\s", worker.get(address).text)
        lines = cells(worker.post(f"{address}/report.xlsx").content)
        assert lines[1] == [2.0, "新增", ""]
        assert lines[2][:2] == [3.0, "未接受"]
        assert "本辖区没有这个村" in lines[2][2]
        assert not any(row["name"] in str(lines) for row in rows)

    def test_a_resident_already_registered_is_not_imported(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            known = make_resident(session, worker.actor).id_number
        content = workbook(unit_of_work, worker, "residents", person(id_number=known))
        address, page = checked(unit_of_work, worker, "residents", content)
        assert "系统里已经有了" in page
        assert f"{address}/confirm" not in page

    def test_a_resident_registered_meanwhile_is_refused_and_the_others_are_added(
        self, unit_of_work: UnitOfWork, worker: Visitor
    ) -> None:
        number = id_number()
        content = workbook(unit_of_work, worker, "residents", person(), person(id_number=number))
        address, _page = checked(unit_of_work, worker, "residents", content)
        with unit_of_work.write() as session:
            make_resident(session, worker.actor, id_number=number)
        worker.post(f"{address}/confirm")
        work_off(unit_of_work)
        assert "系统里已经有了" in worker.get(address).text
        assert count(unit_of_work, Resident) == 2

    def test_an_export_is_masked_and_in_full_only_for_a_purpose(
        self, unit_of_work: UnitOfWork, worker: Visitor
    ) -> None:
        with unit_of_work.write() as session:
            number = make_resident(session, worker.actor).id_number
        masked = cells(exported(unit_of_work, worker, "residents"))
        assert masked[2][:2] == ["张*国", f"34*************{number[-3:]}" if number else ""]
        assert "已脱敏" in masked[0][0]
        in_full = cells(exported(unit_of_work, worker, "residents", "check"))
        assert in_full[2][:2] == ["张建国", number]
        assert "核对证件" in in_full[0][0]
        assert audited(unit_of_work, "export_list") == [("residents", ""), ("residents", "check")]
        assert len(audited(unit_of_work, "reveal")) == 1
        assert [purpose for _job, purpose in audited(unit_of_work, "download_export")] == ["", "check"]

    def test_a_role_that_may_not_read_residents_cannot_export_them(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
        assert manager.post("/exports/residents").status_code == 403
        assert manager.get("/imports/residents").status_code == 403
        assert upload(manager, "residents", b"x").status_code == 403


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
    imported(unit_of_work, worker, "alerts", workbook(unit_of_work, worker, "alerts", row))
    assert count(unit_of_work, Alert) == 1
    assert cells(exported(unit_of_work, worker, "alerts"))[2][0] == "王*试"
    again = workbook(unit_of_work, worker, "alerts", row)
    assert "系统里已经有了" in checked(unit_of_work, worker, "alerts", again)[1]


def test_a_charity_imports_its_visits(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = scene.send(session)
        step(session, scene.charity, session.get_one(Referral, referral.pk), ReferralVerb.accept)
        number = referral.number
    charity = Visitor(unit_of_work, role=Role.charity_staff, organization_id=scene.project.organization_id)
    row = {"referral": number, "served_on": f"{china_day(now()):%Y.%m.%d}", "minutes": 60, "content": "助餐"}
    content = workbook(unit_of_work, charity, "visits", row, {**row, "referral": "没有这一件"})
    assert "没有找到这个编号的转介" in imported(unit_of_work, charity, "visits", content)
    assert count(unit_of_work, ServiceVisit) == 1
    lines = cells(exported(unit_of_work, charity, "visits"))
    assert (lines[2][0], lines[2][4]) == (number, "张*国")


def _visits(unit_of_work: UnitOfWork) -> list[tuple[int, bool]]:
    """Minutes of every visit, and whether it counts."""
    with unit_of_work.read() as session:
        visits = session.exec(select(ServiceVisit).order_by(col(ServiceVisit.id))).all()
        return [(visit.minutes, visit.in_error_at is None) for visit in visits]


class TestVisitsOfOneDay:
    """One visit that came by page, link and sheet counts once (domain section 5.7)."""

    @pytest.fixture
    def scene(self, unit_of_work: UnitOfWork) -> Scene:
        with unit_of_work.write() as session:
            return make_scene(session)

    @pytest.fixture
    def row(self, unit_of_work: UnitOfWork, scene: Scene) -> dict[str, Any]:
        with unit_of_work.write() as session:
            need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
            referral = send(session, scene.worker, need, project)
            step(session, scene.charity, referral, ReferralVerb.accept)
            number = referral.number
        return {"referral": number, "served_on": china_day(now()).isoformat(), "minutes": 60, "content": "助餐"}

    @pytest.fixture
    def charity(self, unit_of_work: UnitOfWork, scene: Scene) -> Visitor:
        return Visitor(unit_of_work, role=Role.charity_staff, organization_id=scene.project.organization_id)

    def test_a_corrected_sheet_corrects(self, unit_of_work: UnitOfWork, charity: Visitor, row: dict[str, Any]) -> None:
        for minutes in (60, 60, 90):
            content = workbook(unit_of_work, charity, "visits", row | {"minutes": minutes})
            imported(unit_of_work, charity, "visits", content)
        assert _visits(unit_of_work) == [(60, False), (90, True)]

    def test_a_second_visit_of_the_day_is_numbered(
        self, unit_of_work: UnitOfWork, charity: Visitor, row: dict[str, Any]
    ) -> None:
        twice = workbook(unit_of_work, charity, "visits", row, row | {"minutes": 30})
        assert "表里重复了" in checked(unit_of_work, charity, "visits", twice)[1]
        numbered = workbook(unit_of_work, charity, "visits", row, row | {"minutes": 30, "of_the_day": 2})
        imported(unit_of_work, charity, "visits", numbered)
        assert _visits(unit_of_work) == [(60, True), (30, True)]

    def test_a_visit_of_the_page_is_asked_about(
        self, unit_of_work: UnitOfWork, scene: Scene, charity: Visitor, row: dict[str, Any]
    ) -> None:
        visit = {"submission_key": "page-0001", "served_on": china_day(now()), "minutes": 45}
        with unit_of_work.write() as session:
            inputs = VisitInput.model_validate(visit | {"served": [scene.resident.pk]})
            referral = session.exec(select(Referral)).one()
            record_visit(session, scene.charity, referral, inputs)
        content = workbook(unit_of_work, charity, "visits", row)
        assert "这一天的服务已在页面登记" in imported(unit_of_work, charity, "visits", content)
        assert _visits(unit_of_work) == [(45, True)]
        imported(unit_of_work, charity, "visits", workbook(unit_of_work, charity, "visits", row | {"of_the_day": 2}))
        assert _visits(unit_of_work) == [(45, True), (60, True)]


def test_a_payment_for_an_unknown_case_is_refused(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    content = workbook(unit_of_work, worker, "payments", {"case": "341124105205-2026-0009", "amount_fen": 500})
    assert "本辖区没有这个编号的个案" in checked(unit_of_work, worker, "payments", content)[1]
    assert exported(unit_of_work, worker, "payments")


@pytest.mark.parametrize("name", LISTS)
def test_the_template_of_every_list_reads_as_empty(unit_of_work: UnitOfWork, name: str) -> None:
    roles = {"visits": Role.charity_staff, "projects": Role.program_manager, "accounts": Role.administrator}
    role = roles.get(name, Role.social_worker)
    with unit_of_work.write() as session:
        owner = make_scene(session).project.organization_id
    visitor = Visitor(unit_of_work, role=role, organization_id=owner if role is Role.charity_staff else None)
    content = visitor.get(f"/imports/{name}/template.xlsx").content
    assert "表中没有内容" in checked(unit_of_work, visitor, name, content)[1]
    assert "Excel" in visitor.get(f"/imports/{name}").text


class TestMessages:
    def test_a_value_out_of_bounds_names_the_limit(self) -> None:
        error = RowError(2, "minutes", "greater_than_equal", "0", {"ge": 1})
        assert "1" in cell_message(error)
