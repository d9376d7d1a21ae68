"""个人信息副本 (PIPL art. 45): what is held on one person, to print and hand over, with the rows beside it as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.documents.papers.file_paper import file_number
from tuoju.documents.papers.typesetting import Document, Field, Fields, Heading, Paragraph, Rows, chinese_day
from tuoju.holdings.export import Holdings, export_held
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import full_name
from tuoju.residents.consents import consents_of
from tuoju.residents.models import Consent, Resident
from tuoju.residents.queries import Reading, readings_of
from tuoju.residents.service import Revealed, full
from tuoju.words.labels import label, reading_words
from tuoju_projects.queries import organizations_by_id


@dataclass(frozen=True)
class HeldFacts:
    """What the paper says."""

    place: str
    resident: Resident
    revealed: Revealed
    holdings: Holdings
    consents: Sequence[Consent]
    receivers: Mapping[int, str]
    readings: Sequence[Reading]


def collect_held(session: Session, actor: Actor, resident: Resident, *, purpose: str) -> HeldFacts:
    """Everything held on a resident, by the audited export. Raises NotPermitted, ResidentErased."""
    holdings = export_held(session, actor, resident, purpose=purpose)
    consents = consents_of(session, resident)
    organizations = organizations_by_id(session, {row.organization_id for row in consents if row.organization_id})
    return HeldFacts(
        place=full_name(session, resident.region_code),
        resident=resident,
        revealed=full(resident),
        holdings=holdings,
        consents=consents,
        receivers={pk: row.name for pk, row in organizations.items()},
        readings=readings_of(session, resident, limit=200),
    )


def held_paper(facts: HeldFacts, foot: str = "") -> Document:
    """The copy in words: the person, the kinds of records, the consents, and who read the file."""
    kinds = [[label("held_table", name), str(count)] for name, count in facts.holdings.counts.items()]
    return Document(
        "个人信息副本",
        [
            _person(facts),
            Paragraph(
                "根据个人信息保护法第45条，以下是本系统保存的与您有关的全部信息的清单；同一压缩包里的held.json是全部内容的"
                "机器可读副本，files文件夹里是材料和照片。您可以要求更正（第46条）、删除（第47条），也可以要求解释处理规则（第48条）。"
            ),
            Heading("保存了哪些信息"),
            Rows(["信息", "条数"], kinds, [6, 1], numbers=[1]),
            Heading("您作出的同意"),
            Rows(["事项", "接收方", "可以提供的信息", "有效期至", "情况"], _consents(facts), [2, 3, 4, 2, 2]),
            Heading("谁完整查看过您的信息"),
            Rows(["时间", "查看人", "目的"], _readings(facts), [2, 3, 3]),
            Paragraph(
                "关于他人的内容（如异议人、见证人）以及法律规定应当保密的内容不在副本之内（第45条第1款、第18条、第35条）。"
            ),
        ],
        facts.place,
        file_number(facts.resident),
        "依据：个人信息保护法第44—48条",
        foot,
    )


def _person(facts: HeldFacts) -> Fields:
    revealed = facts.revealed
    guardian = " ".join(text for text in (revealed.guardian_name, revealed.guardian_phone) if text)
    return Fields(
        [
            Field("姓名", revealed.name),
            Field("身份证号", revealed.id_number),
            Field("联系电话", revealed.phone),
            Field("出生日期", chinese_day(revealed.born_on) if revealed.born_on else None),
            Field("住址", f"{facts.place}{revealed.address or ''}", 2),
            Field("困难类别", label("relief_category", facts.resident.relief_category)),
            Field("监护人", guardian or None),
        ]
    )


def _consents(facts: HeldFacts) -> list[list[str]]:
    return [
        [
            label("consent_purpose", consent.purpose),
            facts.receivers.get(consent.organization_id or 0, "本社"),
            "、".join(label("consent_data", kind) for kind in consent.data),
            chinese_day(consent.expires_on) if consent.expires_on else "未约定",
            f"{chinese_day(china_day(consent.withdrawn_at))}撤回" if consent.withdrawn_at else "未撤回",
        ]
        for consent in facts.consents
    ] or [["—"] * 5]


def _readings(facts: HeldFacts) -> list[list[str]]:
    return [
        [f"{reading.at.astimezone(CHINA):%Y-%m-%d %H:%M}", reading.reader, reading_words(reading.purpose)]
        for reading in facts.readings
    ] or [["—"] * 3]
