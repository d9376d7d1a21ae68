"""The monthly summary on paper (domain section 5.5)."""

from collections.abc import Sequence

from tuoju.accounts.fields import GatedText
from tuoju.documents.papers.typesetting import (
    Block,
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Rows,
    Signature,
    Signatures,
    chinese_day,
)
from tuoju.regions.calendar import china_day
from tuoju.reports.models import MonthlySummary
from tuoju.reports.sheets import Sheet
from tuoju.words.labels import label, options


def blank_summary(sections: Sequence[tuple[str, Sequence[str]]]) -> Document:
    """月报, to be filled in by hand; `sections` are (code of the section, figures)."""
    blocks: list[Block] = [Fields([Field("月份"), Field("起止日期"), Field("是否零报告"), Field("填报日期")])]
    for section, names in sections:
        blocks += [
            Heading(label("sheet_section", section)),
            Fields([Field(label("sheet_figure", name)) for name in names], columns=3),
        ]
    blocks += [
        Rows(["困难原因", "救助人次"], [[words, ""] for _code, words in options("hardship_cause")], [3, 1]),
        Signatures([Signature("填报人"), Signature("社长（负责人）"), Signature("救急难互助社（盖章）")]),
    ]
    return Document("____________村（社区）救急难互助社月报", blocks, size=9.5)


def monthly_summary(
    place: str,
    summary: MonthlySummary,
    sheet: Sheet,
    sections: Sequence[tuple[str, Sequence[str]]],
    people: dict[int, str],
    *,
    reason: GatedText,
    rule: str = "",
    foot: str = "",
) -> Document:
    """月报 of one edition: every number, who filled it in and who signed, and its SHA-256.

    `people` are names by account id; `reason` says why the edition corrects an earlier one; `rule` is the
    policy with its citation.
    """

    def shown(name: str, value: int | None = None) -> str:
        if name == "average_days":
            return f"{sheet.average_days:.2f}" if sheet.average_days is not None else "—"
        number = getattr(sheet, name) if value is None else value
        return f"{number / 100:,.2f}" if name.endswith("_fen") else str(number)

    blocks: list[Block] = [
        Fields(
            [
                Field("月份", summary.month),
                Field("起止日期", f"{chinese_day(summary.first_day)}至{chinese_day(summary.last_day)}"),
                Field("版次", f"第{summary.edition}版"),
                Field("状态", label("summary_state", summary.state)),
            ]
        )
    ]
    if summary.nothing_happened:
        blocks.append(Paragraph("零报告：本月没有发生救助和服务。", indent=False))
    if reason:
        blocks.append(Paragraph(f"更正说明：{reason}", indent=False))
    for section, names in sections:
        blocks += [
            Heading(label("sheet_section", section)),
            Fields([Field(label("sheet_figure", name), shown(name)) for name in names], columns=3),
        ]
    causes = [[label("hardship_cause", code), str(count)] for code, count in sheet.by_cause.items()]
    categories = [[label("relief_category", code), str(count)] for code, count in sheet.by_category.items()]
    blocks += [
        Rows(["困难原因", "救助人次"], causes or [["—", "0"]], [3, 1], numbers=[1]),
        Rows(["困难类别", "救助人次"], categories or [["—", "0"]], [3, 1], numbers=[1]),
    ]
    if sheet.adjustments:
        late = [
            [month, label("sheet_figure", name), shown(name, count)]
            for month, numbers in sheet.adjustments.items()
            for name, count in numbers.items()
        ]
        blocks += [
            Heading("以前月份补报（不计入以上数字）"),
            Rows(["月份", "项目", "增减"], late, [1, 3, 1.4], numbers=[2]),
        ]
    blocks += [
        Signatures(
            [
                Signature("填报人", people.get(summary.prepared_by)),
                Signature(
                    "社长（签字、盖章）",
                    people.get(summary.signed_by or 0),
                    chinese_day(china_day(summary.signed_at)) if summary.signed_at else None,
                ),
                Signature(
                    "接收单位（盖章）",
                    people.get(summary.answered_by or 0),
                    chinese_day(china_day(summary.answered_at)) if summary.answered_at else None,
                ),
            ]
        ),
        Paragraph(f"校验码（SHA-256）：{summary.digest}", indent=False),
    ]
    return Document(f"{place}救急难互助社月报", blocks, rule=rule, foot=foot, size=9.5)
