"""Reads of cases and needs, always within the actor's scope."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlalchemy import case as sql_case
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.clock import DueStatus
from tuoju.cases.errors import CaseNotFound, NeedNotFound
from tuoju.cases.models import Case, CasePause, CaseStep, Need, Urgency
from tuoju.cases.status import CaseState, NeedState
from tuoju.regions.calendar import DueDay, WorkingDays
from tuoju.regions.queries import within
from tuoju.residents.alarms import TextOrigin
from tuoju.residents.models import Resident, TextSource

QueuePosition = tuple[Urgency, datetime, int]
"""The position of a need in the waiting list: its urgency, when it was opened, its id."""

URGENCY_ORDER = (Urgency.life_threatening, Urgency.urgent, Urgency.soon, Urgency.routine)
"""The order of the waiting list."""


def get_case(session: Session, actor: Actor, case_id: int) -> Case:
    """A case by id. Raises NotPermitted, and CaseNotFound also for a case out of scope."""
    require(actor, Action.read_cases)
    query = select(Case).where(Case.id == case_id, col(Case.region_code).in_(visible_regions(session, actor)))
    case = session.exec(query).first()
    if case is None:
        raise CaseNotFound
    return case


def find_cases(
    session: Session,
    actor: Actor,
    *,
    state: CaseState | None = None,
    resident_id: int | None = None,
    ids: Collection[int] | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Case]:
    """Cases in scope, latest first, with an id below `before_id`. Raises NotPermitted."""
    require(actor, Action.read_cases)
    query = select(Case).where(col(Case.region_code).in_(visible_regions(session, actor)))
    if state is not None:
        query = query.where(Case.state == state)
    if resident_id is not None:
        query = query.where(Case.resident_id == resident_id)
    if ids is not None:
        query = query.where(col(Case.id).in_(ids))
    if before_id is not None:
        query = query.where(col(Case.id) < before_id)
    return list(session.exec(query.order_by(col(Case.id).desc()).limit(limit)))


def open_needs_of(session: Session, resident: Resident) -> list[Need]:
    """The needs of a resident that are not ended, latest first. The caller may read the resident."""
    query = (
        select(Need)
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(Case.resident_id == resident.pk, col(Need.ended_at).is_(None))
    )
    return list(session.exec(query.order_by(col(Need.id).desc())))


def require_need_of(session: Session, resident: Resident, need_id: int) -> None:
    """Raises NeedNotFound unless this is a need of the resident."""
    query = select(Need.id).join(Case, col(Case.id) == col(Need.case_id))
    if session.exec(query.where(Need.id == need_id, Case.resident_id == resident.pk)).first() is None:
        raise NeedNotFound


def count_cases(session: Session, actor: Actor) -> dict[CaseState, int]:
    """How many cases in scope are in each state; states without cases are left out. Raises NotPermitted."""
    require(actor, Action.read_cases)
    query = (
        select(Case.state, func.count())
        .where(col(Case.region_code).in_(visible_regions(session, actor)))
        .group_by(col(Case.state))
    )
    return {CaseState(state): count for state, count in session.exec(query)}


def find_due(session: Session, actor: Actor, *, region_code: str = "", limit: int = 500) -> list[Case]:
    """Cases whose clock runs, the earliest deadline first: in scope, or in one region of it.

    Raises NotPermitted, RegionNotFound.
    """
    require(actor, Action.read_cases)
    query = select(Case).where(
        col(Case.due_at).is_not(None), col(Case.region_code).in_(visible_regions(session, actor))
    )
    if region_code:
        query = query.where(col(Case.region_code).in_(within(session, region_code)))
    return list(session.exec(query.order_by(col(Case.due_at), col(Case.id)).limit(limit)))


def count_due(session: Session, actor: Actor, calendar: WorkingDays, today: date) -> Mapping[DueStatus, int]:
    """How many cases in scope whose clock runs have each due status, in one query. Raises NotPermitted."""
    require(actor, Action.read_cases)
    yesterday_ends, today_ends = (DueDay(today + timedelta(days=days), False).ends_at for days in (-1, 0))
    next_ends, due_at = calendar.due(today, 1).ends_at, col(Case.due_at)
    query = select(
        func.count().filter(due_at <= yesterday_ends),
        func.count().filter(due_at > yesterday_ends, due_at <= today_ends),
        func.count().filter(due_at > today_ends, due_at <= next_ends),
        func.count().filter(due_at > next_ends),
    ).where(due_at.is_not(None), col(Case.region_code).in_(visible_regions(session, actor)))
    overdue, due_today, due_next, later = session.exec(query).one()
    return {
        DueStatus.overdue: overdue,
        DueStatus.due_today: due_today,
        DueStatus.due_next: due_next,
        DueStatus.later: later,
    }


def find_paused(session: Session, actor: Actor, *, limit: int = 500) -> list[tuple[Case, CasePause]]:
    """Cases in scope whose clock is paused, with the pause. Raises NotPermitted."""
    require(actor, Action.read_cases)
    query = (
        select(Case, CasePause)
        .join(CasePause, col(CasePause.case_id) == col(Case.id))
        .where(col(CasePause.to_day).is_(None), col(Case.region_code).in_(visible_regions(session, actor)))
    )
    return list(session.exec(query.order_by(col(Case.id)).limit(limit)).all())


def steps_of(session: Session, case: Case) -> list[CaseStep]:
    """The steps of a case, earliest first."""
    return list(session.exec(select(CaseStep).where(CaseStep.case_id == case.pk).order_by(col(CaseStep.id))))


def get_need(session: Session, actor: Actor, need_id: int) -> Need:
    """A need by id. Raises NotPermitted, and NeedNotFound also for a need out of scope."""
    require(actor, Action.read_cases)
    query = (
        select(Need)
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(Need.id == need_id, col(Case.region_code).in_(visible_regions(session, actor)))
    )
    need = session.exec(query).first()
    if need is None:
        raise NeedNotFound
    return need


def needs_of(session: Session, cases: Collection[Case]) -> dict[int, list[Need]]:
    """The needs of each case by case id, in one query."""
    needs: dict[int, list[Need]] = {case.pk: [] for case in cases}
    query = select(Need).where(col(Need.case_id).in_(needs)).order_by(col(Need.id))
    for need in session.exec(query):
        needs[need.case_id].append(need)
    return needs


def find_needs(
    session: Session,
    actor: Actor,
    *,
    state: NeedState | None = NeedState.open,
    category: str = "",
    ids: Collection[int] | None = None,
    after: QueuePosition | None = None,
    limit: int = 200,
) -> list[tuple[Need, Case, Resident]]:
    """Needs in scope with case and resident, the most urgent first, then the longest waiting; those after `after`.

    `category` is a service_type code or its beginning. Raises NotPermitted.
    """
    require(actor, Action.read_cases)
    query = (
        select(Need, Case, Resident)
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(col(Case.region_code).in_(visible_regions(session, actor)))
    )
    if state is not None:
        query = query.where(Need.state == state)
    if category:
        query = query.where(col(Need.category).startswith(category))
    if ids is not None:
        query = query.where(col(Need.id).in_(ids))
    rank = sql_case({urgency: rank for rank, urgency in enumerate(URGENCY_ORDER)}, value=col(Need.urgency))
    if after is not None:
        query = query.where(_is_after(after, rank))
    ordered = query.order_by(rank, col(Need.opened_at), col(Need.id))
    return list(session.exec(ordered.limit(limit)).all())


def _is_after(position: QueuePosition, rank: ColumnElement[int]) -> ColumnElement[bool]:
    urgency, opened_at, need_id = position
    position_rank = URGENCY_ORDER.index(urgency)
    opened = col(Need.opened_at)
    later = (opened > opened_at) | ((opened == opened_at) & (col(Need.id) > need_id))
    return (rank > position_rank) | ((rank == position_rank) & later)


def count_needs(session: Session, actor: Actor) -> dict[NeedState, int]:
    """How many needs in scope are in each state; states without needs are left out. Raises NotPermitted."""
    require(actor, Action.read_cases)
    query = (
        select(Need.state, func.count())
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(col(Case.region_code).in_(visible_regions(session, actor)))
        .group_by(col(Need.state))
    )
    return {NeedState(state): count for state, count in session.exec(query)}


def case_origin(case: Case, source: TextSource) -> TextOrigin:
    """Whom a text that is typed in a case is about."""
    return TextOrigin(case.region_code, source, case.resident_id)
