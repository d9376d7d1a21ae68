"""What the papers of a case have in common: their head, the person, and how values are written."""

from collections.abc import Iterable
from datetime import date

from tuoju.cases.inputs import InvestigationInput
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.typesetting import Block, Choice, Document, Field, Fields, chinese_day
from tuoju.words.labels import label, options


def document(title: str, facts: CaseFacts, blocks: Iterable[Block], foot: str, size: float = 10.5) -> Document:
    """A paper of a society: its place and number above, the rule it follows below."""
    place = f"{facts.place}救急难互助社" if facts.place else "____________________村（社区）救急难互助社"
    return Document(title, list(blocks), place, facts.number or "", facts.rule or "", foot, size=size)


def yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen / 100:,.2f}元"


def word(kind: str, code: object) -> str | None:
    return None if code is None else label(kind, code)


def ticks(kind: str, chosen: Iterable[object], leave_out: Iterable[str] = ()) -> list[Choice]:
    """Every word of a list, the chosen ticked."""
    ticked = {str(each) for each in chosen}
    return [Choice(name, code in ticked) for code, name in options(kind) if code not in set(leave_out)]


def text(value: object) -> str | None:
    return None if value is None else str(value)


def day(value: date | None) -> str | None:
    return chinese_day(value) if value else None


def person(facts: CaseFacts) -> Fields:
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
    return "、".join(label("vulnerable_tag", each) for each in facts.circumstances) or None


def disability(facts: CaseFacts) -> str | None:
    if facts.disability is None:
        return None
    kind, grade = facts.disability
    return f"{label('disability_type', kind)} {label('disability_grade', grade)}"


def members(visit: InvestigationInput | None, blank: int) -> list[list[str]]:
    rows = [
        [
            each.name,
            each.kinship,
            "" if each.age is None else str(each.age),
            each.occupation,
            each.health,
            f"{each.yearly_income_yuan:,}",
        ]
        for each in (visit.members if visit else [])
    ]
    return rows + [[""] * 6] * max(0, (blank if visit is None else 1) - len(rows))
