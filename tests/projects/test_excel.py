"""Projects from Excel: every error names its row (domain section 16)."""

from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tuoju_projects.excel import Lookups, ProjectRow, project_sheet
from tuoju_projects.excel import read_projects as read_cells
from tuoju_projects.inputs import is_valid_uscc
from tuoju_projects.sheets import Preview
from tuoju_projects.workbooks import MAX_ROWS, SheetError, read_workbook

LOOKUPS = Lookups(
    organization={"爱心社": 7}.get,
    category={"助餐": "B01", "B01": "B01", "助洁": "B03"}.get,
    group={"独居老人": "DJ"}.get,
    area={"全椒县": "341124000000"}.get,
)
COLUMNS = project_sheet(LOOKUPS).columns
GOOD = {
    "name": "爱心送餐",
    "organization_id": "爱心社",
    "description": "为高龄老人送餐",
    "categories": "助餐、助洁",
    "areas": "全椒县",
    "starts_on": "2026.3.1",
    "ends_on": "2026年12月31日",
    "places_total": 20,
    "budget_fen": "1.5万",
    "min_age": 60,
}


def sheet(*rows: dict[str, Any], above: int = 0) -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number in range(above):
            page.write(number, 0, "滁州市公益创投项目目录")
        for place, column in enumerate(COLUMNS):
            page.write(above, place, column.headings[0] + "*")
            for number, row in enumerate(rows, start=above + 1):
                page.write(number, place, row.get(column.name, ""))
    return buffer.getvalue()


def read_projects(content: bytes, lookups: Lookups) -> Preview[ProjectRow]:
    return read_cells(read_workbook(content), lookups)


class TestRead:
    def test_a_row_in_the_formats_of_offices_is_read(self) -> None:
        preview = read_projects(sheet(GOOD), LOOKUPS)
        assert preview.errors == []
        project = preview.rows[2]
        assert (project.categories, project.areas) == (["B01", "B03"], ["341124000000"])
        assert (project.starts_on.isoformat(), project.ends_on.isoformat()) == ("2026-03-01", "2026-12-31")
        assert (project.budget_fen, project.rules) == (1_500_000, {"min_age": ["60"]})

    def test_a_title_may_be_above_the_heading(self) -> None:
        assert list(read_projects(sheet(GOOD, above=2), LOOKUPS).rows) == [4]

    @pytest.mark.parametrize(
        ("field", "typed", "code"),
        [
            ("organization_id", "没听说过", "unknown_organization"),
            ("categories", "算命", "not_in_list"),
            ("starts_on", "下个月", "not_a_date"),
            ("places_total", "很多", "not_a_number"),
            ("name", "", "missing"),
        ],
    )
    def test_an_error_names_row_and_column(self, field: str, typed: str, code: str) -> None:
        preview = read_projects(sheet(GOOD, {**GOOD, "name": "第二个", field: typed}), LOOKUPS)
        assert list(preview.rows) == [2]
        assert [(error.row, error.field, error.code) for error in preview.errors] == [(3, field, code)]

    def test_the_same_project_twice_is_an_error_of_the_second_row(self) -> None:
        preview = read_projects(sheet(GOOD, GOOD), LOOKUPS)
        assert [(error.row, error.code) for error in preview.errors] == [(3, "twice")]

    def test_another_sheet_is_refused_with_its_missing_columns(self) -> None:
        buffer = BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            book.add_worksheet().write_row(0, 0, ["姓名", "金额"])
        with pytest.raises(SheetError, match="columns_missing") as caught:
            read_projects(buffer.getvalue(), LOOKUPS)
        assert "项目名称" in caught.value.detail

    def test_fifty_thousand_rows_are_refused(self) -> None:
        rows = [{"name": f"项目{number}"} for number in range(50_000)]
        with pytest.raises(SheetError, match="too_long"):
            read_projects(sheet(*rows), LOOKUPS)
        assert MAX_ROWS < 50_000

    @given(st.binary(max_size=200))
    def test_any_bytes_raise_sheet_error(self, content: bytes) -> None:
        with pytest.raises(SheetError):
            read_projects(content, LOOKUPS)


class TestTemplate:
    def test_its_example_is_skipped(self) -> None:
        lists = {"organization_id": ["爱心社"], "categories": ["助餐"], "areas": ["全椒县"]}
        with pytest.raises(SheetError, match="empty"):
            read_projects(project_sheet(LOOKUPS, lists).template(), LOOKUPS)

    def test_an_export_can_be_read_again(self) -> None:
        assert (
            read_projects(project_sheet(LOOKUPS).template(rows=[GOOD]), LOOKUPS).rows
            == read_projects(sheet(GOOD), LOOKUPS).rows
        )


class TestUscc:
    @given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
    def test_exactly_one_check_digit_is_valid(self, first: str) -> None:
        assert sum(is_valid_uscc(first + last) for last in "0123456789ABCDEFGHJKLMNPQRTUWXY") == 1
