"""Reading residents, always through the actor's scope."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.models import AuditEntry, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.regions.models import Region
from tuoju.residents.errors import ConsentNotFound, OverrideNotFound, ResidentNotFound
from tuoju.residents.identity import index_of, normalized
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.masking import MaskedResident, masked
from tuoju.residents.models import Consent, ConsentPurpose, EmergencyOverride, Resident, Sex
from tuoju_projects.queries import organizations_by_id


def get_resident(session: Session, actor: Actor, resident_id: int) -> Resident:
    """Raises ResidentNotFound for one who does not exist or lives out of scope, NotPermitted."""
    require(actor, Action.read_residents)
    resident = session.get(Resident, resident_id)
    regions = visible_regions(session, actor)
    if resident is None or session.exec(regions.where(Region.code == resident.region_code)).first() is None:
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
    """Residents in scope, latest first: all, by whole ID number, or by a part of the name.

    Names are sealed in the database, so a part of one is looked for among the latest `limit` x 10 in scope.
    """
    require(actor, Action.read_residents)
    query = select(Resident).where(col(Resident.region_code).in_(visible_regions(session, actor)))
    if region_code:
        query = query.where(Resident.region_code == region_code)
    if before_id is not None:
        query = query.where(col(Resident.id) < before_id)
    query = query.order_by(col(Resident.id).desc())
    if not text.strip():
        return list(session.exec(query.limit(limit)))
    if any(sign.isdigit() for sign in text):
        return list(session.exec(query.where(Resident.id_number_index == index_of(text))))
    part = normalized(text)
    residents = session.exec(query.limit(limit * 10))
    return [resident for resident in residents if part in normalized(resident.name)][:limit]


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
    """Ids of files in the same village that may be this person's: the same name, and neither another document
    nor another birth date. Names are sealed, so the village is read through (domain.md section 12): where a number is
    given, only those in it without one."""
    query = sql_select(
        col(Resident.id), col(Resident.name), col(Resident.born_on), col(Resident.sex), col(Resident.phone)
    ).where(col(Resident.region_code) == inputs.region_code)
    if inputs.id_number:
        query = query.where(col(Resident.id_number_index).is_(None))
    return [pk for pk, *known in session.execute(query) if _alike(inputs, *known)]


def _alike(inputs: ResidentInput, name: str, born_on: date | None, sex: Sex, phone: str | None) -> bool:
    if normalized(name) != normalized(inputs.name):
        return False
    other_birth = None not in (born_on, inputs.born_on) and born_on != inputs.born_on
    other_sex = Sex.unknown not in (sex, inputs.sex) and sex is not inputs.sex
    same_phone = phone is not None and phone == inputs.phone
    return same_phone or not (other_birth or other_sex)


def household_members(session: Session, resident: Resident) -> list[Resident]:
    """Everyone assessed together with the resident, the resident included."""
    query = select(Resident).where(Resident.household_id == resident.household_id)
    return list(session.exec(query.order_by(col(Resident.id))))


def masked_by_id(session: Session, ids: set[int], today: date) -> dict[int, MaskedResident]:
    """The residents of these ids, masked, in one query. The caller's rows were already in scope."""
    rows = session.exec(select(Resident).where(col(Resident.id).in_(ids)))
    return {row.pk: masked(row, today) for row in rows}


def permission_to_share(session: Session, resident_id: int, organization_id: int) -> Consent | EmergencyOverride | None:
    """What allows telling this organization of this resident: a standing consent to referral, or an emergency
    override that no review has struck down; None, and nothing may be told (PIPL arts 13, 23, 29)."""
    consent = session.exec(
        select(Consent).where(
            Consent.resident_id == resident_id,
            Consent.organization_id == organization_id,
            Consent.purpose == ConsentPurpose.referral,
            col(Consent.withdrawn_at).is_(None),
        )
    ).first()
    if consent is not None:
        return consent
    standing = _standing_overrides(resident_id).where(EmergencyOverride.organization_id == organization_id)
    return session.exec(standing).first()


def has_agreed(session: Session, resident_id: int, purpose: ConsentPurpose) -> bool:
    """Whether a consent to this purpose stands, whatever the receiver; if so, none is taken back while this
    transaction lasts, so that what is posted on its ground is there to be called off."""
    query = select(Consent.id).where(
        Consent.resident_id == resident_id, Consent.purpose == purpose, col(Consent.withdrawn_at).is_(None)
    )
    return session.exec(query.with_for_update(read=True)).first() is not None


def _standing_overrides(resident_id: int) -> SelectOfScalar[EmergencyOverride]:
    return _standing().where(EmergencyOverride.resident_id == resident_id)


def _standing() -> SelectOfScalar[EmergencyOverride]:
    """Overrides neither struck down by a review nor followed by the resident's own no to that organization."""
    refused = (
        select(Consent.id)
        .where(
            col(Consent.resident_id) == col(EmergencyOverride.resident_id),
            Consent.purpose == ConsentPurpose.referral,
            col(Consent.organization_id) == col(EmergencyOverride.organization_id),
            col(Consent.withdrawn_at) > col(EmergencyOverride.made_at),
        )
        .exists()
    )
    return select(EmergencyOverride).where(col(EmergencyOverride.upheld).is_not(False), ~refused)


def receivers_allowed(session: Session, resident_id: int) -> set[int]:
    """The organizations that may be told of this resident now, in two queries."""
    consents = select(Consent.organization_id).where(
        Consent.resident_id == resident_id,
        Consent.purpose == ConsentPurpose.referral,
        col(Consent.withdrawn_at).is_(None),
    )
    overrides = session.exec(_standing_overrides(resident_id))
    return {row for row in session.exec(consents) if row is not None} | {
        override.organization_id for override in overrides
    }


def all_receivers_allowed(session: Session, resident_ids: SelectOfScalar[int]) -> dict[int, set[int]]:
    """The same for every resident of a subquery, in two queries; residents who allowed nobody are not in it."""
    consents = select(Consent.resident_id, Consent.organization_id).where(
        col(Consent.resident_id).in_(resident_ids),
        Consent.purpose == ConsentPurpose.referral,
        col(Consent.withdrawn_at).is_(None),
    )
    overrides = session.exec(_standing().where(col(EmergencyOverride.resident_id).in_(resident_ids)))
    by_resident: dict[int, set[int]] = {}
    for resident_id, organization_id in session.exec(consents):
        if organization_id is not None:
            by_resident.setdefault(resident_id, set()).add(organization_id)
    for override in overrides:
        by_resident.setdefault(override.resident_id, set()).add(override.organization_id)
    return by_resident


def consents_of(session: Session, resident: Resident) -> list[Consent]:
    query = select(Consent).where(Consent.resident_id == resident.pk)
    return list(session.exec(query.order_by(col(Consent.id).desc())))


def overrides_of(session: Session, resident: Resident) -> list[EmergencyOverride]:
    query = select(EmergencyOverride).where(EmergencyOverride.resident_id == resident.pk)
    return list(session.exec(query.order_by(col(EmergencyOverride.id).desc())))


@dataclass(frozen=True)
class Reading:
    """One full reading of a file: who, when, what for."""

    at: datetime
    reader: str
    purpose: str


def readings_of(session: Session, resident: Resident, *, limit: int = 20) -> list[Reading]:
    """Who has read the file in full, latest first (PIPL art. 44: the resident may know). Of a reading through a link
    the organization is known, not the person."""
    query = (
        select(AuditEntry.at, User.display_name, AuditEntry.purpose, AuditEntry.detail)
        .outerjoin(User, col(User.id) == col(AuditEntry.actor_id))
        .where(
            AuditEntry.subject_id == str(resident.pk),
            AuditEntry.subject_type == "Resident",
            AuditEntry.action == "reveal",
        )
    )
    rows = session.exec(query.order_by(col(AuditEntry.id).desc()).limit(limit)).all()
    readers = organizations_by_id(session, {row[3]["organization"] for row in rows if row[1] is None})
    return [Reading(at, name or readers[detail["organization"]].name, purpose) for at, name, purpose, detail in rows]


def get_consent(session: Session, actor: Actor, consent_id: int) -> Consent:
    """Raises ConsentNotFound, also for a resident out of scope."""
    consent = session.get(Consent, consent_id)
    if consent is None:
        raise ConsentNotFound
    get_resident(session, actor, consent.resident_id)
    return consent


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
