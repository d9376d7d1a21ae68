"""One person, one file on paper: cover, each case's contents, everything in order, the attachments with their seals."""

from collections.abc import Callable, Mapping, Sequence

from tuoju.cases.models import Attachment, Case
from tuoju.regions.calendar import CHINA, china_day
from tuoju.reports.checklist import Entry, Standing
from tuoju.reports.history import Event, Happening
from tuoju.residents.service import Revealed
from tuoju.web.papers.typesetting import Block, Break, Document, Field, Fields, Heading, Rows, chinese_day
from tuoju.web.words import label


def person_file(
    place: str,
    told: Revealed,
    cases: Sequence[Case],
    checklists: Mapping[int, Sequence[Entry]],
    events: Sequence[Event],
    attachments: Sequence[tuple[str, Attachment]],
    people: Mapping[int, str],
    event_words: Callable[[Event], str],
    foot: str = "",
) -> Document:
    """一人一档: the whole file of a resident in full; the caller has audited the reading."""
    numbers = {case.pk: case.number for case in cases}
    blocks: list[Block] = [
        Fields(
            [
                Field("姓名", told.name),
                Field("身份证号", told.id_number),
                Field("联系电话", told.phone),
                Field("出生日期", chinese_day(told.born_on)),
                Field("住址", f"{place}{told.address or ''}", 2),
                Field("立档日期", chinese_day(china_day(events[0].at)) if events else None),
                Field("个案数", str(len(cases))),
            ]
        )
    ]
    for case in cases:
        entries = [each for each in checklists[case.pk] if each.standing is not Standing.not_needed]
        blocks += [
            Heading(f"档案目录:{case.number}({label('case_state', case.state)})"),
            Rows(
                ["序号", "材料", "情况"],
                [
                    [str(number), label("paper", each.paper), label("paper_standing", each.standing)]
                    for number, each in enumerate(entries, start=1)
                ],
                [1, 5, 4],
            ),
        ]
    blocks += [
        Break(),
        Heading("办理经过"),
        Rows(
            ["时间", "事项", "经办", "个案", "说明"],
            [
                [
                    each.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
                    event_words(each) + _amount(each),
                    people.get(each.by or 0, ""),
                    numbers.get(each.case_id or 0, "")[-9:],
                    "" if each.happening is Happening.read_in_full else each.text,
                ]
                for each in events
            ],
            [2.2, 3, 2, 1.6, 4],
        ),
        Heading(f"附件清单(共{len(attachments)}份)"),
        Rows(
            ["个案", "材料", "名称", "校验码(SHA-256)"],
            [[number[-9:], label("attachment_kind", each.kind), each.name, each.sha256] for number, each in attachments]
            or [["—"] * 4],
            [1.6, 2, 2.4, 5],
        ),
    ]
    return Document("救助对象档案(一人一档)", blocks, place, foot=foot)


def _amount(event: Event) -> str:
    if event.amount is None:
        return ""
    return f" {event.amount / 100:,.2f}元" if event.happening is Happening.payment else f" {event.amount}分钟"
