"""What a city tells of its societies, each number from its rows: relief paid, how long it took, who was referred
and helped (definitions: docs/figures.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, median

from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.clock import handling_days
from tuoju.cases.models import Case, Need
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.relief.models import Fund, Payment, PaymentState
from tuoju.reports.facts import load_facts
from tuoju.reports.figures import Figure, Slice, value_of

HELPED = (Outcome.met, Outcome.partly_met)


@dataclass(frozen=True)
class RelievedCase:
    """A case whose relief is complete: from which day to which, how many working days, paid in fen and times."""

    id: int
    number: str
    region_code: str
    started_on: date
    relieved_on: date
    days: float
    paid_fen: int
    payments: int
    in_time: bool


@dataclass(frozen=True)
class CityFigures:
    """The eight numbers of the city's report."""

    societies: int
    relief_person_times: int
    relief_paid_fen: int
    residents_referred: int
    residents_referred_helped: int
    projects: int
    service_person_times: int
    average_handling_working_days: float | None


def relieved_cases(session: Session, actor: Actor) -> list[RelievedCase]:
    """Every case in scope whose relief is complete, the latest first: four queries. A payment that was recovered
    counts no more. Raises NotPermitted."""
    require(actor, Action.read_figures)
    visible, calendar = visible_regions(session, actor), calendar_of(session)
    cases = session.exec(
        select(Case)
        .where(col(Case.relief_completed_at).is_not(None), col(Case.region_code).in_(visible))
        .order_by(col(Case.relief_completed_at).desc(), col(Case.id).desc())
    ).all()
    paid: dict[int, list[int]] = {}
    for case_id, fen in _paid(session, actor):
        paid.setdefault(case_id, []).append(fen)
    found = []
    for case in cases:
        if case.relief_completed_at is None:
            continue
        start, end = china_day(case.started_at), china_day(case.relief_completed_at)
        opinion = china_day(case.reviewed_at) if case.reviewed_at else end
        found.append(
            RelievedCase(
                id=case.pk,
                number=case.number,
                region_code=case.region_code,
                started_on=start,
                relieved_on=end,
                days=handling_days(start, end, calendar),
                paid_fen=sum(paid.get(case.pk, [])),
                payments=len(paid.get(case.pk, [])),
                in_time=opinion <= calendar.due(start, 1).day and end <= calendar.due(opinion, 1).day,
            )
        )
    return found


def _paid(session: Session, actor: Actor) -> list[tuple[int, int]]:
    """(case, fen) of every payment in scope that was paid and not recovered."""
    query = (
        select(Payment.case_id, Payment.amount_fen)
        .join(Case, col(Case.id) == col(Payment.case_id))
        .where(Payment.state == PaymentState.paid, col(Case.region_code).in_(visible_regions(session, actor)))
    )
    return list(session.exec(query).all())


@dataclass(frozen=True)
class HandlingTime:
    """平均办理工作日: mean and median working days of relieved cases, and the share whose every step was in time."""

    mean: float | None
    median: float | None
    in_time: int
    cases: int


def handling_time(cases: Sequence[RelievedCase]) -> HandlingTime:
    days = [case.days for case in cases]
    return HandlingTime(
        mean=round(fmean(days), 2) if days else None,
        median=median(days) if days else None,
        in_time=sum(case.in_time for case in cases),
        cases=len(days),
    )


def city_figures(session: Session, actor: Actor) -> CityFigures:
    """The numbers of the city's report, counted from the rows in scope. Relief person-times are payments that
    stand; residents are distinct people; projects those that served. Raises NotPermitted."""
    cases, facts = relieved_cases(session, actor), load_facts(session, actor)
    visible = visible_regions(session, actor)
    referred = session.exec(
        select(Case.resident_id, Referral.outcome)
        .join(Need, col(Need.case_id) == col(Case.id))
        .join(Referral, col(Referral.need_id) == col(Need.id))
        .where(col(Referral.region_code).in_(visible), Referral.state != ReferralState.entered_in_error)
    ).all()
    payments = [fen for _case, fen in _paid(session, actor)]
    return CityFigures(
        societies=session.exec(select(func.count()).where(col(Fund.region_code).in_(visible))).one(),
        relief_person_times=len(payments),
        relief_paid_fen=sum(payments),
        residents_referred=len({person for person, _outcome in referred}),
        residents_referred_helped=len({person for person, outcome in referred if outcome in HELPED}),
        projects=len({each.project_id for each in facts.attendances}),
        service_person_times=value_of(Figure.person_times, facts, Slice()),
        average_handling_working_days=handling_time(cases).mean,
    )
