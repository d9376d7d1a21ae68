"""Pages of plans: the list, one plan, its lines, and the changes that a person makes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_limits import Expense
from tuoju.plans import queries, service
from tuoju.plans.errors import NotAnOption, PlanChanged
from tuoju.plans.groups import Grouping
from tuoju.plans.queries import LineFilter
from tuoju.plans.status import UNDER_WAY
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, get_region, names
from tuoju.residents.inputs import Optional
from tuoju.web.kit.bounds import GREATEST, OptionalQueryId, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.plans.line_page import line_page, target_of
from tuoju.web.plans.lines_page import lines_page
from tuoju.web.plans.plan_page import plan_page
from tuoju.web.plans.views import USUAL_FAIRNESS_BOUND, PlanHead, PlanListPage, ProgressPart
from tuoju.words.languages import gettext as _
from tuoju_text.inputs import Input

router = APIRouter()


class PlanInput(Input):
    """A plan as ordered on the page."""

    region_code: str = Field(max_length=12)
    fair_by: Annotated[Grouping | None, Optional] = None
    fair_within: int = Field(default=USUAL_FAIRNESS_BOUND, ge=0, le=100)


class ChangeInput(Input):
    """Where a need should go, and the version of the plan that the person looked at."""

    to: str = Field(pattern=r"^(\d{1,9}|none)$")
    version: int = Field(ge=0, le=GREATEST)


def _line_filter(
    state: Annotated[str, Query(max_length=20)] = "",
    urgency: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    township: Annotated[str, Query(max_length=12)] = "",
    project: OptionalQueryId = None,
) -> LineFilter:
    return LineFilter(state, urgency, category, township, project)


LineFilterQuery = Annotated[LineFilter, Depends(_line_filter)]


@router.get("/plans", dependencies=[needs(Action.read_plans)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The plans in scope, and the form of a new one."""
    return _list_page(request, session, actor)


def _list_page(request: Request, session: Session, actor: Actor, status: int = 200) -> Response:
    plans = queries.find_plans(session, actor)
    places = names(session, {plan.region_code for plan in plans})
    people = names_of(session, {plan.made_by for plan in plans})
    page = PlanListPage(
        plans=[PlanHead.of(plan, places[plan.region_code], people.get(plan.made_by, "")) for plan in plans],
        regions=_plannable_regions(session, actor),
        groupings=list(Grouping),
    )
    return render(request, page, status)


def _plannable_regions(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(code, name) of the county or city that the actor stands in, and of its counties."""
    region = get_region(session, actor.region_code or "")
    counties = find_children(session, region.code) if region.level is RegionLevel.city else []
    return [(place.code, place.name) for place in (region, *counties) if place.level in service.PLANNABLE]


@router.post("/plans", dependencies=[needs(Action.make_plans), costs(Expense.plan)])
def make(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Start the computation of a plan."""
    order = fill(form, PlanInput).model
    if order is None:
        return _list_page(request, session, actor, 422)
    plan = service.make_plan(session, actor, order.region_code, fair_by=order.fair_by, fair_within=order.fair_within)
    return redirect(request, f"/plans/{plan.pk}")


@router.get("/plans/{plan_id}", dependencies=[needs(Action.read_plans)])
def show(request: Request, session: ReadSession, actor: CurrentActor, plan_id: PathId) -> Response:
    """One plan with its numbers."""
    return render(request, plan_page(session, actor, queries.get_plan(session, actor, plan_id)))


@router.get("/plans/{plan_id}/progress", dependencies=[needs(Action.read_plans)])
def progress(request: Request, session: ReadSession, actor: CurrentActor, plan_id: PathId) -> Response:
    """What the worker is doing, for the page to ask every two seconds; once it is done, the page reloads."""
    plan = queries.get_plan(session, actor, plan_id)
    response = render(request, ProgressPart(PlanHead.of(plan, "")))
    if plan.state not in UNDER_WAY:
        response.headers["hx-refresh"] = "true"
    return response


@router.get("/plans/{plan_id}/lines", dependencies=[needs(Action.read_plans)])
def lines(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    line_filter: LineFilterQuery,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Which need goes where, and which has no project and why."""
    return render(request, lines_page(session, queries.get_plan(session, actor, plan_id), line_filter, page))


@router.get(
    "/plans/{plan_id}/lines/{need_id}", dependencies=[needs(Action.read_plans), costs(Expense.plan, query="to")]
)
def line(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    plan_id: PathId,
    need_id: PathId,
    to: Annotated[str, Query(pattern=r"^(\d{1,9}|none)?$")] = "",
) -> Response:
    """One line: where else the need could go, and with `to` what that would cost."""
    plan = queries.get_plan(session, actor, plan_id)
    return render(request, line_page(session, actor, plan, queries.get_line(session, plan, need_id), to))


@router.post("/plans/{plan_id}/lines/{need_id}", dependencies=[needs(Action.make_plans)])
def change(
    request: Request, session: WriteSession, actor: CurrentActor, plan_id: PathId, need_id: PathId, form: Form
) -> Response:
    """Send the need elsewhere. Raises NotAnOption, PlanChanged."""
    plan = queries.get_plan(session, actor, plan_id)
    typed = fill(form, ChangeInput)
    if typed.model is None:
        raise NotAnOption if "to" in typed.errors else PlanChanged
    service.change_line(session, actor, plan, need_id, target_of(typed.model.to), seen=typed.model.version)
    return redirect(
        request,
        f"/plans/{plan.pk}/lines/{need_id}",
        _("Changed. The other lines have been reassigned to where they fit best."),
    )


@router.post("/plans/{plan_id}/repair", dependencies=[needs(Action.make_plans), costs(Expense.plan)])
def repair(request: Request, session: WriteSession, actor: CurrentActor, plan_id: PathId, form: Form) -> Response:
    """Start the computation of a plan that keeps the lines of this plan that are still valid."""
    plan = service.repair(session, actor, queries.get_plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}")


@router.post("/plans/{plan_id}/approve", dependencies=[needs(Action.approve_plans)])
def approve(request: Request, session: WriteSession, actor: CurrentActor, plan_id: PathId, form: Form) -> Response:
    """Approve the plan: its referrals are sent."""
    plan = service.approve(session, actor, queries.get_plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}", _("Approved. The referrals are being sent."))


@router.post("/plans/{plan_id}/discard", dependencies=[needs(Action.make_plans)])
def discard(request: Request, session: WriteSession, actor: CurrentActor, plan_id: PathId, form: Form) -> Response:
    """Discard the plan: nothing is sent."""
    plan = service.discard(session, actor, queries.get_plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}", _("Discarded. Nothing was sent."))


@router.post("/plans/{plan_id}/retry", dependencies=[needs(Action.make_plans), costs(Expense.plan)])
def retry(request: Request, session: WriteSession, actor: CurrentActor, plan_id: PathId, form: Form) -> Response:
    """Start the computation again after a failure."""
    plan = service.retry(session, actor, queries.get_plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}")
