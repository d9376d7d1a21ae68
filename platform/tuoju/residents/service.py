"""Verbs on residents: find by number, register, correct, consent, emergency override, read in full."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.queries import officers_above
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import county_of
from tuoju.residents.errors import (
    AlreadyRegistered,
    AlreadyReviewed,
    AlreadyWithdrawn,
    ChildNotAsked,
    GuardianRequired,
    LooksAlike,
    OwnOverride,
    ResidentNotFound,
)
from tuoju.residents.identity import ADULT_FROM, age_on, index_of
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import (
    Consent,
    ConsentGiver,
    ConsentPurpose,
    EmergencyOverride,
    Household,
    Resident,
)
from tuoju.residents.queries import find_look_alikes, has_agreed
from tuoju.residents.telephone import call_off_news, own_mobile
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

GUARDIAN_BELOW = 14
"""PIPL art. 31: below this age a parent or guardian consents."""

_NOT_COLUMNS = {"household_of", "another_person"}


def find_by_id_number(session: Session, actor: Actor, number: str) -> Resident | None:
    """The person with this number anywhere in the city, or None; asked before every registration.

    For a file out of the actor's scope the caller shows only its township. A hit is audited, because it tells that
    somebody has a file (社会救助法 art. 70(6)). Raises NotPermitted.
    """
    require(actor, Action.record_residents)
    known = _known(session, index_of(number))
    if known is not None:
        _audit(session, actor, "look_up", known)
    return known


def register(session: Session, actor: Actor, inputs: ResidentInput) -> Resident:
    """Open a person's file. Raises AlreadyRegistered for a known ID number, LooksAlike for files that may be
    theirs already, ResidentNotFound for a village or a household out of scope."""
    require(actor, Action.record_residents)
    _in_scope(session, actor, inputs.region_code)
    index = index_of(inputs.id_number) if inputs.id_number else None
    known = _known(session, index)
    if known is not None:
        raise _already(session, actor, known)
    alike = [] if inputs.another_person else find_look_alikes(session, inputs)
    if alike:
        raise LooksAlike(alike)
    try:
        with session.begin_nested():
            resident = _new_resident(session, actor, inputs, index)
    except IntegrityError:
        faster = _known(session, index)
        if faster is None:
            raise
        raise _already(session, actor, faster) from None
    _audit(session, actor, "register", resident)
    return resident


def _new_resident(session: Session, actor: Actor, inputs: ResidentInput, index: str | None) -> Resident:
    resident = Resident(
        **inputs.model_dump(exclude=_NOT_COLUMNS),
        id_number_index=index,
        household_id=_household(session, actor, inputs),
        recorded_by=actor.user_id,
    )
    session.add(resident)
    session.flush()
    return resident


def _already(session: Session, actor: Actor, known: Resident) -> AlreadyRegistered:
    visible = session.exec(visible_regions(session, actor).where(col(Region.code) == known.region_code)).first()
    return AlreadyRegistered(known.pk if visible else None, known.region_code)


def _known(session: Session, index: str | None) -> Resident | None:
    if index is None:
        return None
    return session.exec(select(Resident).where(Resident.id_number_index == index)).first()


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
    """Replace the fields of a file. Messages to a mobile that is no longer theirs are called off. Raises
    AlreadyRegistered if another file has the new ID number, ResidentNotFound out of scope, NotPermitted."""
    require(actor, Action.record_residents)
    _in_scope(session, actor, inputs.region_code)
    index = index_of(inputs.id_number) if inputs.id_number else None
    known = _known(session, index)
    if known is not None and known.id != resident.id:
        raise _already(session, actor, known)
    # Lock the audit chain before the resident: one order everywhere avoids deadlocks.
    _audit(session, actor, "update", resident)
    mobile = own_mobile(resident)
    for field, value in inputs.model_dump(exclude=_NOT_COLUMNS).items():
        setattr(resident, field, value)
    resident.id_number_index = index
    session.flush()
    if own_mobile(resident) != mobile:
        call_off_news(session, resident, code="number_changed")
    return resident


def give_consent(
    session: Session,
    actor: Actor,
    resident: Resident,
    *,
    purpose: ConsentPurpose,
    organization_id: int | None,
    given_by: ConsentGiver,
    method: str,
) -> Consent:
    """Record a consent to one receiver for one purpose; if the same consent stands already, return that.

    Raises GuardianRequired for a child under 14, ChildNotAsked for a guardian alone from 14 to 17.
    """
    require(actor, Action.record_residents)
    standing = _standing(session, resident.pk, purpose, organization_id)
    known = next((consent for consent in standing if consent.given_by is given_by), None)
    if known is not None:
        return known
    _check_giver(resident, given_by, standing)
    consent = Consent(
        resident_id=resident.pk,
        purpose=purpose,
        organization_id=organization_id,
        given_by=given_by,
        method=method,
        recorded_by=actor.user_id,
    )
    session.add(consent)
    session.flush()
    _audit(session, actor, "give_consent", resident, consent=consent.pk, organization=organization_id)
    return consent


def _check_giver(resident: Resident, given_by: ConsentGiver, standing: list[Consent]) -> None:
    if resident.born_on is None:
        return
    age = age_on(resident.born_on, china_day(now()))
    if age < GUARDIAN_BELOW and given_by is not ConsentGiver.guardian:
        raise GuardianRequired
    asked = any(consent.given_by is ConsentGiver.self for consent in standing)
    if GUARDIAN_BELOW <= age < ADULT_FROM and given_by is ConsentGiver.guardian and not asked:
        raise ChildNotAsked


def _standing(
    session: Session, resident_id: int, purpose: ConsentPurpose, organization_id: int | None
) -> list[Consent]:
    query = select(Consent).where(
        Consent.resident_id == resident_id,
        Consent.purpose == purpose,
        Consent.organization_id == organization_id,
        col(Consent.withdrawn_at).is_(None),
    )
    return list(session.exec(query))


def withdraw_consent(session: Session, actor: Actor, consent: Consent) -> Consent:
    """Take a consent back (PIPL art. 15), together with every other consent to the same receiver and purpose. Messages
    that rest on it and were not sent yet are called off. Raises AlreadyWithdrawn, NotPermitted."""
    require(actor, Action.record_residents)
    if consent.withdrawn_at is not None:
        raise AlreadyWithdrawn
    resident = session.get_one(Resident, consent.resident_id)
    for row in _standing(session, resident.pk, consent.purpose, consent.organization_id):
        # Lock the audit chain before the consent: one order everywhere avoids deadlocks.
        _audit(session, actor, "withdraw_consent", resident, consent=row.pk)
        row.withdrawn_at, row.withdrawn_by = now(), actor.user_id
        session.flush()
    if consent.purpose is ConsentPurpose.notifications and not has_agreed(session, resident.pk, consent.purpose):
        call_off_news(session, resident, code="consent_withdrawn")
    return consent


def override_for_emergency(
    session: Session, actor: Actor, resident: Resident, organization_id: int, *, reason: str
) -> EmergencyOverride:
    """Allow telling one organization without consent because life or health is at risk (PIPL 13(4)).

    The township's officers are told and review it afterwards.
    """
    require(actor, Action.record_residents)
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


def reveal(session: Session, actor: Actor, resident: Resident, *, purpose: str) -> Revealed:
    """Read the personal fields in full for a purpose; the reading is audited (社会救助法 art. 70(6))."""
    require(actor, Action.reveal_residents)
    _audit(session, actor, "reveal", resident, purpose=purpose)
    return full(resident)


def full(resident: Resident) -> Revealed:
    """The personal fields; only for a caller that has audited the reading."""
    return Revealed(
        name=resident.name,
        id_number=resident.id_number,
        phone=resident.phone,
        address=resident.address,
        born_on=resident.born_on,
        guardian_name=resident.guardian_name,
        guardian_phone=resident.guardian_phone,
    )


def _in_scope(session: Session, actor: Actor, region_code: str) -> None:
    regions = visible_regions(session, actor).where(col(Region.code) == region_code)
    if session.exec(regions).first() is None:
        raise ResidentNotFound


def _audit(
    session: Session, actor: Actor, verb: str, resident: Resident, *, purpose: str = "", **detail: object
) -> None:
    scope = county_of(session, resident.region_code)
    audit.record(session, actor, verb, resident, scope=scope, purpose=purpose, **detail)
