"""What a city tells of its societies, each number from its rows: relief paid, how long it took, who was referred
and helped (definitions: docs/figures.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, median

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.clock import handling_days
from tuoju.cases.models import Case, Need
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.relief.models import Fund, Payment, PaymentState
from tuoju.visits.models import ServiceVisit, VisitAttendance

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
    for case_id, _code, fen in _paid(session, actor):
        paid.setdefault(case_id, []).append(fen)
    return [relieved(case, paid.get(case.pk, []), calendar) for case in cases]


def relieved(case: Case, paid: Sequence[int], calendar: WorkingDays) -> RelievedCase:
    """What a case whose relief is complete tells; `paid` are the fen of its payments that stand."""
    if case.relief_completed_at is None:
        raise ValueError(f"the relief of case {case.number} is not complete")
    start, end = china_day(case.started_at), china_day(case.relief_completed_at)
    opinion = china_day(case.reviewed_at) if case.reviewed_at else end
    return RelievedCase(
        id=case.pk,
        number=case.number,
        region_code=case.region_code,
        started_on=start,
        relieved_on=end,
        days=handling_days(start, end, calendar),
        paid_fen=sum(paid),
        payments=len(paid),
        in_time=opinion <= calendar.due(start, 1).day and end <= calendar.due(opinion, 1).day,
    )


def _paid(session: Session, actor: Actor) -> list[tuple[int, str, int]]:
    """(case, village, fen) of every payment in scope that was paid and not recovered."""
    query = (
        select(Payment.case_id, Case.region_code, Payment.amount_fen)
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


@dataclass(frozen=True)
class CityRows:
    """The rows that the city's numbers are counted from, each with the village it belongs to: (village, fen) of
    payments that stand, (village, resident, outcome) of referrals, (village, project) of each person served."""

    funds: list[str]
    cases: list[RelievedCase]
    payments: list[tuple[str, int]]
    referred: list[tuple[str, int, Outcome | None]]
    served: list[tuple[str, int]]

    def within(self, holds: Callable[[str], bool]) -> "CityRows":
        """Those whose village `holds`."""
        return CityRows(
            [code for code in self.funds if holds(code)],
            [case for case in self.cases if holds(case.region_code)],
            [row for row in self.payments if holds(row[0])],
            [row for row in self.referred if holds(row[0])],
            [row for row in self.served if holds(row[0])],
        )

    def figures(self) -> CityFigures:
        """Relief person-times are payments that stand; residents are distinct people; projects those that served."""
        return CityFigures(
            societies=len(self.funds),
            relief_person_times=len(self.payments),
            relief_paid_fen=sum(fen for _code, fen in self.payments),
            residents_referred=len({person for _code, person, _outcome in self.referred}),
            residents_referred_helped=len({person for _code, person, outcome in self.referred if outcome in HELPED}),
            projects=len({project for _code, project in self.served}),
            service_person_times=len(self.served),
            average_handling_working_days=handling_time(self.cases).mean,
        )


def city_rows(session: Session, actor: Actor) -> CityRows:
    """The rows in scope: seven queries. Raises NotPermitted."""
    cases = relieved_cases(session, actor)
    visible = visible_regions(session, actor)
    referred = (
        select(Referral.region_code, Case.resident_id, col(Referral.outcome))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(col(Referral.region_code).in_(visible), Referral.state != ReferralState.entered_in_error)
    )
    served = (
        select(Referral.region_code, ServiceVisit.project_id)
        .join(ServiceVisit, col(ServiceVisit.referral_id) == col(Referral.id))
        .join(VisitAttendance, col(VisitAttendance.visit_id) == col(ServiceVisit.id))
        .where(col(Referral.region_code).in_(visible), col(ServiceVisit.in_error_at).is_(None))
    )
    paid = _paid(session, actor)
    return CityRows(
        funds=list(session.exec(select(Fund.region_code).where(col(Fund.region_code).in_(visible)))),
        cases=cases,
        payments=[(code, fen) for _case, code, fen in paid],
        referred=[(code, person, outcome) for code, person, outcome in session.exec(referred)],
        served=list(session.exec(served)),
    )


def city_figures(session: Session, actor: Actor) -> CityFigures:
    """The numbers of the city's report, counted from the rows in scope. Raises NotPermitted."""
    return city_rows(session, actor).figures()
