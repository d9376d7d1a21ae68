"""The monthly summary on paper (domain section 5.5)."""

from collections.abc import Sequence

from tuoju.regions.calendar import china_day
from tuoju.reports.models import MonthlySummary
from tuoju.reports.sheets import Sheet
from tuoju.web.papers.typesetting import (
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
from tuoju.web.words import label, options


def blank_summary(sections: Sequence[tuple[str, Sequence[str]]]) -> Document:
    """月报 for the pen."""
    blocks: list[Block] = [Fields([Field("月份"), Field("起止日期"), Field("是否零报告"), Field("填报日期")])]
    for section, names in sections:
        blocks += [
            Heading(label("sheet_section", section)),
            Fields([Field(label("sheet_figure", name)) for name in names], columns=3),
        ]
    blocks += [
        Rows(["困难原因", "救助人次"], [[words, ""] for _code, words in options("hardship_cause")], [3, 1]),
        Signatures([Signature("填报人"), Signature("社长(负责人)"), Signature("救急难互助社(盖章)")]),
    ]
    return Document("____________村(社区)救急难互助社月报", blocks, size=9.5)


def monthly_summary(
    place: str,
    summary: MonthlySummary,
    sheet: Sheet,
    sections: Sequence[tuple[str, Sequence[str]]],
    people: dict[int, str],
    foot: str = "",
) -> Document:
    """月报 of one edition: every number, who filled it in and who signed, its seal."""

    def shown(name: str) -> str:
        value = getattr(sheet, name)
        return f"{value / 100:,.2f}" if name.endswith("_fen") else str(value)

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
        blocks.append(Paragraph("零报告:本月没有发生救助和服务。", indent=False))
    if summary.reason:
        blocks.append(Paragraph(f"更正说明:{summary.reason}", indent=False))
    for section, names in sections:
        blocks += [
            Heading(label("sheet_section", section)),
            Fields([Field(label("sheet_figure", name), shown(name)) for name in names], columns=3),
        ]
    average = f"{sheet.average_days:.2f}" if sheet.average_days is not None else "—"
    blocks += [
        Fields([Field("平均办理工作日", average), Field("按时办结", f"{sheet.cases_in_time}/{sheet.cases_relieved}")]),
        Heading("按困难原因"),
        Rows(
            ["困难原因", "救助人次"],
            [[label("hardship_cause", cause), str(count)] for cause, count in sheet.by_cause.items()] or [["—", "0"]],
            [3, 1],
        ),
        Signatures(
            [
                Signature("填报人", people.get(summary.prepared_by)),
                Signature(
                    "社长(负责人)",
                    people.get(summary.signed_by or 0),
                    chinese_day(china_day(summary.signed_at)) if summary.signed_at else None,
                ),
                Signature(
                    "接收单位",
                    people.get(summary.answered_by or 0),
                    chinese_day(china_day(summary.answered_at)) if summary.answered_at else None,
                ),
            ]
        ),
        Paragraph(f"校验码(SHA-256):{summary.digest}", indent=False),
    ]
    return Document(f"{place}救急难互助社月报", blocks, foot=foot)
