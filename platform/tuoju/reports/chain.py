"""What else the same person or household receives: 一户（人）一条救助链 (国办 2023).

It shows when somebody is relieved twice for the same hardship, or receives the same service from two projects.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Case, Need
from tuoju.cases.procedure import policy_of
from tuoju.cases.status import ENDED_CASES
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import Region
from tuoju.relief.models import Payment, PaymentState
from tuoju.residents.models import Resident
from tuoju_projects.models import Project


@dataclass(frozen=True)
class Link:
    """Something else that the person or the household receives: a payment, a service, or a case under way."""

    case_id: int | None
    """None for a case out of the reader's scope."""
    region_code: str
    same_person: bool
    """False where it is another member of the household."""
    on: date
    fen: int = 0
    """Of a payment."""
    category: str = ""
    """Of a service, as `project`."""
    project: str = ""


def links_of(session: Session, actor: Actor, case: Case) -> list[Link]:
    """Relief paid, cases under way, and services of the categories that the case asks for, the earliest first.

    Relief and ended services are looked for within the days of the policy (`repeat_within_days`). Four queries. The
    caller has checked that the actor may read the case.
    """
    require(actor, Action.read_cases)
    with system_scope(session, Escape.repeated_relief):
        return _links_of(session, actor, case)


def _links_of(session: Session, actor: Actor, case: Case) -> list[Link]:
    resident = session.get_one(Resident, case.resident_id)
    household = select(Resident.id).where(Resident.household_id == resident.household_id)
    others = list(session.exec(select(Case).where(col(Case.resident_id).in_(household), Case.id != case.id)))
    codes = {other.region_code for other in others}
    seen = set(session.exec(visible_regions(session, actor).where(col(Region.code).in_(codes)))) if codes else set()
    first = china_day(now()) - timedelta(days=policy_of(session, case).repeat_within_days)
    links = [*_under_way(case, others, seen), *_paid(session, case, others, seen, first)]
    return sorted([*links, *_served(session, case, [*others, case], seen, first)], key=lambda link: link.on)


def _link(case: Case, other: Case, seen: Collection[str], on: date, **more: object) -> Link:
    visible = other.pk if other.region_code in seen and other is not case else None
    return Link(visible, other.region_code, other.resident_id == case.resident_id, on, **more)  # type: ignore[arg-type]


def _under_way(case: Case, others: list[Case], seen: Collection[str]) -> list[Link]:
    live = [other for other in others if other.state not in ENDED_CASES and other.has_procedure]
    return [_link(case, other, seen, china_day(other.started_at)) for other in live]


def _paid(session: Session, case: Case, others: list[Case], seen: Collection[str], first: date) -> list[Link]:
    cases = {other.pk: other for other in others}
    query = select(Payment).where(
        col(Payment.case_id).in_(cases),
        Payment.state == PaymentState.paid,
        col(Payment.paid_at) >= datetime.combine(first, time(), tzinfo=CHINA),
    )
    return [
        _link(
            case,
            cases[payment.case_id],
            seen,
            china_day(payment.paid_at or payment.prepared_at),
            fen=payment.amount_fen,
        )
        for payment in session.exec(query)
    ]


def _served(session: Session, case: Case, cases: list[Case], seen: Collection[str], first: date) -> list[Link]:
    """Referrals of the same person for a category of the case that run, or have ended since `first`.

    Those of the case itself only count where two projects serve one category.
    """
    by_id = {other.pk: other for other in cases if other.resident_id == case.resident_id}
    query = (
        select(Referral, Need, Project)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Project, col(Project.id) == col(Referral.project_id))
        .where(
            col(Need.case_id).in_(by_id),
            col(Referral.state).in_([*LIVE, ReferralState.completed]),
            col(Referral.ended_at).is_(None)
            | (col(Referral.ended_at) >= datetime.combine(first, time(), tzinfo=CHINA)),
        )
    )
    rows = session.exec(query).all()
    wanted = {need.category for _referral, need, _project in rows if need.case_id == case.pk}
    wanted |= set(session.exec(select(Need.category).where(Need.case_id == case.pk)))
    projects: dict[str, set[int]] = {}
    for referral, need, _project in rows:
        if need.case_id == case.pk:
            projects.setdefault(need.category, set()).add(referral.project_id)
    return [
        _link(
            case,
            by_id[need.case_id],
            seen,
            china_day(referral.requested_at),
            category=need.category,
            project=project.name,
        )
        for referral, need, project in rows
        if need.category in wanted and (need.case_id != case.pk or len(projects[need.category]) > 1)
    ]
