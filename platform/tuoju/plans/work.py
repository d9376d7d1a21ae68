"""What a worker does with a plan. All state is in the database: if a worker is killed, another continues there."""

from datetime import datetime, timedelta
from functools import partial
from math import ceil

import structlog
from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from tuoju.accounts.queries import actor_of, get_user
from tuoju.database.jobs import Job, request_job
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.matchmaking.ranking import ranking_in_use
from tuoju.plans import parts, sending, service, solving
from tuoju.plans.changing import fixed_by_person, still_valid
from tuoju.plans.errors import IllegalPlanStep
from tuoju.plans.jobs import COMPUTE, COMPUTE_PART, SEND
from tuoju.plans.models import Plan, PlanLine, PlanPart
from tuoju.plans.problem import Problem, load
from tuoju.plans.sending import NOT_SENT_REASONS, TRANSIENT_ERRORS
from tuoju.plans.solving import PlanConstraints
from tuoju.plans.status import UNDER_WAY, NotSentReason, PlanStage, PlanState
from tuoju_matching.errors import FairnessNotFeasible

LEASE = timedelta(seconds=90)
"""A plan or part whose worker has not written for this long may be taken by another worker."""

TRIES = 3
"""How often a line is sent before it is marked as not sent, if others change the same rows at the same moment."""

log = structlog.get_logger()


def compute(unit_of_work: UnitOfWork, plan_id: int) -> None:
    """Compute a plan and propose it. Does nothing if there is nothing to compute, or another worker has it."""
    if not _claim(unit_of_work, plan_id, PlanState.computing):
        return
    try:
        _compute(unit_of_work, plan_id)
    except (IllegalPlanStep, *TRANSIENT_ERRORS):
        log.info("plan_overtaken", plan=plan_id)
    except FairnessNotFeasible as error:
        _fail(unit_of_work, plan_id, least=ceil(100 * error.smallest - 1e-6))
    except Exception:
        log.exception("plan_failed", plan=plan_id)
        _fail(unit_of_work, plan_id)


def _fail(unit_of_work: UnitOfWork, plan_id: int, *, least: int | None = None) -> None:
    with unit_of_work.write(SYSTEM) as session:
        plan = session.get_one(Plan, plan_id)
        if plan.state is PlanState.computing:
            service.fail(session, plan, least=least)


def _compute(unit_of_work: UnitOfWork, plan_id: int) -> None:
    with unit_of_work.write(SYSTEM) as session:
        plan = session.get_one(Plan, plan_id)
        if parts.is_in_parts(session, plan) and not _all_parts_solved(session, plan):
            return
    _report_progress(unit_of_work, plan_id, PlanStage.reading, 5)
    with unit_of_work.read(SYSTEM) as session:
        plan = session.get_one(Plan, plan_id)
        problem = load(session, plan.region_code)
        fixed, fixed_by_persons = _kept_of_previous(session, plan, problem)
        constraints = PlanConstraints(plan.fair_by, plan.fair_within, fixed)
        part_results = [part.result for part in _parts_of(session, plan_id) if part.result is not None]
    if part_results:
        _report_progress(unit_of_work, plan_id, PlanStage.joining, 15)
        problem, best = parts.join_parts(problem, part_results, solving.plan_options(problem, constraints))
    else:
        _report_progress(unit_of_work, plan_id, PlanStage.solving, 15)
        best = solving.solve(problem, constraints)
    comparison = solving.compare(problem, best, partial(_report_comparison, unit_of_work, plan_id))
    _report_progress(unit_of_work, plan_id, PlanStage.valuing, 80)
    gains = solving.one_more(problem, best)
    _report_progress(unit_of_work, plan_id, PlanStage.writing, 92)
    placements = solving.placements(problem, best)
    computed = service.Computed(problem, best, placements, comparison, gains, fixed_by_persons)
    with unit_of_work.write(SYSTEM) as session:
        plan = session.get_one(Plan, plan_id)
        service.finish(session, plan, computed)
        parts.delete_parts(session, plan)


def _kept_of_previous(
    session: Session, plan: Plan, problem: Problem
) -> tuple[dict[int, int | None], dict[int, int | None]]:
    """What stays of the plan that this plan repairs, and what of it persons had fixed; both by need id."""
    if plan.previous_id is None:
        return {}, {}
    lines = session.exec(select(PlanLine).where(PlanLine.plan_id == plan.previous_id)).all()
    fixed = still_valid(problem, session.get_one(Plan, plan.previous_id), lines)
    return fixed, {need_id: to for need_id, to in fixed_by_person(lines).items() if need_id in fixed}


def _report_comparison(unit_of_work: UnitOfWork, plan_id: int, share: float) -> None:
    _report_progress(unit_of_work, plan_id, PlanStage.comparing, 40 + round(40 * share))


def _all_parts_solved(session: Session, plan: Plan) -> bool:
    """Whether every part of a city's plan is solved. Starts a job for each other part that no worker has; parts that
    were scored by another ranking than the one in use are solved again."""
    plan_parts, ranker = parts.create_parts(session, plan), ranking_in_use(session).signature
    for part in plan_parts:
        if part.result is not None and part.result["ranker"] != ranker:
            part.result = part.worked_at = None
    session.flush()
    unsolved = [part for part in plan_parts if part.result is None]
    for part in unsolved:
        if part.worked_at is None or part.worked_at < now() - LEASE:
            request_job(session, COMPUTE_PART, part.pk)
    return not unsolved


def _parts_of(session: Session, plan_id: int) -> list[PlanPart]:
    query = select(PlanPart).where(PlanPart.plan_id == plan_id)
    return list(session.exec(query.order_by(PlanPart.region_code)))


def compute_part(unit_of_work: UnitOfWork, part_id: int) -> None:
    """Solve the part of one county; the last part to finish starts the join. Does nothing if the part is solved, or
    another worker has it."""
    statement = update(PlanPart).where(
        col(PlanPart.id) == part_id,
        col(PlanPart.result).is_(None),
        or_(col(PlanPart.worked_at).is_(None), col(PlanPart.worked_at) < now() - LEASE),
    )
    with unit_of_work.write(SYSTEM) as session:
        claimed = session.execute(statement.values(worked_at=now()).returning(col(PlanPart.region_code))).first()
    if claimed is None:
        return
    with unit_of_work.read(SYSTEM) as session:
        problem = load(session, claimed[0])
    result = parts.solve_part(problem)
    with unit_of_work.write(SYSTEM) as session:
        part = session.get(PlanPart, part_id)
        if part is None:
            return
        # If two parts finish at the same moment, the second waits for this lock and then counts the first.
        session.exec(select(Plan.id).where(Plan.id == part.plan_id).with_for_update(key_share=True)).one()
        session.refresh(part)
        if part.result is None:
            part.result = result
            session.flush()
            _count_parts(session, part.plan_id)


def _count_parts(session: Session, plan_id: int) -> None:
    """Write how many parts are solved; after the last, start the join."""
    count = select(func.count()).select_from(PlanPart).where(PlanPart.plan_id == plan_id)
    total = session.exec(count).one()
    left = session.exec(count.where(col(PlanPart.result).is_(None))).one()
    worked_at = now() if left else None  # after the last part no worker has the plan, so that the join may claim it
    session.execute(
        update(Plan)
        .where(col(Plan.id) == plan_id, col(Plan.state) == PlanState.computing)
        .values(stage=PlanStage.solving, progress=round(60 * (total - left) / total), worked_at=worked_at)
        .execution_options(synchronize_session=False)
    )
    if not left:
        request_job(session, COMPUTE, plan_id)


def send(unit_of_work: UnitOfWork, plan_id: int) -> None:
    """Send the lines of an approved plan that are not sent yet, then complete the plan. If the worker is killed between
    two referrals, the next run continues with the second."""
    if not _claim(unit_of_work, plan_id, PlanState.sending):
        return
    done = 0
    while True:
        with unit_of_work.read(SYSTEM) as session:
            line_id, left = sending.find_next_line(session, plan_id)
        if line_id is None:
            break
        _send_line(unit_of_work, plan_id, line_id)
        done += 1
        _report_progress(unit_of_work, plan_id, PlanStage.sending, 100 * done // (done + left))
    with unit_of_work.write(SYSTEM) as session:
        plan = session.get_one(Plan, plan_id)
        if plan.state is PlanState.sending:
            service.complete(session, plan)


def _send_line(unit_of_work: UnitOfWork, plan_id: int, line_id: int) -> None:
    for _ in range(TRIES):
        try:
            with unit_of_work.write(SYSTEM) as session:
                plan = session.get_one(Plan, plan_id)
                actor = actor_of(get_user(session, plan.decided_by or plan.made_by))
                sending.send_line(session, actor, line_id)
        except TRANSIENT_ERRORS:
            continue
        except tuple(NOT_SENT_REASONS) as error:
            _mark_not_sent(unit_of_work, line_id, NOT_SENT_REASONS[type(error)])
        return
    _mark_not_sent(unit_of_work, line_id, NotSentReason.busy)


def _mark_not_sent(unit_of_work: UnitOfWork, line_id: int, reason: NotSentReason) -> None:
    with unit_of_work.write(SYSTEM) as session:
        sending.mark_not_sent(session, line_id, reason)


def find_stalled_jobs(session: Session, at: datetime) -> list[Job]:
    """The jobs of plans under way that no worker has: their start was lost, or their worker was killed."""
    query = select(Plan.id, Plan.state).where(col(Plan.state).in_(UNDER_WAY), _lease_is_over(at))
    rows = session.exec(query.order_by(col(Plan.id)))
    return [Job(COMPUTE if state == PlanState.computing else SEND, pk) for pk, state in rows if pk is not None]


def _lease_is_over(at: datetime) -> ColumnElement[bool]:
    return or_(col(Plan.worked_at).is_(None), col(Plan.worked_at) < at - LEASE)


def _claim(unit_of_work: UnitOfWork, plan_id: int, state: PlanState) -> bool:
    """Take the plan, unless a worker that has written lately has it."""
    statement = update(Plan).where(col(Plan.id) == plan_id, col(Plan.state) == state, _lease_is_over(now()))
    with unit_of_work.write(SYSTEM) as session:
        claimed = session.execute(
            statement.values(worked_at=now()).returning(col(Plan.id)).execution_options(synchronize_session=False)
        )
        return claimed.first() is not None


def _report_progress(unit_of_work: UnitOfWork, plan_id: int, stage: PlanStage, progress: int) -> None:
    """Write for the page what the worker is doing; this also renews its lease. The version of the row stays, because
    no decision depends on it."""
    statement = update(Plan).where(col(Plan.id) == plan_id, col(Plan.state).in_(UNDER_WAY))
    with unit_of_work.write(SYSTEM) as session:
        session.execute(
            statement.values(stage=stage, progress=progress, worked_at=now()).execution_options(
                synchronize_session=False
            )
        )
