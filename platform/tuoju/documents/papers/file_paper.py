"""One person, one file on paper: cover, the contents of each case, all events, the attachments with SHA-256."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.cases.attachments import attachments_of
from tuoju.cases.models import Attachment, Case
from tuoju.cases.queries import find_cases
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
from tuoju.readings.models import Budget
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name
from tuoju.reports.checklist import Entry, Paper, PaperStatus, checklist
from tuoju.reports.history import Event, EventKind, history
from tuoju.residents.models import Resident
from tuoju.residents.service import Revealed, reveal
from tuoju.words.labels import label


def file_number(resident: Resident) -> str:
    """档案号: village code, year of registration and sequence (domain section 5.4)."""
    return f"{resident.region_code}-{china_day(resident.recorded_at).year}-{resident.pk:06d}"


def cover() -> Document:
    """The cover and the contents of a file, to be filled in by hand."""
    rows = [[str(number), label("paper", paper), "", "", ""] for number, paper in enumerate(Paper, start=1)]
    blank_rows = [[str(len(rows) + number), "", "", "", ""] for number in range(1, 5)]
    return Document(
        "救助对象档案（一人一档）",
        [
            Fields([Field(name) for name in ("档案号", "姓名", "困难类别", "立档日期", "立档单位", "保管期限")]),
            Heading("档案目录"),
            Rows(["序号", "材料", "日期", "页号", "备注"], rows + blank_rows, [1, 5, 2, 1.4, 3], centred=[0]),
            Signatures([Signature("立档人"), Signature("检查人"), Signature("救急难互助社（盖章）")]),
        ],
        "____________________村（社区）救急难互助社",
    )


@dataclass(frozen=True)
class PersonFileFacts:
    """The file of one resident, in full."""

    place: str
    """The village with its township."""
    resident: Resident
    revealed: Revealed
    cases: Sequence[Case]
    checklists: Mapping[int, Sequence[Entry]]
    """The papers that each case needs, by case id."""
    events: Sequence[Event]
    """In order of time."""
    attachments: Sequence[tuple[str, GatedText, Attachment]]
    """Each with the number of its case and the name of its file."""
    people: Mapping[int, str]
    """The names of who acted, by account id."""


def collect_person_file(session: Session, actor: Actor, resident: Resident, *, purpose: str) -> PersonFileFacts:
    """Everything in the file of a resident; the reading is audited. The caller got the resident within the actor's
    scope. Raises NotPermitted, PurposeMissing, BudgetSpent.
    """
    revealed = reveal(session, actor, resident, purpose=purpose, budget=Budget.paper)
    cases, events = find_cases(session, actor, resident_id=resident.pk), history(session, actor, resident)
    return PersonFileFacts(
        place=full_name(session, resident.region_code),
        resident=resident,
        revealed=revealed,
        cases=cases,
        checklists={case.pk: checklist(session, case) for case in cases},
        events=events,
        attachments=[
            (case.number, visible(actor, attachment, "name"), attachment)
            for case in cases
            for attachment in attachments_of(session, case)
        ],
        people=names_of(session, {event.by for event in events}),
    )


def person_file(facts: PersonFileFacts, event_words: Callable[[Event], str], foot: str = "") -> Document:
    """一人一档: the complete file of a resident. `event_words` says what happened."""
    blocks: list[Block] = [
        _person(facts),
        *(block for case in facts.cases for block in _contents(case, facts.checklists[case.pk])),
        Break(),
        Heading("办理经过"),
        Rows(["时间", "事项", "经办", "个案", "说明"], _history(facts, event_words), [2.6, 3, 2, 2, 4]),
        Heading(f"附件清单（共{len(facts.attachments)}份）"),
        Rows(
            ["个案", "材料", "名称", "校验码（SHA-256）"],
            [
                [_short(number), label("attachment_kind", attachment.kind), name, broken(attachment.sha256)]
                for number, name, attachment in facts.attachments
            ]
            or [["—"] * 4],
            [1.8, 2, 2.4, 5],
        ),
        Paragraph(
            "本件的校验码（SHA-256）在导出时登记。收到本件的人可在本系统的“核对文件”页面上传原件，核对是否与登记的一致。",
            indent=False,
        ),
    ]
    return Document("救助对象档案（一人一档）", blocks, facts.place, file_number(facts.resident), foot=foot)


def _person(facts: PersonFileFacts) -> Fields:
    resident, revealed = facts.resident, facts.revealed
    guardian = [text for text in (revealed.guardian_name, revealed.guardian_phone) if text]
    return Fields(
        [
            Field("档案号", file_number(resident)),
            Field("立档日期", chinese_day(china_day(resident.recorded_at))),
            Field("姓名", revealed.name),
            Field("身份证号", revealed.id_number),
            Field("联系电话", revealed.phone),
            Field("出生日期", chinese_day(revealed.born_on)),
            Field("住址", f"{facts.place}{revealed.address or ''}", 2),
            Field("困难类别", label("relief_category", resident.relief_category)),
            Field("监护人", " ".join(guardian) or None),
            Field("个案数", str(len(facts.cases))),
            Field("保管期限", "结案后五年"),
        ]
    )


def _contents(case: Case, checklist_entries: Sequence[Entry]) -> list[Block]:
    """The contents of the file of one case: the papers that it needs, and whether they are there."""
    entries = [entry for entry in checklist_entries if entry.status is not PaperStatus.not_needed]
    return [
        Heading(f"档案目录：{case.number}（{label('case_state', case.state)}）"),
        Rows(
            ["序号", "材料", "情况"],
            [
                [str(number), label("paper", entry.paper), label("paper_status", entry.status)]
                for number, entry in enumerate(entries, start=1)
            ],
            [1, 5, 4],
            centred=[0],
        ),
    ]


def _short(number: str) -> str:
    """The year and the sequence of a case number."""
    return number[-9:]


def _history(facts: PersonFileFacts, event_words: Callable[[Event], str]) -> list[list[str]]:
    """One row an event. Readings in full by the same person on the same day for the same purpose are one row with their
    number."""
    numbers = {case.pk: case.number for case in facts.cases}
    rows: list[list[str]] = []
    last: tuple[object, ...] = ()
    times = 1
    for event in facts.events:
        at = event.at.astimezone(CHINA)
        is_reading = event.kind is EventKind.read_in_full
        key = (at.date(), event.by, event.purpose) if is_reading else (id(event),)
        if key == last:
            times += 1
            rows[-1][4] = f"当日共{times}次"
            continue
        last, times = key, 1
        rows.append(
            [
                f"{at:%Y-%m-%d %H:%M}",
                event_words(event) + _amount(event),
                facts.people.get(event.by or 0, ""),
                _short(numbers.get(event.case_id or 0, "")),
                "" if is_reading else event.text,
            ]
        )
    return rows


def _amount(event: Event) -> str:
    if event.amount is None:
        return ""
    return f" {event.amount / 100:,.2f}元" if event.kind is EventKind.payment else f" {event.amount}分钟"
