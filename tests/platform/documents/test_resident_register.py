"""Registers as offices type and export them: what nobody sees, gaps in names, numbers kept from rounding."""

import pytest
from pydantic_core import PydanticCustomError
from sqlmodel import Session

from factories.accounts import make_actor
from tuoju.documents.sheets.lists import LISTS
from tuoju.documents.sheets.residents import ResidentRow
from tuoju.residents.inputs import check_phone
from tuoju.residents.masking import mask_name
from tuoju_projects.sheets import Preview
from tuoju_projects.workbooks import read_workbook

NUMBERS = ("341199195003040016", "341199195003040024", "341199195003040032", "341199195003040040")


def preview(session: Session, content: bytes) -> Preview[ResidentRow]:
    return LISTS["residents"].sheet(session, make_actor(session)).read(read_workbook(content))


def rows(
    session: Session, *lines: str, heading: str = "姓名,身份证号,村(社区)", encoding: str = "utf-8"
) -> list[ResidentRow]:
    checked = preview(session, "\r\n".join([heading, *lines, ""]).encode(encoding))
    assert checked.errors == []
    return list(checked.rows.values())


def test_names_padded_to_the_width_of_longer_ones(session: Session) -> None:
    residents = rows(
        session,
        f"王\u3000强,{NUMBERS[0]},马厂镇黄庵村",
        f"李 芳,{NUMBERS[1]},马厂镇黄庵村",
        f"赵\u200b云,{NUMBERS[2]},马厂镇黄庵村",
    )
    assert [resident.name for resident in residents] == ["王强", "李芳", "赵云"]
    assert [mask_name(resident.name) for resident in residents] == ["王*", "李*", "赵*"]


@pytest.mark.parametrize("unseen", ["\u200b", "\u200e", "\ufeff", "\u00ad", "\ufe0f"], ids=ascii)
def test_characters_that_nobody_sees_bar_no_row(session: Session, unseen: str) -> None:
    number = NUMBERS[0]
    (resident,) = rows(session, f"王{unseen}强,{number[:6]}{unseen}{number[6:]},马厂镇黄庵村{unseen}")
    assert (resident.name, resident.id_number, resident.region_code) == ("王强", number, "341124105205")


@pytest.mark.parametrize("kept", ['="{}"', "'{}", "`{}", "‘{}", "\t{}"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_numbers_kept_from_rounding(session: Session, kept: str, encoding: str) -> None:
    """As exports keep Excel from reading an ID number as a number of 15 digits."""
    line = f"王强,{kept.format(NUMBERS[0])},马厂镇黄庵村,{kept.format('13800001234')}"
    (resident,) = rows(session, line, heading="姓名,身份证号,村(社区),联系电话", encoding=encoding)
    assert (resident.id_number, resident.phone) == (NUMBERS[0], "13800001234")


@pytest.mark.parametrize("inside", ["\u2028", "\v", "\f", "\x1c", "\x85"], ids=ascii)
def test_a_line_sign_inside_a_cell_ends_no_row(session: Session, inside: str) -> None:
    heading = "姓名,身份证号,村(社区),家庭住址"
    residents = rows(session, f"甲一,{NUMBERS[0]},马厂镇黄庵村,东头{inside}3号", heading=heading)
    assert [resident.address.replace(" ", "") for resident in residents if resident.address] == ["东头3号"]


def test_one_character_in_two_codes(session: Session) -> None:
    """U+E863 is where systems of GBK keep 䶮."""
    residents = rows(session, f"王䶮,{NUMBERS[0]},马厂镇黄庵村", f"王\ue863,{NUMBERS[1]},马厂镇黄庵村")
    assert {resident.name for resident in residents} == {"王䶮"}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+86 138 0000 1234", "13800001234"),
        ("0086-13800001234", "13800001234"),
        ("013800001234", "13800001234"),
        ("(0550)3022685", "05503022685"),
        ("+86 550 3022685", "05503022685"),
        ("010-62345678", "01062345678"),
        ("0550-3022685-8001", "05503022685-8001"),
        ("0550-3022685 转 8001", "05503022685-8001"),
    ],
)
def test_telephones_as_offices_write_them(session: Session, typed: str, number: str) -> None:
    line = f"号,{NUMBERS[0]},马厂镇黄庵村,{typed}"
    (resident,) = rows(session, line, heading="姓名,身份证号,村(社区),联系电话")
    assert resident.phone == number


@pytest.mark.parametrize("typed", ["12800001234", "1380000123", "13800001234/13900001234", "0550-302268", "儿子"])
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        check_phone(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "安徽省滁州市全椒县马厂镇黄庵村",
        "滁州市全椒县马厂镇黄庵村",
        "全椒县马厂镇黄庵村民委员会",
        "马厂镇-黄庵村",
        "马厂镇/黄庵村",
        "马厂镇 黄庵",
    ],
)
def test_villages_as_rosters_write_them(session: Session, typed: str) -> None:
    (resident,) = rows(session, f"村,{NUMBERS[0]},{typed}")
    assert resident.region_code == "341124105205"
