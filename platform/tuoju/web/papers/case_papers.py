"""The papers of a case: application, household visit, review and decision, letter of refusal, receipt, closing.

Layouts after domain section 5 (record layouts of the societies and of temporary relief). A paper of no facts is blank.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from tuoju.cases.inputs import Finding, InvestigationInput
from tuoju.cases.models import OpenedBy
from tuoju.relief.amounts import in_capitals
from tuoju.relief.models import PaymentWay
from tuoju.residents.masking import mask_phone
from tuoju.web.papers.case_facts import CaseFacts
from tuoju.web.papers.typesetting import (
    Block,
    Choice,
    Choices,
    Cut,
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Passage,
    Rows,
    Signature,
    Signatures,
    chinese_day,
)
from tuoju.web.words import label, options

SELF_CARE = ("eats", "dresses", "gets_up", "toilets", "walks", "bathes")
SELF_CARE_WORDS = dict(zip(SELF_CARE, ("吃饭", "穿衣", "上下床", "如厕", "室内走动", "洗澡"), strict=True))
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


def document(title: str, facts: CaseFacts, blocks: Iterable[Block], foot: str) -> Document:
    """A paper of a society: its place and number above, the rule it follows below."""
    place = f"{facts.place}救急难互助社" if facts.place else "____________________村(社区)救急难互助社"
    return Document(title, list(blocks), place, facts.number or "", facts.rule or "", foot)


def yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen / 100:,.2f}元"


def words(kind: str, code: object) -> str | None:
    return None if code is None else label(kind, code)


def ticks(kind: str, chosen: Iterable[object], leave_out: Iterable[str] = ()) -> list[Choice]:
    """Every word of a list, the chosen ticked."""
    ticked = {str(each) for each in chosen}
    return [Choice(name, code in ticked) for code, name in options(kind) if code not in set(leave_out)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _day(value: date | None) -> str | None:
    return chinese_day(value) if value else None


def _person(facts: CaseFacts) -> Fields:
    return Fields(
        [
            Field("姓名", facts.name),
            Field("性别", words("sex_word", facts.sex)),
            Field("年龄", _text(facts.age)),
            Field("家庭人口", _text(facts.household)),
            Field("身份证号", facts.id_number, 2),
            Field("联系电话", facts.phone, 2),
            Field("家庭住址", f"{facts.place}{facts.address or ''}" if facts.place else None, 4),
            Field("监护人(照料人)", facts.guardian, 4),
        ],
        columns=4,
    )


def application(facts: CaseFacts, foot: str = "") -> Document:
    """申请审批表, or for a case found by visiting 主动发现登记表, with the three consents apart (PIPL art. 29)."""
    found = facts.opened_by is OpenedBy.proactive_discovery
    needs = [[label("service_type", need.category), need.text, label("urgency", need.urgency)] for need in facts.needs]
    return document(
        "主动发现登记表" if found else "救助申请表",
        facts,
        [
            _person(facts),
            Choices("困难类别", ticks("relief_category", [facts.relief_category])),
            Fields(
                [
                    Field("困难情形", _circumstances(facts), 2),
                    Field("残疾类别等级", _disability(facts)),
                    Field("自理能力", words("self_care_word", facts.self_care)),
                ],
                columns=2,
            ),
            Choices("主要困难原因", ticks("hardship_cause", [facts.cause])),
            Passage("困难情况和申请理由", facts.summary, 5),
            Heading("服务需求"),
            Rows(["服务类别", "具体需要", "缓急"], needs or [[""] * 3] * 3, [2, 5, 1]),
            Heading("授权与同意(逐项勾选、逐项签字)"),
            Choices("授权核查家庭情况", [Choice("同意"), Choice("不同意")]),
            Choices("同意公示", [Choice("同意", facts.publicity), Choice("不同意")]),
            Choices("同意向慈善组织转介", [Choice("同意", facts.to_organizations), Choice("不同意")]),
            Paragraph("本人承诺以上情况属实,如有虚假,愿意退回救助款物并承担相应责任。"),
            Signatures(
                [
                    Signature("申请人(或监护人)签字、按手印"),
                    Signature("代办人签字(与申请人关系)"),
                    Signature("受理人", facts.recorder, _day(facts.accepted_on)),
                ]
            ),
        ],
        foot,
    )


def _circumstances(facts: CaseFacts) -> str | None:
    return "、".join(label("vulnerable_tag", each) for each in facts.circumstances) or None


def _disability(facts: CaseFacts) -> str | None:
    if facts.disability is None:
        return None
    kind, grade = facts.disability
    return f"{label('disability_type', kind)} {label('disability_grade', grade)}"


def investigation(facts: CaseFacts, foot: str = "") -> Document:
    """入户调查表: household, income and outlay, housing, health, the six items, seven domains of needs."""
    visit = facts.visit
    blocks: list[Block] = [
        Fields(
            [
                Field("服务对象", facts.name),
                Field("入户日期", _day(visit.visited_on) if visit else None),
                Field("调查人", "、".join(facts.visitors) or None),
                Field("在场人员", (visit.present or None) if visit else None),
                Field("地址", f"{facts.place}{facts.address or ''}" if facts.place else None, 2),
            ]
        ),
        Heading("共同生活家庭成员"),
        Rows(["姓名", "与本人关系", "年龄", "健康状况", "年收入(元)"], _members(visit), [2, 2, 1, 3, 2]),
        Heading("收入、支出和债务(元/年)"),
        Fields(_money(visit), columns=4),
        Passage("住房情况", visit.housing if visit else None, 1),
        Passage("健康状况", visit.health if visit else None, 1),
        Choices("能独立完成的", [Choice(name, bool(visit and _alone(visit, each))) for each, name in _items()]),
        Fields([Field("自理能力等级", words("self_care_word", facts.self_care) if visit else None, 2)]),
        Heading("需求评估"),
        Rows(
            ["领域", *(label("finding", each) for each in Finding)],
            [[title, *_ticked(visit, name)] for name, title in DOMAINS.items()],
            [3, 1, 1, 1],
        ),
        Passage("本人意愿", visit.wish if visit else None, 1),
        Passage("急难情况说明", visit.difficulties if visit else None, 4),
        Passage("邻里走访意见", visit.neighbours if visit else None, 2),
        Choices("调查结论", ticks("conclusion", [visit.conclusion] if visit else [])),
        Fields([Field("建议金额", yuan(visit.suggested_yuan * 100) if visit and visit.suggested_yuan else None, 2)]),
        Signatures(
            [
                *(Signature("调查人", name, _day(visit.visited_on) if visit else None) for name in facts.visitors[:2]),
                *[Signature("调查人")] * max(0, 2 - len(facts.visitors)),
                Signature("被调查人(在场人)签字"),
            ]
        ),
    ]
    return document("入户调查表", facts, blocks, foot)


def _items() -> Iterable[tuple[str, str]]:
    return SELF_CARE_WORDS.items()


def _alone(visit: InvestigationInput, item: str) -> bool:
    return bool(getattr(visit, f"{item}_alone"))


def _members(visit: InvestigationInput | None) -> list[list[str]]:
    rows = [
        [
            each.name,
            each.kinship,
            "" if each.age is None else str(each.age),
            each.health,
            f"{each.yearly_income_yuan:,}",
        ]
        for each in (visit.members if visit else [])
    ]
    return rows + [[""] * 5] * max(0, (MEMBER_ROWS if visit is None else 1) - len(rows))


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
    cells = [Field(title, f"{getattr(visit, name):,}" if visit else None) for name, title in names.items()]
    return [*cells[:-1], Field(cells[-1].label, cells[-1].value, 2)]


def _ticked(visit: InvestigationInput | None, name: str) -> list[str]:
    """A tick under how heavy the need weighs in a domain."""
    found = getattr(visit, name) if visit else None
    return ["√" if each is found else "" for each in Finding]


def decision(facts: CaseFacts, foot: str = "") -> Document:
    """审核审批表: opinion and decision, each with who answers for it; the amount in digits and capitals."""
    granted = facts.granted_fen if facts.refusal is None else None
    way = {each.way for each in facts.payments}
    return document(
        "救助审核审批表",
        facts,
        [
            _person(facts),
            Fields(
                [
                    Field("受理(发现)日期", _day(facts.accepted_on)),
                    Field("困难原因", words("hardship_cause", facts.cause)),
                ]
            ),
            Passage("调查情况", facts.visit.difficulties if facts.visit else None, 4),
            Choices("审核意见", ticks("opinion", [facts.opinion])),
            Passage("审核说明", facts.opinion_note, 2),
            Choices(
                "审批决定",
                [
                    Choice("予以救助", facts.decided_on is not None and facts.refusal is None),
                    Choice("不予救助", facts.refusal is not None),
                ],
            ),
            Fields(
                [
                    Field("救助金额(小写)", yuan(granted)),
                    Field("救助金额(大写)", in_capitals(granted) if granted else None),
                    Field("不予救助原因", words("refusal_reason", facts.refusal), 2),
                ]
            ),
            Passage("审批说明", facts.decision_note, 2),
            Choices("发放方式", ticks("payment_way", way)),
            Signatures(
                [
                    *(Signature("调查人", name) for name in facts.visitors[:2]),
                    *[Signature("调查人")] * (not facts.visitors),
                    Signature("审核人", facts.reviewer, _day(facts.reviewed_on)),
                    Signature("审批人(社长)", facts.decider, _day(facts.decided_on)),
                    Signature("监事"),
                ]
            ),
        ],
        foot,
    )


def refusal(facts: CaseFacts, foot: str = "") -> Document:
    """不予救助告知书: the reasons in writing, and where to turn (社会救助法 art. 45)."""
    name = facts.name or "______________"
    day = chinese_day(facts.accepted_on) or "______年____月____日"
    reason = words("refusal_reason", facts.refusal)
    return document(
        "不予救助告知书",
        facts,
        [
            Paragraph(f"{name}:", indent=False),
            Paragraph(f"您于{day}提出的救助申请(或由我社主动发现的情况),经入户调查和审核审批,决定不予救助。"),
            Passage("不予救助的原因", "。".join(each for each in (reason, facts.decision_note) if each) or None, 5),
            Paragraph(
                "如对本决定有异议,可以自收到本告知书之日起向我社或乡镇人民政府(街道办事处)提出,我们会重新核实并书面答复。"
                "如果您的情况发生变化,可以随时再次申请。"
            ),
            Signatures(
                [
                    Signature("救急难互助社(盖章)", facts.decider, _day(facts.decided_on)),
                    Signature("申请人(或监护人)签收"),
                ]
            ),
            Cut(),
            Heading("送达回执"),
            Fields(
                [
                    Field("文书", "不予救助告知书"),
                    Field("编号", facts.number),
                    Field("受送达人签字", None),
                    Field("送达日期", None),
                    Field("送达人", None),
                    Field("送达方式", None),
                ]
            ),
        ],
        foot,
    )


def receipt(facts: CaseFacts, foot: str = "") -> Document:
    """发放签收表: for each payment what was given, in digits and capitals, and who took it."""
    rows = [
        [
            chinese_day(each.paid_at.date()) if each.paid_at else "",
            label("payment_way", each.way) + (f":{each.goods}" if each.way is PaymentWay.goods else ""),
            f"{each.amount_fen / 100:,.2f}",
            facts.payers.get(each.prepared_by, ""),
            facts.payers.get(each.confirmed_by or 0, ""),
        ]
        for each in facts.payments
    ]
    return document(
        "救助款物发放签收表",
        facts,
        [
            Fields(
                [
                    Field("姓名", facts.name),
                    Field("身份证号", facts.id_number),
                    Field("联系电话", mask_phone(facts.phone) if facts.phone else None),
                    Field("困难原因", words("hardship_cause", facts.cause)),
                ]
            ),
            Rows(["日期", "方式", "金额(元)", "经办人", "复核人"], rows or [[""] * 5] * 2, [2, 3, 2, 2, 2]),
            Fields(
                [
                    Field("合计(小写)", yuan(facts.paid_fen)),
                    Field("合计(大写)", in_capitals(facts.paid_fen) if facts.paid_fen else None),
                ]
            ),
            Paragraph("今收到以上救助款(物)。"),
            Signatures([Signature("领取人签字、按手印"), Signature("代领人签字(与领取人关系)"), Signature("发放人")]),
        ],
        foot,
    )


def closing(facts: CaseFacts, foot: str = "") -> Document:
    """结案表: the case from beginning to end on one page."""
    notice = facts.notice
    hung = f"{chinese_day(notice.first_day)}至{chinese_day(notice.last_day)}" if notice else None
    asked = ("已回访,满意", "已回访,基本满意", "已回访,不满意", "未能回访")
    needs = [[label("service_type", each.category), label("need_state", each.state)] for each in facts.needs]
    return document(
        "救助个案结案表",
        facts,
        [
            _person(facts),
            Fields(
                [
                    Field("受理(发现)日期", _day(facts.accepted_on)),
                    Field("入户调查日期", _day(facts.visit.visited_on) if facts.visit else None),
                    Field("审核日期", _day(facts.reviewed_on)),
                    Field("审批日期", _day(facts.decided_on)),
                    Field("救助完成日期", _day(facts.relieved_on)),
                    Field("救助金额", yuan(facts.paid_fen)),
                    Field("公示起止", hung, 2),
                    Field("结案日期", _day(facts.closed_on), 2),
                ]
            ),
            Heading("服务需求和结果"),
            Rows(["服务类别", "结果"], needs or [[""] * 2] * 2, [2, 3]),
            Passage("结案说明(困难是否解决、是否需要继续关注)", None, 4),
            Choices("回访", [Choice(each) for each in asked]),
            Signatures(
                [Signature("经办人", facts.recorder), Signature("社长", facts.decider), Signature("服务对象(或监护人)")]
            ),
        ],
        foot,
    )


CASE_PAPERS: Mapping[str, Callable[[CaseFacts, str], Document]] = {
    "application": application,
    "investigation": investigation,
    "decision": decision,
    "refusal": refusal,
    "receipt": receipt,
    "closing": closing,
}
