"""Verbs of visits: record one, mark one as entered in error, complete a referral by its visits."""

from collections.abc import Sequence

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Action, LinkHolder, Principal, require
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.database.sealing import reserve_ids
from tuoju.referrals import service as referrals
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.queries import answers_for
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.residents.models import Resident
from tuoju.visits.errors import (
    AlreadyInError,
    MinutesImpossible,
    NobodyServed,
    NotInService,
    ServedOnImpossible,
    VisitThatDay,
)
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit, VisitAttendance
from tuoju.visits.queries import visits_of

_RECORDABLE = frozenset({ReferralState.accepted, ReferralState.in_progress})
"""Visits are recorded while the referral is in one of these states."""
MINUTES_A_DAY = 24 * 60


def require_in_service(referral: Referral) -> None:
    """Raises NotInService unless visits of the referral can be recorded now."""
    if referral.state not in _RECORDABLE:
        raise NotInService


def record_visit(session: Session, actor: Principal, referral: Referral, inputs: VisitInput) -> ServiceVisit:
    """Record one occasion of service. The first visit starts an accepted referral.

    The same submission key again returns the visit that is already recorded. Each person served is one person-time: a
    couple visited once is 2 人次 and 1 户次.

    Raises NotPermitted, NotInService, ServedOnImpossible, NobodyServed, VisitThatDay, MinutesImpossible.
    """
    require(actor, Action.record_visits)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.record_visits)
    that_day = _visits_that_day(session, referral, inputs)
    known = next((visit for visit in that_day if visit.submission_key == inputs.submission_key), None)
    if known is not None:
        return known
    require_in_service(referral)
    accepted_on = china_day(referral.answered_at or referral.requested_at)
    if not accepted_on <= inputs.served_on <= china_day(now()):
        raise ServedOnImpossible
    _require_possible(that_day, inputs)
    category, served = _category_and_served(session, referral, inputs)
    reserve_ids(session, ServiceVisit, ReferralEvent)
    if referral.state is ReferralState.accepted:
        referrals.step(session, actor, referral, ReferralVerb.start)
    visit = ServiceVisit(
        **inputs.model_dump(exclude={"served", "again"}),
        referral_id=referral.pk,
        project_id=referral.project_id,
        category=category,
        recorded_by=actor.user_id,
        link_id=actor.link_id if isinstance(actor, LinkHolder) else None,
    )
    session.add(visit)
    session.flush()
    session.add_all(VisitAttendance(visit_id=visit.pk, resident_id=resident_id) for resident_id in served)
    session.flush()
    _audit(session, actor, "record_visit", referral, visit)
    return visit


def _visits_that_day(session: Session, referral: Referral, inputs: VisitInput) -> list[ServiceVisit]:
    """The visits of the referral with the day or the submission key of this one, in one query."""
    is_same = or_(
        col(ServiceVisit.served_on) == inputs.served_on, col(ServiceVisit.submission_key) == inputs.submission_key
    )
    return list(session.exec(select(ServiceVisit).where(ServiceVisit.referral_id == referral.pk, is_same)))


def _require_possible(that_day: Sequence[ServiceVisit], inputs: VisitInput) -> None:
    """One visit that reached us by page, link and sheet is one person-time. Raises VisitThatDay, MinutesImpossible."""
    counted = [visit for visit in that_day if visit.in_error_at is None]
    if counted and not inputs.again:
        raise VisitThatDay
    if sum(visit.minutes for visit in counted) + inputs.minutes > MINUTES_A_DAY:
        raise MinutesImpossible


def _category_and_served(session: Session, referral: Referral, inputs: VisitInput) -> tuple[str, list[int]]:
    """The category of the need, and the distinct ids of the people served, in one query. Raises NobodyServed if one is
    outside the resident's household."""
    person, member = aliased(Resident), aliased(Resident)
    query = (
        select(Need.category, member.id)
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(person, col(person.id) == col(Case.resident_id))
        .join(member, col(member.household_id) == col(person.household_id))
        .where(Need.id == referral.need_id)
    )
    categories = {member_id: category for category, member_id in session.exec(query)}
    served = sorted(set(inputs.served))
    if not served or not set(served) <= categories.keys():
        raise NobodyServed
    return categories[served[0]], served


def mark_in_error(
    session: Session, actor: Principal, referral: Referral, visit: ServiceVisit, *, reason: str
) -> ServiceVisit:
    """Take a visit out of every count without deleting it (社会救助法 art. 70(4)).

    Raises NotPermitted, AlreadyInError.
    """
    require(actor, Action.record_visits)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.record_visits)
    if visit.in_error_at is not None:
        raise AlreadyInError
    visit.in_error_at, visit.in_error_reason = now(), reason
    session.flush()
    _audit(session, actor, "mark_visit_in_error", referral, visit)
    return visit


def complete(session: Session, actor: Principal, referral: Referral, *, outcome: Outcome, note: str = "") -> Referral:
    """Complete a referral with its outcome; met and partly met need a recorded visit.

    Raises what tuoju.referrals.service.step raises.
    """
    count = len([visit for visit, _ in visits_of(session, referral) if visit.in_error_at is None])
    return referrals.step(session, actor, referral, ReferralVerb.complete, outcome=outcome, note=note, visits=count)


def _audit(session: Session, actor: Principal, verb: str, referral: Referral, visit: ServiceVisit) -> None:
    scope = county_of(session, referral.region_code)
    audit.record(session, actor, verb, referral, scope=scope, visit=visit.pk)
