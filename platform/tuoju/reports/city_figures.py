"""The eight numbers that a city reports of its societies, each counted from its rows (definitions: docs/figures.md)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, union
from sqlalchemy import case as sql_case
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
from tuoju.regions.models import Region
from tuoju.regions.queries import get_region
from tuoju.relief.models import Fund, Payment, PaymentState
from tuoju.reports.facts import CODE_DIGITS
from tuoju.reports.figures import median_of
from tuoju.reports.sql_days import ChinaDay, MonthOfDay, days_of_month, moments_of_month
from tuoju.visits.models import ServiceVisit, VisitAttendance


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


@dataclass(frozen=True)
class HelpCount:
    """Distinct residents who got help: confirmed for at least one referral, or for none of theirs."""

    confirmed: int = 0
    unconfirmed: int = 0


@dataclass(frozen=True)
class RegionNumbers:
    """The eight numbers of a region, and how sure the help is that one of them counts."""

    figures: CityFigures
    help_count: HelpCount


IS_HELPED = help_state().in_((HelpState.confirmed.value, HelpState.unconfirmed.value))
"""Help is reported and no complaint that stands un-counts it."""
_HELPED_PERSONS = func.count(distinct(sql_case((IS_HELPED, col(Case.resident_id)))))


def relieved_where(
    session: Session, condition: ColumnElement[bool], *, limit: int | None = None, offset: int = 0
) -> list[RelievedCase]:
    """The relieved cases that meet a condition, the latest first. The caller has checked what the actor may see."""
    columns = (Case.id, Case.number, Case.region_code, Case.policy_id, *_MOMENTS)
    query = sql_select(*(col(column) for column in columns)).where(_IS_RELIEVED, condition)
    rows = session.execute(
        query.order_by(col(Case.relief_completed_at).desc(), col(Case.id).desc()).limit(limit).offset(offset)
    ).all()
    timing = _timing(session, sql_select(col(Case.id)).where(_IS_RELIEVED, condition))
    return [
        RelievedCase(
            pk,
            number,
            village,
            china_day(start),
            china_day(end),
            *timing(pk, policy_id, china_day(start), china_day(reviewed) if reviewed else None, china_day(end)),
        )
        for pk, number, village, policy_id, start, reviewed, end in rows
    ]


_MOMENTS = (Case.started_at, Case.reviewed_at, Case.relief_completed_at)
_IS_RELIEVED = col(Case.relief_completed_at).is_not(None)

Timing = Callable[[int, int, date, date | None, date], tuple[float, bool]]


def _timing(session: Session, case_ids: Select[*tuple[Any, ...]]) -> Timing:
    """A function that returns, of one of the cases, its working days and whether every step was in time: by the case,
    its policy, and the days of beginning, opinion and relief. Three queries."""
    calendar = calendar_of(session)
    policies = {policy.pk: policy for policy in session.exec(select(Policy))}
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for pause in session.exec(select(CasePause).where(col(CasePause.case_id).in_(case_ids))):
        pauses[pause.case_id].append(Pause(pause.from_day, pause.to_day))
    known: dict[tuple[Any, ...], tuple[float, bool]] = {}

    def timed(case_id: int, policy_id: int, first: date, reviewed: date | None, last: date) -> tuple[float, bool]:
        opinion = reviewed or last
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
    total: float = 0
    """Working days of all of them."""


def handling_time(cases: Mapping[tuple[float, bool], int]) -> HandlingTime:
    """Mean (two decimals) and median of the working days of relieved cases, which are given by how often each pair of
    working days and in time occurs."""
    count = sum(cases.values())
    total = sum(days * times for (days, _in_time), times in cases.items())
    half_days: Counter[int] = Counter()
    for (days, _in_time), times in cases.items():
        half_days[round(2 * days)] += times
    middle = median_of(dict(sorted(half_days.items())))
    return HandlingTime(
        mean=round(total / count, 2) if count else None,
        median=None if middle is None else middle / 2,
        in_time=sum(times for (_days, in_time), times in cases.items() if in_time),
        cases=count,
        total=total,
    )


class CityScope:
    """The rows that the city's numbers of a region and a month are counted from, as queries within the actor's scope.

    A case belongs to the month of its relief, a referral to that of its request. Societies are counted as of now.
    """

    def __init__(self, session: Session, actor: Actor, region_code: str = "", month: str = "") -> None:
        """Everything in scope where no region or month is named. Raises NotPermitted, RegionNotFound."""
        require(actor, Action.read_figures)
        self.session, self.month = session, month
        self.path = get_region(session, region_code or actor.region_code or "").path
        seen = col(Region.code).in_(visible_regions(session, actor))
        self.inside = seen & col(Region.path).startswith(self.path)

    def funds(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Funds of societies."""
        return self._of(col(Fund.region_code), *columns)

    def cases(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Cases whose relief is complete."""
        query = self._of(col(Case.region_code), *columns).where(_IS_RELIEVED)
        return query.where(*self._within_month(col(Case.relief_completed_at)))

    def payments(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Payments that were neither cancelled nor recovered."""
        query = self._of(col(Case.region_code), *columns, start=Payment)
        query = query.where(col(Payment.state) == PaymentState.paid)
        return query.where(*self._within_month(col(Payment.paid_at)))

    def referred(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Referrals, without those entered in error."""
        query = self._of(col(Referral.region_code), *columns, start=Referral)
        query = query.where(col(Referral.state) != ReferralState.entered_in_error)
        return query.where(*self._within_month(col(Referral.requested_at)))

    def served(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Persons at visits, without visits entered in error."""
        query = self._of(col(Referral.region_code), *columns, start=VisitAttendance)
        query = query.where(col(ServiceVisit.in_error_at).is_(None))
        if self.month:
            first, following = days_of_month(self.month)
            query = query.where(col(ServiceVisit.served_on) >= first, col(ServiceVisit.served_on) < following)
        return query

    def relieved(self, *, limit: int, offset: int) -> list[RelievedCase]:
        """A part of the relieved cases, the latest first."""
        chosen = self.cases(col(Case.id)).order_by(col(Case.relief_completed_at).desc(), col(Case.id).desc())
        ids = self.session.execute(chosen.limit(limit).offset(offset)).scalars().all()
        return relieved_where(self.session, col(Case.id).in_(ids))

    def figures(self) -> CityFigures:
        """The eight numbers: six queries, and two for the calendar and the policies."""
        return self._count([])[""]

    def numbers(self) -> RegionNumbers:
        """The eight numbers with the residents who got help. One query more than `figures`."""
        return RegionNumbers(self.figures(), self._help([]).get("", HelpCount()))

    def handling(self) -> HandlingTime:
        """How long relief took."""
        return handling_time(self._handled([]).get("", Counter()))

    def by_part(self) -> dict[str, RegionNumbers]:
        """The eight numbers of each part of the region that has any rows, by its code, in order; not those of rows that
        lie in the region itself and in none of its parts."""
        figures = self._count([self._part])
        helped = self._help([self._part])
        return {code: RegionNumbers(figures[code], helped.get(code, HelpCount())) for code in sorted(figures) if code}

    def months(self) -> list[str]:
        """Every month in which something was relieved, paid, sent or served, the latest first. One query."""
        days = (
            self.cases(ChinaDay(col(Case.relief_completed_at)).label("day")),
            self.payments(ChinaDay(col(Payment.paid_at)).label("day")),
            self.referred(ChinaDay(col(Referral.requested_at)).label("day")),
            self.served(col(ServiceVisit.served_on).label("day")),
        )
        months = [sql_select(MonthOfDay(query.distinct().subquery().c.day)) for query in days]
        return sorted((month for (month,) in self.session.execute(union(*months))), reverse=True)

    def _of(self, village: Any, *columns: Any, start: Any = None) -> Select[*tuple[Any, ...]]:
        """Columns of the rows of a kind, with the tables that lead from it to its village."""
        query = sql_select(*columns).select_from(start or village.table)
        for table, condition in _ROADS.get(start, ()):
            query = query.join(table, condition)
        return query.join(Region, col(Region.code) == village).where(self.inside)

    def _within_month(self, moment: Any) -> list[ColumnElement[bool]]:
        if not self.month:
            return []
        first, following = moments_of_month(self.month)
        return [moment >= first, moment < following]

    def _count(self, part: list[ColumnElement[Any]]) -> dict[str, CityFigures]:
        """The numbers by the value of a column; by "" where there is none."""
        queries = (
            (("societies",), self.funds(*part, func.count())),
            (("relief_person_times", "relief_paid_fen"), self.payments(*part, func.count(), _total_fen())),
            (
                ("residents_referred", "residents_referred_helped"),
                self.referred(*part, func.count(distinct(col(Case.resident_id))), _HELPED_PERSONS),
            ),
            (
                ("projects", "service_person_times"),
                self.served(*part, func.count(distinct(col(ServiceVisit.project_id))), func.count()),
            ),
        )
        numbers: dict[str, dict[str, Any]] = defaultdict(dict)
        for names, query in queries:
            for row in self.session.execute(query.group_by(*part)):
                key = str(row[0]) if part else ""
                numbers[key] |= dict(zip(names, map(int, row[len(part) :]), strict=True))
        for key, cases in self._handled(part).items():
            numbers[key]["average_handling_working_days"] = handling_time(cases).mean
        if not part:
            numbers.setdefault("", {})
        return {key: CityFigures(**{**_NOTHING, **values}) for key, values in numbers.items()}

    @property
    def _part(self) -> ColumnElement[str]:
        """The code of the part of the region that a row lies in."""
        return func.substr(col(Region.path), len(self.path) + 1, CODE_DIGITS)

    def _help(self, part: list[ColumnElement[Any]]) -> dict[str, HelpCount]:
        is_confirmed = help_state() == HelpState.confirmed.value
        confirmed = func.count(distinct(sql_case((is_confirmed, col(Case.resident_id)))))
        query = self.referred(*part, confirmed, _HELPED_PERSONS).group_by(*part)
        return {
            str(row[0]) if part else "": HelpCount(row[-2], row[-1] - row[-2]) for row in self.session.execute(query)
        }

    def _handled(self, part: list[ColumnElement[Any]]) -> dict[str, Counter[tuple[float, bool]]]:
        """How many relieved cases of each part took how many working days, and were in time.

        Cases of one policy and the same days are counted together, but for those whose clock was paused.
        """
        paused = sql_select(col(CasePause.case_id))
        case_id = sql_case((col(Case.id).in_(paused), col(Case.id)), else_=0)
        keys = [*part, case_id, col(Case.policy_id), *(ChinaDay(col(moment)) for moment in _MOMENTS)]
        timing = _timing(self.session, self.cases(col(Case.id)))
        handled: dict[str, Counter[tuple[float, bool]]] = defaultdict(Counter)
        named: list[ColumnElement[Any]] = [key.label(f"key{number}") for number, key in enumerate(keys)]
        grouped = self.cases(*named).subquery()
        query = sql_select(*grouped.c, func.count()).group_by(*grouped.c)
        for row in self.session.execute(query):
            key = str(row[0]) if part else ""
            handled[key][timing(*row[len(part) : -1])] += row[-1]
        return handled


_ROADS: Mapping[Any, Sequence[tuple[Any, Any]]] = {
    Payment: ((Case, col(Case.id) == col(Payment.case_id)),),
    Referral: ((Need, col(Need.id) == col(Referral.need_id)), (Case, col(Case.id) == col(Need.case_id))),
    VisitAttendance: (
        (ServiceVisit, col(ServiceVisit.id) == col(VisitAttendance.visit_id)),
        (Referral, col(Referral.id) == col(ServiceVisit.referral_id)),
    ),
}
"""From the rows of a kind to those that know their village."""
_NOTHING: Mapping[str, Any] = dict.fromkeys(CityFigures.__dataclass_fields__, 0) | {
    "average_handling_working_days": None
}


def _total_fen() -> ColumnElement[Any]:
    return func.coalesce(func.sum(col(Payment.amount_fen)), 0)


def city_figures(session: Session, actor: Actor) -> CityFigures:
    """The numbers of the city's report, counted from the rows in scope. Raises NotPermitted."""
    return CityScope(session, actor).figures()
