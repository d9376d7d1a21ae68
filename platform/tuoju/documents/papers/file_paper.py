"""One person, one file on paper: cover, each case's contents, everything in order, the attachments with their seals."""

from collections.abc import Callable, Mapping, Sequence

from tuoju.cases.models import Attachment, Case
from tuoju.documents.papers.typesetting import (
    Block,
    Break,
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Rows,
    Signature,
    Signatures,
    broken,
    chinese_day,
)
from tuoju.regions.calendar import CHINA, china_day
from tuoju.reports.checklist import Entry, Paper, PaperStatus
from tuoju.reports.history import Event, EventKind
from tuoju.residents.models import Resident
from tuoju.residents.service import Revealed
from tuoju.words.labels import label


def file_number(resident: Resident) -> str:
    """档案号: code of the village, year of entry and sequence (domain section 5.4)."""
    return f"{resident.region_code}-{china_day(resident.recorded_at).year}-{resident.pk:06d}"


def cover() -> Document:
    """The cover and contents of a file, for the pen."""
    rows = [[str(number), label("paper", each), "", "", ""] for number, each in enumerate(Paper, start=1)]
    more = [[str(len(rows) + number), "", "", "", ""] for number in range(1, 5)]
    return Document(
        "救助对象档案（一人一档）",
        [
            Fields([Field(each) for each in ("档案号", "姓名", "困难类别", "立档日期", "立档单位", "保管期限")]),
            Heading("档案目录"),
            Rows(["序号", "材料", "日期", "页号", "备注"], rows + more, [1, 5, 2, 1.4, 3], centred=[0]),
            Signatures([Signature("立档人"), Signature("检查人"), Signature("救急难互助社（盖章）")]),
        ],
        "____________________村（社区）救急难互助社",
    )


def person_file(
    place: str,
    resident: Resident,
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
                Field("档案号", file_number(resident)),
                Field("立档日期", chinese_day(china_day(resident.recorded_at))),
                Field("姓名", told.name),
                Field("身份证号", told.id_number),
                Field("联系电话", told.phone),
                Field("出生日期", chinese_day(told.born_on)),
                Field("住址", f"{place}{told.address or ''}", 2),
                Field("困难类别", label("relief_category", resident.relief_category)),
                Field("监护人", " ".join(each for each in (told.guardian_name, told.guardian_phone) if each) or None),
                Field("个案数", str(len(cases))),
                Field("保管期限", "结案后五年"),
            ]
        )
    ]
    for case in cases:
        entries = [each for each in checklists[case.pk] if each.status is not PaperStatus.not_needed]
        blocks += [
            Heading(f"档案目录：{case.number}（{label('case_state', case.state)}）"),
            Rows(
                ["序号", "材料", "情况"],
                [
                    [str(number), label("paper", each.paper), label("paper_status", each.status)]
                    for number, each in enumerate(entries, start=1)
                ],
                [1, 5, 4],
                centred=[0],
            ),
        ]
    blocks += [
        Break(),
        Heading("办理经过"),
        Rows(
            ["时间", "事项", "经办", "个案", "说明"], _history(events, people, numbers, event_words), [2.6, 3, 2, 2, 4]
        ),
        Heading(f"附件清单（共{len(attachments)}份）"),
        Rows(
            ["个案", "材料", "名称", "校验码（SHA-256）"],
            [
                [number[-9:], label("attachment_kind", each.kind), each.name, broken(each.sha256)]
                for number, each in attachments
            ]
            or [["—"] * 4],
            [1.8, 2, 2.4, 5],
        ),
        Paragraph(
            "本件的校验码（SHA-256）在导出时登记。收到本件的人可在本系统的“核对文件”页面上传原件，核对是否与登记的一致。",
            indent=False,
        ),
    ]
    return Document("救助对象档案（一人一档）", blocks, place, file_number(resident), foot=foot)


def _history(
    events: Sequence[Event], people: Mapping[int, str], numbers: Mapping[int, str], event_words: Callable[[Event], str]
) -> list[list[str]]:
    """A row an event; readings in full by one person on one day for one purpose are told once, with how many."""
    rows: list[list[str]] = []
    last: tuple[object, ...] = ()
    times = 1
    for each in events:
        at = each.at.astimezone(CHINA)
        key = (at.date(), each.by, each.text) if each.kind is EventKind.read_in_full else (id(each),)
        if key == last:
            times += 1
            rows[-1][4] = f"当日共{times}次"
            continue
        last, times = key, 1
        rows.append(
            [
                f"{at:%Y-%m-%d %H:%M}",
                event_words(each) + _amount(each),
                people.get(each.by or 0, ""),
                numbers.get(each.case_id or 0, "")[-9:],
                "" if each.kind is EventKind.read_in_full else each.text,
            ]
        )
    return rows


def _amount(event: Event) -> str:
    if event.amount is None:
        return ""
    return f" {event.amount / 100:,.2f}元" if event.kind is EventKind.payment else f" {event.amount}分钟"
