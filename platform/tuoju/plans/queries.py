"""Reading plans, always within the actor's scope. No row names a person."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy import case as sql_case
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Case, Need, Urgency
from tuoju.cases.queries import URGENCY_ORDER
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.matchmaking.ranking import ranking_in_use
from tuoju.plans.errors import PlanNotFound
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.status import LineState, PlanState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import get_region, within
from tuoju_projects.queries import open_projects


def get_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    """A plan by its id. Raises NotPermitted, PlanNotFound (also for a plan out of scope)."""
    require(actor, Action.read_plans)
    query = select(Plan).where(Plan.id == plan_id, col(Plan.region_code).in_(visible_regions(session, actor)))
    plan = session.exec(query).first()
    if plan is None:
        raise PlanNotFound
    return plan


def find_plans(session: Session, actor: Actor, *, before_id: int | None = None, limit: int = 50) -> list[Plan]:
    """Plans in scope, latest first. Raises NotPermitted."""
    require(actor, Action.read_plans)
    query = select(Plan).where(col(Plan.region_code).in_(visible_regions(session, actor)))
    if before_id is not None:
        query = query.where(col(Plan.id) < before_id)
    return list(session.exec(query.order_by(col(Plan.id).desc()).limit(limit)))


@dataclass(frozen=True)
class LineFilter:
    """Which lines of a plan to list; an empty value means any."""

    state: str = ""
    urgency: str = ""
    category: str = ""
    township: str = ""
    """A region code: of a township, or of a county."""
    project: int | None = None
    """A project's id."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on PlanLine."""
        values = {
            col(PlanLine.state): self.state,
            col(PlanLine.urgency): self.urgency,
            col(PlanLine.category): self.category,
            col(PlanLine.project_id): self.project,
        }
        conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value]
        if self.township:
            conditions.append((col(PlanLine.township) == self.township) | (col(PlanLine.county) == self.township))
        return conditions


def find_lines(
    session: Session, plan: Plan, line_filter: LineFilter, *, offset: int = 0, limit: int | None = None
) -> list[PlanLine]:
    """Lines of a plan that the caller may read: the most urgent first, then the longest waiting."""
    urgency_rank = sql_case({urgency: rank for rank, urgency in enumerate(URGENCY_ORDER)}, value=col(PlanLine.urgency))
    query = select(PlanLine).where(PlanLine.plan_id == plan.pk, *line_filter.conditions())
    ordered = query.order_by(urgency_rank, col(PlanLine.waiting_days).desc(), col(PlanLine.need_id))
    return list(session.exec(ordered.offset(offset).limit(limit)))


def count_lines(session: Session, plan: Plan, line_filter: LineFilter) -> int:
    """How many lines of a plan the filter leaves."""
    query = select(func.count()).select_from(PlanLine).where(PlanLine.plan_id == plan.pk, *line_filter.conditions())
    return session.exec(query).one()


def get_line(session: Session, plan: Plan, need_id: int) -> PlanLine:
    """The line of a need. Raises PlanNotFound."""
    query = select(PlanLine).where(PlanLine.plan_id == plan.pk, PlanLine.need_id == need_id)
    line = session.exec(query).first()
    if line is None:
        raise PlanNotFound
    return line


def find_lines_of_needs(session: Session, plan: Plan, need_ids: Collection[int]) -> dict[int, PlanLine]:
    """The lines of these needs, by need id."""
    query = select(PlanLine).where(PlanLine.plan_id == plan.pk, col(PlanLine.need_id).in_(set(need_ids)))
    return {line.need_id: line for line in session.exec(query)}


def count_taken_places(session: Session, plan: Plan) -> dict[int, int]:
    """By project id: how many places the plan takes and has not sent yet."""
    query = select(PlanLine.project_id, func.count()).where(
        PlanLine.plan_id == plan.pk, PlanLine.state == LineState.placed
    )
    rows = session.exec(query.group_by(col(PlanLine.project_id)))
    return {project_id: number for project_id, number in rows if project_id is not None}


@dataclass(frozen=True)
class Coverage:
    """How many needs a group has, and how many of them have a project."""

    placed: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 for a group without needs."""
        return self.placed / self.total if self.total else 0.0

    def plus(self, placed: int, total: int) -> "Coverage":
        """The coverage with more needs."""
        return Coverage(self.placed + placed, self.total + total)


PLACED = frozenset({LineState.placed, LineState.sent, LineState.waiting_for_consent})
"""Lines in these states count as needs that have a project."""


@dataclass(frozen=True)
class Counts:
    """The lines of a plan, counted."""

    by_urgency: Mapping[Urgency, Coverage]
    by_group: Mapping[Grouping, Mapping[str, Coverage]]
    """By grouping, then by group."""
    by_state: Mapping[LineState, int]
    by_category: Mapping[str, Coverage]
    obstacles: Mapping[str, int]
    """Of the needs without a project: how many have each obstacle; "" where a project is eligible."""
    flows: Mapping[tuple[str, str, int | None], int]
    """By county, township and project id: how many needs go there; None for no project."""
    fit: float
    """Total fit of the needs that have a project."""
    without_consent: int
    """Placed needs whose resident must still be asked for consent."""

    @property
    def overall(self) -> Coverage:
        """All needs of the plan."""
        coverages = self.by_urgency.values()
        return Coverage(sum(of.placed for of in coverages), sum(of.total for of in coverages))

    def flows_by(self, grouping: Grouping) -> Counter[tuple[str, int | None]]:
        """How many needs go from each county or township to each project."""
        flows: Counter[tuple[str, int | None]] = Counter()
        for (county, township, project_id), number in self.flows.items():
            flows[county if grouping is Grouping.county else township, project_id] += number
        return flows

    @property
    def project_ids(self) -> set[int]:
        """The projects that needs go to."""
        return {project_id for _county, _township, project_id in self.flows if project_id is not None}


def count(session: Session, plan: Plan) -> Counts:
    """Everything that the plan's page counts, in one query over its lines."""
    dimensions = [col(getattr(PlanLine, grouping.value)) for grouping in Grouping]  # county and township come first
    keys = (
        col(PlanLine.state),
        col(PlanLine.urgency),
        col(PlanLine.category),
        col(PlanLine.project_id),
        col(PlanLine.obstacle),
        *dimensions,
    )
    sums = (func.count(), func.sum(PlanLine.score), func.sum(sql_case((col(PlanLine.consented), 0), else_=1)))
    rows = session.execute(select(*sums, *keys).where(PlanLine.plan_id == plan.pk).group_by(*keys))
    by_urgency = dict.fromkeys(URGENCY_ORDER, Coverage())
    by_group: dict[Grouping, dict[str, Coverage]] = {grouping: {} for grouping in Grouping}
    by_category: dict[str, Coverage] = {}
    by_state: Counter[LineState] = Counter()
    obstacles: Counter[str] = Counter()
    flows: Counter[tuple[str, str, int | None]] = Counter()
    fit, without_consent = 0.0, 0
    for number, score, not_consented, state, urgency, category, project_id, obstacle, *groups in rows:
        placed = number if state in PLACED else 0
        fit += score or 0.0
        without_consent += not_consented if state == LineState.placed else 0
        by_state[LineState(state)] += number
        by_urgency[Urgency(urgency)] = by_urgency[Urgency(urgency)].plus(placed, number)
        by_category[category] = by_category.get(category, Coverage()).plus(placed, number)
        flows[groups[0], groups[1], project_id if placed else None] += number
        if state == LineState.without:
            obstacles[obstacle] += number
        for grouping, group in zip(Grouping, groups, strict=True):
            by_group[grouping][group] = by_group[grouping].get(group, Coverage()).plus(placed, number)
    return Counts(by_urgency, by_group, by_state, by_category, obstacles, flows, fit, without_consent)


@dataclass(frozen=True)
class Changes:
    """What has changed since a plan was computed; sets of ids."""

    answered: frozenset[int] = frozenset()
    """Needs that are no longer open."""
    changed: frozenset[int] = frozenset()
    """Needs that are open and were edited."""
    new: frozenset[int] = frozenset()
    """Open needs that the plan does not have."""
    closed: frozenset[int] = frozenset()
    """Projects that are no longer open."""
    opened: frozenset[int] = frozenset()
    """Open projects that the plan does not know."""
    places: frozenset[int] = frozenset()
    """Projects with other places or conditions."""
    reranked: bool = False
    """Whether another ranking is in use."""

    @property
    def exist(self) -> bool:
        """Whether anything has changed."""
        return any((self.answered, self.changed, self.new, self.closed, self.opened, self.places, self.reranked))


def changes_since(session: Session, plan: Plan) -> Changes:
    """Compare a proposed plan with the current rows, in a fixed number of queries. Plans in other states never
    change."""
    if plan.state is not PlanState.proposed:
        return Changes()
    lines = dict(session.exec(select(PlanLine.need_id, PlanLine.need_version).where(PlanLine.plan_id == plan.pk)).all())
    waiting = dict(
        session.exec(
            select(Need.id, Need.version)
            .join(Case, col(Case.id) == col(Need.case_id))
            .where(col(Case.region_code).in_(within(session, plan.region_code)), Need.state == NeedState.open)
        ).all()
    )
    seen = {int(project_id): (version, left) for project_id, (version, left) in plan.seen.items()}
    open_now = open_projects(session, china_day(now()))
    present = {project.pk: (project.version, project.places_left) for project in open_now}
    both = seen.keys() & present.keys()
    return Changes(
        answered=frozenset(lines.keys() - waiting.keys()),
        changed=frozenset(need_id for need_id in lines.keys() & waiting.keys() if lines[need_id] != waiting[need_id]),
        new=frozenset(pk for pk in waiting.keys() - lines.keys() if pk is not None),
        closed=frozenset(seen.keys() - present.keys()),
        opened=frozenset(present.keys() - seen.keys()),
        places=frozenset(pk for pk in both if seen[pk] != present[pk]),
        reranked=plan.ranker != ranking_in_use(session).signature,
    )


@dataclass(frozen=True)
class RepairDifference:
    """What a repair changed."""

    unchanged: int
    """How many needs go where they went."""
    moved: list[tuple[int, int | None, int | None]]
    """Needs that go elsewhere: need id, project id before and after."""
    added: list[int]
    """Needs that only the repaired plan has."""
    removed: list[int]
    """Needs that only the earlier plan has."""


def repair_difference(session: Session, plan: Plan) -> RepairDifference | None:
    """The difference between a plan and the plan that it repairs; None for a plan that repairs none."""
    if plan.previous_id is None:
        return None
    query = select(PlanLine.need_id, PlanLine.project_id)
    before = dict(session.exec(query.where(PlanLine.plan_id == plan.previous_id)).all())
    after = dict(session.exec(query.where(PlanLine.plan_id == plan.pk)).all())
    both = sorted(before.keys() & after.keys())
    moved = [(need_id, before[need_id], after[need_id]) for need_id in both if before[need_id] != after[need_id]]
    return RepairDifference(
        unchanged=len(both) - len(moved),
        moved=moved,
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
    )


def find_line_awaiting_consent(session: Session, need_id: int) -> PlanLine | None:
    """The newest line of an approved plan that waits for the resident's consent; None without one. The caller has
    checked that the need may be read."""
    query = select(PlanLine).where(PlanLine.need_id == need_id, PlanLine.state == LineState.waiting_for_consent)
    return session.exec(query.order_by(col(PlanLine.id).desc())).first()


def prices_for(session: Session, region_code: str) -> dict[int, float]:
    """By project id: what a place is worth to those who wait and to those who are expected, by the newest approved plan
    of the county that `region_code` lies in, or of its city; empty without such a plan. Subtracted from a score, it
    keeps a scarce place for those who have no other project."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Plan.prices, Plan.forward).where(col(Plan.region_code).in_(codes), Plan.state == PlanState.approved)
    with system_scope(session, Escape.plan_prices):
        newest = session.exec(query.order_by(col(Plan.decided_at).desc()).limit(1)).first()
    if newest is None:
        return {}
    prices, forward = newest
    looking_ahead = prices if forward is None else forward["prices"]
    return {int(project_id): price for project_id, price in looking_ahead.items()}
