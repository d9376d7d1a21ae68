"""Leaks: those seen on real boards and lists are detected, text that a notice needs is not (domain section 6)."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuoju.residents.identity import check_digit
from tuoju.residents.leaks.finding import find_leaks
from tuoju.residents.leaks.kinds import Known, Leak, LeakKind
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone

ID = "34119919420305112X"
KNOWN = Known(
    names=("张建国", "李秀", "阿依古丽·买买提"),
    child=False,
    id_number=ID,
    phone="0550-3000001",
    address="滁州市来安县半塔镇马厂村大王郢18号",
    village_households=420,
)
CHILD = Known(("陈宇轩", "陈大明"), True, "", "", "", None)
STRANGER = Known((), False, "", "", "", None)
SUPERVISION = frozenset({"0550-3022685", "139 0000 1234"})

SEEN = [
    # Lists with whole numbers, as on the boards of 2023 and in the online list of 2025.
    ("身份证号:34119919420305112X", LeakKind.id_number, "34119919420305112X"),
    ("身份证号341199194203051120(校验位写错)", LeakKind.id_number, "341199194203051120"),
    ("3411 9919 4203 0511 2X", LeakKind.id_number, "3411 9919 4203 0511 2X"),
    ("341199-19420305-112x", LeakKind.id_number, "341199-19420305-112x"),
    ("341199.1942.03.05.112X", LeakKind.id_number, "341199.1942.03.05.112X"),
    ("３４１１９９１９４２０３０５１１２Ｘ", LeakKind.id_number, "３４１１９９１９４２０３０５１１２Ｘ"),
    ("三四一一九九一九四二〇三〇五一一二X", LeakKind.id_number, "三四一一九九一九四二〇三〇五一一二X"),
    ("三四一一九九一九四二○三○五一一二X", LeakKind.id_number, "三四一一九九一九四二○三○五一一二X"),
    ("341199\u200b19420305112X", LeakKind.id_number, "341199\u200b19420305112X"),
    ("34119919420305\n112X", LeakKind.id_number, "34119919420305\n112X"),
    ("341199194213051121", LeakKind.id_number, "341199194213051121"),
    ("老证341199420305112", LeakKind.id_number, "341199420305112"),
    ("救助50034119919420305112X", LeakKind.id_number, "34119919420305112X"),
    # Masked, but the birth date or the rest still stands there.
    ("34119919420305****", LeakKind.id_number, "34119919420305****"),
    ("341199********112X", LeakKind.id_number, "341199********112X"),
    ("341199XXXXXXXX1121", LeakKind.id_number, "341199XXXXXXXX1121"),
    ("******19420305****", LeakKind.id_number, "******19420305****"),
    ("3411 99** **** 1121 2X", LeakKind.id_number, "3411 99** **** 1121 2X"),
    ("138*0001234", LeakKind.phone, "138*0001234"),
    ("6222****80001234", LeakKind.bank_card, "6222****80001234"),
    # Telephones.
    ("本人电话13800001234", LeakKind.phone, "13800001234"),
    ("电话138-0000-1234", LeakKind.phone, "138-0000-1234"),
    ("电话138 0000 1234。", LeakKind.phone, "138 0000 1234"),
    ("电话１３８００００１２３４", LeakKind.phone, "１３８００００１２３４"),
    ("请拨一三八零零零零一二三四", LeakKind.phone, "一三八零零零零一二三四"),
    ("+86 13800001234", LeakKind.phone, "+86 13800001234"),
    ("2026-11-23 13800001234", LeakKind.phone, "13800001234"),
    ("家里0550-2000001", LeakKind.phone, "0550-2000001"),
    ("(0550)2000001", LeakKind.phone, "(0550)2000001"),
    ("联系电话:2000001", LeakKind.phone, "2000001"),
    ("可打300 0001或0550 3000001", LeakKind.phone, "0550 3000001"),
    # Accounts.
    ("6222021380000123456", LeakKind.bank_card, "6222021380000123456"),
    ("6222 0213 8000 0123 456", LeakKind.bank_card, "6222 0213 8000 0123 456"),
    ("6222-0213-8000-0123", LeakKind.bank_card, "6222-0213-8000-0123"),
    ("200012345678", LeakKind.bank_card, "200012345678"),
    ("622202 1380000123456", LeakKind.bank_card, "622202 1380000123456"),
    ("账号:12 345 678", LeakKind.bank_card, "12 345 678"),
    ("账号:12 345 678", LeakKind.income, "账号"),
    ("已发放至一卡通", LeakKind.income, "一卡通"),
    ("家庭年收入3000元", LeakKind.income, "年收入3000元"),
    ("全家收入3000元", LeakKind.income, "收入3000元"),
    # Houses.
    ("马厂村3组", LeakKind.address, "3组"),
    ("马厂村第三村民组", LeakKind.address, "第三村民组"),
    ("住幸福路18号", LeakKind.address, "住幸福路18号"),
    ("马厂村18号", LeakKind.address, "18号"),
    ("和平小区3栋2单元502室", LeakKind.address, "3栋"),
    ("和平小区三栋二单元502室", LeakKind.address, "二单元"),
    ("和平小区3栋2单元502室", LeakKind.address, "502室"),
    ("门牌12", LeakKind.address, "门牌12"),
    ("住大王郢东头", LeakKind.address, "大王郢"),
    ("住大王 郢18号", LeakKind.address, "大王 郢18号"),
    # Names.
    ("救助对象张建国", LeakKind.name_in_full, "张建国"),
    ("救助对象张 建 国", LeakKind.name_in_full, "张 建 国"),
    ("代领人李　秀", LeakKind.name_in_full, "李　秀"),
    ("代领人阿依古丽买买提", LeakKind.name_in_full, "阿依古丽买买提"),
    # Health.
    ("因患胃癌", LeakKind.health_detail, "癌"),
    ("患尿毒症长期透析", LeakKind.health_detail, "透析"),
    ("因心脏病", LeakKind.health_detail, "心脏病"),
    ("慢性肾炎", LeakKind.health_detail, "肾炎"),
    ("诊断C34.900", LeakKind.health_detail, "C34.900"),
    ("诊断:I63.900x001", LeakKind.health_detail, "I63.900x001"),
    ("疾病编码F20", LeakKind.health_detail, "F20"),
    ("做了手术", LeakKind.health_detail, "手术"),
    ("长期注射胰岛素", LeakKind.health_detail, "胰岛素"),
    ("系hiv感染者", LeakKind.health_detail, "hiv"),
    ("艾滋病", LeakKind.health_detail, "艾滋"),
    ("精神分裂症", LeakKind.health_detail, "精神分裂"),
    ("二级残疾", LeakKind.health_detail, "二级残"),
    ("智力残疾", LeakKind.health_detail, "智力残"),
    ("残疾等级为2级", LeakKind.health_detail, "残疾等级为2级"),
    ("视力一级", LeakKind.health_detail, "视力一级"),
    ("重度残疾", LeakKind.health_detail, "重度残"),
    ("医疗费用自付3万元", LeakKind.health_detail, "医疗费用自付3万元"),
    # Traits that leave one person.
    ("张*国,男,78岁", LeakKind.points_at_one, "男"),
    ("张*国,男,78岁", LeakKind.points_at_one, "78岁"),
    ("单亲母亲,在滁州某某有限公司务工", LeakKind.points_at_one, "单亲母亲"),
    ("失独老人,七十八岁", LeakKind.points_at_one, "七十八岁"),
    ("独居老人,生于1942年3月5日", LeakKind.points_at_one, "生于1942年3月5日"),
    ("孤儿,实验小学三年级", LeakKind.points_at_one, "三年级"),
    ("独居,1942.3.5", LeakKind.points_at_one, "1942.3.5"),
]

FINE = [
    "",
    "公示",
    "因病、因残、因灾、意外、因学、失业、缺劳力、丧亲、其他",
    "救助对象:张*国;救助原因:因病;救助方式:现金;金额:500元",
    "救助金额1,000.00元,2026年11月23日发放",
    "公示期:2026年11月23日至11月29日(7天)",
    "公示期:2026-11-23至2026-11-29",
    "公示期:11月23、24号",
    "二〇二六年十一月二十三日",
    "案件编号:341124105205-2026-0001",
    "341124105205-2026-0001 500.00 2026-11-23 2026-11-30 800.00元",
    "1 500.00 2026-11-23",
    "序号 1 2 3 4 5 6 7 8 9 10 11 12",
    "1 800.00 600.00",
    "证件号34*************123",
    "34*************123 138****1234",
    "电话138****1234",
    "监督电话:0550-3022685、139-0000-1234",
    "监督电话:3022685",
    "社会救助服务热线12345、12349",
    "来安县半塔镇马厂村救急难互助社",
    "民发〔2026〕35号文件",
    "滁民办(2026)8号",
    "第3号公示",
    "由村评议小组统一组织评议,监督小组5人全部同意",
    "县乡村三级联动,三级书记关爱残疾人",
    "残疾人两项补贴:困难残疾人生活补贴、重度残疾人护理补贴",
    "患病后家庭一时困难",
    "子女考上大学,因学致困",
    "70岁以上老人上门服务,共12户36人",
    "70-79岁",
    "资金严格列入账册,牵线搭桥,靶向施策,路面硬化",
    "烧毁房屋2栋",
    "如有异议,请于公示期内向镇社会事务办反映,监督委员会主任收",
    "G60高速旁",
    "共救助3人次,支出2000元,结余12000.50元",
    "医疗费救助500元",
    "捐赠收入5000元,利息收入12.50元",
]


def kinds(text: str, known: Known = STRANGER) -> set[LeakKind]:
    return {leak.kind for leak in find_leaks(text, known, SUPERVISION)}


@pytest.mark.parametrize(("text", "kind", "disclosed"), SEEN)
def test_leaks_seen_on_real_boards_are_detected(text: str, kind: LeakKind, disclosed: str) -> None:
    leaks = find_leaks(text, KNOWN, SUPERVISION)
    assert any(leak.kind is kind and disclosed in leak.text for leak in leaks), leaks


@pytest.mark.parametrize("text", FINE)
@pytest.mark.parametrize("known", [KNOWN, CHILD, STRANGER])
def test_text_that_a_notice_needs_is_no_leak(text: str, known: Known) -> None:
    assert find_leaks(text, known, SUPERVISION) == []


def test_leaks_are_in_order_of_their_positions() -> None:
    text = "李秀 电话１３８-0000-1234,住3组"
    assert find_leaks(text, KNOWN) == [
        Leak(LeakKind.name_in_full, 0, 2, "李秀"),
        Leak(LeakKind.phone, 5, 18, "１３８-0000-1234"),
        Leak(LeakKind.address, 20, 22, "3组"),
    ]


def test_only_listed_phones_may_be_printed() -> None:
    assert kinds("监督电话0550-3022685") == set()
    assert {leak.kind for leak in find_leaks("监督电话0550-3022685", STRANGER)} == {LeakKind.phone}
    assert kinds("监督电话0551-3022685") == {LeakKind.phone}


def test_the_masks_of_the_product_are_no_leak() -> None:
    text = f"{mask_name('张建国')} {mask_id_number(ID)} {mask_phone('13800001234')}"
    assert kinds(text, KNOWN) == set()


def test_a_known_number_without_a_pattern_is_detected() -> None:
    passport = Known((), False, "E1234 5678", "", "", None)
    assert kinds("护照e12345678", passport) == {LeakKind.id_number}


@pytest.mark.parametrize("text", ["陈宇轩", "陈 宇 轩", "陈*轩", "陈某轩", "陈某某和奶奶", "小轩", "宇轩同学"])
def test_a_childs_name_is_a_leak_in_every_form(text: str) -> None:
    known = Known(("陈宇轩", "王大明"), True, "", "", "", None)
    assert LeakKind.childs_name in kinds(f"救助对象{text}", known)


def test_the_masked_name_of_a_childs_guardian_is_no_leak() -> None:
    known = Known(("陈小明", "陈大明"), True, "", "", "", None)
    assert kinds("监护人陈*明", known) == set()
    assert kinds("监护人陈大明", known) == {LeakKind.name_in_full}
    assert kinds("陈小明", known) == {LeakKind.childs_name}


def test_a_childs_school_is_a_leak_by_itself() -> None:
    assert kinds("就读于实验小学", CHILD) == {LeakKind.points_at_one}
    assert kinds("就读于实验小学") == set()


@pytest.mark.parametrize(("households", "is_leak"), [(99, True), (100, False), (None, False)])
def test_in_a_small_village_a_single_trait_is_a_leak(households: int | None, is_leak: bool) -> None:
    known = Known((), False, "", "", "", households)
    assert bool(find_leaks("资助一名独居老人", known)) is is_leak
    assert find_leaks("独居老人,78岁", known)


def test_a_village_without_a_house_number_is_no_leak() -> None:
    known = Known((), False, "", "", "来安县半塔镇马厂村", None)
    assert kinds("来安县半塔镇马厂村", known) == set()


SENTENCES = ("经村评议小组评议,拟给予救助500元。", "公示期2026年11月23日至11月29日,有异议请反映", "救助对象因病致困")
WRITINGS = (
    lambda number: number,
    str.lower,
    lambda number: " ".join((number[:4], number[4:8], number[8:12], number[12:16], number[16:])),
    lambda number: "-".join((number[:6], number[6:14], number[14:])),
    lambda number: ".".join((number[:6], number[6:10], number[10:14], number[14:])),
    " ".join,
    lambda number: number.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789X"}),
    lambda number: number.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
    lambda number: number.translate(str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")),
    lambda number: number[:9] + "\u200b" + number[9:],
    lambda number: number[:6] + "  " + number[6:],
)


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    born_on = date(1900, 1, 1) + timedelta(days=draw(st.integers(0, 46_000)))
    first_17 = f"341199{born_on:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first_17 + check_digit(first_17)


@given(id_numbers(), st.sampled_from(WRITINGS), st.sampled_from(SENTENCES), st.data())
def test_an_id_number_is_detected_wherever_and_however_it_is_written(number, writing, sentence, data) -> None:
    place = data.draw(st.integers(0, len(sentence)))
    written = writing(number)
    leaks = find_leaks(sentence[:place] + written + sentence[place:], STRANGER)
    assert any(
        leak.kind is LeakKind.id_number and leak.start <= place and leak.end >= place + len(written) for leak in leaks
    ), leaks


anything = st.text() | st.text(alphabet="0123456789X*-. 一二三○月日号组岁男年张建国\u200b\n㎎½①")


@given(anything, st.sampled_from([KNOWN, CHILD, STRANGER]))
@example("\ud800", KNOWN)
@example("1️⃣3️⃣8️⃣", KNOWN)
def test_any_text_is_accepted_and_spans_lie_within_it(text: str, known: Known) -> None:
    leaks = find_leaks(text, known, SUPERVISION)
    assert [leak.start for leak in leaks] == sorted(leak.start for leak in leaks)
    for leak in leaks:
        assert 0 <= leak.start < leak.end <= len(text)
        assert leak.text == text[leak.start : leak.end]


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_any_known_values_are_accepted(name: str, text: str, number: str, address: str, child: bool) -> None:
    find_leaks(text, Known((name, ""), child, number, number, address, 3), {number})
