"""The papers of a service: the referral slip with its receipt (domain section 5.6), and the service record (5.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tuoju.referrals.status import RejectionReason
from tuoju.regions.calendar import china_day
from tuoju.visits.models import ServiceVisit
from tuoju.web.papers.typesetting import (
    Block,
    Choice,
    Choices,
    Cut,
    Document,
    Field,
    Fields,
    Heading,
    Passage,
    Rows,
    Signature,
    Signatures,
    chinese_day,
)
from tuoju.web.words import label, options

RECORD_ROWS = 12
NOBODY = (Field("服务对象"), Field("性别、年龄"), Field("联系电话"), Field("监护人"), Field("住址", span=2))


@dataclass(frozen=True)
class ReferralFacts:
    """What a slip tells. Before the charity has accepted, `person` is the minimum set (PIPL art. 6): masked name, age
    band and village; afterwards name, telephone and address."""

    number: str | None = None
    sent_on: date | None = None
    urgency: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    organization: str | None = None
    project: str | None = None
    person: Sequence[Field] = NOBODY
    category: str | None = None
    text: str | None = None
    wishes: str | None = None
    note: str | None = None
    consent: str | None = None
    answer_due: datetime | None = None
    answered: str | None = None
    rejection: RejectionReason | None = None
    outcome: str | None = None
    ended_on: date | None = None
    visits: int | None = None


def slip(facts: ReferralFacts, foot: str = "") -> Document:
    """转介单, with the receipt below the line to cut along."""
    answers = (("accepted", "接收"), ("rejected", "退回"), ("waitlisted", "排队等候"))
    due = chinese_day(china_day(facts.answer_due)) if facts.answer_due else None
    blocks: list[Block] = [
        Fields(
            [
                Field("转出单位", facts.sender),
                Field("转出人", facts.sender_name),
                Field("转出日期", chinese_day(facts.sent_on) or None),
                Field("紧急程度", facts.urgency),
                Field("接收单位", facts.organization),
                Field("服务项目", facts.project),
            ]
        ),
        Heading("服务对象"),
        Fields(facts.person),
        Fields([Field("服务类别", facts.category), Field("时间和方式要求", facts.wishes)]),
        Passage("主要困难与需求", facts.text, 3),
        Passage("已做工作、已享受救助和风险提示", facts.note, 2),
        Fields([Field("同意书", facts.consent), Field("请于此日前答复", due)]),
        Signatures([Signature("转出单位(盖章)"), Signature("服务对象(或监护人)签字")]),
        Cut(),
        Heading(f"转介回执  编号:{facts.number or '________________'}"),
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
        Signatures([Signature("接收单位(盖章)"), Signature("转出单位收到回执")]),
    ]
    return Document("服务转介单", blocks, facts.sender or "", facts.number or "", foot=foot)


def service_record(facts: ReferralFacts, visits: Sequence[tuple[ServiceVisit, list[str]]], foot: str = "") -> Document:
    """服务记录表: every visit with who was served; person-times, household-times and persons each told apart."""
    rows = [
        [
            visit.served_on.isoformat(),
            label("visit_mode", visit.mode),
            str(visit.minutes),
            "、".join(served),
            "。".join(each for each in (visit.content, visit.problems) if each),
            "",
        ]
        for visit, served in visits
    ]
    persons = {name for _visit, served in visits for name in served}
    totals = (
        f"{sum(len(served) for _visit, served in visits)}人次、{len(visits)}户次、{len(persons)}人" if visits else None
    )
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
            ["日期", "方式", "分钟", "服务对象", "服务内容和发现的问题", "签字"],
            rows or [[""] * 6] * RECORD_ROWS,
            [2, 1.2, 1, 1.8, 5, 1.6],
        ),
        Fields([Field("合计", totals), Field("服务人员")]),
        Choices("服务结果", [Choice(words, facts.outcome == code) for code, words in options("outcome")]),
        Signatures([Signature("服务人员"), Signature("服务对象(或照料人)"), Signature("服务单位(盖章)")]),
    ]
    return Document("服务记录表", blocks, facts.organization or "", facts.number or "", foot=foot)
