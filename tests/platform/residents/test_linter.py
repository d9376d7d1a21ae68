"""The linter masks what identifies a person in a text, however it is written (domain section 13)."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from factories.accounts import make_actor
from factories.residents import id_number, make_resident
from tuoju.residents.leaks.reading import in_digits, read
from tuoju.residents.linter import MASKED, known, linters_of, mask_text

ID, PHONE = "341199195003040016", "13800001234"
PEOPLE = [known("孙小爱", ID, PHONE, "滁州市来安县半塔镇马厂村大王郢18号"), known("王建国", phone="0550-3000001")]

SECRETS = [
    ("电话13800001234", "13800001234"),
    ("电话１３８ ００００ １２３４", "１２３４"),
    ("请拨一三八零零零零一二三四", "一三八"),
    ("0086-13800001234", "13800001234"),
    ("(0550)3022685", "3022685"),
    ('="341199195003040016"', "341199"),
    ("`341199195003040032", "341199"),
    ("3411 9919 5003 0400 16", "0400"),
    ("三四一一九九一九五〇〇三〇四〇〇一六", "一九五"),
    ("卡号6222 0200 1234 5678 901", "6222"),
    ("微信号12345678", "12345678"),
    ("住大王郢18号", "大王郢"),
    ("孙小爱说腿疼", "小爱"),
    ("孙 小 爱说腿疼", "小 爱"),
    ("孙*爱说腿疼", "孙*爱"),
    ("小爱说腿疼", "小爱"),
    ("女婿王建国在外", "建国"),
    ("糖尿病多年，打胰岛素", "糖尿病"),
    ("确诊肺癌晚期", "肺癌"),
    ("肢体二级残疾", "二级"),
    ("有精神分裂", "精神分裂"),
    ("月收入800元", "800"),
    ("家里是低保户", "低保"),
    ("名下有两处房产", "房产"),
    ("今年78岁", "78"),
    ("1950年3月4日出生", "1950"),
    ("孙女在来安中学上学", "来安中学"),
]
KEPT = ["早饭没人做，站不久，衣服洗不了", "独居老人，想有人陪着说说话", "每周三上午方便", "希望每月送两次菜"]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_what_identifies_a_person_is_masked(text: str, secret: str) -> None:
    masked = mask_text(text, PEOPLE)
    assert secret not in masked
    assert MASKED in masked


@pytest.mark.parametrize("text", KEPT)
def test_what_help_is_wanted_stays(text: str) -> None:
    assert mask_text(text, PEOPLE) == text


def test_a_text_about_nobody_known_is_masked_too() -> None:
    assert PHONE not in mask_text(f"电话{PHONE}", [])


FULL_WIDTH = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "0123456789X"}
CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
GAPS = st.sampled_from(["", " ", "-", "\u3000", "\u200b", "·", " - "])
WORDS = st.text(alphabet="请帮她做饭买菜，。说话陪", max_size=6)


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """A number as people write it: full-width, in Chinese numerals, with gaps, in armour of spreadsheets."""
    style = draw(st.sampled_from([{}, FULL_WIDTH, CHINESE]))
    gap = draw(GAPS)
    cuts = draw(st.sets(st.integers(1, len(number) - 1), max_size=4)) if gap else set()
    signs = "".join((gap if place in cuts else "") + sign for place, sign in enumerate(number.translate(style)))
    before, after = draw(st.sampled_from([("", ""), ('="', '"'), ("'", ""), ("`", ""), ("（", "）"), ("电话:", "")]))
    return before + signs + after


def digits_of(text: str) -> str:
    return re.sub(r"[^0-9X]", "", in_digits(read(unicodedata.normalize("NFKC", text)).plain))


@given(number=st.sampled_from([PHONE, ID, "13912345678", "341199200102030015"]), data=st.data())
def test_a_number_is_masked_however_it_is_written(number: str, data: st.DataObject) -> None:
    text = data.draw(WORDS) + data.draw(written(number)) + data.draw(WORDS)
    assert number not in digits_of(mask_text(text, PEOPLE))
    assert number[-6:] not in digits_of(mask_text(text, PEOPLE))


@given(text=st.text(max_size=60))
def test_masking_is_total_and_changes_nothing_a_second_time(text: str) -> None:
    masked = mask_text(text, PEOPLE)
    assert mask_text(masked, PEOPLE) == masked


def test_the_household_and_the_guardian_are_known(session: Session) -> None:
    """孙*爱 and the names around her: before acceptance a charity reads none of them."""
    worker = make_actor(session)
    child = make_resident(
        session,
        worker,
        name="孙小爱",
        guardian_name="李秀英",
        guardian_phone="13700004321",
        phone="",
        born_on="2018-05-06",
        id_number=id_number(),
    )
    mother = make_resident(session, worker, name="孙冬梅", phone="", household_of=child.pk)
    mask = linters_of(session, [child])[child.pk].before_acceptance
    assert mother.household_id == child.household_id
    assert "冬梅" not in mask("妈妈孙冬梅出去打工")
    assert "秀英" not in mask("找李秀英，一三七零零零零四三二一")
