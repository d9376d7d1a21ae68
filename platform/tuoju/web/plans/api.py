"""Plans: computed in the background, read line by line, changed, approved. No line names a person."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_limits import Expense
from tuoju.cases.models import Urgency
from tuoju.plans import changing, queries, service
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan
from tuoju.plans.queries import Changes, Counts, Coverage, LineFilter
from tuoju.plans.status import LineState, NotSentReason, PlanStage, PlanState, PlanVerb, verbs_from
from tuoju.web.kit.bounds import GREATEST, Id, PathId
from tuoju.web.kit.conditional_requests import Condition, IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.representations.regions import Representation
from tuoju_text.inputs import Input

router = api_router("/plans", "Plans")


class PlanInput(Input):
    """The region, and how balanced the groups must be."""

    model_config = ConfigDict(extra="forbid")

    region_code: str = Field(pattern=r"^\d{12}$", description="A county or a city.", examples=["110101000000"])
    fair_by: Grouping | None = Field(
        default=None, description="Balance the shares of needs assigned between these groups."
    )
    fair_within: int = Field(
        default=10, ge=0, le=100, description="The largest difference allowed, in percentage points."
    )


class Share(Representation):
    """How many needs of a group have a project."""

    placed: int
    total: int


class PlanStaleness(BaseModel):
    """What has changed since a proposed plan was computed."""

    needs_answered: list[int]
    needs_changed: list[int]
    needs_new: list[int]
    projects_closed: list[int]
    projects_opened: list[int]
    projects_changed: list[int]
    ranking_changed: bool = Field(description="True if another ranking than `ranker` is in use now.")

    @classmethod
    def of(cls, changes: Changes) -> Self:
        return cls(
            needs_answered=sorted(changes.answered),
            needs_changed=sorted(changes.changed),
            needs_new=sorted(changes.new),
            projects_closed=sorted(changes.closed),
            projects_opened=sorted(changes.opened),
            projects_changed=sorted(changes.places),
            ranking_changed=changes.reranked,
        )


class ModeShown(BaseModel):
    """The result of another method of assigning the same places."""

    placed: dict[Urgency, int]
    quality: float = Field(description="Total fit of the needs assigned.")
    waited: float = Field(description="Mean waiting time of the needs assigned, in days.")


class PlanListed(Representation):
    """A plan and its state."""

    id: int
    region_code: str
    state: PlanState
    stage: PlanStage
    progress: int = Field(description="Progress of the current stage, in percent.")
    fair_by: Grouping | None
    fair_within: int
    fair_least: int | None = Field(
        description="After a failure: the smallest difference between groups that is possible, in percentage points."
    )
    previous_id: int | None = Field(description="The plan that this one repairs.")
    made_at: datetime
    computed_on: date | None
    ranker: str = Field(
        description="How it was scored: by rules, or by the learned ranking with this number. Empty until computed.",
        examples=["rules-1"],
    )
    actions: list[PlanVerb] = Field(
        description="The actions you can take now, besides changing and repairing the plan."
    )

    @classmethod
    def of(cls, plan: Plan, actor: Actor) -> Self:
        action_of = {PlanVerb.approve: Action.approve_plans}
        actions = [verb for verb in verbs_from(plan.state) if may(actor, action_of.get(verb, Action.make_plans))]
        return cls.model_validate({**plan.model_dump(), "actions": actions})


class PlanShown(PlanListed):
    """A plan with its numbers."""

    quality: float = Field(description="Total fit and waiting time of the needs assigned.")
    bound: float = Field(description="An upper limit on the quality of any plan with the same urgency counts.")
    gap: float = Field(description="The largest possible distance from the best plan, as a share of `bound`.")
    fairness_cost: float = Field(description="The share of the quality given up for the balance in `fair_by`.")
    by_state: dict[LineState, int]
    by_urgency: dict[Urgency, Share]
    by_group: dict[Grouping, dict[str, Share]]
    modes: dict[str, ModeShown]
    prices: dict[int, float] = Field(description="What one more place is worth to the needs that wait, by project.")
    stale: PlanStaleness

    @classmethod
    def with_numbers(cls, plan: Plan, actor: Actor, counts: Counts, changes: Changes) -> Self:
        return cls.model_validate(
            {
                **PlanListed.of(plan, actor).model_dump(),
                **plan.model_dump(include={"quality", "bound", "fairness_cost", "prices"}),
                "gap": plan.gap,
                "by_state": dict(counts.by_state),
                "by_urgency": {key: _share(of) for key, of in counts.by_urgency.items()},
                "by_group": {
                    grouping: {key: _share(of) for key, of in groups.items()}
                    for grouping, groups in counts.by_group.items()
                },
                "modes": plan.comparison,
                "stale": PlanStaleness.of(changes),
            }
        )


def _share(of: Coverage) -> Share:
    return Share(placed=of.placed, total=of.total)


class LineShown(Representation):
    """One need in a plan."""

    need_id: int
    region_code: str
    category: str
    urgency: Urgency
    waiting_days: int
    project_id: int | None
    proposed_id: int | None = Field(description="The project that the computation had assigned.")
    score: float | None
    eligible: int = Field(description="How many projects can take the need.")
    obstacle: str = Field(description="If no project can take the need: the most frequent reason.")
    consented: bool
    fixed: bool = Field(description="True if a person chose the project.")
    state: LineState
    not_sent_reason: NotSentReason | None
    referral_id: int | None


class LineInput(Input):
    """The project that a need should get instead."""

    model_config = ConfigDict(extra="forbid")

    project_id: Id | None = Field(default=None, description="Null leaves the need out of the plan.")
    automatic: bool = Field(default=False, description="True lets the computation decide again.")

    @property
    def target(self) -> int | None:
        return changing.AUTOMATIC if self.automatic else self.project_id


class ShiftShown(Representation):
    """A need whose project changes."""

    need_id: int
    before: int | None
    after: int | None


class TotalsShown(Representation):
    """Needs assigned by urgency, and the total fit."""

    placed: dict[Urgency, int]
    quality: float


class EffectShown(Representation):
    """The effect of a change on the whole plan."""

    before: TotalsShown
    after: TotalsShown
    shifts: list[ShiftShown]


@router.get("", summary="List plans, latest first", dependencies=[needs(Action.read_plans)])
def list_plans(session: ReadSession, actor: CurrentActor, paging: PageOf) -> Page[PlanListed]:
    """The plans of your county or city."""
    plans = queries.find_plans(session, actor, before_id=paging.after_id, limit=paging.fetch)
    shown, following = paging.take(plans, lambda plan: (plan.pk,))
    return Page(items=[PlanListed.of(plan, actor) for plan in shown], next=following)


@router.post(
    "",
    summary="Compute a plan",
    status_code=202,
    response_model=PlanListed,
    responses=problems(404, 409),
    dependencies=[needs(Action.make_plans), costs(Expense.plan)],
)
def make_plan(session: WriteSession, actor: CurrentActor, order: PlanInput, once: OnlyOnce) -> Response:
    """Computes a plan for all open needs of a county or city in the background. Repeat the request for `progress`
    until `state` is `proposed`."""

    def create() -> Response:
        plan = service.make_plan(
            session, actor, order.region_code, fair_by=order.fair_by, fair_within=order.fair_within
        )
        return _listed(plan, actor, 202)

    return once(session, create)


def _listed(plan: Plan, actor: Actor, status: int = 200) -> Response:
    return represent(PlanListed.of(plan, actor), status, version=plan.version, location=f"/api/v1/plans/{plan.pk}")


@router.get(
    "/{plan_id}",
    summary="Get a plan",
    response_model=PlanShown,
    responses=problems(404),
    dependencies=[needs(Action.read_plans)],
)
def show_plan(session: ReadSession, actor: CurrentActor, plan_id: PathId) -> Response:
    """A plan with its numbers, the results of other methods, and what has changed since it was computed."""
    plan = queries.get_plan(session, actor, plan_id)
    counts, changes = queries.count(session, plan), queries.changes_since(session, plan)
    return represent(PlanShown.with_numbers(plan, actor, counts, changes), version=plan.version)


@router.get(
    "/{plan_id}/lines",
    summary="List the lines of a plan",
    responses=problems(404),
    dependencies=[needs(Action.read_plans)],
)
def list_plan_lines(
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    paging: PageOf,
    state: LineState | None = None,
    project: Annotated[int | None, Query(ge=1, le=GREATEST, description="Only this project.")] = None,
) -> Page[LineShown]:
    """Most urgent first, then longest waiting."""
    plan = queries.get_plan(session, actor, plan_id)
    start = paging.after_id or 0
    line_filter = LineFilter(state=state or "", project=project)
    lines = queries.find_lines(session, plan, line_filter, offset=start, limit=paging.fetch)
    shown, following = paging.take(lines, lambda _line: (start + paging.limit,))
    return Page(items=[LineShown.model_validate(line) for line in shown], next=following)


@router.get(
    "/{plan_id}/lines/{need_id}/effect",
    summary="Get the effect of a change",
    responses=problems(404, 409),
    dependencies=[needs(Action.read_plans), costs(Expense.plan)],
)
def show_effect(
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    need_id: PathId,
    project: Annotated[
        int | None, Query(ge=1, le=GREATEST, description="Without a project, the need is left out of the plan.")
    ] = None,
) -> EffectShown:
    """The effect after all other lines are assigned to their best project. Changes nothing."""
    plan = queries.get_plan(session, actor, plan_id)
    line = queries.get_line(session, plan, need_id)
    return _effect(changing.effect(session, plan, line.need_id, project))


def _effect(effect: changing.Effect) -> EffectShown:
    return EffectShown.model_validate(effect)


@router.post(
    "/{plan_id}/lines/{need_id}",
    summary="Change a line",
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.make_plans)],
)
def change_line(
    session: WriteSession, actor: CurrentActor, plan_id: PathId, need_id: PathId, change: LineInput, match: IfMatch
) -> EffectShown:
    """The other lines are assigned to their best project. The answer lists the lines that changed."""
    plan = queries.get_plan(session, actor, plan_id)
    match.check(plan.version)
    return _effect(service.change_line(session, actor, plan, need_id, change.target, seen=plan.version))


@router.post(
    "/{plan_id}/repair",
    summary="Repair a plan",
    status_code=202,
    response_model=PlanListed,
    responses=problems(404, 409),
    dependencies=[needs(Action.make_plans), costs(Expense.plan)],
)
def repair_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, once: OnlyOnce) -> Response:
    """Computes a new plan that keeps what is still valid and replaces this one."""
    plan = queries.get_plan(session, actor, plan_id)
    return once(session, lambda: _listed(service.repair(session, actor, plan), actor, 202))


@router.post(
    "/{plan_id}/approve",
    summary="Approve a plan",
    response_model=PlanListed,
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.approve_plans)],
)
def approve_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """The referrals are sent one by one in the background. Referrals without consent wait for it."""
    return _step(session, actor, plan_id, match, service.approve)


@router.post(
    "/{plan_id}/discard",
    summary="Discard a plan",
    response_model=PlanListed,
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.make_plans)],
)
def discard_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """The plan ends and nothing is sent."""
    return _step(session, actor, plan_id, match, service.discard)


@router.post(
    "/{plan_id}/retry",
    summary="Compute a plan again",
    response_model=PlanListed,
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.make_plans), costs(Expense.plan)],
)
def retry_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """Computes a plan again after a failure."""
    return _step(session, actor, plan_id, match, service.retry)


def _step(
    session: Session, actor: Actor, plan_id: int, match: Condition, verb: Callable[[Session, Actor, Plan], Plan]
) -> Response:
    plan = queries.get_plan(session, actor, plan_id)
    match.check(plan.version)
    return _listed(verb(session, actor, plan), actor)
