"""What the papers of a case share: their head, the person, and the formats of values."""

from collections.abc import Iterable
from datetime import date

from tuoju.cases.inputs import InvestigationInput
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.typesetting import Block, Choice, Document, Field, Fields, chinese_day
from tuoju.words.labels import label, options


def document(title: str, facts: CaseFacts, blocks: Iterable[Block], foot: str, size: float = 10.5) -> Document:
    """A paper of a society, with its place and number above and the rule that it follows below."""
    place = f"{facts.place}救急难互助社" if facts.place else "____________________村（社区）救急难互助社"
    return Document(title, list(blocks), place, facts.number or "", facts.rule or "", foot, size=size)


def yuan(fen: int | None) -> str | None:
    """1,200.50元 of an amount in fen; None if it is not known."""
    return None if fen is None else f"{fen / 100:,.2f}元"


def word(kind: str, code: object) -> str | None:
    """The words for a code of a list; None if there is no code."""
    return None if code is None else label(kind, code)


def ticks(kind: str, chosen: Iterable[object], leave_out: Iterable[str] = ()) -> list[Choice]:
    """Every word of a list as a choice, with the chosen codes ticked."""
    ticked = {str(code) for code in chosen}
    return [Choice(name, code in ticked) for code, name in options(kind) if code not in set(leave_out)]


def text(value: object) -> str | None:
    """The value as text; None stays None."""
    return None if value is None else str(value)


def day(value: date | None) -> str | None:
    """2026年11月23日; None if there is no day."""
    return chinese_day(value) if value else None


def person(facts: CaseFacts) -> Fields:
    """Who the case is about, in full."""
    return Fields(
        [
            Field("姓名", facts.name),
            Field("性别", word("sex_word", facts.sex)),
            Field("年龄", text(facts.age)),
            Field("家庭人口", text(facts.household)),
            Field("身份证号", facts.id_number, 2),
            Field("联系电话", facts.phone, 2),
            Field("家庭住址", f"{facts.place}{facts.address or ''}" if facts.place else None, 4),
            Field("监护人（照料人）", facts.guardian, 4),
        ],
        columns=4,
    )


def circumstances(facts: CaseFacts) -> str | None:
    """The vulnerabilities in words."""
    return "、".join(label("vulnerable_tag", code) for code in facts.circumstances) or None


def disability(facts: CaseFacts) -> str | None:
    """Type and grade in words."""
    if facts.disability is None:
        return None
    kind, grade = facts.disability
    return f"{label('disability_type', kind)} {label('disability_grade', grade)}"


def members(visit: InvestigationInput | None, blank: int) -> list[list[str]]:
    """The rows of the household table: one a member, at least one; `blank` empty rows before the visit."""
    rows = [
        [
            member.name,
            member.kinship,
            "" if member.age is None else str(member.age),
            member.occupation,
            member.health,
            "" if member.yearly_income_yuan is None else f"{member.yearly_income_yuan:,}",
        ]
        for member in (visit.members if visit else [])
    ]
    return rows + [[""] * 6] * max(0, (blank if visit is None else 1) - len(rows))
