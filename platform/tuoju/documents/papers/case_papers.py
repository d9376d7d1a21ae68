"""The papers of a case after the visit: review and decision, letter of refusal, receipt, closing; and all by name.

Layouts follow domain section 5 (records of the societies and of temporary relief). Without facts a paper is blank.
"""

from collections.abc import Callable, Mapping

from tuoju.cases.models import OpenedBy
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.case_words import day, document, person, ticks, word, yuan
from tuoju.documents.papers.request_papers import application, consent, satisfaction
from tuoju.documents.papers.typesetting import (
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
    Together,
    chinese_day,
)
from tuoju.documents.papers.visit_paper import investigation
from tuoju.regions.calendar import china_day
from tuoju.relief.amounts import in_capitals
from tuoju.relief.models import PaymentWay
from tuoju.residents.masking import mask_phone
from tuoju.words.labels import label


def decision(facts: CaseFacts, foot: str = "") -> Document:
    """审核审批表: opinion and decision, each with the person responsible; the amount in digits and in capitals."""
    granted = facts.granted_fen if facts.refusal is None else None
    ways = {payment.way for payment in facts.payments}
    visited = day(facts.visit.visited_on) if facts.visit else None
    return document(
        "救助审核审批表",
        facts,
        [
            person(facts),
            Fields(
                [
                    Field("受理（发现）日期", day(facts.accepted_on)),
                    Field("困难原因", word("hardship_cause", facts.cause)),
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
                    Field("救助金额（小写）", yuan(granted)),
                    Field("救助金额（大写）", in_capitals(granted) if granted else None),
                    Field("不予救助原因", word("refusal_reason", facts.refusal), 2),
                ]
            ),
            Passage("审批说明", facts.decision_note, 2),
            Choices("发放方式", ticks("payment_way", ways)),
            Fields(
                [
                    Field("一卡通账号", None),
                    Field("领取人签字", None),
                    Field("公示起止", _notice_days(facts), 2),
                ]
            ),
            Together(
                [
                    Signatures(
                        [
                            *(Signature("调查人", name, visited) for name in facts.visitors[:2]),
                            *[Signature("调查人")] * max(0, 2 - len(facts.visitors)),
                            Signature("审核人", facts.reviewer, day(facts.reviewed_on)),
                        ]
                    ),
                    Signatures(
                        [
                            Signature("审批人（社长）", facts.decider, day(facts.decided_on)),
                            Signature("监事"),
                            Signature("救急难互助社（盖章）"),
                        ]
                    ),
                ]
            ),
        ],
        foot,
        size=9.8,
    )


def _notice_days(facts: CaseFacts) -> str | None:
    """The first and the last day of the public notice."""
    notice = facts.notice
    return f"{chinese_day(notice.first_day)}至{chinese_day(notice.last_day)}" if notice else None


def refusal(facts: CaseFacts, foot: str = "") -> Document:
    """不予救助告知书: the reasons in writing, and where to object (社会救助法 art. 45)."""
    name = facts.name or "______________"
    when = chinese_day(facts.accepted_on) or "______年____月____日"
    reason = word("refusal_reason", facts.refusal)
    beginning = {
        OpenedBy.application: f"您于{when}提出的救助申请",
        OpenedBy.proactive_discovery: f"我社于{when}主动发现并受理的您的困难情况",
        None: f"您于{when}提出的救助申请（或由我社主动发现的情况）",
    }[facts.opened_by]
    return document(
        "不予救助告知书",
        facts,
        [
            Paragraph(f"{name}：", indent=False),
            Paragraph(f"{beginning}，经入户调查和审核审批，决定不予救助。"),
            Passage("不予救助的原因", "。".join(text for text in (reason, facts.decision_note) if text) or None, 5),
            Paragraph(
                "如对本决定有异议，可以自收到本告知书之日起向我社或乡镇人民政府（街道办事处）提出，我们会重新核实并书面答复。"
                "如果您的情况发生变化，可以随时再次申请。联系电话：________________。"
            ),
            Signatures(
                [
                    Signature("救急难互助社（盖章）", facts.decider, day(facts.decided_on)),
                    Signature("申请人（或监护人）签收"),
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
    """发放签收表: what was paid with each payment, the sum in digits and in capitals, and who received it."""
    rows = [
        [
            f"{china_day(payment.paid_at):%Y.%m.%d}" if payment.paid_at else "",
            label("payment_way", payment.way) + (f"：{payment.goods}" if payment.way is PaymentWay.goods else ""),
            f"{payment.amount_fen / 100:,.2f}",
            facts.payers.get(payment.prepared_by, ""),
            facts.payers.get(payment.confirmed_by or 0, ""),
        ]
        for payment in facts.payments
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
                    Field("困难原因", word("hardship_cause", facts.cause)),
                ]
            ),
            Rows(
                ["日期", "方式", "金额（元）", "经办人", "复核人", "领取人签字"],
                [[*row, ""] for row in rows] or [[""] * 6] * 3,
                [1.7, 3, 1.7, 1.6, 1.6, 2.2],
                numbers=[2],
            ),
            Fields(
                [
                    Field("合计（小写）", yuan(facts.paid_fen)),
                    Field("合计（大写）", in_capitals(facts.paid_fen) if facts.paid_fen else None),
                ]
            ),
            Paragraph("今收到以上救助款（物）。"),
            Signatures(
                [
                    Signature("领取人签字、按手印"),
                    Signature("代领人签字（与领取人关系）"),
                    Signature("救急难互助社（盖章）"),
                ]
            ),
        ],
        foot,
    )


def closing(facts: CaseFacts, foot: str = "") -> Document:
    """结案表: the case from its beginning to its end on one page."""
    answers = ("已回访，满意", "已回访，基本满意", "已回访，不满意", "未能回访")
    needs = [[label("service_type", need.category), label("need_state", need.state)] for need in facts.needs]
    return document(
        "救助个案结案表",
        facts,
        [
            person(facts),
            Fields(
                [
                    Field("受理（发现）日期", day(facts.accepted_on)),
                    Field("入户调查日期", day(facts.visit.visited_on) if facts.visit else None),
                    Field("审核日期", day(facts.reviewed_on)),
                    Field("审批日期", day(facts.decided_on)),
                    Field("救助完成日期", day(facts.relieved_on)),
                    Field("救助金额", yuan(facts.paid_fen)),
                    Field("公示起止", _notice_days(facts), 2),
                    Field("结案日期", day(facts.closed_on), 2),
                ]
            ),
            Heading("服务需求和结果"),
            Rows(["服务类别", "结果"], needs or [[""] * 2] * 2, [2, 3]),
            Passage("结案说明（困难是否解决、是否需要继续关注）", None, 4),
            Choices("回访", [Choice(answer) for answer in answers]),
            Signatures(
                [
                    Signature("经办人", facts.recorder),
                    Signature("社长", facts.decider),
                    Signature("服务对象（或监护人）"),
                ]
            ),
        ],
        foot,
    )


CASE_PAPERS: Mapping[str, Callable[[CaseFacts, str], Document]] = {
    "application": application,
    "consent": consent,
    "investigation": investigation,
    "decision": decision,
    "refusal": refusal,
    "receipt": receipt,
    "satisfaction": satisfaction,
    "closing": closing,
}
"""By the name in the address; each is made of the facts and of the text at its foot."""
