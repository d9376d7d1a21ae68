"""Reading residents, always through the actor's scope."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import and_, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.audit_queries import READINGS
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.regions.queries import is_within
from tuoju.residents.errors import OverrideNotFound, ResidentNotFound
from tuoju.residents.identity import indexes_of, normalized
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import EmergencyOverride, PossibleDuplicate, Resident, Sex
from tuoju_projects.queries import organizations_by_id
from tuoju_text.initials import has_initials


def get_resident(session: Session, actor: Actor, resident_id: int) -> Resident:
    """Raises ResidentNotFound for one who does not exist or lives out of scope, NotPermitted."""
    require(actor, Action.read_residents)
    resident = session.get(Resident, resident_id)
    if actor.region_code is None:
        raise NotPermitted("region")
    if resident is None or not is_within(session, resident.region_code, actor.region_code):
        raise ResidentNotFound
    return resident


def find_residents(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    region_code: str = "",
    before_id: int | None = None,
    limit: int = 200,
) -> list[Resident]:
    """Residents in scope, latest first: all, or those whom the text finds (kind_of_search). Raises NotPermitted."""
    require(actor, Action.read_residents)
    query = select(Resident).where(col(Resident.region_code).in_(visible_regions(session, actor)))
    if region_code:
        query = query.where(Resident.region_code == region_code)
    if before_id is not None:
        query = query.where(col(Resident.id) < before_id)
    query = query.order_by(col(Resident.id).desc())
    if not text.strip():
        return list(session.exec(query.limit(limit)))
    kind = kind_of_search(text)
    if kind is None:
        return []
    if kind is SearchKind.number:
        return list(session.exec(query.where(col(Resident.id_number_index).in_(indexes_of(text)))))
    with_part = _those_with(session, query, kind, normalized(text))[:limit]
    return list(session.exec(query.where(col(Resident.id).in_(with_part))))


class SearchKind(StrEnum):
    """By what a text finds people."""

    name = "name"
    initials = "initials"
    number = "number"
    """A whole number of a document."""
    tail = "tail"
    """The last digits of the document's number, or of the telephone."""


WHOLE_NUMBER = 15
"""Signs of the shortest number of an identity card."""
SHORTEST_TAIL = 4
"""Digits: fewer would find half a township."""


def kind_of_search(text: str) -> SearchKind | None:
    """By what the text finds people; None where it finds nobody: nothing, or too few digits."""
    part = normalized(text)
    if re.fullmatch(rf"\d{{{SHORTEST_TAIL},{WHOLE_NUMBER - 1}}}|\d{{{SHORTEST_TAIL - 1},{WHOLE_NUMBER - 2}}}X", part):
        return SearchKind.tail
    if any(sign.isdigit() for sign in part):
        return SearchKind.number if len(part) > SHORTEST_TAIL else None
    if re.fullmatch("[A-Z]+", part):
        return SearchKind.initials
    return SearchKind.name if part else None


def _those_with(session: Session, query: SelectOfScalar[Resident], kind: SearchKind, part: str) -> list[int]:
    """The ids of those whose name or numbers have the part. Names and numbers are sealed: all of the scope are
    opened."""
    if kind is SearchKind.tail:
        numbers = query.with_only_columns(col(Resident.id), col(Resident.id_number), col(Resident.phone))
        rows = session.execute(numbers).yield_per(1000)
        return [pk for pk, *values in rows if any(value and value.endswith(part) for value in values)]
    names = session.execute(query.with_only_columns(col(Resident.id), col(Resident.name))).yield_per(1000)
    if kind is SearchKind.initials:
        return [pk for pk, name in names if has_initials(name, part) or part in normalized(name)]
    return [pk for pk, name in names if part in normalized(name)]


def count_residents(session: Session, actor: Actor, *, region_code: str = "") -> int:
    """How many residents are in scope, or in one village of it."""
    require(actor, Action.read_residents)
    query = (
        select(func.count()).select_from(Resident).where(col(Resident.region_code).in_(visible_regions(session, actor)))
    )
    if region_code:
        query = query.where(Resident.region_code == region_code)
    return session.exec(query).one()


def find_look_alikes(session: Session, inputs: ResidentInput) -> list[int]:
    """Ids of files in the same village that may be this person's (domain section 12): the same name, or one that is
    wrong in one character with the same telephone or birth date; and neither another birth date or sex, nor another
    document, but for one wrong character of its number.

    Names and numbers are sealed, so the village is read through. It lies in the actor's scope: nothing is told of
    files elsewhere.
    """
    query = sql_select(
        col(Resident.id),
        col(Resident.name),
        col(Resident.born_on),
        col(Resident.sex),
        col(Resident.phone),
        col(Resident.id_number),
    ).where(col(Resident.region_code) == inputs.region_code)
    return [pk for pk, *known in session.execute(query) if _alike(inputs, *known)]


def _alike(
    inputs: ResidentInput, name: str, born_on: date | None, sex: Sex, phone: str | None, number: str | None
) -> bool:
    if _are_two_documents(number, inputs.id_number):
        return False
    same_phone = phone is not None and phone == inputs.phone
    if normalized(name) != normalized(inputs.name):
        same_birth = born_on is not None and born_on == inputs.born_on
        return one_character_apart(normalized(name), normalized(inputs.name)) and (same_phone or same_birth)
    other_birth = None not in (born_on, inputs.born_on) and born_on != inputs.born_on
    other_sex = Sex.unknown not in (sex, inputs.sex) and sex is not inputs.sex
    return same_phone or not (other_birth or other_sex)


def _are_two_documents(known: str | None, typed: str | None) -> bool:
    """Whether two numbers are too different for a slip of one character."""
    if not known or not typed:
        return False
    return not one_character_apart(normalized(known), normalized(typed))


def one_character_apart(first: str, second: str) -> bool:
    """Whether two texts of one length differ in exactly one character and have more than one.

    Examples
    --------
    >>> one_character_apart("王建国", "王建图"), one_character_apart("王建国", "王建国")
    (True, False)
    """
    if len(first) != len(second) or len(first) < 2:
        return False
    return sum(mine != theirs for mine, theirs in zip(first, second, strict=True)) == 1


def household_members(session: Session, resident: Resident) -> list[Resident]:
    """Everyone assessed together with the resident, the resident included."""
    query = select(Resident).where(Resident.household_id == resident.household_id)
    return list(session.exec(query.order_by(col(Resident.id))))


def ids_in_audit(session: Session, resident: Resident) -> list[str]:
    """The ids under which the audit names a file: its own, and those of files that were merged into it."""
    merged = select(PossibleDuplicate.merged_id).where(
        PossibleDuplicate.known_id == resident.pk, col(PossibleDuplicate.merged_id).is_not(None)
    )
    return [str(resident.pk), *(str(number) for number in session.exec(merged))]


@dataclass(frozen=True)
class Reading:
    """One opening of a file, or of a case of it: who, when, what was done (an audit verb), what for."""

    at: datetime
    reader: str
    """The person's name; through a link that of the organization."""
    role: Role | None
    """None through a link."""
    organization: str
    """Empty for officers."""
    action: str
    purpose: str
    """As purposes.state_purpose gives it."""


def readings_of(
    session: Session, resident: Resident, *, case_ids: Sequence[int] = (), limit: int = 20
) -> list[Reading]:
    """Who has opened the file or one of `case_ids`, latest first (PIPL art. 44: the resident may know). Of a reading
    through a link the organization is known, not the person."""
    of_resident = and_(
        col(AuditEntry.subject_type) == "Resident", col(AuditEntry.subject_id).in_(ids_in_audit(session, resident))
    )
    of_cases = and_(
        col(AuditEntry.subject_type) == "Case", col(AuditEntry.subject_id).in_([str(pk) for pk in case_ids])
    )
    query = (
        select(AuditEntry, User)
        .outerjoin(User, col(User.id) == col(AuditEntry.actor_id))
        .where(or_(of_resident, of_cases), col(AuditEntry.action).in_(READINGS))
    )
    rows = session.exec(query.order_by(col(AuditEntry.id).desc()).limit(limit)).all()
    ids = {_organization_id(entry, user) for entry, user in rows} - {None}
    organizations = organizations_by_id(session, {number for number in ids if number is not None})
    return [
        Reading(
            at=entry.at,
            reader=user.display_name if user else organizations[entry.detail["organization"]].name,
            role=user.role if user else None,
            organization=organizations[number].name if (number := _organization_id(entry, user)) else "",
            action=entry.action,
            purpose=entry.purpose,
        )
        for entry, user in rows
    ]


def _organization_id(entry: AuditEntry, user: User | None) -> int | None:
    """The organization that read: that of the account, or of the link."""
    return user.organization_id if user else entry.detail["organization"]


def get_override(session: Session, actor: Actor, override_id: int) -> EmergencyOverride:
    """Raises OverrideNotFound, also for a resident out of scope."""
    override = session.get(EmergencyOverride, override_id)
    if override is None:
        raise OverrideNotFound
    get_resident(session, actor, override.resident_id)
    return override


def find_overrides_to_review(session: Session, actor: Actor) -> list[EmergencyOverride]:
    """Overrides in scope that nobody has reviewed, oldest first."""
    require(actor, Action.review_overrides)
    query = (
        select(EmergencyOverride)
        .join(Resident, col(Resident.id) == col(EmergencyOverride.resident_id))
        .where(
            col(EmergencyOverride.reviewed_at).is_(None),
            col(Resident.region_code).in_(visible_regions(session, actor)),
        )
    )
    return list(session.exec(query.order_by(col(EmergencyOverride.id))))
