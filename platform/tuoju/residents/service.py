"""Verbs on residents: find by number, register, correct, emergency override, read in full."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.queries import officers_above
from tuoju.database.integrity import violated_unique
from tuoju.database.records import now
from tuoju.readings.budgets import charge
from tuoju.readings.models import Budget
from tuoju.readings.service import record_reading, require_reading_request
from tuoju.regions.models import Region
from tuoju.regions.queries import county_of, is_current
from tuoju.residents.duplicates import files_with, in_scope, number_given_up, raise_question
from tuoju.residents.errors import (
    AlreadyRegistered,
    AlreadyReviewed,
    LooksAlike,
    OwnOverride,
    ResidentNotFound,
)
from tuoju.residents.identity import index_of
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.life import require_not_erased, require_use
from tuoju.residents.masking import name_or_erased
from tuoju.residents.models import EmergencyOverride, Household, Resident
from tuoju.residents.queries import SearchKind, find_look_alikes, find_residents, kind_of_search
from tuoju.residents.telephone import call_off_news, own_mobile
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

_NOT_COLUMNS = {"household_of", "another_person"}

_NUMBER_TAKEN = frozenset({"uq_resident_id_number_index", "uq_resident_id_number_index_region_code"})


def find_by_id_number(session: Session, actor: Actor, number: str) -> Resident | None:
    """The person with this number anywhere in the city, or None; the only verb that tells whether a number is known.

    For a file out of the actor's scope the caller shows only its township. Each question takes from the daily budget of
    the actor and is audited, because the answer tells that somebody has a file (社会救助法 art. 70(6)). Raises
    NotPermitted, BudgetSpent, ReadByGet.
    """
    require(actor, Action.record_residents)
    require_reading_request()
    charge(session, actor, Budget.look_up)
    files = files_with(session, number)
    if not files:
        audit.record(session, actor, "look_up", "unknown", scope=county_of(session, actor.region_code or ""))
        return None
    known = in_scope(session, actor, files) or files[0]
    _audit(session, actor, "look_up", known)
    return known


def register(session: Session, actor: Actor, inputs: ResidentInput) -> Resident:
    """Open a person's file. If a file out of the actor's scope has the ID number, the new file is held until an officer
    above decides, and the actor is told nothing. Raises AlreadyRegistered for a number known in scope, LooksAlike for
    files that may be theirs already, ResidentNotFound for a village or a household out of scope."""
    require(actor, Action.record_residents)
    _in_scope(session, actor, inputs.region_code)
    is_held = _known_elsewhere(session, actor, inputs.id_number)
    alike = [] if inputs.another_person else find_look_alikes(session, inputs)
    if alike:
        raise LooksAlike(alike)
    resident = Resident(
        **inputs.model_dump(exclude=_NOT_COLUMNS),
        id_number_index=_index(inputs),
        is_held=is_held,
        recorded_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            resident.household_id = _household(session, actor, inputs)
            session.add(resident)
            session.flush()
    except IntegrityError as error:
        _require_number_taken(error)
        return register(session, actor, inputs)
    if is_held:
        raise_question(session, resident)
    _audit(session, actor, "register", resident)
    return resident


def _index(inputs: ResidentInput) -> str | None:
    return index_of(inputs.id_number) if inputs.id_number else None


def _known_elsewhere(session: Session, actor: Actor, number: str | None) -> bool:
    """Whether a file out of the actor's scope has the number. Raises AlreadyRegistered for one in scope."""
    files = files_with(session, number)
    known = in_scope(session, actor, files)
    if known is not None:
        raise AlreadyRegistered(known.pk)
    return bool(files)


def _require_number_taken(error: IntegrityError) -> None:
    """Raise the error again unless it says that another desk has just taken the number."""
    if violated_unique(error) not in _NUMBER_TAKEN:
        raise error


def _household(session: Session, actor: Actor, inputs: ResidentInput) -> int:
    if inputs.household_of is not None:
        other = session.get(Resident, inputs.household_of)
        if other is None:
            raise ResidentNotFound
        _in_scope(session, actor, other.region_code)
        return other.household_id
    household = Household(region_code=inputs.region_code)
    session.add(household)
    session.flush()
    return household.pk


def update(session: Session, actor: Actor, resident: Resident, inputs: ResidentInput) -> Resident:
    """Replace the fields of a file. Messages to a mobile that is no longer theirs are called off. If a file out of the
    actor's scope has the new ID number, this one is held, as in `register`. Raises AlreadyRegistered if another file in
    scope has it, ResidentNotFound out of scope, ResidentErased, ProcessingRestricted, NotPermitted."""
    require(actor, Action.record_residents)
    require_use(resident)
    _in_scope(session, actor, inputs.region_code)
    before, number = resident.id_number, inputs.id_number
    # Correcting something else does not settle whose number it is.
    is_held = resident.is_held if number == before else _known_elsewhere(session, actor, number)
    # Lock the audit chain before the resident: one order everywhere avoids deadlocks.
    _audit(session, actor, "update", resident)
    mobile = own_mobile(resident)
    try:
        with session.begin_nested():
            for field, value in inputs.model_dump(exclude=_NOT_COLUMNS).items():
                setattr(resident, field, value)
            resident.id_number_index, resident.is_held = _index(inputs), is_held
            session.flush()
    except IntegrityError as error:
        _require_number_taken(error)
        session.refresh(resident)
        return update(session, actor, resident, inputs)
    if number != before:
        number_given_up(session, resident, before)
        if is_held:
            raise_question(session, resident)
    if own_mobile(resident) != mobile:
        call_off_news(session, resident, code="number_changed")
    return resident


def search(session: Session, actor: Actor, text: str, *, limit: int = 50) -> list[Resident]:
    """Residents in scope by a part of the name, its initials, or digits of their number or telephone, latest first.

    The audit tells that, and whom it found, but not what for. The last digits of a number are guesses at what is
    masked, so they take from the daily budget of look-ups. Raises NotPermitted, BudgetSpent, ReadByGet.
    """
    require(actor, Action.read_residents)
    kind = kind_of_search(text)
    if kind is SearchKind.tail:
        require_reading_request()
        charge(session, actor, Budget.look_up)
    residents = find_residents(session, actor, text=text, limit=limit)
    subject, chain = audit.Subject("List", "residents"), audit.chain_of(session, actor)
    by, ids = kind.value if kind else "nothing", [resident.pk for resident in residents]
    audit.record(session, actor, "search", subject, scope=chain, by=by, found=ids)
    return residents


def override_for_emergency(
    session: Session, actor: Actor, resident: Resident, organization_id: int, *, reason: str
) -> EmergencyOverride:
    """Allow telling one organization without consent because life or health is at risk (PIPL 13(4)).

    The township's officers are told and review it afterwards. Life goes before a restriction of processing. Raises
    ResidentErased.
    """
    require(actor, Action.record_residents)
    require_not_erased(resident)
    override = EmergencyOverride(
        resident_id=resident.pk, organization_id=organization_id, reason=reason, made_by=actor.user_id
    )
    session.add(override)
    session.flush()
    _audit(session, actor, "override_for_emergency", resident, override=override.pk)
    for officer in officers_above(session, resident.region_code):
        post(
            session,
            NotificationKind.override_to_review,
            recipient=user(officer.pk),
            key=f"override:{override.pk}",
            link="/overrides",
        )
    return override


def review_override(session: Session, actor: Actor, override: EmergencyOverride, *, upheld: bool) -> EmergencyOverride:
    """Uphold or strike down an override. Raises OwnOverride, AlreadyReviewed."""
    require(actor, Action.review_overrides)
    if override.made_by == actor.user_id:
        raise OwnOverride
    if override.reviewed_at is not None:
        raise AlreadyReviewed
    override.reviewed_by, override.reviewed_at, override.upheld = actor.user_id, now(), upheld
    session.flush()
    resident = session.get_one(Resident, override.resident_id)
    _audit(session, actor, "review_override", resident, override=override.pk, upheld=upheld)
    return override


@dataclass(frozen=True)
class Revealed:
    """A resident's personal fields in full, for one reading."""

    name: str
    id_number: str | None
    phone: str | None
    address: str | None
    born_on: date | None
    guardian_name: str | None
    guardian_phone: str | None


def reveal(
    session: Session, actor: Actor, resident: Resident, *, purpose: str, budget: Budget | None = Budget.reveal
) -> Revealed:
    """Read the personal fields in full for a purpose; the reading is audited (社会救助法 art. 70(6)). `budget` pays for
    it; None where the caller has charged a whole list or file. Raises NotPermitted, PurposeMissing, BudgetSpent,
    ResidentErased, ProcessingRestricted."""
    require(actor, Action.reveal_residents)
    require_use(resident)
    scope = county_of(session, resident.region_code)
    record_reading(session, actor, resident, scope=scope, purpose=purpose, budget=budget)
    return full(resident)


def full(resident: Resident) -> Revealed:
    """The personal fields; only for a caller that has audited the reading."""
    return Revealed(
        name=name_or_erased(resident),
        id_number=resident.id_number,
        phone=resident.phone,
        address=resident.address,
        born_on=resident.born_on,
        guardian_name=resident.guardian_name,
        guardian_phone=resident.guardian_phone,
    )


def _in_scope(session: Session, actor: Actor, region_code: str) -> None:
    regions = visible_regions(session, actor).where(col(Region.code) == region_code, is_current())
    if session.exec(regions).first() is None:
        raise ResidentNotFound


def _audit(session: Session, actor: Actor, verb: str, resident: Resident, **detail: Any) -> None:
    audit.record(session, actor, verb, resident, scope=county_of(session, resident.region_code), **detail)
