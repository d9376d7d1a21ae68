"""The papers of a society itself: minutes of its meeting (会议评议记录) and the open account (收支公开表)."""

from collections.abc import Sequence
from datetime import date

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

BLANK_ROWS = 12
UNKNOWN = "____________________村（社区）救急难互助社"


def minutes() -> Document:
    """Minutes of the committee's meeting, for the pen: time, host, recorder, who was there and who was not."""
    names = ("会议时间", "会议地点", "主持人", "记录人")
    return Document(
        "救急难互助社会议（评议）记录",
        [
            Fields([Field(each) for each in names]),
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
        UNKNOWN,
    )


def open_account(
    place: str | None,
    days: tuple[date, date] | None,
    lines: Sequence[tuple[str, str, str, str]],
    before: str = "",
    at_end: str = "",
    foot: str = "",
) -> Document:
    """收支公开表: day, from or to, in or out and balance of every entry. Nobody who was helped is named."""
    period = f"{chinese_day(days[0])}至{chinese_day(days[1])}" if days else None
    return Document(
        "救急难互助社收支公开表",
        [
            Fields([Field("起止日期", period, 1), Field("期初结余（元）", before or None)]),
            Rows(
                ["日期", "来源或去向", "收入（+）、支出（-）", "结余（元）"],
                lines or [[""] * 4] * BLANK_ROWS,
                [2, 4, 2.4, 2.4],
                numbers=[2, 3],
            ),
            Fields([Field("期末结余（元）", at_end or None, 2)]),
            Together(
                [
                    Paragraph("如有疑问，可向本社监事会或乡镇人民政府（街道办事处）查询。联系电话：________________。"),
                    Signatures([Signature("经办人"), Signature("监事"), Signature("救急难互助社（盖章）")]),
                ]
            ),
        ],
        f"{place}救急难互助社" if place else UNKNOWN,
        foot=foot,
    )
