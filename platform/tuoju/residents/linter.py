"""Masks in a free text what identifies a person: for an organization that has not accepted to serve them yet.

It finds what the check of public notices finds (residents.leaks): ID numbers, telephones, accounts, addresses, names,
words of illness and of income, however they are written; and exact ages, birth dates, schools and employers. In doubt
it masks: after it accepts, the organization reads the text as it was written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from tuoju.accounts.fields import ConsentData, Mask
from tuoju.residents.leaks.finding import EVERY_KIND, find_identifying
from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.models import Resident

MASKED = "〔…〕"
"""Stands for what was masked. The brackets keep what is left on both sides from being read as one number."""

_PASSES = 3
"""What is left is read again, because a mask can bring a name into view that a longer finding had hidden."""


KINDS_OF: Mapping[ConsentData, frozenset[LeakKind]] = {
    ConsentData.service: EVERY_KIND,
    ConsentData.health: frozenset({LeakKind.health_detail}),
    ConsentData.contact: frozenset({LeakKind.phone, LeakKind.address, LeakKind.bank_card}),
}
"""What is masked in a text for an organization that may not be told this kind of data. A telephone number with a slip
of the pen is found as an account."""


def mask_text(text: str, people: Sequence[Known], kinds: Collection[LeakKind] = EVERY_KIND) -> str:
    """The text with everything masked that identifies one of these people, or anybody by a number, an address or an
    illness; with `kinds` only what discloses one of these."""
    for _pass in range(_PASSES):
        spans = [(leak.start, leak.end) for leak in find_identifying(text, people, kinds)]
        if not spans:
            break
        text = _replace(text, spans)
    return text


def _replace(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with each run of overlapping or touching spans replaced by one mark."""
    parts: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not parts:
            parts += [text[end:start], MASKED]
        end = max(end, stop)
    return "".join(parts) + text[end:]


@dataclass(frozen=True)
class Linter:
    """Masks texts about one household."""

    people: Sequence[Known]

    def before_acceptance(self, text: str) -> str:
        """The text for an organization that has not accepted yet, or is permitted nothing any longer."""
        return mask_text(text, self.people)

    def mask_for(self, shared: Collection[ConsentData]) -> Mask:
        """The mask for an organization that serves and may be told these kinds of data."""
        kinds = frozenset(kind for data in ConsentData if data not in shared for kind in KINDS_OF[data])
        return lambda text: mask_text(text, self.people, kinds)


def linters_of(session: Session, residents: Collection[Resident]) -> dict[int, Linter]:
    """For each resident, by id, the linter of texts about them. Reads all households in one query, or in none for no
    residents."""
    households = {resident.household_id for resident in residents}
    if not households:
        return {}
    people: dict[int, list[Known]] = {household_id: [] for household_id in households}
    for member in session.exec(select(Resident).where(col(Resident.household_id).in_(households))):
        people[member.household_id] += _known_of(member)
    return {resident.pk: Linter(people[resident.household_id]) for resident in residents}


def _known_of(member: Resident) -> list[Known]:
    """What the file knows of a member of the household and of their guardian, to look for it in a text.

    Everybody is looked for as a child is on a notice: in full, masked (孙*爱) and by the given name alone.
    """
    people = [known(member.name, member.id_number or "", member.phone or "", member.address or "")]
    if member.guardian_name or member.guardian_phone:
        people.append(known(member.guardian_name or "", phone=member.guardian_phone or ""))
    return people


def known(name: str, id_number: str = "", phone: str = "", address: str = "") -> Known:
    """What is known of one person; each may be empty."""
    names = (name,) if name else ()
    return Known(names, child=True, id_number=id_number, phone=phone, address=address, village_households=None)
