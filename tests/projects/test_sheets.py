"""Lists as offices keep them: which layouts are read, and what is an error with which code (domain section 16)."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

from tuoju_projects.cells import code_of_word, day, fen, id_text, one_of
from tuoju_projects.sheets import Column, Preview, Sheet, as_text
from tuoju_projects.workbooks import MAX_PARTS, MAX_UNPACKED_BYTES, SheetError, read_workbook

CATEGORIES = {
    "最低生活保障家庭": "DB",
    "最低生活保障边缘家庭": "DBBY",
    "特困人员": "TKGY",
    "特困人员（分散供养）": "FS",
}


class Person(BaseModel):
    name: str
    number: str
    village: str = ""
    category: str = ""
    since: date | None = None
    paid: int = 0


PEOPLE = Sheet(
    "名册",
    [
        Column("name", ("姓名", "Name"), as_text, True, example="张三"),
        Column("number", ("身份证号", "ID number"), id_text, True, also=("身份证号码",)),
        Column("village", ("村（社区）", "Village"), as_text, before=("乡镇",)),
        Column("category", ("个人类别", "Category"), one_of(CATEGORIES), offered=list(CATEGORIES)),
        Column("since", ("认定日期", "Since"), day),
        Column("paid", ("救助金额（元）", "Paid (yuan)"), fen),
    ],
    Person,
    lambda row: row.number,
)
NUMBER = "341199195003040010"


def read(*lines: list[Any], merged: str = "", sheet_before: bool = False) -> Preview[Person]:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        if sheet_before:
            book.add_worksheet("填写说明").write(0, 0, "请认真填写")
        page = book.add_worksheet()
        for number, line in enumerate(lines):
            page.write_row(number, 0, line)
        if merged:
            page.merge_range(merged, lines[int(merged[1]) - 1]["ABC".index(merged[0])])
    return PEOPLE.read(read_workbook(buffer.getvalue()))


HEAD = ["姓名", "身份证号", "村（社区）", "个人类别", "认定日期", "救助金额（元）"]
GOOD = ["张建国", NUMBER, "黄庵村", "特困人员", "2024-03-01", 500]


class TestLayouts:
    @pytest.mark.parametrize(
        "head", [HEAD, ["姓名", "身份证号", "村(社区)", "个人类别", "认定日期", "救助金额(元)"]], ids=["full", "half"]
    )
    def test_headings_are_recognized_in_full_width_and_half_width(self, head: list[str]) -> None:
        row = read(head, GOOD).rows[2]
        assert (row.village, row.paid) == ("黄庵村", 50_000)

    def test_a_title_and_a_sheet_of_instructions_are_skipped(self) -> None:
        result = read(["马厂镇低收入人口台账"], [], HEAD, GOOD, sheet_before=True)
        assert [person.name for person in result.rows.values()] == ["张建国"]
        assert list(result.rows) == [4]

    def test_headings_may_take_two_lines(self) -> None:
        first = ["姓名", "基本情况", "", "救助情况", "", ""]
        second = ["", "身份证号码", "村（社区）", "个人类别", "认定日期", "救助金额（元）"]
        assert read(["台账"], first, second, GOOD).rows[4] == read(HEAD, GOOD).rows[2]

    def test_a_merged_village_applies_to_all_its_households(self) -> None:
        other = ["李秀英", "341199195003040029", "", "低保", "", ""]
        result = read(HEAD, GOOD, other, merged="C2:C3")
        assert [person.village for person in result.rows.values()] == ["黄庵村", "黄庵村"]

    def test_a_township_column_is_put_before_the_village(self) -> None:
        result = read([*HEAD, "乡镇"], [*GOOD, "马厂镇"])
        assert result.rows[2].village == "马厂镇黄庵村"

    def test_totals_notes_and_signatures_below_are_skipped(self) -> None:
        result = read(
            HEAD, GOOD, [], ["合计", "", "", "", "", 500], ["备注：截至三月底"], ["填表人：李某", "", "审核:王某"]
        )
        assert (list(result.rows), result.errors) == ([2], [])

    def test_a_row_with_only_a_name_is_an_error_not_a_note(self) -> None:
        assert [(error.row, error.field) for error in read(HEAD, GOOD, ["李秀英"]).errors] == [(3, "number")]

    def test_a_csv_in_gbk_is_read(self) -> None:
        text = ",".join(HEAD) + f"\n张建国,{NUMBER},黄庵村,特困人员,2024.3.1,500\n"
        assert PEOPLE.read(read_workbook(text.encode("gbk"))).rows[2].since == date(2024, 3, 1)

    def test_another_list_is_refused_with_its_missing_columns(self) -> None:
        with pytest.raises(SheetError, match="columns_missing") as caught:
            read(["项目", "名额"], ["助餐", 3])
        assert caught.value.detail == "姓名、身份证号"


class TestCells:
    def test_an_id_number_stored_as_a_number_is_an_error(self) -> None:
        result = read(HEAD, ["张建国", 341199195003040010, *GOOD[2:]])
        assert [(error.row, error.field, error.code) for error in result.errors] == [(2, "number", "number_not_text")]
        assert read(HEAD, ["张建国", "3.41199E+17", *GOOD[2:]]).errors[0].code == "number_not_text"

    @pytest.mark.parametrize("category", ["特困人员（分散供养）", "特困人员(分散供养)"])
    def test_full_width_and_half_width_are_the_same(self, category: str) -> None:
        result = read(HEAD, ["张建国", "３４１１９９１９５００３０４００１０", "黄庵村", category, "", ""])
        assert (result.rows[2].number, result.rows[2].category) == (NUMBER, "FS")

    def test_chinese_punctuation_in_words_stays_as_typed(self) -> None:
        result = read(HEAD, ["张建国（大）", NUMBER, "黄庵村，１组", "", "", ""])
        assert (result.rows[2].name, result.rows[2].village) == ("张建国（大）", "黄庵村，1组")

    @pytest.mark.parametrize("typed", ["助餐（中餐）", "助餐(中餐)"])
    def test_a_word_of_a_list_is_found_with_either_width_of_brackets(self, typed: str) -> None:
        assert code_of_word({"助餐（中餐）": "B01"})(typed) == "B01"

    @pytest.mark.parametrize(
        "typed", ["2024.3.1", "2024年3月", "2024年3月1日", "2024/3/1", "20240301", "2024-03-01 0:00:00", 45352, 45352.0]
    )
    def test_the_date_formats_of_offices_are_read(self, typed: object) -> None:
        assert read(HEAD, [*GOOD[:4], typed, ""]).rows[2].since == date(2024, 3, 1)

    @pytest.mark.parametrize(
        ("typed", "code"),
        [("低保", "DB"), ("农村低保户", "DB"), ("低保边缘家庭", "DBBY"), ("五保户", "TKGY"), ("特困", "TKGY")],
    )
    def test_an_abbreviated_category_is_recognized(self, typed: str, code: str) -> None:
        assert read(HEAD, [*GOOD[:3], typed, "", ""]).rows[2].category == code

    def test_amounts_in_ten_thousands_by_heading_or_cell(self) -> None:
        head = [*HEAD[:5], "救助金额（万元）"]
        assert read(head, [*GOOD[:5], 0.05]).rows[2].paid == 50_000
        assert read(HEAD, [*GOOD[:5], "0.05万元"]).rows[2].paid == 50_000

    def test_every_bad_cell_of_a_row_is_named(self) -> None:
        result = read(HEAD, ["张建国", NUMBER, "", "富人", "春天", "很多"])
        assert [(error.field, error.code, error.typed) for error in result.errors] == [
            ("category", "not_in_list", "富人"),
            ("since", "not_a_date", "春天"),
            ("paid", "not_a_number", "很多"),
        ]


class TestWritten:
    def test_rows_with_errors_keep_the_typed_punctuation(self) -> None:
        result = read(HEAD, ["张建国（大）", NUMBER, "", "富人", "", ""])
        assert result.typed[2][0] == "张建国（大）"

    @pytest.mark.parametrize("mark", ["（示例）", "(示例)", "(example)"])
    def test_the_example_row_is_skipped(self, mark: str) -> None:
        assert list(read(HEAD, [f"{mark}张三", *GOOD[1:]], GOOD).rows) == [3]

    def test_an_export_has_numbers_as_text_and_its_foot_above_and_below(self, tmp_path: Path) -> None:
        rows = [{"name": "张*国", "number": "34**************10", "paid": 500.0}]
        path = tmp_path / "list.xlsx"
        PEOPLE.write(path, iter(rows), foot="由测试员导出，已脱敏", end="由测试员导出，已脱敏，{}行".format)
        content = path.read_bytes()
        lines = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
        assert (lines[0][0], lines[5][0]) == ("由测试员导出，已脱敏", "由测试员导出，已脱敏，1行")
        assert lines[2][1] == "34**************10"
        assert list(PEOPLE.read(read_workbook(content)).rows) == [3]

    def test_a_cell_that_looks_like_a_formula_stays_text(self) -> None:
        content = PEOPLE.template(rows=[{"name": "=1+1", "number": NUMBER}])
        assert PEOPLE.read(read_workbook(content)).rows[2].name == "=1+1"

    def test_the_sheet_of_rows_with_errors_can_be_read_again(self) -> None:
        result = read(HEAD, ["张建国", NUMBER, "", "富人", "", ""])
        content = PEOPLE.bad_rows(result.typed, {2: "个人类别：不在列表中"})
        again = PEOPLE.read(read_workbook(content))
        assert [(error.field, error.typed) for error in again.errors] == [("category", "富人")]


def workbook(*, entity: str = "", parts: int = 0, padding: int = 0) -> bytes:
    """A workbook with one person, whose name is `&outside;`, an entity declared as `entity`, if there is one."""
    made, changed = BytesIO(), BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["NAME", *GOOD[1:]])
    with ZipFile(made) as source, ZipFile(changed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name).decode()
            if entity and name == "xl/sharedStrings.xml":
                part = part.replace("<sst", f"<!DOCTYPE sst [<!ENTITY outside {entity}>]><sst", 1)
                part = part.replace("NAME", "&outside;")
            target.writestr(name, part)
        for number in range(parts):
            target.writestr(f"xl/part{number}.xml", b"")
        if padding:
            target.writestr("xl/padding.xml", bytes(padding))
    return changed.getvalue()


class TestHostileWorkbooks:
    """OWASP ASVS 5.0, 1.5.1 (no external entities) and 5.2.3 (bounds before unpacking)."""

    @pytest.mark.parametrize("entity", ['"written inside"', 'SYSTEM "file:///etc/hostname"'])
    def test_one_that_declares_entities_is_unreadable(self, entity: str) -> None:
        with pytest.raises(SheetError) as error:
            PEOPLE.read(read_workbook(workbook(entity=entity)))
        assert error.value.code == "unreadable"

    @pytest.mark.parametrize("hostile", [workbook(parts=MAX_PARTS), workbook(padding=MAX_UNPACKED_BYTES)])
    def test_one_that_unpacks_to_more_than_a_list_needs_is_refused(self, hostile: bytes) -> None:
        assert len(hostile) < 1_000_000
        with pytest.raises(SheetError) as error:
            PEOPLE.read(read_workbook(hostile))
        assert error.value.code == "too_long"

    def test_a_broken_one_is_unreadable(self) -> None:
        with pytest.raises(SheetError) as error:
            PEOPLE.read(read_workbook(workbook()[:400]))
        assert error.value.code == "unreadable"
