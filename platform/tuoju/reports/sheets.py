"""The numbers of a monthly summary (domain section 5.5), counted from rows as they stood at an instant."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from tuoju.cases.models import Case, CaseStep, Need, OpenedBy
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.referrals.confirmations import HelpState, help_state
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import codes_within_on
from tuoju.relief.models import Fund, FundEntry, FundSource, Objection, Payment, PaymentWay, Posting, PublicNotice
from tuoju.reports.city_figures import relieved_where
from tuoju.residents.models import Resident
from tuoju.visits.models import ServiceVisit, VisitAttendance


class Sheet(BaseModel):
    """The numbers of one month of a region. Amounts are in fen."""

    model_config = ConfigDict(frozen=True)

    opening_fen: int
    """Balance of the funds before the first day."""
    income_government_fen: int
    income_collective_fen: int
    income_donation_fen: int
    income_other_fen: int
    relief_person_times: int
    """Payments."""
    relief_household_times: int
    """Pairs of a household and a day of payment."""
    relief_fen: int
    goods_fen: int
    """The part of `relief_fen` that was given as goods."""
    recovered_fen: int
    closing_fen: int
    """Opening balance, plus income and recoveries, minus relief."""
    cases_opened: int
    cases_discovered: int
    """Cases opened by proactive discovery (主动发现), part of `cases_opened`."""
    cases_refused: int
    needs_reported: int
    referrals_sent: int
    referrals_accepted: int
    referrals_rejected: int
    referrals_completed: int
    help_confirmed: int = 0
    """Completed referrals that helped, by the resident's word, a call-back or a spot check."""
    help_unconfirmed: int = 0
    """Completed referrals that helped by the charity's word alone."""
    service_person_times: int
    service_persons: int
    """Distinct persons: they do not add up over sheets."""
    service_household_times: int
    """Pairs of a visit and a household."""
    service_minutes: int
    cases_relieved: int
    cases_in_time: int
    """Relieved cases whose opinion and relief were in time."""
    handling_half_days: int
    """Twice the working days of all relieved cases, so that sheets add up without rounding."""
    notices_posted: int
    notices_late: int
    objections: int
    by_cause: dict[str, int]
    """Payments by cause of hardship."""
    by_category: dict[str, int] = {}
    """Payments by relief category of the resident."""
    adjustments: dict[str, dict[str, int]] = {}
    """Late entries of earlier months, by month and field (domain section 5.5). Not part of the month's own numbers."""

    @property
    def average_days(self) -> float | None:
        """平均办理工作日; None where no relief was completed."""
        return self.handling_half_days / 2 / self.cases_relieved if self.cases_relieved else None

    @property
    def nothing_happened(self) -> bool:
        """Whether this is a zero report (零报告): the funds may hold money, but nothing happened."""
        ignored = {"opening_fen", "closing_fen", "by_cause", "by_category"}
        return not any(value for name, value in self.model_dump().items() if name not in ignored)


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, as they stood at `as_of`."""

    first: date
    last: date
    as_of: datetime

    @property
    def begins(self) -> datetime:
        """The first instant of the first day, in China."""
        return datetime.combine(self.first, time(), tzinfo=CHINA)

    @property
    def ends(self) -> datetime:
        """The first instant after it, or `as_of` if that is earlier."""
        return min(datetime.combine(self.last + timedelta(days=1), time(), tzinfo=CHINA), self.as_of)

    def holds(self, column: datetime | None) -> ColumnElement[bool]:
        """The condition that a column of instants lies in the period."""
        return (col(column) >= self.begins) & (col(column) < self.ends)


def period_of(month: str, cutoff_day: int) -> tuple[date, date]:
    """First and last day of a reporting month.

    Without a cut-off day (0) that is the calendar month; with one, the month ends on that day and begins on the day
    after it in the month before.
    """
    first = date.fromisoformat(f"{month}-01")
    if cutoff_day:
        before = first - timedelta(days=1)
        return before.replace(day=cutoff_day) + timedelta(days=1), first.replace(day=cutoff_day)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def count_sheet(session: Session, region_code: str, period: Period) -> Sheet:
    """Count the sheet of a region and everything that lay in it at the end of the period. The caller has checked that
    the actor may see it."""
    return Sheet.model_validate(
        {
            **_money(session, region_code, period),
            **_cases(session, region_code, period),
            **_referrals(session, region_code, period),
            **_services(session, region_code, period),
            **_notices(session, region_code, period),
        }
    )


def _money(session: Session, region_code: str, period: Period) -> dict[str, int | dict[str, int]]:
    """Balances, income, relief and recoveries, from the postings opposite to the funds' own accounts.

    An account "source:KIND" is negative for money in; "relief:WAY" is positive for relief and negative for recoveries.
    """
    income, causes, categories = dict.fromkeys(FundSource, 0), Counter[str](), Counter[str]()
    paid = goods = recovered = 0
    households = set()
    rows = session.execute(_postings(session, region_code, period))
    for account, fen, way, paid_at, cause, household, category in rows:
        kind, _colon, code = account.partition(":")
        if kind == "source":
            income[FundSource(code)] -= fen
        elif fen < 0:
            recovered -= fen
        else:
            paid += fen
            goods += fen if way is PaymentWay.goods else 0
            causes[cause] += 1
            categories[category] += 1
            households.add((household, paid_at and china_day(paid_at)))
    opening = _balance_before(session, region_code, period)
    return {
        "opening_fen": opening,
        **{f"income_{source}_fen": amount for source, amount in income.items()},
        "relief_person_times": sum(causes.values()),
        "relief_household_times": len(households),
        "relief_fen": paid,
        "goods_fen": goods,
        "recovered_fen": recovered,
        "closing_fen": opening + sum(income.values()) - paid + recovered,
        "by_cause": dict(sorted(causes.items())),
        "by_category": dict(sorted(categories.items())),
    }


def _postings(session: Session, region_code: str, period: Period) -> Select[*tuple[Any, ...]]:
    """Account, fen, way, instant of payment, cause, household and relief category of each posting."""
    return (
        sql_select(
            col(Posting.account),
            col(Posting.amount_fen),
            col(Payment.way),
            col(Payment.paid_at),
            col(Case.hardship_cause),
            col(Resident.household_id),
            col(Resident.relief_category),
        )
        .join(FundEntry, col(FundEntry.id) == col(Posting.entry_id))
        .join(Fund, col(Fund.id) == col(FundEntry.fund_id))
        .join(Payment, col(Payment.id) == col(FundEntry.payment_id), isouter=True)
        .join(Case, col(Case.id) == col(Payment.case_id), isouter=True)
        .join(Resident, col(Resident.id) == col(Case.resident_id), isouter=True)
        .where(
            col(Fund.region_code).in_(codes_within_on(session, region_code, period.last)),
            col(FundEntry.occurred_on) >= period.first,
            col(FundEntry.occurred_on) <= period.last,
            col(FundEntry.recorded_at) <= period.as_of,
            ~col(Posting.account).startswith("earmarked:"),
        )
    )


def _balance_before(session: Session, region_code: str, period: Period) -> int:
    query = (
        select(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(FundEntry, col(FundEntry.id) == col(Posting.entry_id))
        .join(Fund, col(Fund.id) == col(FundEntry.fund_id))
        .where(
            col(Fund.region_code).in_(codes_within_on(session, region_code, period.last)),
            FundEntry.occurred_on < period.first,
            FundEntry.recorded_at <= period.as_of,
            col(Posting.account).startswith("earmarked:"),
        )
    )
    return int(session.exec(query).one())


def _cases(session: Session, region_code: str, period: Period) -> dict[str, int]:
    inside = col(Case.region_code).in_(codes_within_on(session, region_code, period.last))
    in_error = select(CaseStep.case_id).where(
        CaseStep.to_state == CaseState.entered_in_error, CaseStep.at < period.as_of
    )
    opened = session.exec(
        select(Case.opened_by).where(inside, period.holds(Case.accepted_at), col(Case.id).not_in(in_error))
    ).all()
    refused = (
        select(func.count())
        .select_from(CaseStep)
        .join(Case, col(Case.id) == col(CaseStep.case_id))
        .where(inside, CaseStep.verb == CaseVerb.refuse, period.holds(CaseStep.at))
    )
    needs = (
        select(func.count())
        .select_from(Need)
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(inside, period.holds(Need.opened_at))
    )
    relieved = relieved_where(session, inside & period.holds(Case.relief_completed_at))
    return {
        "cases_opened": len(opened),
        "cases_discovered": sum(opened_by is OpenedBy.proactive_discovery for opened_by in opened),
        "cases_refused": session.exec(refused).one(),
        "needs_reported": session.exec(needs).one(),
        "cases_relieved": len(relieved),
        "cases_in_time": sum(case.in_time for case in relieved),
        "handling_half_days": round(2 * sum(case.days for case in relieved)),
    }


def _referrals(session: Session, region_code: str, period: Period) -> dict[str, int]:
    inside = codes_within_on(session, region_code, period.last)
    query = (
        select(ReferralEvent.state, func.count())
        .join(Referral, col(Referral.id) == col(ReferralEvent.referral_id))
        .where(col(Referral.region_code).in_(inside), period.holds(ReferralEvent.at))
        .group_by(ReferralEvent.state)
    )
    counts = dict(session.exec(query).all())
    state = help_state(period.as_of).label("help")
    ended = sql_select(state, func.count()).where(
        col(Referral.region_code).in_(inside), period.holds(Referral.ended_at)
    )
    sure = {row[0]: row[1] for row in session.execute(ended.group_by(state))}
    return {
        "referrals_sent": counts.get(ReferralState.requested, 0),
        "referrals_accepted": counts.get(ReferralState.accepted, 0),
        "referrals_rejected": counts.get(ReferralState.rejected, 0),
        "referrals_completed": counts.get(ReferralState.completed, 0),
        "help_confirmed": sure.get(HelpState.confirmed, 0),
        "help_unconfirmed": sure.get(HelpState.unconfirmed, 0),
    }


def _services(session: Session, region_code: str, period: Period) -> dict[str, int]:
    query = (
        select(ServiceVisit.id, ServiceVisit.minutes, VisitAttendance.resident_id, Resident.household_id)
        .join(VisitAttendance, col(VisitAttendance.visit_id) == col(ServiceVisit.id))
        .join(Resident, col(Resident.id) == col(VisitAttendance.resident_id))
        .join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
        .where(
            col(Referral.region_code).in_(codes_within_on(session, region_code, period.last)),
            ServiceVisit.served_on >= period.first,
            ServiceVisit.served_on <= period.last,
            ServiceVisit.recorded_at <= period.as_of,
            col(ServiceVisit.in_error_at).is_(None) | (col(ServiceVisit.in_error_at) > period.as_of),
        )
    )
    rows = session.exec(query).all()
    return {
        "service_person_times": len(rows),
        "service_persons": len({resident for _visit, _minutes, resident, _household in rows}),
        "service_household_times": len({(visit, household) for visit, _minutes, _resident, household in rows}),
        "service_minutes": sum({visit: minutes for visit, minutes, _resident, _household in rows}.values()),
    }


def _notices(session: Session, region_code: str, period: Period) -> dict[str, int]:
    inside = codes_within_on(session, region_code, period.last)
    query = select(PublicNotice).where(
        col(PublicNotice.region_code).in_(inside),
        PublicNotice.posted_on >= period.first,
        PublicNotice.posted_on <= min(period.last, china_day(period.as_of)),
    )
    notices = session.exec(query).all()
    late = sum(notice.due_on is not None and notice.posted_on > notice.due_on for notice in notices)
    objections = (
        select(func.count())
        .select_from(Objection)
        .join(PublicNotice, col(PublicNotice.id) == col(Objection.notice_id))
        .where(col(PublicNotice.region_code).in_(inside), period.holds(Objection.received_at))
    )
    return {"notices_posted": len(notices), "notices_late": late, "objections": session.exec(objections).one()}
