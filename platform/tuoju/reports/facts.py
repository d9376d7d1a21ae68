"""The rows that figures are counted from, within the actor's scope, as queries. Nobody is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, false, func
from sqlalchemy import case as sql_case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from tuoju.accounts.permissions import Actor, visible_regions
from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.referrals.confirmations import HelpState, help_state
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import WorkingDays, china_day
from tuoju.regions.models import Region
from tuoju.reports.sql_days import ChinaDay, MonthOfDay
from tuoju.visits.models import ServiceVisit, VisitAttendance

CODE_DIGITS = 12
"""Digits of the code of a region; in a path each is followed by a slash."""


@dataclass(frozen=True)
class NeedFact:
    """A need. `month` is that in which it was opened."""

    id: int
    county: str
    category: str
    month: str
    opened_on: date
    state: NeedState


@dataclass(frozen=True)
class ReferralFact:
    """A referral. `month` is that of the request."""

    id: int
    county: str
    project_id: int
    month: str
    state: ReferralState
    outcome: Outcome | None
    help: HelpState | None
    """How sure the help is that the charity reports; None where it reports none."""
    answer_days: int | None
    """Working days from the request to the answer; None while there is none."""


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


Fact = NeedFact | ReferralFact | AttendanceFact


@dataclass(frozen=True)
class Slice:
    """A part of the facts: of a county, a project and a month; "" for all."""

    county: str = ""
    project: str = ""
    month: str = ""

    def of(self, facts: CTE) -> list[ColumnElement[bool]]:
        """The conditions that rows of `needs`, `referrals` or `attendances` belong to the part. A need belongs to no
        project."""
        conditions: list[ColumnElement[bool]] = []
        if self.county:
            conditions.append(facts.c.county == self.county)
        if self.month:
            conditions.append(facts.c.month == self.month)
        if self.project:
            conditions.append(facts.c.project_id == int(self.project) if "project_id" in facts.c else false())
        return conditions


WHOLE = Slice()


def _county() -> ColumnElement[str]:
    """The county a region lies in; above counties, the region itself."""
    path = col(Region.path)
    below = func.length(path) > CODE_DIGITS + 1
    return sql_case((below, func.substr(path, CODE_DIGITS + 2, CODE_DIGITS)), else_=func.substr(path, 1, CODE_DIGITS))


def needs(session: Session, actor: Actor) -> CTE:
    """Needs, with the month in which each was opened. Months are those of China. Raises NotPermitted."""
    opened_on = ChinaDay(col(Need.opened_at))
    return (
        sql_select(
            col(Need.id).label("id"),
            _county().label("county"),
            col(Need.category).label("category"),
            MonthOfDay(opened_on).label("month"),
            col(Need.opened_at).label("opened_at"),
            col(Need.state).label("state"),
        )
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Region, col(Region.code) == col(Case.region_code))
        .where(col(Region.code).in_(visible_regions(session, actor)))
        .cte("need_facts")
    )


def referrals(session: Session, actor: Actor) -> CTE:
    """Referrals, with the month of the request. The columns `is_...` are 1 or 0. Raises NotPermitted."""

    def flag(name: str, condition: ColumnElement[bool]) -> ColumnElement[int]:
        return sql_case((condition, 1), else_=0).label(name)

    outcome, rejection, state = col(Referral.outcome), col(Referral.rejection_reason), help_state()
    return (
        sql_select(
            col(Referral.id).label("id"),
            _county().label("county"),
            col(Referral.project_id).label("project_id"),
            MonthOfDay(ChinaDay(col(Referral.requested_at))).label("month"),
            col(Referral.state).label("state"),
            outcome.label("outcome"),
            state.label("help"),
            col(Referral.requested_at).label("requested_at"),
            col(Referral.answered_at).label("answered_at"),
            flag("is_sent", col(Referral.state) != ReferralState.entered_in_error),
            flag("is_answered", col(Referral.answered_at).is_not(None)),
            # The sender knows the result: an outcome, or a rejection with its reason (closed-loop referral).
            flag("is_closed", outcome.is_not(None) | rejection.is_not(None)),
            # A complaint that stands un-counts the help.
            flag("is_helped", state.in_((HelpState.confirmed.value, HelpState.unconfirmed.value))),
            flag("is_help_confirmed", state == HelpState.confirmed.value),
            flag("is_help_unconfirmed", state == HelpState.unconfirmed.value),
        )
        .join(Region, col(Region.code) == col(Referral.region_code))
        .where(col(Region.code).in_(visible_regions(session, actor)))
        .cte("referral_facts")
    )


def attendances(session: Session, actor: Actor) -> CTE:
    """Persons served, with the month of the visit; visits entered in error are left out. Raises NotPermitted."""
    return (
        sql_select(
            col(VisitAttendance.id).label("id"),
            col(ServiceVisit.id).label("visit_id"),
            col(ServiceVisit.referral_id).label("referral_id"),
            col(VisitAttendance.resident_id).label("resident_id"),
            _county().label("county"),
            col(ServiceVisit.project_id).label("project_id"),
            MonthOfDay(col(ServiceVisit.served_on)).label("month"),
        )
        .join(ServiceVisit, col(ServiceVisit.id) == col(VisitAttendance.visit_id))
        .join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
        .join(Region, col(Region.code) == col(Referral.region_code))
        .where(col(ServiceVisit.in_error_at).is_(None), col(Region.code).in_(visible_regions(session, actor)))
        .cte("attendance_facts")
    )


NEED_COLUMNS = ("id", "county", "category", "month", "opened_at", "state")
REFERRAL_COLUMNS = ("id", "county", "project_id", "month", "state", "outcome", "help", "requested_at", "answered_at")
ATTENDANCE_COLUMNS = ("id", "visit_id", "referral_id", "resident_id", "county", "project_id", "month")


def need_fact(row: Sequence[Any]) -> NeedFact:
    """A row of NEED_COLUMNS."""
    pk, county, category, month, opened_at, state = row
    return NeedFact(pk, county, category, month, china_day(opened_at), state)


def referral_fact(row: Sequence[Any], calendar: WorkingDays) -> ReferralFact:
    """A row of REFERRAL_COLUMNS."""
    pk, county, project_id, month, state, outcome, help_code, requested_at, answered_at = row
    days = calendar.between(china_day(requested_at), china_day(answered_at)) if answered_at else None
    sureness = HelpState(help_code) if help_code else None
    return ReferralFact(pk, county, project_id, month, state, outcome, sureness, days)


def attendance_fact(row: Sequence[Any]) -> AttendanceFact:
    """A row of ATTENDANCE_COLUMNS."""
    return AttendanceFact(*row)
