"""The papers of a service: the referral slip with its receipt (domain section 5.6), and the service record (5.7)."""

from collections.abc import Sequence

from tuoju.documents.papers.referral_facts import ReferralFacts
from tuoju.documents.papers.request_papers import SATISFACTION_LEVELS
from tuoju.documents.papers.typesetting import (
    Block,
    Break,
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
    Simple,
    Title,
    Together,
    chinese_day,
)
from tuoju.visits.views import VisitSeen
from tuoju.words.labels import label, options

RECORD_ROWS = 12
"""Rows of a blank service record."""
RISKS = ("走失", "传染病", "暴力", "自伤", "犬只", "无")
"""Risks that the sender ticks by hand."""


def slip(facts: ReferralFacts, foot: str = "") -> Document:
    """转介单 in two copies: one for the sender; one for the receiver, with the receipt below the line to cut."""
    place, number = facts.sender or "", facts.number or "________________"
    blocks: list[Block] = [
        *_slip(facts),
        Paragraph("第一联：转出单位留存。", indent=False),
        Break(),
        Title("服务转介单", f"编号：{number}"),
        *_slip(facts),
        Paragraph("第二联：接收单位留存；回执填好后退回转出单位。", indent=False),
        Together([Cut(), *_receipt(facts, number)]),
    ]
    return Document("服务转介单", blocks, place, facts.number or "", foot=foot, size=9.2)


def _slip(facts: ReferralFacts) -> list[Simple]:
    due = chinese_day(facts.answer_due) or None
    return [
        Fields(
            [
                Field("转出单位", facts.sender),
                Field("转出人、电话", facts.sender_name),
                Field("转出日期", chinese_day(facts.sent_on) or None),
                Field("紧急程度", facts.urgency),
                Field("接收单位", facts.organization),
                Field("服务项目", facts.project),
                Field("接收人、电话"),
                Field("请于此日前答复", due),
            ]
        ),
        Fields(facts.person),
        Fields([Field("服务类别", facts.category), Field("期望频次、时间和方式", facts.wishes)]),
        Passage("主要困难与需求", facts.text, 2),
        *([Passage("推荐理由", facts.why, 1)] if facts.why else []),
        Passage("已做工作、已享受救助", facts.note, 1),
        Choices("风险提示", [Choice(risk) for risk in RISKS]),
        Fields([Field("同意书", facts.consent), Field("附件")]),
        Signatures([Signature("转出单位（盖章）"), Signature("服务对象（或监护人）签字")]),
    ]


def _receipt(facts: ReferralFacts, number: str) -> list[Simple]:
    answers = (("accepted", "接收"), ("rejected", "退回"), ("waitlisted", "排队等候"))
    return [
        Heading(f"转介回执  编号：{number}"),
        Choices("答复", [Choice(words, facts.answered == code) for code, words in answers]),
        Fields(
            [
                Field("退回原因", label("rejection_reason", facts.rejection) if facts.rejection else None),
                Field("负责人和电话"),
                Field("预计首访日期"),
                Field("办结日期", chinese_day(facts.ended_on) or None),
                Field("服务次数", None if facts.visits is None else str(facts.visits)),
                Field("结果", label("outcome", facts.outcome) if facts.outcome else None),
            ]
        ),
        Choices("服务对象评价", [Choice(level) for level in SATISFACTION_LEVELS]),
        Signatures([Signature("接收单位（盖章）"), Signature("转出单位收到回执")]),
    ]


def service_record(facts: ReferralFacts, visits: Sequence[VisitSeen], foot: str = "") -> Document:
    """服务记录表: every visit with the names of the people served.

    Person-times, household-times and persons are counted separately (domain section 3).
    """
    rows = [
        [
            visit.served_on.isoformat(),
            label("visit_mode", visit.mode),
            str(visit.minutes),
            "、".join(visit.names),
            str(visit.staff_count),
            _sentences(visit.content, visit.problems),
            "",
        ]
        for visit in visits
    ]
    persons = {name for visit in visits for name in visit.names}
    minutes = sum(visit.minutes for visit in visits)
    times = sum(len(visit.served) for visit in visits)
    totals = f"{times}人次、{len(visits)}户次、{len(persons)}人、{minutes}分钟" if visits else None
    blocks: list[Block] = [
        Fields(
            [
                Field("服务单位", facts.organization),
                Field("服务项目", facts.project),
                Field("服务类别", facts.category),
                Field("转介编号", facts.number),
            ]
        ),
        Fields(facts.person),
        Rows(
            ["日期", "方式", "起止或分钟", "服务对象", "人员数", "服务内容、对象状况、发现的问题", "签字"],
            rows or [[""] * 7] * RECORD_ROWS,
            [1.9, 1.1, 1.5, 1.6, 1, 4.6, 1.5],
            centred=[1, 2, 4],
        ),
        Fields([Field("合计", totals), Field("服务地点"), Field("下次计划", None, 2)]),
        Choices("服务结果", [Choice(words, facts.outcome == code) for code, words in options("outcome")]),
        Signatures([Signature("服务人员"), Signature("服务对象（或照料人）"), Signature("服务单位（盖章）")]),
    ]
    return Document("服务记录表", blocks, facts.organization or "", facts.number or "", foot=foot)


def _sentences(*parts: str) -> str:
    """Each part as a sentence of its own."""
    return "".join(f"{part.rstrip('。')}。" for part in parts if part)
