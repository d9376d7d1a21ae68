"""The household visit on paper (入户调查表, domain section 5.2)."""

from tuoju.cases.inputs import SELF_CARE_ITEMS, Finding, InvestigationInput
from tuoju.cases.procedure import self_care_of
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.case_words import day, disability, document, members, ticks, word, yuan
from tuoju.documents.papers.typesetting import (
    Block,
    Choice,
    Choices,
    Document,
    Field,
    Fields,
    Heading,
    Passage,
    Rows,
    Signature,
    Signatures,
    Together,
)
from tuoju.residents.models import SelfCare
from tuoju.words.labels import label

SELF_CARE_WORDS = dict(zip(SELF_CARE_ITEMS, ("吃饭", "穿衣", "上下床", "如厕", "室内走动", "洗澡"), strict=True))
DOMAINS = {
    "money": "经济救助",
    "body": "健康照料",
    "schooling": "就学",
    "dwelling": "住房",
    "work": "就业",
    "guardianship": "监护照管",
    "inclusion": "社会融入",
}
MEMBER_ROWS = 6


def investigation(facts: CaseFacts, foot: str = "") -> Document:
    """入户调查表 (domain section 5.2): household, money, housing, health, self-care, and seven domains of needs."""
    visit = facts.visit

    def finding(name: str) -> str | None:
        return (str(getattr(visit, name)) or None) if visit else None

    def choices(kind: str, name: str) -> Choices:
        return Choices(TITLES[name], ticks(kind, [getattr(visit, name)] if visit else []))

    def fields(*names: str) -> Fields:
        return Fields([Field(TITLES[name], finding(name)) for name in names])

    blocks: list[Block] = [
        Fields(
            [
                Field("服务对象", facts.name),
                Field("入户日期", day(visit.visited_on) if visit else None),
                Field("调查地点", finding("place")),
                Field("在场成员", finding("present")),
                Field(
                    "调查人", "、".join([*facts.visitors, *([visit.others] if visit and visit.others else [])]) or None
                ),
                Field("家庭住址", f"{facts.place}{facts.address or ''}" if facts.place else None),
            ]
        ),
        Passage("急难情况说明", finding("difficulties"), 4),
        Heading("共同生活家庭成员"),
        Rows(
            ["姓名", "关系", "年龄", "工作单位或学校", "健康状况", "年收入（元）"],
            members(visit, MEMBER_ROWS),
            [2, 1.4, 1, 3, 2.4, 1.8],
            numbers=[5],
        ),
        Heading("收入、支出和债务（元/年）"),
        Fields(_money(visit), columns=4),
        fields("income_from", "outlay_for"),
        Heading("住房和财产"),
        choices("ownership", "ownership"),
        choices("structure", "structure"),
        choices("safety", "safety"),
        fields("housing", "appliances", "vehicles", "livestock"),
        Fields(
            [
                Field("土地（亩）", f"{visit.land_mu:f}" if visit and visit.land_mu is not None else None),
                Field("已享受救助帮扶", finding("helped_before")),
            ]
        ),
        Heading("健康和自理"),
        fields("chronic_illness", "serious_illness"),
        Fields([Field("残疾类别等级", disability(facts)), Field("健康其他情况", finding("health"))]),
        Choices("能独立完成的", _self_care(visit)),
        Fields(
            [
                Field("自理能力等级", _grade(visit)),
                Field("照护人", finding("carer")),
            ]
        ),
        Heading("就学、就业、监护和社会支持"),
        fields("schooling_stage", "employment", "guardianship_now", "support"),
        Together(
            [
                Heading("需求评估"),
                Rows(
                    ["领域", *(label("finding", level) for level in Finding)],
                    [[title, *_ticked(visit, name)] for name, title in DOMAINS.items()],
                    [3, 1, 1, 1],
                    centred=[1, 2, 3],
                ),
                Passage("本人意愿", finding("wish"), 1),
            ]
        ),
        Together(
            [
                Fields([Field("走访邻居（姓名、电话）", finding("neighbour"), 2)]),
                Passage("邻里走访意见", finding("neighbours"), 1),
                Choices("调查结论", ticks("conclusion", visit.conclusion if visit else [])),
                Fields(
                    [
                        Field("建议金额", yuan(visit.suggested_yuan * 100) if visit and visit.suggested_yuan else None),
                        Field("理由", finding("conclusion_note")),
                    ]
                ),
                Signatures(
                    [
                        *(
                            Signature("调查人", name, day(visit.visited_on) if visit else None)
                            for name in facts.visitors[:3]
                        ),
                        *[Signature("调查人")] * max(0, 2 - len(facts.visitors)),
                        Signature("被调查人（在场人）签字"),
                    ]
                ),
            ]
        ),
    ]
    return document("入户调查表", facts, blocks, foot)


TITLES = {
    "income_from": "收入来源",
    "outlay_for": "支出用途",
    "ownership": "房屋产权",
    "structure": "房屋结构",
    "safety": "安全等级",
    "housing": "住房其他情况",
    "appliances": "家具家电",
    "vehicles": "车辆、农机",
    "livestock": "养殖",
    "chronic_illness": "慢性病",
    "serious_illness": "重大疾病",
    "schooling_stage": "就学情况",
    "employment": "就业情况",
    "guardianship_now": "监护情况",
    "support": "亲属邻里支持",
}


def _self_care(visit: InvestigationInput | None) -> list[Choice]:
    """The items of self-care: ticked where the person needs no help, "no" where they do, open where nobody asked."""
    answers = {item: getattr(visit, f"{item}_alone", None) for item in SELF_CARE_WORDS}
    return [
        Choice(f"{words}（否）" if answers[item] is False else words, answers[item] is True)
        for item, words in SELF_CARE_WORDS.items()
    ]


def _grade(visit: InvestigationInput | None) -> str | None:
    """The grade that the six answers give, if all were given."""
    grade = self_care_of(visit) if visit else SelfCare.not_assessed
    return None if grade is SelfCare.not_assessed else word("self_care_word", grade)


def _money(visit: InvestigationInput | None) -> list[Field]:
    names = {
        "income_work": "劳动收入",
        "income_transfers": "转移性收入",
        "income_other": "其他收入",
        "outlay_medical": "医疗支出",
        "outlay_schooling": "教育支出",
        "outlay_other": "其他支出",
        "debts": "负债",
    }
    answers = [getattr(visit, name, None) for name in names]
    cells = [
        Field(title, None if answer is None else f"{answer:,}")
        for title, answer in zip(names.values(), answers, strict=True)
    ]
    return [*cells[:-1], Field(cells[-1].label, cells[-1].value, 2)]


def _ticked(visit: InvestigationInput | None, name: str) -> list[str]:
    """A tick under the level of need found in a domain."""
    found_level = getattr(visit, name) if visit else None
    return ["√" if level is found_level else "" for level in Finding]
