"""The papers of a society itself: minutes of its meeting (会议评议记录) and the open account (收支公开表)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.documents.papers.typesetting import (
    Document,
    Field,
    Fields,
    Paragraph,
    Passage,
    Rows,
    Signature,
    Signatures,
    Together,
    chinese_day,
)
from tuoju.regions.queries import full_name
from tuoju.relief.queries import StatementLine, balance_on, causes_of_payments, get_fund, statement
from tuoju.words.formats import yuan
from tuoju.words.labels import label

BLANK_ROWS = 12
UNKNOWN_SOCIETY = "____________________村（社区）救急难互助社"


def minutes() -> Document:
    """Minutes of a committee meeting, blank: time, host, recorder, who was present and who was not."""
    names = ("会议时间", "会议地点", "主持人", "记录人")
    return Document(
        "救急难互助社会议（评议）记录",
        [
            Fields([Field(name) for name in names]),
            Fields(
                [Field("出席人员"), Field("缺席人员（原因）"), Field("回避人员（关系）"), Field("列席人员")], columns=1
            ),
            Passage("议题", None, 3),
            Passage("讨论情况（按发言人记录）", None, 12),
            Rows(["救助对象", "同意", "不同意", "弃权", "结果（金额或理由）"], [[""] * 5] * 5, [2, 1, 1, 1, 4]),
            Signatures(
                [Signature("主持人"), Signature("记录人"), Signature("监事"), Signature("救急难互助社（盖章）")]
            ),
        ],
        UNKNOWN_SOCIETY,
    )


@dataclass(frozen=True)
class AccountLine:
    """One entry of the open account; amounts in yuan as printed, payments out with a minus sign."""

    day: str
    other_side: str
    """The source of the money, or the cause of the relief and the way in which it was paid."""
    amount: str
    balance: str


@dataclass(frozen=True)
class OpenAccountFacts:
    """The account of one society from `first` to `last`, both included. Nobody who was helped is named."""

    place: str
    first: date
    last: date
    lines: Sequence[AccountLine]
    opening_balance: str
    """In yuan, as printed; so is `closing_balance`."""
    closing_balance: str


def collect_account(session: Session, actor: Actor, region_code: str, first: date, last: date) -> OpenAccountFacts:
    """The entries of a society's fund, in the language of the block. Raises FundNotFound, NotPermitted."""
    fund = get_fund(session, actor, region_code)
    lines = statement(session, fund, first, last)
    causes = causes_of_payments(session, {line.entry.payment_id for line in lines if line.entry.payment_id})
    return OpenAccountFacts(
        place=full_name(session, region_code),
        first=first,
        last=last,
        lines=[
            AccountLine(
                f"{line.entry.occurred_on}",
                _other_side(line, causes),
                f"{line.amount_fen / 100:+,.2f}",
                yuan(line.balance_fen),
            )
            for line in lines
        ],
        opening_balance=yuan(balance_on(session, fund, first - timedelta(days=1))),
        closing_balance=yuan(balance_on(session, fund, last)),
    )


def _other_side(line: StatementLine, causes: Mapping[int, str]) -> str:
    """Where the money came from, or what it was spent on and how. An account is like `source:donation`."""
    kind, _colon, code = line.other_side.partition(":")
    if kind == "source":
        return label("fund_source", code)
    way, cause = label("payment_way", code), causes.get(line.entry.payment_id or 0)
    purpose = f"困难救助（{label('hardship_cause', cause)}）" if cause else "困难救助"
    return f"{purpose}，{way}" if line.amount_fen < 0 else f"追回：{purpose}，{way}"


def open_account(facts: OpenAccountFacts | None, foot: str = "") -> Document:
    """收支公开表: day, source or way, amount and balance of every entry; without facts blank."""
    period = f"{chinese_day(facts.first)}至{chinese_day(facts.last)}" if facts else None
    lines = [[line.day, line.other_side, line.amount, line.balance] for line in facts.lines] if facts else []
    return Document(
        "救急难互助社收支公开表",
        [
            Fields([Field("起止日期", period, 1), Field("期初结余（元）", facts.opening_balance if facts else None)]),
            Rows(
                ["日期", "来源或去向", "收入（+）、支出（-）", "结余（元）"],
                lines or [[""] * 4] * BLANK_ROWS,
                [2, 4, 2.4, 2.4],
                numbers=[2, 3],
            ),
            Fields([Field("期末结余（元）", facts.closing_balance if facts else None, 2)]),
            Together(
                [
                    Paragraph("如有疑问，可向本社监事会或乡镇人民政府（街道办事处）查询。联系电话：________________。"),
                    Signatures([Signature("经办人"), Signature("监事"), Signature("救急难互助社（盖章）")]),
                ]
            ),
        ],
        f"{facts.place}救急难互助社" if facts else UNKNOWN_SOCIETY,
        foot=foot,
    )
