"""Reads of referrals, always within the actor's scope: an organization reads its own, others those of their region."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, LinkHolder, Principal, require, visible_regions
from tuoju.cases.models import Case, Need
from tuoju.cases.queries import case_origin
from tuoju.referrals.errors import ReferralNotFound
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import ReferralState
from tuoju.residents.alarms import TextOrigin
from tuoju.residents.models import Resident, TextSource
from tuoju_projects.models import Organization, Project

MINIMUM_ONLY = frozenset(
    {
        ReferralState.requested,
        ReferralState.waitlisted,
        ReferralState.rejected,
        ReferralState.expired,
        ReferralState.cancelled,
        ReferralState.entered_in_error,
    }
)
"""In these states the organization sees the minimum only: surname, age band, township, service (design section 7)."""


class ReferralRow(NamedTuple):
    """A referral with the rows that its list and its page show."""

    referral: Referral
    need: Need
    case: Case
    resident: Resident
    project: Project
    organization: Organization


_Rows = Select[Referral, Need, Case, Resident, Project, Organization]


def in_scope(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition that the actor may read a referral. Raises NotPermitted."""
    require(actor, Action.read_referrals)
    if actor.organization_id is not None:
        return col(Referral.organization_id) == actor.organization_id
    return col(Referral.region_code).in_(visible_regions(session, actor))


def answers_for(actor: Principal, referral: Referral) -> bool:
    """Whether the actor acts for the organization the referral went to. A link holder acts for one referral only."""
    own = actor.organization_id == referral.organization_id
    return own and (not isinstance(actor, LinkHolder) or actor.referral_id == referral.pk)


def get_referral(session: Session, actor: Actor, referral_id: int) -> Referral:
    """Raises ReferralNotFound, also for a referral outside the actor's scope."""
    query = select(Referral).where(Referral.id == referral_id, in_scope(session, actor))
    referral = session.exec(query).first()
    if referral is None:
        raise ReferralNotFound
    return referral


def find_referrals(
    session: Session,
    actor: Actor,
    *,
    states: Sequence[ReferralState] = (),
    project_id: int | None = None,
    need_id: int | None = None,
    case_id: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[ReferralRow]:
    """Referrals in scope, latest first, at most `limit`, in one query. `before_id` continues an earlier list."""
    query = _rows(session, actor)
    if states:
        query = query.where(col(Referral.state).in_(states))
    if project_id is not None:
        query = query.where(col(Referral.project_id) == project_id)
    if need_id is not None:
        query = query.where(col(Referral.need_id) == need_id)
    if case_id is not None:
        query = query.where(col(Need.case_id) == case_id)
    if before_id is not None:
        query = query.where(col(Referral.id) < before_id)
    return _latest(session, query, limit)


def find_by_ids(session: Session, actor: Actor, ids: Collection[int]) -> list[ReferralRow]:
    """Those of these referrals that are in scope, latest first, in one query; none in no query."""
    return _latest(session, _rows(session, actor).where(col(Referral.id).in_(ids)), len(ids)) if ids else []


def _rows(session: Session, actor: Actor) -> _Rows:
    return _with_related().where(in_scope(session, actor))


def _latest(session: Session, query: _Rows, limit: int) -> list[ReferralRow]:
    rows = session.execute(query.order_by(col(Referral.id).desc()).limit(limit))
    return [ReferralRow(*row) for row in rows]


def rows_where(session: Session, condition: ColumnElement[bool], *, limit: int) -> list[ReferralRow]:
    """The referrals that meet a condition, the oldest first, in one query. The caller has bounded them by scope."""
    rows = session.execute(_with_related().where(condition).order_by(col(Referral.id)).limit(limit))
    return [ReferralRow(*row) for row in rows]


def _with_related() -> _Rows:
    return (
        sql_select(Referral, Need, Case, Resident, Project, Organization)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .join(Project, col(Project.id) == col(Referral.project_id))
        .join(Organization, col(Organization.id) == col(Referral.organization_id))
    )


def get_row(session: Session, actor: Actor, referral_id: int) -> ReferralRow:
    """One referral in scope with its related rows. Raises ReferralNotFound."""
    return row_of(session, get_referral(session, actor, referral_id))


def row_of(session: Session, referral: Referral) -> ReferralRow:
    """The related rows of a referral. The caller has checked that the actor may read it."""
    need = session.get_one(Need, referral.need_id)
    case = session.get_one(Case, need.case_id)
    return ReferralRow(
        referral,
        need,
        case,
        session.get_one(Resident, case.resident_id),
        session.get_one(Project, referral.project_id),
        session.get_one(Organization, referral.organization_id),
    )


def count_referrals(session: Session, actor: Actor) -> dict[ReferralState, int]:
    """The number of referrals in scope in each state."""
    query = select(Referral.state, func.count()).where(in_scope(session, actor)).group_by(col(Referral.state))
    return {ReferralState(state): count for state, count in session.exec(query)}


def timeline(session: Session, referral: Referral) -> list[ReferralEvent]:
    """The steps of a referral, first to last. The caller has checked that the actor may read it."""
    query = select(ReferralEvent).where(ReferralEvent.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ReferralEvent.id))))


def referral_origin(session: Session, referral: Referral, source: TextSource) -> TextOrigin:
    """Whom a text that is typed about a referral is about. The caller has checked that it may be written."""
    return case_origin(session.get_one(Case, session.get_one(Need, referral.need_id).case_id), source)
