"""Plans: asked for, looked at, changed line by line, approved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.plans import changing, queries, service
from tuoju.plans.errors import NotAnOption
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import load
from tuoju.plans.queries import Counts, LineFilter
from tuoju.plans.status import UNDER_WAY, PlanState, verbs_from
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, full_name, get_region, names
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.maps import HEIGHT, WIDTH, shapes
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.plans.flow_diagram import Drawing, draw
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import ranked_by, reasons_in_words
from tuoju_matching.problem import Mode
from tuoju_projects.queries import organizations_by_id, projects_by_id

router = APIRouter()
ROWS_A_PAGE = 100
SHIFTS_SHOWN = 20
BOUNDS = (5, 10, 20, 30)
"""Percentage points that the shares placed of two groups may differ by."""


def _part(
    state: Annotated[str, Query(max_length=20)] = "",
    urgency: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    township: Annotated[str, Query(max_length=12)] = "",
    project: Annotated[str, Query(max_length=10)] = "",
) -> LineFilter:
    return LineFilter(state, urgency, category, township, project)


Asked = Annotated[LineFilter, Depends(_part)]


@router.get("/plans")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    plans = queries.find_plans(session, actor)
    return render(
        request,
        "plans/index.html",
        plans=plans,
        places=names(session, {plan.region_code for plan in plans}),
        people=names_of(session, {plan.made_by for plan in plans}),
        ranked_by=ranked_by,
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
    difference = queries.repair_difference(session, plan) if plan.state not in UNDER_WAY else None
    moved = {each for row in (difference.moved if difference else []) for each in row[1:] if each is not None}
    projects = projects_by_id(session, counts.project_ids | moved)
    word = _group_word(session, counts)
    return render(
        request,
        "plans/show.html",
        plan=plan,
        place=full_name(session, plan.region_code),
        counts=counts,
        changes=queries.changes_since(session, plan),
        difference=difference,
        projects=projects,
        modes=_modes(plan, counts),
        flow=_flow(session, plan, counts, {pk: each.name for pk, each in projects.items()}, word),
        people=names_of(session, {plan.made_by, plan.decided_by}),
        verbs=verbs_from(plan.state),
        under_way=plan.state in UNDER_WAY,
        group_word=word,
        groupings=_told_apart(counts),
        ranked_by=ranked_by,
        map=shapes(),
        map_size=(WIDTH, HEIGHT),
    )


@dataclass(frozen=True)
class ModeRow:
    """One way of giving the places, as compared on the page."""

    mode: str
    placed: Mapping[str, int]
    fit: float
    waited: float | None

    @property
    def whole(self) -> int:
        return sum(self.placed.values())


def _modes(plan: Plan, counts: Counts) -> list[ModeRow]:
    """This plan as it is now, then each mode as it was computed; the free optimum only where it is another."""
    by_urgency = {urgency.value: of.placed for urgency, of in counts.by_urgency.items()}
    found = [
        ModeRow(mode, values["placed"], values["quality"], values["waited"]) for mode, values in plan.comparison.items()
    ]
    asked = plan.fair_by is not None or plan.previous_id is not None or plan.changed_at is not None
    best = next((each for each in found if each.mode == Mode.optimum), None)
    this = ModeRow("this", by_urgency, counts.fit, best.waited if best and not asked else None)
    return [this, *(each for each in reversed(found) if asked or each.mode != Mode.optimum)]


def _flow(
    session: Session, plan: Plan, counts: Counts, projects: Mapping[int, str], word: Callable[[Grouping, str], str]
) -> Drawing:
    """Ribbons from the townships of a county, or the counties of a city, to the projects."""
    city = get_region(session, plan.region_code).level is RegionLevel.city
    grouping = Grouping.county if city else Grouping.township
    lines = f"/plans/{plan.pk}/lines"

    def project_words(key: int | None) -> str:
        return _("Without a project") if key is None else projects.get(key, _("Other projects"))

    def project_link(key: int | None) -> str:
        return f"{lines}?state=without" if key is None else f"{lines}?project={key}"

    return draw(
        counts.flows_by(grouping),
        lambda key: word(grouping, key) if key else _("Other townships"),
        project_words,
        lambda key: f"{lines}?township={key}" if key else "",
        project_link,
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
        places=names(session, {each.region_code for each in found} | counts.by_group[Grouping.township].keys()),
        projects=projects_by_id(session, counts.project_ids | _projects_of(found)),
    )


def _projects_of(found: list[PlanLine]) -> set[int]:
    return {each for line in found for each in (line.project_id, line.proposed_id) if each is not None}


@router.get("/plans/{plan_id}/lines/{need_id}")
def line(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    plan_id: int,
    need_id: int,
    to: Annotated[str, Query(pattern=r"^(\d{1,9}|none)?$")] = "",
) -> Response:
    """One line: where else the need could go, and with `to` what that would cost."""
    plan = queries.get_plan(session, actor, plan_id)
    found = queries.get_line(session, plan, need_id)
    return _line_page(request, session, plan, found, to)


def _line_page(request: Request, session: Session, plan: Plan, found: PlanLine, to: str) -> Response:
    problem = load(session, plan.region_code).only({found.need_id})
    choices = changing.options(problem, problem.needs[0]) if problem.needs else []
    may_change = plan.state is PlanState.proposed
    reranked = may_change and plan.ranker != problem.ranking.signature
    cost = changing.effect(session, plan, found.need_id, _target(to)) if to and may_change and not reranked else None
    shown = {found.project_id, found.proposed_id, *(each.project.id for each in choices)}
    shown |= {each for shift in (cost.shifts if cost else ()) for each in (shift.before, shift.after)}
    projects = projects_by_id(session, {each for each in shown if each})
    taken = queries.count_taken_places(session, plan)
    return render(
        request,
        "plans/line.html",
        plan=plan,
        line=found,
        place=full_name(session, found.region_code),
        choices=choices,
        reasons=reasons_in_words(session, problem.needs[0], choices) if problem.needs else {},
        projects=projects,
        organizations=organizations_by_id(session, {each.organization_id for each in projects.values()}),
        left={each.project.id: each.project.places_left - taken.get(each.project.id, 0) for each in choices},
        to=to,
        cost=cost,
        lines=queries.find_lines_of_needs(session, plan, {shift.need_id for shift in cost.shifts[:SHIFTS_SHOWN]})
        if cost
        else {},
        may_change=may_change,
        reranked=reranked,
        open=bool(problem.needs),
    )


def _target(to: str) -> int | None:
    """What a form says: a project's id, "none" to leave the need out, "0" to let the computation decide."""
    return None if to == "none" else int(to)


@router.post("/plans/{plan_id}/lines/{need_id}")
def change(
    request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, need_id: int, form: Form
) -> Response:
    plan = _plan(session, actor, plan_id)
    to, seen = str(form.get("to", "")), str(form.get("version", ""))
    if to != "none" and not to.isdigit():
        raise NotAnOption
    service.change_line(session, actor, plan, need_id, _target(to), seen=int(seen) if seen.isdigit() else 0)
    return redirect(
        request,
        f"/plans/{plan.pk}/lines/{need_id}",
        _("Changed. The other lines have been reassigned to where they fit best."),
    )


@router.post("/plans/{plan_id}/repair")
def repair(request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, form: Form) -> Response:
    """A plan of now that keeps what still holds of this one."""
    plan = service.repair(session, actor, _plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}")


@router.post("/plans/{plan_id}/approve")
def approve(request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, form: Form) -> Response:
    plan = service.approve(session, actor, _plan(session, actor, plan_id))
    return redirect(request, f"/plans/{plan.pk}", _("Approved. The referrals are being sent."))


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
