"""The eight numbers that a city reports of its societies, each counted from its rows (definitions: docs/figures.md)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean, median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.clock import Pause, due, handling_days
from tuoju.cases.models import Case, CasePause, Need
from tuoju.cases.policies import Policy
from tuoju.referrals.confirmations import HelpState, help_state
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.relief.models import Fund, Payment, PaymentState
from tuoju.reports.facts import month_of
from tuoju.visits.models import ServiceVisit, VisitAttendance


class PaymentRow(NamedTuple):
    """A payment that was neither cancelled nor recovered. `month` is that in which it was paid."""

    village: str
    payment_id: int
    fen: int
    month: str


class ReferralRow(NamedTuple):
    """A referral. `month` is that in which it was sent."""

    village: str
    resident_id: int
    help: HelpState | None
    """How sure the help is that the charity reports; None where it reports none."""
    month: str

    @property
    def is_helped(self) -> bool:
        """Whether help is reported and no complaint un-counts it."""
        return self.help in (HelpState.confirmed, HelpState.unconfirmed)


class AttendanceRow(NamedTuple):
    """One person at one visit. `month` is that of the visit."""

    village: str
    project_id: int
    month: str


@dataclass(frozen=True)
class RelievedCase:
    """A case whose relief is complete."""

    id: int
    number: str
    region_code: str
    started_on: date
    relieved_on: date
    days: float
    """Working days from the first day to the last, in half days."""
    in_time: bool
    """Whether opinion and relief were in time, by the policy and the pauses of the case."""

    @property
    def month(self) -> str:
        return month_of(self.relieved_on)


@dataclass(frozen=True)
class CityFigures:
    """The eight numbers of the city's report."""

    societies: int
    """Villages with a fund."""
    relief_person_times: int
    """Payments that were neither cancelled nor recovered."""
    relief_paid_fen: int
    residents_referred: int
    """Distinct residents."""
    residents_referred_helped: int
    """Those of them with an outcome of met or partly met, and no complaint that stands (referrals.complaints)."""
    projects: int
    """Projects that served somebody."""
    service_person_times: int
    average_handling_working_days: float | None
    """Mean over relieved cases; None where there are none."""


def relieved_cases(session: Session, actor: Actor) -> list[RelievedCase]:
    """Every case in scope whose relief is complete, the latest first. Four queries. Raises NotPermitted."""
    require(actor, Action.read_figures)
    return relieved_where(session, col(Case.region_code).in_(visible_regions(session, actor)))


def relieved_where(session: Session, condition: ColumnElement[bool]) -> list[RelievedCase]:
    """The relieved cases that meet a condition, the latest first. The caller has checked what the actor may see."""
    rows = session.execute(
        sql_select(
            col(Case.id),
            col(Case.number),
            col(Case.region_code),
            col(Case.policy_id),
            col(Case.started_at),
            col(Case.reviewed_at),
            col(Case.relief_completed_at),
        )
        .where(col(Case.relief_completed_at).is_not(None), condition)
        .order_by(col(Case.relief_completed_at).desc(), col(Case.id).desc())
    ).all()
    timing = _timing(session)
    return [
        RelievedCase(
            pk, number, village, china_day(start), china_day(end), *timing(pk, policy_id, start, reviewed, end)
        )
        for pk, number, village, policy_id, start, reviewed, end in rows
    ]


def _timing(session: Session) -> Callable[[int, int, datetime, datetime | None, datetime], tuple[float, bool]]:
    """A function that returns, of a case, its working days and whether every step was in time. Three queries."""
    calendar = calendar_of(session)
    policies = {policy.pk: policy for policy in session.exec(select(Policy))}
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for pause in session.exec(select(CasePause)):
        pauses[pause.case_id].append(Pause(pause.from_day, pause.to_day))
    known: dict[tuple[Any, ...], tuple[float, bool]] = {}

    def timed(case_id: int, policy_id: int, start: datetime, reviewed: datetime | None, end: datetime) -> Any:
        first, last = china_day(start), china_day(end)
        opinion = china_day(reviewed) if reviewed else last
        key = (policy_id, first, opinion, last, case_id if case_id in pauses else 0)
        if key not in known:
            policy = policies[policy_id]
            opinion_due = due(first, policy.opinion_within, policy.handling_unit, calendar, pauses.get(case_id, ()))
            relief_due = due(opinion, policy.relief_within, policy.handling_unit, calendar, pauses.get(case_id, ()))
            late = (opinion_due and opinion > opinion_due.day) or (relief_due and last > relief_due.day)
            known[key] = handling_days(first, last, calendar), not late
        return known[key]

    return timed


@dataclass(frozen=True)
class HandlingTime:
    """平均办理工作日: mean and median working days of relieved cases, and how many were in time at every step."""

    mean: float | None
    median: float | None
    in_time: int
    cases: int


def handling_time(cases: Sequence[RelievedCase]) -> HandlingTime:
    """Mean (two decimals) and median of the working days of relieved cases."""
    days = [case.days for case in cases]
    return HandlingTime(
        mean=round(fmean(days), 2) if days else None,
        median=median(days) if days else None,
        in_time=sum(case.in_time for case in cases),
        cases=len(days),
    )


@dataclass(frozen=True)
class HelpCount:
    """Distinct residents who got help: confirmed for at least one referral, or for none of theirs."""

    confirmed: int
    unconfirmed: int

    @property
    def total(self) -> int:
        return self.confirmed + self.unconfirmed


@dataclass(frozen=True)
class CityRows:
    """The rows that the city's numbers are counted from, each with the village it belongs to."""

    funds: list[str]
    cases: list[RelievedCase]
    payments: list[PaymentRow]
    referred: list[ReferralRow]
    served: list[AttendanceRow]

    def within(self, holds: Callable[[str], bool]) -> "CityRows":
        """The rows of the villages for which `holds` is true."""
        return CityRows(
            [code for code in self.funds if holds(code)],
            [case for case in self.cases if holds(case.region_code)],
            [row for row in self.payments if holds(row.village)],
            [row for row in self.referred if holds(row.village)],
            [row for row in self.served if holds(row.village)],
        )

    def during(self, month: str) -> "CityRows":
        """The rows of a month; all rows for "".

        A case belongs to the month of its relief, a referral to that of its request. Societies are counted as of now.
        """
        if not month:
            return self
        return CityRows(
            self.funds,
            [case for case in self.cases if case.month == month],
            [row for row in self.payments if row.month == month],
            [row for row in self.referred if row.month == month],
            [row for row in self.served if row.month == month],
        )

    def by_part(self, part: Callable[[str], str | None]) -> dict[str, "CityRows"]:
        """The rows of each part that has any, by its code, in order."""
        parts: dict[str, CityRows] = {}

        def of(village: str) -> CityRows:
            return parts.setdefault(part(village) or "", CityRows([], [], [], [], []))

        for code in self.funds:
            of(code).funds.append(code)
        for case in self.cases:
            of(case.region_code).cases.append(case)
        for paid in self.payments:
            of(paid.village).payments.append(paid)
        for referred in self.referred:
            of(referred.village).referred.append(referred)
        for served in self.served:
            of(served.village).served.append(served)
        return {code: parts[code] for code in sorted(parts) if code}

    def figures(self) -> CityFigures:
        """The eight numbers of these rows."""
        return CityFigures(
            societies=len(self.funds),
            relief_person_times=len(self.payments),
            relief_paid_fen=sum(row.fen for row in self.payments),
            residents_referred=len({row.resident_id for row in self.referred}),
            residents_referred_helped=self.help_count().total,
            projects=len({row.project_id for row in self.served}),
            service_person_times=len(self.served),
            average_handling_working_days=handling_time(self.cases).mean,
        )

    def help_count(self) -> "HelpCount":
        """The residents behind `residents_referred_helped`, by whether their help is confirmed."""
        helped = {row.resident_id for row in self.referred if row.is_helped}
        confirmed = {row.resident_id for row in self.referred if row.help is HelpState.confirmed}
        return HelpCount(len(confirmed), len(helped - confirmed))

    def months(self) -> list[str]:
        """Every month in which something was paid, sent or served, the latest first."""
        rows = [row.month for kind in (self.cases, self.payments, self.referred, self.served) for row in kind]
        return sorted(set(rows), reverse=True)


def city_rows(session: Session, actor: Actor) -> CityRows:
    """The rows in scope: eight queries. Raises NotPermitted."""
    cases = relieved_cases(session, actor)
    visible = visible_regions(session, actor)
    paid = (
        sql_select(col(Case.region_code), col(Payment.id), col(Payment.amount_fen), col(Payment.paid_at))
        .join(Case, col(Case.id) == col(Payment.case_id))
        .where(col(Payment.state) == PaymentState.paid, col(Case.region_code).in_(visible))
    )
    referred = (
        sql_select(
            col(Referral.region_code),
            col(Case.resident_id),
            help_state(),
            col(Referral.requested_at),
        )
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(col(Referral.region_code).in_(visible), col(Referral.state) != ReferralState.entered_in_error)
    )
    served = (
        sql_select(col(Referral.region_code), col(ServiceVisit.project_id), col(ServiceVisit.served_on))
        .join(ServiceVisit, col(ServiceVisit.referral_id) == col(Referral.id))
        .join(VisitAttendance, col(VisitAttendance.visit_id) == col(ServiceVisit.id))
        .where(col(Referral.region_code).in_(visible), col(ServiceVisit.in_error_at).is_(None))
    )
    return CityRows(
        funds=list(session.exec(select(Fund.region_code).where(col(Fund.region_code).in_(visible)))),
        cases=cases,
        payments=[
            PaymentRow(code, payment_id, fen, month_of(china_day(at)))
            for code, payment_id, fen, at in session.execute(paid)
        ],
        referred=[
            ReferralRow(code, person, HelpState(help_code) if help_code else None, month_of(china_day(at)))
            for code, person, help_code, at in session.execute(referred)
        ],
        served=[AttendanceRow(code, project, month_of(day)) for code, project, day in session.execute(served)],
    )


def city_figures(session: Session, actor: Actor) -> CityFigures:
    """The numbers of the city's report, counted from the rows in scope. Raises NotPermitted."""
    return city_rows(session, actor).figures()
