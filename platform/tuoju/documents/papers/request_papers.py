"""Papers at the beginning of a case: the application or the record of a discovery, consents, and the satisfaction
form."""

from collections.abc import Iterable

from tuoju.cases.inputs import InvestigationInput
from tuoju.cases.models import OpenedBy
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.case_words import circumstances, day, disability, document, members, person, ticks, word
from tuoju.documents.papers.typesetting import (
    Choice,
    Choices,
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
)
from tuoju.residents.models import ConsentPurpose
from tuoju.words.labels import label


def application(facts: CaseFacts, foot: str = "") -> Document:
    """救助申请表, or 主动发现登记表 for a case opened by proactive discovery.

    Each consent has its own line and signature (PIPL art. 29).
    """
    discovered = facts.opened_by is OpenedBy.proactive_discovery
    return _request("主动发现登记表" if discovered else "救助申请表", facts, foot, discovered=discovered)


def discovery(facts: CaseFacts, foot: str = "") -> Document:
    """主动发现登记表, to be filled in by hand."""
    return _request("主动发现登记表", facts, foot, discovered=True)


def _request(title: str, facts: CaseFacts, foot: str, *, discovered: bool) -> Document:
    visit = facts.visit
    needs = [[label("service_type", need.category), need.text, label("urgency", need.urgency)] for need in facts.needs]
    return document(
        title,
        facts,
        [
            Fields(
                [
                    Field("发现日期" if discovered else "申请日期", day(facts.accepted_on)),
                    Field("发现渠道", word("discovery_channel", facts.channel))
                    if discovered
                    else Field("填报单位", facts.place),
                ]
            ),
            person(facts),
            Fields(
                [
                    Field("民族"),
                    Field("婚姻状况"),
                    Field("户口类型"),
                    Field("劳动能力"),
                    Field("户籍地址", None, 2),
                    Field("救助对象（非本人的）", None, 2),
                ],
                columns=4,
            ),
            Choices("家庭类别", ticks("relief_category", [facts.relief_category])),
            Fields(
                [
                    Field("困难情形", circumstances(facts), 2),
                    Field("残疾类别等级", disability(facts)),
                    Field("自理能力", word("self_care_word", facts.self_care)),
                    Field("患病名称、医院", _illness(visit)),
                    Field("已享受政策", (visit.helped_before or None) if visit else None),
                    Field("年收入、来源", _sum_and_source(visit, INCOMES, "income_from")),
                    Field("年支出、用途", _sum_and_source(visit, OUTLAYS, "outlay_for")),
                ]
            ),
            Choices("主要困难原因", ticks("hardship_cause", [facts.cause])),
            Passage("困难情况和申请理由", facts.summary, 3),
            Rows(
                ["共同生活成员", "关系", "年龄", "工作单位或学校", "健康、残疾", "年收入（元）"],
                members(visit, 3),
                [2, 1.4, 1, 3, 2.4, 1.8],
                numbers=[5],
            ),
            Rows(["服务需求", "具体需要", "缓急"], needs or [[""] * 3] * 2, [2, 5, 1]),
            Together([consents(facts), DECLARATION, _signatures(facts)]),
        ],
        foot,
        size=9.2,
    )


DECLARATION = Paragraph("本人承诺以上情况属实，如有虚假，愿意退回救助款物并承担相应责任。")
INCOMES = ("income_work", "income_transfers", "income_other")
OUTLAYS = ("outlay_medical", "outlay_schooling", "outlay_other")


def _signatures(facts: CaseFacts) -> Signatures:
    return Signatures(
        [
            Signature("申请人（或监护人）签字、按手印"),
            Signature("代办人签字（与申请人关系）"),
            Signature("受理人", facts.recorder, day(facts.accepted_on)),
        ]
    )


def consents(facts: CaseFacts) -> Rows:
    """One line a consent, with room for a signature each."""
    return Rows(
        ["授权与同意（逐项签字，可分别撤回）", "意见", "签字、按手印"],
        [
            [title, "√ 同意" if purpose in facts.consents else "□ 同意  □ 不同意", ""]
            for purpose, title in (
                (ConsentPurpose.checking, "授权核查家庭经济状况"),
                (ConsentPurpose.publicity, "同意按规定脱敏公示"),
                (ConsentPurpose.referral, "同意将必要信息提供给所转介的组织"),
            )
        ],
        [4, 2.4, 3],
    )


def _illness(visit: InvestigationInput | None) -> str | None:
    if visit is None:
        return None
    return "、".join(name for name in (visit.serious_illness, visit.chronic_illness) if name) or None


def _sum_and_source(visit: InvestigationInput | None, amounts: Iterable[str], source: str) -> str | None:
    """The sum of some amounts (fields in yuan), then the text of the field that says where they come from or go to."""
    if visit is None:
        return None
    answered = [amount for name in amounts if (amount := getattr(visit, name)) is not None]
    return (
        " ".join(part for part in (f"{sum(answered):,}元" if answered else "", getattr(visit, source)) if part) or None
    )


RECEIVER_ROWS = 3
"""Rows for the receivers of a consent, to fill in by hand."""
SATISFACTION_LEVELS = ("非常满意", "满意", "一般", "不满意", "非常不满意")


def consent(facts: CaseFacts, foot: str = "") -> Document:
    """授权与知情同意书 (PIPL arts 13, 15, 23, 29, 31).

    It says who gets which data for what, and that consent can be withdrawn.
    """
    return document(
        "授权与知情同意书",
        facts,
        [
            person(facts),
            Paragraph(
                "为给您办理救助和服务转介，我社需要收集和使用您（及共同生活家庭成员）的身份、家庭经济、健康等个人信息，其中身份证号、"
                "健康状况等属于敏感个人信息。我社只在办理所需的范围内使用，依法保密，不作他用；案卷在结案后保存五年。"
            ),
            consents(facts),
            Heading("提供给其他组织（每个接收方一行，分别签字）"),
            Rows(
                ["接收方名称", "用于哪项服务", "提供的信息", "有效期至", "签字、按手印"],
                [["", "", "□ 需求、姓名、年龄\n□ 健康、残疾、自理\n□ 电话、住址", "", ""]] * RECEIVER_ROWS,
                [2.6, 1.8, 3, 1.6, 2],
            ),
            Paragraph(
                "您可以只同意其中几项；不同意公示或转介，不影响申请救助。您可以随时撤回同意，可以查阅、复制、更正您的信息，并可要求告知"
                "谁查看过您的档案。不满十四周岁的，由监护人签字；十四至十七周岁的，同时征求本人意见。"
            ),
            Choices("签署人身份", [Choice("本人"), Choice("监护人"), Choice("代办人（须有授权）")]),
            Signatures(
                [
                    Signature("本人签字、按手印"),
                    Signature("监护人签字（与本人关系）"),
                    Signature("见证人签字（口头同意的）"),
                    Signature("救急难互助社（盖章）", facts.recorder),
                ]
            ),
        ],
        foot,
    )


def satisfaction(facts: CaseFacts, foot: str = "") -> Document:
    """满意度回访表 (domain section 5.8): five levels, who answered and how. Asked by somebody who did not serve."""
    blank = [[label("service_type", need.category), ""] for need in facts.needs] or [["", ""]] * 2
    return document(
        "回访和满意度调查表",
        facts,
        [
            person(facts),
            Rows(["服务或救助", "提供单位"], blank, [2, 3]),
            Choices("总体是否满意", [Choice(level) for level in SATISFACTION_LEVELS]),
            Choices("是否解决了困难", [Choice(answer) for answer in ("已解决", "部分解决", "没有解决")]),
            Choices("服务是否按约定进行", [Choice(answer) for answer in ("是", "有时没有", "没有")]),
            Choices("有没有收取费用", [Choice("没有"), Choice("有（金额和原因写在下面）")]),
            Passage("意见和建议、新的困难", None, 5),
            Choices("回答人", [Choice(answer) for answer in ("本人", "家属", "他人代填")]),
            Choices("方式", [Choice(answer) for answer in ("当面", "电话", "扫码")]),
            Paragraph("由未参与本次服务的人员回访。"),
            Signatures([Signature("回答人签字"), Signature("回访人签字")]),
        ],
        foot,
    )
