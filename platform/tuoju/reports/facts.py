"""The rows that figures are counted from, within the actor's scope. Nobody is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.referrals.confirmations import HelpState, help_state
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.regions.models import Region
from tuoju.visits.models import ServiceVisit, VisitAttendance


@cache
def month_of(day: date) -> str:
    """2026-11."""
    return f"{day:%Y-%m}"


@dataclass(frozen=True)
class NeedFact:
    """A need. `month` is that in which it was opened."""

    id: int
    case_id: int
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
    rejected_with_reason: bool
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


@dataclass(frozen=True)
class Facts:
    """The rows that figures are counted from."""

    needs: list[NeedFact]
    referrals: list[ReferralFact]
    attendances: list[AttendanceFact]


def load_facts(session: Session, actor: Actor) -> Facts:
    """All needs, referrals and attendances in scope. Months are those of China. Three queries. Raises NotPermitted."""
    require(actor, Action.read_figures)
    visible = visible_regions(session, actor)
    counties = _counties(session)
    calendar = calendar_of(session)
    return Facts(
        needs=[
            NeedFact(pk, case_id, counties[code], category, month_of(china_day(at)), china_day(at), state)
            for pk, case_id, code, category, at, state in session.execute(_needs(visible))
        ],
        referrals=[
            _referral(pk, counties[code], rest, calendar) for pk, code, *rest in session.execute(_referrals(visible))
        ],
        attendances=[
            AttendanceFact(pk, visit_id, referral_id, resident_id, counties[code], project_id, month_of(day))
            for pk, visit_id, referral_id, resident_id, code, project_id, day in session.execute(_attendances(visible))
        ],
    )


# Columns instead of records: the text of a need is encrypted, and figures need not decrypt it.
def _needs(visible: SelectOfScalar[str]) -> Select[*tuple[Any, ...]]:
    return (
        sql_select(
            col(Need.id),
            col(Need.case_id),
            col(Case.region_code),
            col(Need.category),
            col(Need.opened_at),
            col(Need.state),
        )
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(col(Case.region_code).in_(visible))
    )


def _referrals(visible: SelectOfScalar[str]) -> Select[*tuple[Any, ...]]:
    return sql_select(
        col(Referral.id),
        col(Referral.region_code),
        col(Referral.project_id),
        col(Referral.state),
        col(Referral.outcome),
        help_state(),
        col(Referral.rejection_reason),
        col(Referral.requested_at),
        col(Referral.answered_at),
    ).where(col(Referral.region_code).in_(visible))


def _attendances(visible: SelectOfScalar[str]) -> Select[*tuple[Any, ...]]:
    return (
        sql_select(
            col(VisitAttendance.id),
            col(ServiceVisit.id),
            col(ServiceVisit.referral_id),
            col(VisitAttendance.resident_id),
            col(Referral.region_code),
            col(ServiceVisit.project_id),
            col(ServiceVisit.served_on),
        )
        .join(ServiceVisit, col(ServiceVisit.id) == col(VisitAttendance.visit_id))
        .join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
        .where(col(ServiceVisit.in_error_at).is_(None), col(Referral.region_code).in_(visible))
    )


def _referral(pk: int, county: str, rest: Sequence[Any], calendar: WorkingDays) -> ReferralFact:
    project_id, state, outcome, help_code, rejection, requested_at, answered_at = rest
    requested = china_day(requested_at)
    return ReferralFact(
        id=pk,
        county=county,
        project_id=project_id,
        month=month_of(requested),
        state=state,
        outcome=outcome,
        help=HelpState(help_code) if help_code else None,
        rejected_with_reason=rejection is not None,
        answer_days=calendar.between(requested, china_day(answered_at)) if answered_at else None,
    )


def _counties(session: Session) -> dict[str, str]:
    """The county each region lies in; above counties, the region itself."""
    counties = {}
    for code, path in session.exec(select(Region.code, Region.path)):
        codes = path.rstrip("/").split("/")
        counties[code] = codes[1] if len(codes) > 1 else codes[0]
    return counties
