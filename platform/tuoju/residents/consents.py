"""Consents: what a person agreed to, within which scope and until when; the verbs and the only questions about them.

An expired or withdrawn consent permits nothing. Everything that needs a consent asks here, on the day it acts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts import audit
from tuoju.accounts.fields import EVERYTHING, ConsentData
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Action, Actor, require_in
from tuoju.accounts.queries import officers_of
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.residents.data_policies import KIND_OF_PURPOSE, DataPolicy, data_policy_for
from tuoju.residents.errors import (
    AlreadyWithdrawn,
    ChildNotAsked,
    ConsentNotFound,
    ExpiryImpossible,
    GuardianRequired,
    NothingShared,
    RelationMissing,
    WitnessRequired,
)
from tuoju.residents.identity import ADULT_FROM, age_on
from tuoju.residents.inputs import ConsentInput, ConsentMethod
from tuoju.residents.life import require_use
from tuoju.residents.models import (
    Consent,
    ConsentGiver,
    ConsentPurpose,
    EmergencyOverride,
    GuardianRelation,
    Resident,
)
from tuoju.residents.queries import get_resident
from tuoju.residents.telephone import call_off_news
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

GUARDIAN_BELOW = 14
"""PIPL art. 31: below this age a parent or guardian consents."""


@dataclass(frozen=True)
class ConsentTerms:
    """The scope of a consent, its end, and who stands for it. The defaults are a consent without bounds, to the
    latest day that the policy allows."""

    data: tuple[ConsentData, ...] = tuple(ConsentData)
    need_id: int | None = None
    category: str | None = None
    relation: GuardianRelation | None = None
    witness_id: int | None = None
    witness_name: str = ""
    expires_on: date | None = None


def give_consent(
    session: Session,
    actor: Actor,
    resident: Resident,
    *,
    purpose: ConsentPurpose,
    organization_id: int | None,
    given_by: ConsentGiver,
    method: str,
    terms: ConsentTerms | None = None,
) -> Consent:
    """Record a consent to one receiver for one purpose; if one that says the same and lasts as long stands, return it.

    Raises GuardianRequired for a child under 14, ChildNotAsked for a guardian alone from 14 to 17, RelationMissing,
    WitnessRequired, NothingShared, ExpiryImpossible, NoDataPolicy, ResidentErased, ProcessingRestricted, OutOfScope.
    """
    require_in(session, actor, Action.record_residents, resident.region_code)
    require_use(resident)
    terms, today = terms or ConsentTerms(), china_day(now())
    policy = data_policy_for(session, KIND_OF_PURPOSE[purpose], resident.region_code, today)
    expires_on = _end(terms, policy, today)
    standing = _standing(session, resident.pk, purpose, organization_id, today)
    _check_giver(resident, given_by, terms, standing)
    _check_terms(session, actor, purpose, method, terms)
    known = next((consent for consent in standing if _says_the_same(consent, given_by, terms, expires_on)), None)
    if known is not None:
        return known
    consent = Consent(
        resident_id=resident.pk,
        purpose=purpose,
        organization_id=organization_id,
        given_by=given_by,
        method=method,
        data=[kind for kind in ConsentData if kind in terms.data],
        need_id=terms.need_id,
        category=terms.category,
        relation=terms.relation if given_by is ConsentGiver.guardian else None,
        witness_id=terms.witness_id,
        witness_name=terms.witness_name.strip() or None,
        policy_id=policy.pk,
        expires_on=expires_on,
        recorded_by=actor.user_id,
    )
    session.add(consent)
    session.flush()
    _audit(session, actor, "give_consent", resident, consent=consent.pk, organization=organization_id)
    return consent


def record_consent(session: Session, actor: Actor, resident: Resident, inputs: ConsentInput) -> Consent:
    """Record a consent as it was typed. Raises what give_consent raises."""
    terms = ConsentTerms(
        data=tuple(inputs.data),
        need_id=inputs.need_id,
        category=inputs.category,
        relation=inputs.relation,
        witness_id=inputs.witness_id,
        witness_name=inputs.witness_name,
        expires_on=inputs.expires_on,
    )
    return give_consent(
        session,
        actor,
        resident,
        purpose=inputs.purpose,
        organization_id=inputs.organization_id,
        given_by=inputs.given_by,
        method=inputs.method,
        terms=terms,
    )


def _end(terms: ConsentTerms, policy: DataPolicy, today: date) -> date:
    latest = policy.ends_on(today)
    wished = terms.expires_on or latest
    if not today <= wished <= latest:
        raise ExpiryImpossible(latest)
    return wished


def _check_giver(resident: Resident, given_by: ConsentGiver, terms: ConsentTerms, standing: list[Consent]) -> None:
    if given_by is ConsentGiver.guardian and terms.relation is None:
        raise RelationMissing
    if resident.born_on is None:
        return
    age = age_on(resident.born_on, china_day(now()))
    if age < GUARDIAN_BELOW and given_by is not ConsentGiver.guardian:
        raise GuardianRequired
    asked = any(consent.given_by is ConsentGiver.self for consent in standing)
    if GUARDIAN_BELOW <= age < ADULT_FROM and given_by is ConsentGiver.guardian and not asked:
        raise ChildNotAsked


def _check_terms(session: Session, actor: Actor, purpose: ConsentPurpose, method: str, terms: ConsentTerms) -> None:
    if purpose is ConsentPurpose.referral and ConsentData.service not in terms.data:
        raise NothingShared
    if method == ConsentMethod.spoken and terms.witness_id is None and not terms.witness_name.strip():
        raise WitnessRequired
    if terms.witness_id is not None:
        witness = session.get(User, terms.witness_id)
        if witness is None or not witness.is_active or witness.pk == actor.user_id:
            raise WitnessRequired


def _says_the_same(consent: Consent, given_by: ConsentGiver, terms: ConsentTerms, expires_on: date) -> bool:
    """Whether a standing consent has this giver and scope and ends no earlier."""
    lasts = consent.expires_on is None or consent.expires_on >= expires_on
    scope = (consent.given_by, set(consent.data), consent.need_id, consent.category)
    return lasts and scope == (given_by, set(terms.data), terms.need_id, terms.category)


def stands(today: date) -> ColumnElement[bool]:
    """The condition that a consent permits something today: not withdrawn, not expired."""
    not_over = col(Consent.expires_on).is_(None) | (col(Consent.expires_on) >= today)
    return col(Consent.withdrawn_at).is_(None) & not_over


def _standing(
    session: Session, resident_id: int, purpose: ConsentPurpose, organization_id: int | None, today: date
) -> list[Consent]:
    query = select(Consent).where(
        Consent.resident_id == resident_id,
        Consent.purpose == purpose,
        Consent.organization_id == organization_id,
        stands(today),
    )
    return list(session.exec(query.order_by(col(Consent.id))))


def withdraw_consent(session: Session, actor: Actor | None, consent: Consent) -> Consent:
    """Take a consent back (PIPL art. 15), together with every other consent to the same receiver and purpose. Messages
    that rest on it and were not sent yet are called off.

    `actor` is None for the resident's own page; the officers are told then. Raises AlreadyWithdrawn, NotPermitted,
    OutOfScope.
    """
    resident = session.get_one(Resident, consent.resident_id)
    if actor is not None:
        require_in(session, actor, Action.record_residents, resident.region_code)
    if consent.withdrawn_at is not None:
        raise AlreadyWithdrawn
    same = select(Consent).where(
        Consent.resident_id == resident.pk,
        Consent.purpose == consent.purpose,
        Consent.organization_id == consent.organization_id,
        col(Consent.withdrawn_at).is_(None),
    )
    for row in session.exec(same.order_by(col(Consent.id))).all():
        # Lock the audit chain before the consent: one order everywhere avoids deadlocks.
        _audit(session, actor, "withdraw_consent", resident, consent=row.pk, own_page=actor is None)
        row.withdrawn_at, row.withdrawn_by = now(), actor.user_id if actor else None
        session.flush()
    if consent.purpose is ConsentPurpose.notifications:
        call_off_news(session, resident, code="consent_withdrawn")
    if actor is None:
        _tell_officers(session, resident, consent)
    return consent


def _tell_officers(session: Session, resident: Resident, consent: Consent) -> None:
    """Who recorded the consent and the officers of the village learn that the resident withdrew it themselves."""
    village = [officer.pk for officer in officers_of(session, resident.region_code)]
    for user_id in sorted({consent.recorded_by, *village}):
        post(
            session,
            NotificationKind.consent_withdrawn,
            recipient=user(user_id),
            key=f"consent_withdrawn:{consent.pk}",
            link=f"/residents/{resident.pk}#consents",
            number=f"{consent.pk}",
        )


def covering_consents(
    session: Session, resident_id: int, organization_id: int, *, need_id: int, category: str
) -> list[Consent]:
    """The standing consents under which this organization may be told of this need, oldest first."""
    standing = _standing(session, resident_id, ConsentPurpose.referral, organization_id, china_day(now()))
    return [consent for consent in standing if consent.covers(need_id, category)]


def permission_to_share(
    session: Session, resident_id: int, organization_id: int, *, need_id: int, category: str
) -> Consent | EmergencyOverride | None:
    """What allows telling this organization of this need: a consent to referral that stands and covers it, or an
    emergency override that no review has struck down; None, and nothing may be told (PIPL arts 13, 23, 29)."""
    consents = covering_consents(session, resident_id, organization_id, need_id=need_id, category=category)
    if consents:
        return consents[-1]
    return session.exec(
        _unrefused_overrides().where(
            EmergencyOverride.resident_id == resident_id, EmergencyOverride.organization_id == organization_id
        )
    ).first()


def has_agreed(session: Session, resident_id: int, purpose: ConsentPurpose) -> bool:
    """Whether a consent to this purpose stands today, whatever the receiver; if so, none is taken back while this
    transaction lasts, so that what is posted on its ground is there to be called off."""
    query = select(Consent.id).where(
        Consent.resident_id == resident_id, Consent.purpose == purpose, stands(china_day(now()))
    )
    return session.exec(query.with_for_update(read=True)).first() is not None


def _unrefused_overrides() -> SelectOfScalar[EmergencyOverride]:
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


@dataclass(frozen=True)
class Receivers:
    """Whom residents allowed to be told, and of what; asked without further queries."""

    consents: dict[int, list[Consent]]
    """By resident id the standing consents to referral."""
    overridden: dict[int, set[int]]
    """By resident id the organizations of emergency overrides."""

    def allowed(self, resident_id: int, need_id: int, category: str) -> set[int]:
        """The organizations that may be told of this need of this resident."""
        agreed = {
            consent.organization_id
            for consent in self.consents.get(resident_id, ())
            if consent.organization_id is not None and consent.covers(need_id, category)
        }
        return agreed | self.overridden.get(resident_id, set())

    def shared(self, resident_id: int, organization_id: int, need_id: int, category: str) -> frozenset[ConsentData]:
        """Which data this organization may be given for this need: what its consents name, everything under an
        emergency override; empty if nothing permits it."""
        covering = [
            consent
            for consent in self.consents.get(resident_id, ())
            if consent.organization_id == organization_id and consent.covers(need_id, category)
        ]
        if covering:
            return frozenset(ConsentData(kind) for consent in covering for kind in consent.data)
        return EVERYTHING if organization_id in self.overridden.get(resident_id, ()) else frozenset()


def receivers_of(session: Session, residents: SelectOfScalar[int] | Iterable[int]) -> Receivers:
    """The receivers that residents (ids, or a subquery of them) allow today, in two queries."""
    query = select(Consent).where(
        col(Consent.resident_id).in_(residents),
        Consent.purpose == ConsentPurpose.referral,
        stands(china_day(now())),
    )
    consents: dict[int, list[Consent]] = {}
    for consent in session.exec(query):
        consents.setdefault(consent.resident_id, []).append(consent)
    overridden: dict[int, set[int]] = {}
    overrides = _unrefused_overrides().where(col(EmergencyOverride.resident_id).in_(residents))
    for override in session.exec(overrides):
        overridden.setdefault(override.resident_id, set()).add(override.organization_id)
    return Receivers(consents, overridden)


def consents_of(session: Session, resident: Resident) -> list[Consent]:
    """Every consent of a resident, latest first."""
    query = select(Consent).where(Consent.resident_id == resident.pk)
    return list(session.exec(query.order_by(col(Consent.id).desc())))


def consents_to_manage(session: Session, resident_id: int, organization_id: int) -> list[Consent]:
    """What the resident can withdraw on the page of a referral to this organization: the latest standing consent to
    it, and that of each purpose without a receiver. Those to other organizations have pages of their own."""
    query = select(Consent).where(
        Consent.resident_id == resident_id,
        stands(china_day(now())),
        col(Consent.organization_id).is_(None) | (col(Consent.organization_id) == organization_id),
    )
    latest = {consent.purpose: consent for consent in session.exec(query.order_by(col(Consent.id)))}
    return [latest[purpose] for purpose in ConsentPurpose if purpose in latest]


def get_consent(session: Session, actor: Actor, consent_id: int) -> Consent:
    """Raises ConsentNotFound, also for a resident out of scope."""
    consent = session.get(Consent, consent_id)
    if consent is None:
        raise ConsentNotFound
    get_resident(session, actor, consent.resident_id)
    return consent


def expired_between(session: Session, first: date, last: date) -> list[Consent]:
    """Consents whose last day lies between two days, both included, and that nobody withdrew."""
    query = select(Consent).where(
        col(Consent.expires_on) >= first, col(Consent.expires_on) <= last, col(Consent.withdrawn_at).is_(None)
    )
    return list(session.exec(query.order_by(col(Consent.id))))


def _audit(session: Session, actor: Actor | None, verb: str, resident: Resident, **detail: Any) -> None:
    audit.record(session, actor, verb, resident, scope=county_of(session, resident.region_code), **detail)
