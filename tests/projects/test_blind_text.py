"""What tells the reviewers who wrote an application is found before it is submitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju_projects.blind_text import Clue, Identity, find_clues, short_names

APPLICANT = Identity("滁州市小水滴公益服务中心", staff=("张建国",), addresses=("琅琊路88号",))


def clues(text: str) -> list[tuple[Clue, str]]:
    return [(finding.clue, finding.text) for finding in find_clues({"method": text}, APPLICANT)]


@pytest.mark.parametrize(
    ("text", "clue", "span"),
    [
        ("滁州市小水滴公益服务中心负责", Clue.organization_name, "滁州市小水滴公益服务中心"),
        ("由小水滴的社工上门", Clue.short_name, "小水滴"),
        ("由小 水·滴的社工上门", Clue.short_name, "小 水·滴"),
        ("項目主管張建國", Clue.staff_name, "張建國"),
        ("地点在琅琊路８８号", Clue.address, "琅琊路８８号"),
        ("电话0550-3012345", Clue.telephone, "0550-3012345"),
        ("手机13800138000，全天", Clue.telephone, "13800138000"),
        ("代码 52341100MJA0000000 。", Clue.credit_code, "52341100MJA0000000"),
        ("写信到 office@example.org", Clue.contact, "office@example.org"),
        ("见 https://example.org/us", Clue.contact, "https://example.org/us"),
    ],
)
def test_each_clue_is_found_as_it_was_typed(text: str, clue: Clue, span: str) -> None:
    assert clues(text) == [(clue, span)]


@pytest.mark.parametrize(
    "text", ["", "每周三次上门送餐，每次30分钟，服务120人次", "水滴石穿", "服务中心的活动室", "2027年3月1日"]
)
def test_plain_text_is_no_clue(text: str) -> None:
    assert clues(text) == []


def test_every_field_and_the_names_of_files_are_searched() -> None:
    findings = find_clues({"title": "小水滴助餐", "files": "小水滴-预算表.xlsx"}, APPLICANT)
    assert [finding.field for finding in findings] == ["title", "files"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_name_is_found_wherever_it_stands(before: str, after: str) -> None:
    findings = find_clues({"text": f"{before}\n{APPLICANT.name}\n{after}"}, APPLICANT)
    assert APPLICANT.name in {finding.text for finding in findings}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("安徽省滁州市春风里社工服务中心", {"春风里社工服务中心", "春风里", "安徽省滁州市春风里"}),
        ("小水滴社区服务中心", {"小水滴社区"}),
        ("滁州市慈善总会", set()),
        ("阳光协会", set()),
    ],
)
def test_short_names_leave_out_place_and_kind(name: str, expected: set[str]) -> None:
    assert expected <= set(short_names(name))
    assert all(len(short) >= 3 for short in short_names(name))
