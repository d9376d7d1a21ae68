"""Words that disclose illness, disability or income."""

import re
from collections.abc import Iterable, Iterator

from tuoju.residents.leaks.kinds import LeakKind
from tuoju.residents.leaks.reading import HAN


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


def any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_HEALTH_PLAIN = (
    re.compile(r"(?<![A-Z])(?:HIV|AIDS|ICU|HBV|COVID)(?![A-Z])"),
    re.compile(any_of((*DISEASES, *STIGMA, *TREATMENT, *MEDICINE, *DISABILITIES))),
    re.compile(r"[肝肺肾肠胃鼻咽腺膜脉节髓胰胆骨皮肤心脑]炎"),
    re.compile(rf"{HAN}?[心肝肺肾胃脑骨血胆胰肠脏尿神经肤虫风痨性眼染]病"),
    re.compile(rf"(?:患有|罹患|确诊|诊断|查出患?)[为是:]?{HAN}{{0,6}}"),
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

MEANS = _listed(
    """
    低保户 低保边缘 低保对象 低保金 低保 低边户 特困供养 特困人员 特困户 特困 五保户 五保 建档立卡 脱贫户 监测户
    贫困户 低收入 支出型困难 刚性支出 房产 田地 债务 借款 贷款
    """
)
"""Categories of relief and property: harmless on a notice, which says why relief was given, but nothing that an
organization is told before it accepts."""


_INCOME_PLAIN = re.compile(any_of(INCOME_WORDS))
# The society's own accounts are published; gifts and interest are its income, not a household's.
_INCOME_AMOUNT = re.compile(
    r"(?:(?<!捐赠)(?<!资金)(?<!本月)(?<!本期)(?<!利息)收入|工资|薪水|打工挣)[^,。;\n0-9]{0,4}[0-9][0-9.,]*(?:万|千|百)?元?"
)


_MEANS = re.compile(any_of(MEANS))


def means(plain: str) -> Iterator[tuple[LeakKind, int, int]]:
    """Words that disclose the category of relief or property."""
    yield from ((LeakKind.income, *match.span()) for match in _MEANS.finditer(plain))


def words(plain: str, digits: str) -> Iterator[tuple[LeakKind, int, int]]:
    """Words and amounts that disclose health or income."""
    for pattern in _HEALTH_PLAIN:
        yield from ((LeakKind.health_detail, *match.span()) for match in pattern.finditer(plain))
    yield from ((LeakKind.health_detail, *match.span()) for match in _DISABILITY.finditer(digits))
    yield from ((LeakKind.income, *match.span()) for match in _INCOME_PLAIN.finditer(plain))
    yield from ((LeakKind.income, *match.span()) for match in _INCOME_AMOUNT.finditer(digits))
