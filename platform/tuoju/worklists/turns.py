"""Whose turn it is in a case: the officers who may take the next step, the nearest first. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tuoju.accounts.models import Role


@dataclass(frozen=True)
class Officer:
    """An active account of a society or township."""

    user_id: int
    role: Role
    has_signed_in: bool
    """Whether a password was ever chosen; before that nobody can act with the account."""


@dataclass(frozen=True)
class Officers:
    """Who is there for one village: the society's own officers, and those of its township."""

    village: Sequence[Officer]
    above: Sequence[Officer]

    def of_role(self, role: Role) -> list[Officer]:
        """The society's officers of one role who can act."""
        return [officer for officer in self.village if officer.role is role and officer.has_signed_in]


def to_prepare(officers: Officers, kin: Collection[int]) -> set[int]:
    """Who investigates, gives the opinion, prepares payments and posts notices: the aides, else the chair, else the
    township. Kin of the person take no part."""
    aides, chairs = officers.of_role(Role.social_worker), officers.of_role(Role.society_chair)
    for group in (aides, chairs, officers.above):
        able = {officer.user_id for officer in group} - set(kin)
        if able:
            return able
    return set()


def to_decide(
    officers: Officers, kin: Collection[int], involved: Collection[int | None], *, alone_allowed: bool
) -> set[int]:
    """Who decides, or confirms a payment: the chair; in a society without one the aides; where none of them may, the
    township (procedure.chair_decides).

    `involved` investigated, gave the opinion, or prepared the payment: they may only where the policy lets a society's
    only officer act alone (`alone_allowed`).
    """
    nearest = officers.of_role(Role.society_chair) or officers.of_role(Role.social_worker)
    may_alone = alone_allowed and len(officers.village) == 1
    barred = set(kin) if may_alone else {*kin, *involved}
    able = {officer.user_id for officer in nearest} - barred
    return able or {officer.user_id for officer in officers.above} - {*kin, *involved}


def to_answer_objection(officers: Officers, kin: Collection[int], involved: Collection[int | None]) -> set[int]:
    """Who answers an objection: somebody of the society who had no part in what is objected to, else the township
    (notices.answer_objection)."""
    for group in (officers.village, officers.above):
        able = {officer.user_id for officer in group if officer.has_signed_in} - {*kin, *involved}
        if able:
            return able
    return set()
