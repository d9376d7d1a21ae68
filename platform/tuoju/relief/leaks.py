"""What a public notice must not say (domain.md sections 6 and 13; PIPL arts. 6, 25 and 28; 未成年人保护法 art. 4).

Prosecutors acted on village boards and online lists with whole ID numbers, accounts and addresses (杭州钱塘 2023,
蕲春 2025). The notice itself is made of a whitelist; this reads the words people typed into it. When in doubt it finds
something: a notice held back is read once more by a person, a notice put up cannot be taken out of heads again.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class LeakKind(StrEnum):
    """What a leak gives away. `income` covers what comes in, what is owned, and the account it comes in by."""

    id_number = "id_number"
    phone = "phone"
    bank_card = "bank_card"
    address = "address"
    childs_name = "childs_name"
    name_in_full = "name_in_full"
    health_detail = "health_detail"
    points_at_one = "points_at_one"
    income = "income"


@dataclass(frozen=True)
class Leak:
    """One place in the text; start and end count the signs of the text as it was given."""

    kind: LeakKind
    start: int
    end: int
    found: str


@dataclass(frozen=True)
class Known:
    """What the file knows of the person, for finding it again. Of a child, the first name is the child's own. Without
    a count of `village_households` the village is taken for a large one."""

    names: tuple[str, ...]
    child: bool
    id_number: str
    phone: str
    address: str
    village_households: int | None


SMALL_VILLAGE = 100
"""Households below which a single trait is enough for the neighbours to know who is meant (ours, section 6)."""

FEWEST_REAL_DIGITS = 8
"""A masked number showing this many is no longer masked: the prescribed 34*************123 shows five, 138****1234
seven, and a birth date alone has eight."""


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# The words are curated, not taken from a whole nomenclature: of ICD-10's thirty thousand names most never reach a
# village, while many contain everyday words ("路面硬化", "天气炎热") that would hold back harmless notices. They
# are what the field's case reports name, with the everyday forms of speech. The categories a notice may print (因病、
# 因残、因灾、意外、因学、失业、缺劳力、丧亲、其他) and words as general as they are (疾病, 患病, 大病) are left out.
DISEASES = _listed(
    """
    癌 肿瘤 恶性瘤 淋巴瘤 骨髓瘤 血管瘤 脑瘤 白血病 糖尿病 尿毒 肾衰 心衰 高血压 高血脂 冠心 心梗 脑梗 脑溢血
    血栓 中风 偏瘫 截瘫 瘫痪 乙肝 丙肝 肝硬化 动脉硬化 多发性硬化 尘肺 矽肺 肺气肿 慢阻肺 结核 哮喘 癫痫 羊癫疯
    帕金森 阿尔茨海默 阿尔兹海默 痴呆 失智 渐冻 重症肌无力 红斑狼疮 类风湿 痛风 强直性脊柱 椎间盘 股骨头 骨折
    烧伤 烫伤 颅脑 脑外伤 植物人 昏迷 败血症 血友 职业病 血管病 贫血 地贫 再生障碍 罕见病 血吸虫 麻风 狂犬 新冠
    心肌 白内障 青光眼 疝气 痔疮 后遗症 综合征 综合症 衰竭 梗死 梗塞 坏死 出血 结石 栓塞 肌萎缩 先天性 唐氏 脑瘫
    流产 怀孕 妊娠 宫外孕 不孕 重症监护
    """
)
# Said of someone, these do more harm on a board than any other word, abuse among them: for them the sheet may show a
# case number only (section 6).
STIGMA = _listed(
    """
    艾滋 梅毒 淋病 尖锐湿疣 精神病 精神分裂 精神障碍 精神疾病 精神失常 精神异常 精神卫生 精神类 抑郁 焦虑症 躁狂
    双相 妄想 幻听 强迫症 自闭症 孤独症 多动症 自杀 自残 轻生 吸毒 戒毒 酗酒 家暴 性侵 传染病
    """
)
TREATMENT = _listed(
    """
    手术 化疗 放疗 透析 开刀 截肢 造瘘 心脏搭桥 支架植入 心脏支架 起搏器 肝移植 肾移植 骨髓移植 器官移植 干细胞
    介入治疗 靶向药 靶向治疗 排异 插管 导尿 胃管 肿瘤医院
    """
)
MEDICINE = _listed(
    """
    胰岛素 二甲双胍 阿司匹林 华法林 格列卫 格列美脲 格列齐特 他汀 沙坦 洛尔 硝苯地平 氨氯地平 替尼 珠单抗 昔单抗
    妥单抗 伐单抗 恩替卡韦 替诺福韦 氯氮平 奥氮平 喹硫平 利培酮 舍曲林 帕罗西汀 氟西汀 百忧解 碳酸锂 卡马西平
    丙戊酸 左旋多巴 美多芭 美沙酮 吗啡 干扰素 头孢 阿莫西林 青霉素 甲氨蝶呤 泼尼松 降压药 降糖药 抗病毒 抗抑郁
    免疫抑制剂 白蛋白 注射液 胶囊 服药 药物治疗
    """
)
DISABILITIES = (
    "失明",
    "盲人",
    "耳聋",
    "聋哑",
    "聋人",
    "智障",
    "弱智",
    "肢残",
    "智残",
    "残疾证",
    "残疾等级",
    "残疾程度",
)
INCOME_WORDS = _listed(
    """
    年收入 月收入 人均收入 家庭收入 纯收入 总收入 收入为 收入约 收入共 月工资 年工资 工资收入 月薪 退休金 养老金
    存款 负债 欠债 一卡通 账号 帐号 卡号 账户 帐户 存折 银行卡 社保卡 开户行 开户银行
    """
)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_HAN = "[㐀-鿿]"
_MASK = r"[*∗✱X●□■◯○#_?]"
_GAP_SIGNS = r"\-‐-―−·•."
# An ID number is long enough to be broken over two lines; shorter numbers in two lines are two cells of a table.
_GAP = rf"[\s{_GAP_SIGNS}]{{0,3}}"
_GAP_IN_LINE = rf"(?:[^\S\n]|[{_GAP_SIGNS}]){{0,3}}"
_ONE_GAP = rf"(?:[^\S\n]|[{_GAP_SIGNS}])"


def _spaced(signs: Iterable[str], gap: str = _GAP_IN_LINE) -> str:
    return gap.join(signs)


def _digits(count: int) -> list[str]:
    return ["[0-9]"] * count


# Village code, year and a sequence: how cases are numbered here, and what a notice may show in place of a name.
_CASE_NUMBER = re.compile(r"(?<![0-9])[0-9]{12}-20[0-9]{2}-[0-9]{4}(?![0-9])")
_ISO = (
    r"(?<![0-9])(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12][0-9]|3[01])"
    # Not when a number written sign by sign goes on.
    rf"(?![0-9]|{_ONE_GAP}[0-9](?![0-9]))"
)
_DATE = re.compile(
    rf"{_ISO}"
    r"|[0-9十]{1,3}月(?:[0-9十]{1,3}[日号]?[-~、至到—–])*[0-9十]{1,3}[日号]|每?月[0-9十]{1,3}[日号]"
)
_FROM_TO = re.compile(rf"{_ISO}[\s~至到—–-]{{1,4}}{_ISO}")
_DECIMAL = re.compile(rf"(?<![0-9.])[0-9]{{1,6}}\.[0-9]{{2}}(?![0-9.]|{_ONE_GAP}[0-9](?![0-9]))")

# GB 11643 without its checksum: a number with a slip of the pen still points at its bearer.
_MONTH_DAY = [
    "(?:0" + _GAP + "[1-9]|1" + _GAP + "[0-2])",
    "(?:0" + _GAP + "[1-9]|[12]" + _GAP + "[0-9]|3" + _GAP + "[01])",
]
_PROVINCE = (
    "(?:"
    + "|".join(
        f"{first}{_GAP}[{second}]"
        for first, second in enumerate(("1-5", "1-3", "1-7", "1-6", "0-4", "1-5", "1", "1-3", "0-9"), start=1)
    )
    + ")"
)
_ID_18 = re.compile(
    "(?=("
    + _spaced(
        [_PROVINCE, *_digits(4), f"(?:1{_GAP}[89]|2{_GAP}0)", *_digits(2), *_MONTH_DAY, *_digits(3), "[0-9X]"], _GAP
    )
    + "))"
)
_ID_15 = re.compile("(?<![0-9])" + _spaced([_PROVINCE, *_digits(6), *_MONTH_DAY, *_digits(3)], _GAP) + "(?![0-9X])")
_ID_WITHOUT_DATE = re.compile(
    rf"(?<![0-9])(?:[0-9]{{17}}[0-9X]|[0-9]{{15}}|[0-9]{{6}}{_ONE_GAP}[0-9]{{8}}{_ONE_GAP}[0-9]{{3}}[0-9X])(?![0-9])"
)
_MASKED_NUMBER = re.compile(
    rf"(?<![0-9])(?<!{_MASK})(?:(?:[0-9]|{_MASK}){{11,24}}"
    rf"|(?:[0-9]|{_MASK}){{4}}(?:{_ONE_GAP}(?:[0-9]|{_MASK}){{4}}){{2,3}}(?:{_ONE_GAP}?(?:[0-9]|{_MASK}){{1,4}})?"
    rf"|(?:[0-9]|{_MASK}){{6}}{_ONE_GAP}(?:[0-9]|{_MASK}){{8}}{_ONE_GAP}(?:[0-9]|{_MASK}){{4}})"
    rf"(?![0-9]|{_MASK})"
)
_MOBILE = re.compile(
    rf"(?<![0-9])(?:\+?86{_GAP_IN_LINE}|0)?" + _spaced(["1", "[3-9]", *_digits(9)]) + "(?![0-9])",
)
_AREA = f"(?:0{_GAP_IN_LINE}(?:10|2[0-9]|[3-9]{_GAP_IN_LINE}[0-9]{_GAP_IN_LINE}[0-9]))"
_LANDLINE = re.compile(
    rf"(?<![0-9])\(?{_AREA}\)?{_GAP_IN_LINE}" + _spaced(["[2-8]", *_digits(6)]) + "[0-9]?(?![0-9])",
)
_SHORT_LANDLINE = re.compile(r"(?:电话|手机|联系方式|座机|TEL)[^0-9\n]{0,4}([2-8][0-9]{2,3}[- ]?[0-9]{4})(?![0-9])")
_CARD = re.compile(
    # Accounts of rural credit co-operatives are longer than the 19 signs of a card.
    r"[0-9]{12,}"
    rf"|(?<![0-9])[0-9]{{4}}(?:{_ONE_GAP}[0-9]{{4}}){{3,}}(?:{_ONE_GAP}[0-9]{{1,4}})?(?![0-9])"
    rf"|(?<![0-9])[0-9]{{4}}(?:{_ONE_GAP}[0-9]{{4}}){{2}}{_ONE_GAP}[0-9]{{3}}(?![0-9])"
    rf"|(?<![0-9])[0-9]{{6}}{_ONE_GAP}[0-9]{{9,13}}(?![0-9])"
    rf"|(?<![0-9])[0-9](?:{_ONE_GAP}{{1,2}}[0-9]){{11,}}(?![0-9])"
)
_AFTER_ACCOUNT_WORD = re.compile(
    rf"(?:账号|帐号|卡号|账户|帐户|一卡通|存折)[^0-9\n]{{0,6}}([0-9](?:{_GAP_IN_LINE}[0-9]){{5,}})"
)

_COUNT = "[0-9十百廿]"
_ADDRESS = (
    # "统一组织", "统一号码" read as numbers once Chinese digits count, hence what may not follow.
    re.compile(rf"第?{_COUNT}{{1,4}}(?:村民|居民)?小?组(?![织成建合])"),
    re.compile(rf"(?<![0-9十百廿第字〕\]】》)]){_COUNT}{{1,4}}号(?![文令公通决表线会案窗码前后至到起止开])"),
    re.compile(rf"{_HAN}{{1,6}}(?:路|街|道|巷|弄|庄|郢|圩|小区|苑|园|门牌)第?[0-9十百][-0-9十百]{{0,8}}号"),
    re.compile(rf"(?<![房屋损毁塌建共计0-9十百廿]){_COUNT}{{1,4}}[栋幢](?![房民])"),
    re.compile(rf"(?:{_COUNT}{{1,3}}|[A-Z])单元"),
    re.compile(r"(?<![0-9])[0-9]{2,4}室"),
    re.compile(rf"门牌[号码为:]{{0,3}}[A-Z0-9十百]{{1,5}}|{_COUNT}{{1,4}}号?门牌"),
    re.compile(r"(?<![0-9])[0-9]{1,3}[-#][0-9]{1,3}[-#][0-9]{2,4}(?:室|户|号|房)"),
)
# Down to the village an address may be on the board (section 6); what comes after it is the house.
_DOWN_TO_VILLAGE = re.compile(r"^.*(?:省|市|县|(?<![小园])区|镇|乡|街道|村委会|居委会|村|社区)")
_NO_PLACES = ("村民组", "居民组", "村民小组", "居民小组")

_HEALTH_PLAIN = (
    re.compile(r"(?<![A-Z])(?:HIV|AIDS|ICU|HBV|COVID)(?![A-Z])"),
    re.compile(_any_of((*DISEASES, *STIGMA, *TREATMENT, *MEDICINE, *DISABILITIES))),
    re.compile(r"[肝肺肾肠胃鼻咽腺膜脉节髓胰胆骨皮肤心脑]炎"),
    re.compile(rf"{_HAN}?[心肝肺肾胃脑骨血胆胰肠脏尿神经肤虫风痨性眼染]病"),
    re.compile(rf"(?:患有|罹患|确诊|诊断|查出患?)[为是:]?{_HAN}{{0,6}}"),
    # ICD-10 and its Chinese extensions (C34.900, I63.900X001); without a decimal also the name of a road or a door.
    re.compile(
        r"(?<![A-Z0-9])[A-Z][0-9]{2}(?:\.[0-9]{1,3}(?:[X+*][0-9]{0,3})?"
        r"|(?!\.?[0-9A-Z])(?![\s-]*(?:高速|国道|省道|县道|公路|铁路|路|线|次|窗|号|栋|幢|室|座|楼|单元)))"
    ),
    re.compile(r"[0-9](?:MG|毫克)"),
    # The county's own tool prints the summary "without disease name, code or costs".
    re.compile(
        r"(?:医疗费|医药费|药费|住院费|治疗费|医疗支出|自付|自费)(?:(?!救助|补助|资助|补贴)[^,。;\n0-9]){0,8}[0-9][0-9.,]*万?元?"
    ),
)
_DISABILITY = re.compile(
    r"[1-4]级(?:视力|听力|言语|肢体|智力|精神|多重)?残(?!联)"
    r"|残疾?(?:人证|等级|程度)?[为是:(]?[1-4]级"
    r"|(?:视力|听力|言语|肢体|智力|精神|多重)(?:残|障碍|缺陷|[1-4]级)"
    # 重度残疾人护理补贴 is what a benefit is called.
    r"|(?:重|中|轻|极重)度残(?!疾人护理补贴|疾人两项补贴)"
)

_INCOME_PLAIN = re.compile(_any_of(INCOME_WORDS))
# The society's own accounts are published; gifts and interest are its income, not a household's.
_INCOME_AMOUNT = re.compile(
    r"(?:(?<!捐赠)(?<!资金)(?<!本月)(?<!本期)(?<!利息)收入|工资|薪水|打工挣)[^,。;\n0-9]{0,4}[0-9][0-9.,]*(?:万|千|百)?元?"
)

_AGE = re.compile(
    # 70岁以上 and 70-79岁 are bands, and bands are what a notice should say.
    r"(?<![0-9十百\-~至到—–])[0-9十百]{1,4}周?岁(?!及?以[上下内]|[-~至到—–])|年龄[为是:]{0,2}[0-9十百]{1,4}(?![0-9十百\-~至到—–])"
)
_BIRTH = re.compile(
    r"(?:出生(?:日期|年月|于)?|生于|生日)[为是:于]{0,2}\s?[0-9十]{1,4}(?:[-./年月]\s?[0-9十]{0,3}){1,2}日?"
    r"|[0-9]{2,4}年(?:[0-9十]{1,3}月(?:[0-9十]{1,3}日)?)?(?:出生|生(?![活产效育态]))"
)
_SEX = re.compile(
    r"性别[为是:]{0,2}[男女]|[男女]性|[男女]童|男孩|女孩|女士|先生(?!产)|老汉|老太|大爷|大娘|大妈"
    r"|(?<![子儿妇孙侄])[男女](?=[\s,.。;:、/|()0-9]|$)"
)
_ROLE = re.compile(
    r"单亲(?:母亲|妈妈|父亲|爸爸|家庭)?|未婚(?:妈妈|母亲)|失独(?:老人|家庭|父母)?|独居(?:老人)?|空巢(?:老人)?|孤儿|遗孤|孤寡(?:老人)?"
    r"|孤老|留守(?:儿童|老人|妇女)?|寡妇|丧偶|鳏夫|离异|离婚|再婚|养女|养子|双胞胎|三胞胎|事实无人抚养|监护缺失|服刑|祖孙二人|独生子女?去世"
)
_SCHOOL = re.compile(
    # With a name before it: "子女考上大学" is how the category 因学 is told.
    rf"{_HAN}{{1,8}}(?<![上读入考的在名所个位段为被去从到是助])(?:小学|中学|初中|高中|大学|学院|职高|技校|幼儿园|学校)(?!生)"
)
_CLASS = re.compile(
    r"[0-9]年级(?:[0-9]{1,2}班)?|[0-9]\([0-9]{1,2}\)班|[高初小][0-9](?:\([0-9]{1,2}\)|[0-9])?班|[0-9]{1,2}班"
)
_EMPLOYER = re.compile(
    rf"在{_HAN}{{2,16}}(?:公司|厂|企业|集团|饭店|酒店|工地|超市|合作社|局|银行|医院|商场|学校)(?:上班|工作|打工|务工|就业|任职|做工|当)"
    rf"|(?:就职|任职|受雇|供职)于{_HAN}{{2,16}}|(?:公司|厂|集团)(?:员工|职工|工人)|(?:工作单位|用人单位)[为是:]{{1,2}}{_HAN}{{2,16}}"
)

_CHINESE_DIGITS = "一二三四五六七八九壹贰叁肆伍陆柒捌玖幺〇零"
_TO_DIGITS = str.maketrans(_CHINESE_DIGITS + "×ХΧ", "123456789123456789100XXX")
_CIRCLE_AS_ZERO = re.compile(rf"(?<=[{_CHINESE_DIGITS}])○+|○+(?=[{_CHINESE_DIGITS}])")
_GONE = "\x00"


@dataclass(frozen=True)
class _Reading:
    """The text in one way of writing, each sign knowing where in the text as given it came from."""

    text: str
    plain: str
    origins: tuple[int, ...]

    def leak(self, kind: LeakKind, start: int, end: int) -> Leak:
        first, last = self.origins[start], self.origins[end - 1] + 1
        return Leak(kind, first, last, self.text[first:last])


def _read(text: str) -> _Reading:
    signs: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKC", sign).upper():
            # Joiners of no width and marks on a digit break a number for a machine, not for a reader.
            if unicodedata.category(part) in {"Cf", "Mn", "Me"} or part == _GONE:
                continue
            signs.append(str(unicodedata.decimal(part)) if part.isdecimal() else part)
            origins.append(place)
    return _Reading(text, "".join(signs), tuple(origins))


def _in_digits(plain: str) -> str:
    """Chinese digits as digits, sign for sign: 一三八 is read out to be dialled."""
    return _CIRCLE_AS_ZERO.sub(lambda circles: "0" * len(circles[0]), plain).translate(_TO_DIGITS)


def _blank(digits: str, spans: Iterable[tuple[int, int]]) -> str:
    signs = list(digits)
    for start, end in spans:
        signs[start:end] = _GONE * (end - start)
    return "".join(signs)


def _only_digits(text: str) -> str:
    return re.sub(r"[^0-9X]", "", _in_digits(_read(text).plain))


def _known_number(number: str) -> re.Pattern[str] | None:
    """A number of the file however it is grouped; also passports and short telephone numbers, which have no pattern."""
    signs = re.sub(r"[^0-9A-Z]", "", _in_digits(_read(number).plain))
    return re.compile(_spaced(map(re.escape, signs), _GAP)) if len(signs) > 5 else None


def _masked_kind(number: str) -> LeakKind | None:
    """What a half masked number gives away, if it gives away anything."""
    hidden = len(re.findall(_MASK, number.removesuffix("X")))
    shown = sum(sign.isdecimal() for sign in number)
    signs = len(re.sub(_ONE_GAP, "", number))
    if not hidden or shown < FEWEST_REAL_DIGITS:
        return None
    if signs == 11 and number[0] == "1":
        return LeakKind.phone
    return LeakKind.id_number if signs in {15, 18} or number.startswith("34") else LeakKind.bank_card


def _allowed(number: str, allowed_phones: Collection[str]) -> bool:
    """Whether a number is one of those to complain to, with or without the area code."""
    digits = re.sub(r"[^0-9]", "", number)
    without_country = digits.removeprefix("86") if len(digits) == 13 else digits
    return any(
        without_country == phone
        or (len(without_country) in {7, 8} and phone.startswith("0") and phone.endswith(digits))
        for phone in map(_only_digits, allowed_phones)
    )


def _numbers(digits: str, known: Known, allowed_phones: Collection[str]) -> Iterator[tuple[LeakKind, int, int]]:
    """Numbers, the longest kinds first; what one kind has taken the next does not see."""
    # A row of a table, "500.00 2026-11-23 2026-11-30 800", holds eighteen digits with a date in the right place.
    for harmless in (_CASE_NUMBER, _FROM_TO, _DECIMAL):
        digits = _blank(digits, [match.span() for match in harmless.finditer(digits)])
    known_id, known_phone = _known_number(known.id_number), _known_number(known.phone)
    # Each sign may begin a number, for one written right after an amount; hence the lookahead and its group.
    ids = [match.span(1) for match in _ID_18.finditer(digits)]
    ids += [match.span() for match in known_id.finditer(digits)] if known_id else []
    ids += [match.span() for pattern in (_ID_WITHOUT_DATE, _ID_15) for match in pattern.finditer(digits)]
    yield from ((LeakKind.id_number, *span) for span in ids)
    digits = _blank(digits, ids)

    masked = [(kind, *match.span()) for match in _MASKED_NUMBER.finditer(digits) if (kind := _masked_kind(match[0]))]
    yield from masked
    digits = _blank(digits, ((start, end) for _, start, end in masked))

    digits = _blank(digits, [match.span() for match in _DATE.finditer(digits)])

    phones = [match.span() for pattern in (_MOBILE, _LANDLINE) for match in pattern.finditer(digits)]
    phones += [match.span(1) for match in _SHORT_LANDLINE.finditer(digits)]
    phones += [match.span() for match in known_phone.finditer(digits)] if known_phone else []
    yield from (
        (LeakKind.phone, start, end) for start, end in phones if not _allowed(digits[start:end], allowed_phones)
    )
    digits = _blank(digits, phones)

    yield from ((LeakKind.bank_card, *match.span()) for match in _CARD.finditer(digits))
    yield from ((LeakKind.bank_card, *match.span(1)) for match in _AFTER_ACCOUNT_WORD.finditer(digits))


def _addresses(digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    digits = _blank(digits, (match.span() for match in _DATE.finditer(digits)))
    patterns = list(_ADDRESS)
    address = re.sub(r"\s", "", _in_digits(_read(known.address).plain))
    house = _DOWN_TO_VILLAGE.sub("", address)
    place = re.match(rf"{_HAN}{{3,}}", house)
    parts = [house] if len(house) > 1 else []
    parts += [place[0]] if place and place[0] not in _NO_PLACES else []
    patterns += [re.compile(_spaced(map(re.escape, part))) for part in parts]
    yield from ((LeakKind.address, *match.span()) for pattern in patterns for match in pattern.finditer(digits))


def _name_signs(name: str) -> list[str]:
    return [sign for sign in _read(name).plain if not re.fullmatch(rf"[\s{_GAP_SIGNS}]", sign)]


_HIDES_NAME = "*∗✱某X×○〇●"
_NOT_BY_NAME = ("小学", "小康", "小时", "小心")


def _masks_of(name: list[str]) -> re.Pattern[str]:
    """The ways a child's name is half said: 张*明, 张某某, 小明. Section 6 allows a child's name in no form."""
    hidden = f"[{_HIDES_NAME}]"
    first, last = re.escape(name[0]), re.escape(name[-1])
    small = "" if f"小{name[-1]}" in _NOT_BY_NAME else f"|小{last}"
    if len(name) == 2:
        return re.compile(rf"{first}{hidden}{{1,2}}(?!{_HAN}|[*∗✱]){small}")
    given = "".join(map(re.escape, name[1:]))
    return re.compile(rf"{first}{hidden}{{1,3}}{last}|{first}{hidden}{{2}}{small}|{given}")


def _names(plain: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    names = [_name_signs(name) for name in known.names]
    for place, name in enumerate(names):
        # A single sign is a word of the language before it is anybody's name.
        if len(name) < 2:
            continue
        childs = known.child and place == 0
        kind = LeakKind.childs_name if childs else LeakKind.name_in_full
        whole = re.compile(_spaced(map(re.escape, name)))
        yield from ((kind, *match.span()) for match in whole.finditer(plain))
        if childs:
            # The guardian's masked name is allowed in the child's place, and may look the same.
            others = {other[0] + end for other in names[1:] if len(other) > 1 for end in (other[-1], *_HIDES_NAME)}
            yield from (
                (kind, *match.span())
                for match in _masks_of(name).finditer(plain)
                if match[0][0] + match[0][-1] not in others
            )


def _words(plain: str, digits: str) -> Iterator[tuple[LeakKind, int, int]]:
    for pattern in _HEALTH_PLAIN:
        yield from ((LeakKind.health_detail, *match.span()) for match in pattern.finditer(plain))
    yield from ((LeakKind.health_detail, *match.span()) for match in _DISABILITY.finditer(digits))
    yield from ((LeakKind.income, *match.span()) for match in _INCOME_PLAIN.finditer(plain))
    yield from ((LeakKind.income, *match.span()) for match in _INCOME_AMOUNT.finditer(digits))


def _birth_date_of(number: str) -> re.Pattern[str] | None:
    """The birth date inside a known ID number, as people write dates."""
    found = re.fullmatch(r"[0-9]{6}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]", _only_digits(number))
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    return re.compile(rf"(?<![0-9]){year}[-./年]\s?0?{month}[-./月]\s?0?{day}(?![0-9])日?|{year}{month:02}{day:02}")


def _pointers(plain: str, digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """Traits that are harmless each, yet together leave one person of a village (PIPL art. 73: identifiable)."""
    traits = {
        "age": [match.span() for match in _AGE.finditer(digits)],
        "birth": [match.span() for match in _BIRTH.finditer(digits)],
        "sex": [match.span() for match in _SEX.finditer(plain)],
        "role": [match.span() for match in _ROLE.finditer(plain)],
        "school": [match.span() for match in (*_SCHOOL.finditer(plain), *_CLASS.finditer(digits))],
        "employer": [match.span() for match in _EMPLOYER.finditer(plain)],
    }
    born = _birth_date_of(known.id_number)
    traits["birth"] += [match.span() for match in born.finditer(digits)] if born else []
    small = known.village_households is not None and known.village_households < SMALL_VILLAGE
    enough = small or sum(map(bool, traits.values())) > 1
    for trait, spans in traits.items():
        # A child's school is never published, whatever stands beside it (section 6).
        if enough or (trait == "school" and known.child):
            yield from ((LeakKind.points_at_one, *span) for span in spans)


def _joined(leaks: Iterable[Leak], text: str) -> list[Leak]:
    """In order of start; what overlaps and is of one kind is one leak."""
    joined: list[Leak] = []
    latest: dict[LeakKind, int] = {}
    for leak in sorted(leaks, key=lambda leak: (leak.start, leak.end)):
        place = latest.get(leak.kind)
        if place is not None and leak.start < joined[place].end:
            before = joined[place]
            end = max(before.end, leak.end)
            joined[place] = Leak(leak.kind, before.start, end, text[before.start : end])
        else:
            latest[leak.kind] = len(joined)
            joined.append(leak)
    return joined


def find_leaks(text: str, known: Known, allowed_phones: Collection[str] = frozenset()) -> list[Leak]:
    """All that a notice must not say of the person, in order of start; `allowed_phones` are those to complain to."""
    reading = _read(text)
    plain = reading.plain
    digits = _in_digits(plain)
    found = (
        *_numbers(digits, known, allowed_phones),
        *_addresses(digits, known),
        *_names(plain, known),
        *_words(plain, digits),
        *_pointers(plain, digits, known),
    )
    return _joined((reading.leak(kind, start, end) for kind, start, end in found if end > start), text)
