"""Plans: asked for, looked at, changed line by line, approved."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.plans import queries, service
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.queries import Counts, Part
from tuoju.plans.status import UNDER_WAY, verbs_from
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, full_name, get_region, names
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.languages import gettext as _
from tuoju.web.maps import HEIGHT, WIDTH, shapes
from tuoju.web.rendering import redirect, render
from tuoju.web.words import label
from tuoju_projects.queries import projects_by_id

router = APIRouter()
ROWS_A_PAGE = 100
BOUNDS = (5, 10, 20)
"""Percentage points that the shares placed of two groups may differ by."""


def _part(
    state: Annotated[str, Query(max_length=20)] = "",
    urgency: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    township: Annotated[str, Query(max_length=12)] = "",
    project: Annotated[str, Query(max_length=10)] = "",
) -> Part:
    return Part(state, urgency, category, township, project)


Asked = Annotated[Part, Depends(_part)]


@router.get("/plans")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    plans = queries.find_plans(session, actor)
    return render(
        request,
        "plans/index.html",
        plans=plans,
        places=names(session, {plan.region_code for plan in plans}),
        people=names_of(session, {plan.made_by for plan in plans}),
        regions=_regions(session, actor),
        groupings=list(Grouping),
        bounds=BOUNDS,
    )


def _regions(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """The county or city the actor stands in, and the counties within."""
    region = get_region(session, actor.region_code or "")
    found = [region, *(find_children(session, region.code) if region.level is RegionLevel.city else [])]
    return [(each.code, each.name) for each in found if each.level in service.PLANNABLE]


@router.post("/plans")
def make(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    by, within = str(form.get("fair_by", "")), str(form.get("fair_within", ""))
    plan = service.make_plan(
        session,
        actor,
        str(form.get("region_code", "")),
        fair_by=Grouping(by) if by in set(Grouping) else None,
        fair_within=int(within) if within.isdigit() else BOUNDS[1],
    )
    return redirect(request, f"/plans/{plan.pk}")


@router.get("/plans/{plan_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, plan_id: int) -> Response:
    plan = queries.get_plan(session, actor, plan_id)
    counts = queries.count(session, plan)
    changes = queries.changes_since(session, plan)
    projects = projects_by_id(session, {key for _township, key in counts.flows if key is not None})
    return render(
        request,
        "plans/show.html",
        plan=plan,
        place=full_name(session, plan.region_code),
        counts=counts,
        changes=changes,
        projects=projects,
        people=names_of(session, {plan.made_by, plan.decided_by}),
        verbs=verbs_from(plan.state),
        under_way=plan.state in UNDER_WAY,
        group_word=_group_word(session, counts),
        groupings=_told_apart(counts),
        map=shapes(),
        map_size=(WIDTH, HEIGHT),
    )


def _told_apart(counts: Counts) -> list[Grouping]:
    """The groupings under which there is more than one group."""
    return [each for each in Grouping if len(counts.by_group[each]) > 1]


def _group_word(session: Session, counts: Counts) -> Callable[[Grouping, str], str]:
    """How to name a group."""
    codes = {*counts.by_group[Grouping.county], *counts.by_group[Grouping.township]}
    places = names(session, codes | {shape.code for shape in shapes()})
    kinds = {
        Grouping.remoteness: "remoteness",
        Grouping.hardship: "relief_category",
        Grouping.sex: "sex_word",
        Grouping.age: "age_band",
    }

    def word(grouping: Grouping, key: str) -> str:
        return label(kinds[grouping], key) if grouping in kinds else places.get(key, key)

    return word


@router.get("/plans/{plan_id}/progress")
def progress(request: Request, session: ReadSession, actor: CurrentActor, plan_id: int) -> Response:
    """Where the worker stands, for the page to ask every two seconds; once it is through, the page loads anew."""
    plan = queries.get_plan(session, actor, plan_id)
    response = render(request, "plans/progress.html", plan=plan)
    if plan.state not in UNDER_WAY:
        response.headers["hx-refresh"] = "true"
    return response


@router.get("/plans/{plan_id}/lines")
def lines(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    plan_id: int,
    part: Asked,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Who goes where, and who stays without and why."""
    plan = queries.get_plan(session, actor, plan_id)
    counts = queries.count(session, plan)
    found = queries.find_lines(session, plan, part, offset=(page - 1) * ROWS_A_PAGE, limit=ROWS_A_PAGE)
    total = queries.count_lines(session, plan, part)
    project_ids = {key for _township, key in counts.flows if key is not None}
    return render(
        request,
        "plans/lines.html",
        plan=plan,
        place=full_name(session, plan.region_code),
        lines=found,
        total=total,
        part=part,
        page=page,
        pages=-(-total // ROWS_A_PAGE),
        counts=counts,
        places=names(session, {each.region_code for each in found} | {key for key, _project in counts.flows}),
        projects=projects_by_id(session, project_ids | _projects_of(found)),
    )


def _projects_of(found: list[PlanLine]) -> set[int]:
    return {each for line in found for each in (line.project_id, line.proposed_id) if each is not None}


@router.post("/plans/{plan_id}/approve")
def approve(request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, form: Form) -> Response:
    plan = service.approve(session, actor, _plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}", _("Approved. The referrals are going out."))


@router.post("/plans/{plan_id}/discard")
def discard(request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, form: Form) -> Response:
    plan = service.discard(session, actor, _plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}", _("Discarded. Nothing was sent."))


@router.post("/plans/{plan_id}/retry")
def retry(request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, form: Form) -> Response:
    plan = service.retry(session, actor, _plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}")


def _plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    return queries.get_plan(session, actor, plan_id)
