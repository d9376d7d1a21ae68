"""The rows that figures are made of, within the actor's scope: three queries, no person named."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.regions.models import Region
from tuoju.visits.models import ServiceVisit, VisitAttendance


def month_of(day: date) -> str:
    """2026-11."""
    return f"{day:%Y-%m}"


@dataclass(frozen=True)
class NeedFact:
    id: int
    case_id: int
    county: str
    category: str
    month: str
    opened_on: date
    state: NeedState


@dataclass(frozen=True)
class ReferralFact:
    """`answer_days`: working days from the request to the answer; None while there is none."""

    id: int
    county: str
    project_id: int
    month: str
    state: ReferralState
    outcome: Outcome | None
    rejected_with_reason: bool
    answer_days: int | None


@dataclass(frozen=True)
class AttendanceFact:
    """One person served at one visit."""

    id: int
    visit_id: int
    referral_id: int
    resident_id: int
    county: str
    project_id: int
    month: str


@dataclass(frozen=True)
class Facts:
    needs: list[NeedFact]
    referrals: list[ReferralFact]
    attendances: list[AttendanceFact]


def load_facts(session: Session, actor: Actor) -> Facts:
    """All needs, referrals and attendances in scope. Months are those of China. Raises NotPermitted."""
    require(actor, Action.read_figures)
    visible = visible_regions(session, actor)
    counties = _counties(session)
    calendar = calendar_of(session)
    needs = select(Need, Case.region_code).join(Case, col(Case.id) == col(Need.case_id))
    referrals = select(Referral).where(col(Referral.region_code).in_(visible))
    attendances = (
        select(VisitAttendance, ServiceVisit, Referral.region_code)
        .join(ServiceVisit, col(ServiceVisit.id) == col(VisitAttendance.visit_id))
        .join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
        .where(col(ServiceVisit.in_error_at).is_(None), col(Referral.region_code).in_(visible))
    )
    return Facts(
        needs=[
            NeedFact(
                need.pk,
                need.case_id,
                counties[code],
                need.category,
                month_of(china_day(need.opened_at)),
                china_day(need.opened_at),
                need.state,
            )
            for need, code in session.exec(needs.where(col(Case.region_code).in_(visible)))
        ],
        referrals=[_referral(each, counties[each.region_code], calendar) for each in session.exec(referrals)],
        attendances=[
            AttendanceFact(
                row.pk,
                visit.pk,
                visit.referral_id,
                row.resident_id,
                counties[code],
                visit.project_id,
                month_of(visit.served_on),
            )
            for row, visit, code in session.exec(attendances)
        ],
    )


def _referral(row: Referral, county: str, calendar: WorkingDays) -> ReferralFact:
    requested = china_day(row.requested_at)
    answered = china_day(row.answered_at) if row.answered_at else None
    return ReferralFact(
        id=row.pk,
        county=county,
        project_id=row.project_id,
        month=month_of(requested),
        state=row.state,
        outcome=row.outcome,
        rejected_with_reason=row.rejection_reason is not None,
        answer_days=calendar.between(requested, answered) if answered else None,
    )


def _counties(session: Session) -> dict[str, str]:
    """The county each region lies in; above counties, the region itself."""
    found = {}
    for code, path in session.exec(select(Region.code, Region.path)):
        codes = path.rstrip("/").split("/")
        found[code] = codes[1] if len(codes) > 1 else codes[0]
    return found
