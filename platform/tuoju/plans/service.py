"""Verbs of plans: make, approve, repair, change, discard, retry; and what their worker writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, delete, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.models import Urgency
from tuoju.database.jobs import request_job
from tuoju.database.records import now
from tuoju.plans.changing import Effect, effect
from tuoju.plans.errors import IllegalLineStep, IllegalPlanStep, NotPlannable, PlanChanged, PlanUnderWay
from tuoju.plans.groups import Grouping
from tuoju.plans.jobs import COMPUTE, SEND
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import Problem
from tuoju.plans.queries import get_line
from tuoju.plans.sending import move_line
from tuoju.plans.solving import Placement, placements
from tuoju.plans.status import LINE_STEPS, PLAN_STEPS, UNDER_WAY, LineState, LineVerb, PlanStage, PlanState, PlanVerb
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import RegionNotFound, county_of
from tuoju_matching.assign import Plan as Assignment
from tuoju_matching.planning import Gain
from tuoju_matching.profiles import NeedProfile
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

PLANNABLE = frozenset({RegionLevel.county, RegionLevel.city})
"""The levels of regions that plans are made for."""


def make_plan(
    session: Session,
    actor: Actor,
    region_code: str,
    *,
    fair_by: Grouping | None = None,
    fair_within: int = 0,
    previous: Plan | None = None,
) -> Plan:
    """Start the computation of a plan for all open needs of a county or city. With `previous` the plan keeps the lines
    of that plan that are still valid.

    `fair_within` is the widest difference allowed between groups of `fair_by`, in percentage points placed.
    Raises NotPermitted, RegionNotFound, NotPlannable, PlanUnderWay.
    """
    require(actor, Action.make_plans)
    region = session.exec(
        select(Region).where(Region.code == region_code, col(Region.code).in_(visible_regions(session, actor)))
    ).first()
    if region is None:
        raise RegionNotFound(region_code)
    if region.level not in PLANNABLE:
        raise NotPlannable
    if previous is not None and previous.state is not PlanState.proposed:
        raise IllegalPlanStep(previous.state, PlanVerb.supersede)
    if _under_way(session, region_code):
        raise PlanUnderWay
    plan = Plan(
        region_code=region_code,
        fair_by=fair_by,
        fair_within=fair_within if fair_by else 0,
        previous_id=previous.pk if previous else None,
        made_by=actor.user_id,
    )
    session.add(plan)
    session.flush()
    _audit(session, actor, "repair_plan" if previous else "make_plan", plan)
    request_job(session, COMPUTE, plan.pk)
    return plan


def _under_way(session: Session, region_code: str, *, other_than: Plan | None = None) -> bool:
    query = select(Plan.id).where(Plan.region_code == region_code, col(Plan.state).in_(UNDER_WAY))
    return session.exec(query.where(col(Plan.id) != (other_than.pk if other_than else 0))).first() is not None


def approve(session: Session, actor: Actor, plan: Plan) -> Plan:
    """Approve a plan: a worker sends its referrals. Raises NotPermitted, IllegalPlanStep, PlanUnderWay."""
    require(actor, Action.approve_plans)
    if _under_way(session, plan.region_code, other_than=plan):
        raise PlanUnderWay
    _move(plan, PlanVerb.approve)
    plan.decided_by, plan.decided_at = actor.user_id, now()
    plan.stage, plan.progress, plan.worked_at = PlanStage.sending, 0, None
    session.flush()
    _audit(session, actor, "approve_plan", plan)
    request_job(session, SEND, plan.pk)
    return plan


def repair(session: Session, actor: Actor, plan: Plan) -> Plan:
    """Start the computation of a plan that keeps the lines of this plan that are still valid. Once it is computed, this
    plan is superseded. Raises as make_plan."""
    return make_plan(
        session, actor, plan.region_code, fair_by=plan.fair_by, fair_within=plan.fair_within, previous=plan
    )


def change_line(
    session: Session, actor: Actor, plan: Plan, need_id: int, project_id: int | None, *, seen: int
) -> Effect:
    """Send a need to another project, to none (None), or where the computation puts it (changing.AUTOMATIC); all other
    needs are placed where they then fit best. `seen` is the version of the plan that the person looked at.

    Raises NotPermitted, IllegalLineStep, PlanChanged, and what changing.effect raises.
    """
    require(actor, Action.make_plans)
    if plan.state is not PlanState.proposed:
        raise IllegalLineStep(get_line(session, plan, need_id).state, LineVerb.place)
    if plan.version != seen:
        raise PlanChanged
    change = effect(session, plan, need_id, project_id)
    _rewrite_lines(session, plan, change)
    plan.changed_at = now()
    session.flush()
    _audit(session, actor, "change_plan", plan, need=need_id, project=project_id)
    return change


def _rewrite_lines(session: Session, plan: Plan, change: Effect) -> None:
    """Write the changed plan to its lines and numbers. Lines of needs that are no longer open stay as they are."""
    placement_of, fixed = placements(change.problem, change.best), change.best.options.fixed
    for line in session.exec(select(PlanLine).where(PlanLine.plan_id == plan.pk)).all():
        placement = placement_of.get(line.need_id)
        if placement is None:
            continue
        line.fixed = line.need_id in fixed
        verb_without = LineVerb.leave_out if line.fixed else LineVerb.leave_without
        verb = verb_without if placement.project_id is None else LineVerb.place
        if (line.state, verb) in LINE_STEPS:  # otherwise the line is in that state already
            move_line(line, verb)
        line.project_id, line.score = placement.project_id, placement.score
        line.consented = change.problem.consented(line.need_id, placement.project_id)
    _write_numbers(plan, change.best)


def _write_numbers(plan: Plan, best: Assignment) -> None:
    plan.quality, plan.bound, plan.fairness_cost = best.quality, best.bound, best.fairness_cost
    plan.prices = {str(project_id): price for project_id, price in best.prices.items() if price > 0}


def discard(session: Session, actor: Actor, plan: Plan) -> Plan:
    """Discard a plan: nothing is sent. Raises NotPermitted, IllegalPlanStep."""
    require(actor, Action.make_plans)
    _move(plan, PlanVerb.discard)
    plan.decided_by, plan.decided_at, plan.ended_at = actor.user_id, now(), now()
    session.flush()
    _audit(session, actor, "discard_plan", plan)
    return plan


def retry(session: Session, actor: Actor, plan: Plan) -> Plan:
    """Start the computation again after a failure. Raises NotPermitted, IllegalPlanStep, PlanUnderWay."""
    require(actor, Action.make_plans)
    if _under_way(session, plan.region_code, other_than=plan):
        raise PlanUnderWay
    _move(plan, PlanVerb.retry)
    plan.stage, plan.progress, plan.worked_at, plan.ended_at = PlanStage.waiting, 0, None, None
    session.flush()
    _audit(session, actor, "retry_plan", plan)
    request_job(session, COMPUTE, plan.pk)
    return plan


@dataclass(frozen=True)
class Computed:
    """The result of a worker."""

    problem: Problem
    best: Assignment
    placements: Mapping[int, Placement]
    """By need id."""
    comparison: dict[str, dict[str, Any]]
    """By mode, as Plan.comparison."""
    gains: Mapping[int, Gain]
    """By project id: what one more place would add."""
    fixed_by_person: Mapping[int, int | None]
    """By need id what persons had fixed in the plan that this plan repairs."""


def finish(session: Session, plan: Plan, computed: Computed) -> Plan:
    """The worker writes the lines and proposes the plan; a plan that it repairs is superseded. A second worker finds
    the plan no longer computing. Raises IllegalPlanStep."""
    _move(plan, PlanVerb.finish)
    session.exec(delete(PlanLine).where(col(PlanLine.plan_id) == plan.pk))
    problem, best = computed.problem, computed.best
    rows = [_line(plan, computed, need) for need in problem.needs]
    if rows:
        session.execute(
            insert(PlanLine).execution_options(render_nulls=True), [row.model_dump(exclude={"id"}) for row in rows]
        )
    _write_numbers(plan, best)
    plan.gains = {str(project_id): as_json(gain) for project_id, gain in computed.gains.items()}
    plan.comparison, plan.seen = computed.comparison, problem.seen
    plan.computed_on, plan.computed_at, plan.ranker = problem.today, now(), problem.ranking.signature
    plan.stage, plan.progress = PlanStage.done, 100
    if plan.previous_id is not None:
        _supersede(session, session.get_one(Plan, plan.previous_id))
    session.flush()
    _audit(session, None, "propose_plan", plan, needs=len(problem.needs))
    post(
        session,
        NotificationKind.plan_ready,
        recipient=user(plan.made_by),
        key=f"plan:{plan.pk}:ready",
        link=f"/plans/{plan.pk}",
        number=str(plan.pk),
    )
    return plan


def as_json(gain: Gain) -> dict[str, Any]:
    """A gain as JSON: how many more needs are placed by name of the urgency, and how much quality is added."""
    return {"placed": {urgency.name: count for urgency, count in gain.placed.items() if count}, "quality": gain.quality}


def _line(plan: Plan, computed: Computed, need: NeedProfile) -> PlanLine:
    problem, placement = computed.problem, computed.placements[need.id]
    fixed = need.id in computed.fixed_by_person
    facts = problem.facts[need.id]
    state_without = LineState.left_out if fixed else LineState.without
    return PlanLine(
        plan_id=plan.pk,
        need_id=need.id,
        need_version=facts.version,
        region_code=facts.region_code,
        category=need.category,
        urgency=Urgency[need.urgency.name],
        waiting_days=need.waiting_days,
        county=facts.groups[Grouping.county],
        township=facts.groups[Grouping.township],
        remoteness=facts.groups[Grouping.remoteness],
        hardship=facts.groups[Grouping.hardship],
        sex=facts.groups[Grouping.sex],
        age=facts.groups[Grouping.age],
        project_id=placement.project_id,
        proposed_id=placement.project_id,
        score=placement.score,
        worth=placement.worth,
        eligible=placement.eligible,
        obstacle=placement.obstacle,
        consented=problem.consented(need.id, placement.project_id),
        fixed=fixed,
        state=state_without if placement.project_id is None else LineState.placed,
    )


def _supersede(session: Session, previous: Plan) -> None:
    """Supersede a repaired plan, unless a person has approved or discarded it meanwhile."""
    if previous.state is PlanState.proposed:
        _move(previous, PlanVerb.supersede)
        previous.ended_at = now()


def fail(session: Session, plan: Plan, *, least: int | None = None) -> Plan:
    """The worker records that the plan could not be computed, or not as evenly as required; then `least` is the
    smallest possible difference in percentage points. Raises IllegalPlanStep."""
    _move(plan, PlanVerb.fail)
    plan.fair_least, plan.ended_at = least, now()
    session.flush()
    return plan


def complete(session: Session, plan: Plan) -> Plan:
    """The worker records that every line is sent, waits for consent, or could not be sent. Raises IllegalPlanStep."""
    _move(plan, PlanVerb.complete)
    plan.stage, plan.progress, plan.ended_at = PlanStage.done, 100, now()
    session.flush()
    _audit(session, None, "complete_plan", plan)
    if plan.decided_by is not None:
        post(
            session,
            NotificationKind.plan_sent,
            recipient=user(plan.decided_by),
            key=f"plan:{plan.pk}:sent",
            link=f"/plans/{plan.pk}",
            number=str(plan.pk),
        )
    return plan


def _move(plan: Plan, verb: PlanVerb) -> None:
    to = PLAN_STEPS.get((plan.state, verb))
    if to is None:
        raise IllegalPlanStep(plan.state, verb)
    plan.state = to


def _audit(session: Session, actor: Actor | None, verb: str, plan: Plan, **detail: Any) -> None:
    audit.record(session, actor, verb, plan, scope=county_of(session, plan.region_code), **detail)
