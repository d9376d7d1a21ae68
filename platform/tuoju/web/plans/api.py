"""Plans: computed in the background, read line by line, changed, approved. No line names a person."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.models import Urgency
from tuoju.plans import changing, queries, service
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan
from tuoju.plans.queries import Changes, Counts, Coverage, LineFilter
from tuoju.plans.status import LineState, NotSentReason, PlanStage, PlanState, PlanVerb, verbs_from
from tuoju.web.kit.bounds import GREATEST, Id, PathId
from tuoju.web.kit.conditional_requests import Condition, IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.regions import Representation

router = api_router("/plans", "Plans")


class PlanInput(BaseModel):
    """For which region, and how even between groups."""

    model_config = ConfigDict(extra="forbid")

    region_code: str = Field(pattern=r"^\d{12}$", description="A county or a city.", examples=["341124000000"])
    fair_by: Grouping | None = Field(default=None, description="Hold the shares placed of these groups together.")
    fair_within: int = Field(default=10, ge=0, le=100, description="At most so many percentage points apart.")


class Share(Representation):
    """How many of a group have a project."""

    placed: int
    total: int


class PlanStaleness(BaseModel):
    """What has moved since a proposed plan was computed."""

    needs_answered: list[int]
    needs_changed: list[int]
    needs_new: list[int]
    projects_closed: list[int]
    projects_opened: list[int]
    projects_changed: list[int]
    ranking_changed: bool = Field(description="Another ranking than `ranker` is in use.")

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
    """What another way of giving the same places comes to."""

    placed: dict[Urgency, int]
    quality: float = Field(description="Sum of the fit of those placed.")
    waited: float = Field(description="Mean days that those placed have waited.")


class PlanListed(Representation):
    """A plan and where it stands."""

    id: int
    region_code: str
    state: PlanState
    stage: PlanStage
    progress: int = Field(description="Percent of what its worker is at.")
    fair_by: Grouping | None
    fair_within: int
    fair_least: int | None = Field(description="After a failure: the least difference between groups that can be kept.")
    previous_id: int | None = Field(description="The plan that this one repairs.")
    made_at: datetime
    computed_on: date | None
    ranker: str = Field(
        description="What scored it: the rules, or a learned ranking by its number; empty until computed.",
        examples=["rules-1"],
    )
    actions: list[PlanVerb] = Field(description="What you may do with it now, beside changing and repairing.")

    @classmethod
    def of(cls, plan: Plan, actor: Actor) -> Self:
        action_of = {PlanVerb.approve: Action.approve_plans}
        actions = [verb for verb in verbs_from(plan.state) if may(actor, action_of.get(verb, Action.make_plans))]
        return cls.model_validate({**plan.model_dump(), "actions": actions})


class PlanShown(PlanListed):
    """A plan with its numbers."""

    quality: float = Field(description="Total fit and waiting time of those placed.")
    bound: float = Field(description="What no plan of these urgency counts can exceed.")
    gap: float = Field(description="How far it may be from the best, as a share of the bound.")
    fairness_cost: float = Field(description="Share of the quality given up for `fair_by`.")
    by_state: dict[LineState, int]
    by_urgency: dict[Urgency, Share]
    by_group: dict[Grouping, dict[str, Share]]
    modes: dict[str, ModeShown]
    prices: dict[int, float] = Field(description="What one place is worth to those who wait, by project.")
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
    proposed_id: int | None = Field(description="Where the computation had put it.")
    score: float | None
    eligible: int = Field(description="How many projects may take it.")
    obstacle: str = Field(description="Where none may: what most often stands in the way.")
    consented: bool
    fixed: bool = Field(description="Chosen by a person.")
    state: LineState
    not_sent_reason: NotSentReason | None
    referral_id: int | None


class LineInput(BaseModel):
    """Where a need should go instead."""

    model_config = ConfigDict(extra="forbid")

    project_id: Id | None = Field(default=None, description="Null leaves the need out of the plan.")
    automatic: bool = Field(default=False, description="True lets the computation decide again.")

    @property
    def target(self) -> int | None:
        return changing.AUTOMATIC if self.automatic else self.project_id


class ShiftShown(Representation):
    """A need that goes elsewhere."""

    need_id: int
    before: int | None
    after: int | None


class TotalsShown(Representation):
    """Needs placed by urgency, and the total fit."""

    placed: dict[Urgency, int]
    quality: float


class EffectShown(Representation):
    """What a change does to the whole plan."""

    before: TotalsShown
    after: TotalsShown
    shifts: list[ShiftShown]


@router.get("", summary="List plans, latest first")
def list_plans(session: ReadSession, actor: CurrentActor, paging: PageOf) -> Page[PlanListed]:
    """Of your county or city."""
    plans = queries.find_plans(session, actor, before_id=paging.after_id, limit=paging.fetch)
    shown, following = paging.take(plans, lambda plan: (plan.pk,))
    return Page(items=[PlanListed.of(plan, actor) for plan in shown], next=following)


@router.post("", summary="Compute a plan", status_code=202, response_model=PlanListed, responses=problems(404, 409))
def make_plan(session: WriteSession, actor: CurrentActor, order: PlanInput, once: OnlyOnce) -> Response:
    """For all open needs of a county or city, in the background: ask again for `progress`, until `state` is
    `proposed`."""

    def create() -> Response:
        plan = service.make_plan(
            session, actor, order.region_code, fair_by=order.fair_by, fair_within=order.fair_within
        )
        return _listed(plan, actor, 202)

    return once(session, create)


def _listed(plan: Plan, actor: Actor, status: int = 200) -> Response:
    return represent(PlanListed.of(plan, actor), status, version=plan.version, location=f"/api/v1/plans/{plan.pk}")


@router.get("/{plan_id}", summary="Get a plan", response_model=PlanShown, responses=problems(404))
def show_plan(session: ReadSession, actor: CurrentActor, plan_id: PathId) -> Response:
    """With its numbers, what other ways would come to, and what has moved since."""
    plan = queries.get_plan(session, actor, plan_id)
    counts, changes = queries.count(session, plan), queries.changes_since(session, plan)
    return represent(PlanShown.with_numbers(plan, actor, counts, changes), version=plan.version)


@router.get("/{plan_id}/lines", summary="List the lines of a plan", responses=problems(404))
def list_plan_lines(
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    paging: PageOf,
    state: LineState | None = None,
    project: Annotated[int | None, Query(ge=1, le=GREATEST, description="Of this project only.")] = None,
) -> Page[LineShown]:
    """The most urgent first, then the longest waiting."""
    plan = queries.get_plan(session, actor, plan_id)
    start = paging.after_id or 0
    line_filter = LineFilter(state=state or "", project=project)
    lines = queries.find_lines(session, plan, line_filter, offset=start, limit=paging.fetch)
    shown, following = paging.take(lines, lambda _line: (start + paging.limit,))
    return Page(items=[LineShown.model_validate(line) for line in shown], next=following)


@router.get("/{plan_id}/lines/{need_id}/effect", summary="Ask what a change would cost", responses=problems(404, 409))
def show_effect(
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    need_id: PathId,
    project: Annotated[int | None, Query(ge=1, le=GREATEST, description="None leaves the need out.")] = None,
) -> EffectShown:
    """With everything else put where it is then best. Changes nothing."""
    plan = queries.get_plan(session, actor, plan_id)
    line = queries.get_line(session, plan, need_id)
    return _effect(changing.effect(session, plan, line.need_id, project))


def _effect(effect: changing.Effect) -> EffectShown:
    return EffectShown.model_validate(effect)


@router.post("/{plan_id}/lines/{need_id}", summary="Change a line", responses=problems(404, 409, 412))
def change_line(
    session: WriteSession, actor: CurrentActor, plan_id: PathId, need_id: PathId, change: LineInput, match: IfMatch
) -> EffectShown:
    """The other lines move to where they are then best; the answer says which."""
    plan = queries.get_plan(session, actor, plan_id)
    match.check(plan.version)
    return _effect(service.change_line(session, actor, plan, need_id, change.target, seen=plan.version))


@router.post(
    "/{plan_id}/repair",
    summary="Repair a plan",
    status_code=202,
    response_model=PlanListed,
    responses=problems(404, 409),
)
def repair_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, once: OnlyOnce) -> Response:
    """A new plan that keeps what still holds of this one and computes the rest anew; then this one is superseded."""
    plan = queries.get_plan(session, actor, plan_id)
    return once(session, lambda: _listed(service.repair(session, actor, plan), actor, 202))


@router.post(
    "/{plan_id}/approve", summary="Approve a plan", response_model=PlanListed, responses=problems(404, 409, 412)
)
def approve_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """Its referrals go out one by one in the background; those without consent wait for it."""
    return _step(session, actor, plan_id, match, service.approve)


@router.post(
    "/{plan_id}/discard", summary="Discard a plan", response_model=PlanListed, responses=problems(404, 409, 412)
)
def discard_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """Nothing comes of it."""
    return _step(session, actor, plan_id, match, service.discard)


@router.post(
    "/{plan_id}/retry", summary="Compute a plan again", response_model=PlanListed, responses=problems(404, 409, 412)
)
def retry_plan(session: WriteSession, actor: CurrentActor, plan_id: PathId, match: IfMatch) -> Response:
    """After a failure."""
    return _step(session, actor, plan_id, match, service.retry)


def _step(
    session: Session, actor: Actor, plan_id: int, match: Condition, verb: Callable[[Session, Actor, Plan], Plan]
) -> Response:
    plan = queries.get_plan(session, actor, plan_id)
    match.check(plan.version)
    return _listed(verb(session, actor, plan), actor)
