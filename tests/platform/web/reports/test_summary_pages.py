"""Monthly summaries and supervision as their pages show them: officer, chair, township, manager."""

import re
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from factories.accounts import CITY, TOWNSHIP, VILLAGE
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.policies import Scheme
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.relief.inputs import IncomeInput
from tuoju.relief.service import open_fund, receive
from tuoju.reports.models import MonthlySummary
from tuoju.reports.summaries import last_month
from tuoju.reports.supervision import Watch


@pytest.fixture
def officer(unit_of_work: UnitOfWork) -> Visitor:
    made = Visitor(unit_of_work)
    with unit_of_work.write() as session:
        fund = open_fund(session, made.actor, VILLAGE)
        inputs = {"source": "donation", "amount_yuan": 2000, "occurred_on": date(2026, 1, 5)}
        receive(session, made.actor, fund, IncomeInput.model_validate(inputs))
    return made


@pytest.fixture
def month(unit_of_work: UnitOfWork) -> str:
    with unit_of_work.read() as session:
        return last_month(session, VILLAGE)


def summary_id(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(MonthlySummary.id).order_by(MonthlySummary.edition.desc())).first() or 0


def test_a_returned_summary_is_counted_again_signed_and_accepted(
    unit_of_work: UnitOfWork, officer: Visitor, month: str
) -> None:
    chair = Visitor(unit_of_work)
    township = Visitor(unit_of_work, role=Role.township_officer)
    here = f"/summaries/{VILLAGE}/{month}"
    assert "还没有上报" in officer.get("/summaries").text
    assert "未上报" in township.get(f"/summaries?month={month}").text
    assert "零报告" in officer.post(here).text
    first = f"/summaries/editions/{summary_id(unit_of_work)}"
    assert officer.post(f"{first}/sign").status_code == 403
    assert "已签字上报" in chair.post(f"{first}/sign").text
    assert township.post(f"{first}/return", {"reason": " "}).status_code == 422
    township.post(f"{first}/return", {"reason": "捐款没有入账"})
    assert "捐款没有入账" in officer.get(here).text
    officer.post(here)
    second = f"/summaries/editions/{summary_id(unit_of_work)}"
    chair.post(f"{second}/sign")
    assert "已接收备案" in township.post(f"{second}/accept").text
    assert "零报告" in township.get(f"/summaries?month={month}&only=accepted").text


def test_the_workbook_is_masked_unless_a_purpose_is_given(
    unit_of_work: UnitOfWork, officer: Visitor, month: str
) -> None:
    officer.post(f"/summaries/{VILLAGE}/{month}")
    sheet = f"/summaries/editions/{summary_id(unit_of_work)}/sheet.xlsx"
    book = CalamineWorkbook.from_filelike(BytesIO(officer.get(sheet).content))
    sums = book.get_sheet_by_name("汇总表").to_python()
    columns = dict(zip(sums[3], range(len(sums[3])), strict=True))
    assert sums[4][columns["本月结余"]] == sums[5][columns["本月结余"]] == 2000
    assert (sums[2][1], sums[5][0]) == ("资金（元）", "合计")
    assert "已脱敏" in str(sums)
    persons = book.get_sheet_by_name("人员明细表").to_python()
    assert persons[2][:5] == ["序号", "姓名", "身份证号", "年龄", "性别"]
    assert "一卡通账号" in persons[2]
    assert officer.post(sheet, {"purpose": "report"}).status_code == 200
    manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
    assert manager.get(sheet).status_code == 200
    assert manager.post(sheet, {"purpose": "report"}).status_code == 404
    with unit_of_work.read() as session:
        purposes = session.exec(select(AuditEntry.purpose).where(AuditEntry.action == "export_summary")).all()
    assert sorted(purposes) == ["", "", "report"]


def test_a_month_that_is_not_over_or_does_not_exist_has_no_sheet(unit_of_work: UnitOfWork, officer: Visitor) -> None:
    running = f"{china_day(now()):%Y-%m}"
    assert "还没有结束" in officer.get(f"/summaries/{VILLAGE}/{running}").text
    assert officer.post(f"/summaries/{VILLAGE}/{running}").status_code == 409
    assert officer.get(f"/summaries/{VILLAGE}/2026-13").status_code == 404
    stranger = Visitor(unit_of_work, region_code="341102010003")
    assert stranger.get(f"/summaries/{VILLAGE}/{running}").status_code == 404


def test_supervision_goes_down_from_the_city_to_the_village(
    unit_of_work: UnitOfWork, officer: Visitor, month: str
) -> None:
    manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
    city = manager.get("/supervision").text
    assert "全椒县" in city
    assert f"/summaries?month={month}&region={CITY}&only=missing" in city.replace("&amp;", "&")
    assert "马厂镇" in manager.get("/supervision?region=341124000000").text
    assert "2,000.00" in manager.get(f"/supervision?region={TOWNSHIP}").text
    assert manager.get(f"/deadlines?region={TOWNSHIP}").status_code == 200
    township = Visitor(unit_of_work, role=Role.township_officer)
    assert township.get("/supervision?region=341102000000").status_code == 404


def test_each_number_of_the_view_opens_its_rows(unit_of_work: UnitOfWork, officer: Visitor, month: str) -> None:
    """Before, during and after; as many rows as the number says, and nobody named."""
    with unit_of_work.write() as session:
        make_case(session, officer.actor, scheme=Scheme.society_relief)
    manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
    view = manager.get("/supervision").text
    numbers = dict(re.findall(r'href="/supervision/(\w+)\?region=\d+">\s*<b>(\d+)</b>', view))
    assert set(numbers) == {watch.value for watch in Watch}
    for watch, number in numbers.items():
        rows = manager.get(f"/supervision/{watch}?region={CITY}").text
        assert f"：{number}</h1>" in rows
        assert rows.partition("<tbody>")[2].count("<tr>") == int(number)
        assert "张建国" not in rows
    assert numbers["low_funds"] == "1"
    stranger = Visitor(unit_of_work, role=Role.township_officer, region_code="341102010000")
    assert stranger.get(f"/supervision/objections?region={CITY}").status_code == 404
