"""The invented people of demo cities: who they are, what they are likely to need, how a visit finds them."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from tuoju.cases.inputs import InvestigationInput
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.consents import GUARDIAN_BELOW, ConsentTerms
from tuoju.residents.identity import ADULT_FROM, age_on, check_digit
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import ConsentGiver, GuardianRelation, Resident

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "秀英桂兰玉梅建国志强德明凤霞春生永福家和爱华长根小燕文静子涵雨桐浩然思远"


@dataclass(frozen=True)
class Kind:
    """A kind of person the demo city has, and what they are likely to need."""

    ages: tuple[int, int]
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]
    self_care: str = "able"
    sex: str = ""
    disability: tuple[str, str] | None = None


KINDS = (
    Kind(
        (66, 91),
        ("SN", "DJ"),
        ("TKGY", "DB"),
        (
            ("A01", "一个人住，站不久，早饭没人做，衣服洗不了"),
            ("B01", "手抖做不了饭，想有人送午饭"),
            ("B02", "半年没好好洗过澡，家人抱不动"),
            ("B03", "屋里很久没打扫，腿脚不方便"),
        ),
        "partly_unable",
    ),
    Kind(
        (70, 92),
        ("WC",),
        ("DB", "GXZC"),
        (("A04", "老伴日夜照顾卧床的人，想歇几天"), ("A05", "不会给卧床老人翻身，怕长褥疮")),
        "unable",
    ),
    Kind((67, 88), ("KC", "LS-LR"), ("DB", "DBBY"), (("C01", "儿女在外打工，想有人常来看看说说话"),)),
    Kind(
        (6, 15),
        ("LSET",),
        ("DB", "DBBY"),
        (("C06", "爸妈在外地，奶奶不识字，放学没人辅导功课"), ("C07", "爷爷奶奶不知道怎么管孩子，孩子常玩手机")),
    ),
    Kind((7, 16), ("KJET",), ("DB",), (("C02", "妈妈走后不爱说话，晚上睡不着"),)),
    Kind(
        (28, 46),
        ("DQMQ", "DQ"),
        ("DB", "DBBY", "GXZC"),
        (("C09", "一个人带两个孩子，想找份能照顾家的活"), ("C02", "离婚后压力大，常常哭")),
        sex="female",
    ),
    Kind((55, 72), ("JSTS",), ("DB", "NONE"), (("C01", "孩子走了以后很少出门，想有人来坐坐"),)),
    Kind(
        (20, 50),
        ("CJ", "ZCJ"),
        ("DB", "TKGY"),
        (("C05", "整天待在家里，想和别人一起活动"), ("A02", "想做康复训练，镇上没有")),
        "partly_unable",
        disability=("5", "2"),
    ),
)

_FAILS = {"able": 0, "partly_unable": 2, "unable": 5}


class People:
    """Makes people of a kind, no two with one ID number: their division codes (the city's with 99, 98 ...) exist
    nowhere."""

    def __init__(self, chance: random.Random, city_code: str) -> None:
        self.chance = chance
        self.prefix = city_code[:4]
        self.met = 0

    def meet(self, kind: Kind, village: str, day: date, *, household_of: int | None = None) -> ResidentInput:
        """Somebody of the kind who lives in the village, as a desk would type them on `day`."""
        number, self.met = self.met, self.met + 1
        age = self.chance.randint(*kind.ages)
        # The last digits run through 500 for each sex; the year moves once they are used up.
        born_on = date(day.year - age, self.chance.randint(1, 10), self.chance.randint(1, 28))
        male = kind.sex != "female" and self.chance.random() < 0.5
        first = f"{self.prefix}{99 - number // 500:02d}{born_on:%Y%m%d}{(number % 500 * 2 + male):03d}"
        return ResidentInput.model_validate(
            {
                "name": self.chance.choice(SURNAMES) + "".join(self.chance.sample(GIVEN, 2)),
                "id_number": first + check_digit(first),
                "region_code": village,
                "household_of": household_of,
                "phone": f"138055{number:05d}",
                "address": f"演示组{number % 9 + 1}号",
                "relief_category": self.chance.choice(kind.categories),
                "vulnerabilities": list(kind.tags),
                "self_care": kind.self_care,
                "disability_type": kind.disability[0] if kind.disability else None,
                "disability_grade": kind.disability[1] if kind.disability else None,
                "guardian_name": self.chance.choice(SURNAMES) + "奶奶" if age < ADULT_FROM else None,
                "another_person": True,
            }
        )


def findings(kind: Kind, day: date, conclusion: str) -> InvestigationInput:
    """What a visit on `day` finds of somebody of the kind: their self-care items agree with their grade."""
    items = ("bathes", "walks", "dresses", "gets_up", "toilets", "eats")
    alone = {f"{item}_alone": number >= _FAILS[kind.self_care] for number, item in enumerate(items)}
    return InvestigationInput.model_validate(
        {"visited_on": day, "difficulties": "生活困难，已入户核实（演示）", "conclusion": conclusion, **alone}
    )


def who_agrees(resident: Resident) -> list[ConsentGiver]:
    """Grown people themselves; for a child the guardian, and from 14 the child first."""
    if resident.guardian_name is None:
        return [ConsentGiver.self]
    if resident.born_on is None or age_on(resident.born_on, china_day(now())) < GUARDIAN_BELOW:
        return [ConsentGiver.guardian]
    return [ConsentGiver.self, ConsentGiver.guardian]


def terms_of(giver: ConsentGiver) -> ConsentTerms:
    """A consent without bounds; the guardians of the demo are parents."""
    return ConsentTerms(relation=GuardianRelation.parent if giver is ConsentGiver.guardian else None)


def at_hour(day: date, hour: int) -> datetime:
    """That hour of the day in China."""
    return datetime.combine(day, time(hour - 8), tzinfo=UTC)
