"""Pages of planning: what one more place adds, changes tried out, the gaps, and the draft of the next call."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.documents.papers.brief_paper import brief_paper, draft
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.plans import planning, queries
from tuoju.plans.models import Plan
from tuoju.plans.planning import Brief
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of, full_name, names
from tuoju.web.kit.bounds import GREATEST, PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import render
from tuoju.web.plans.planning_page import Trial, planning_page
from tuoju.web.plans.planning_views import MAX_PLACES, BriefPage
from tuoju_matching.profiles import RuleKind

router = APIRouter(dependencies=[needs(Action.read_plans)])

MAX_BRIEF_LENGTH = 6000
"""Characters of the text of a call."""


def _trial(
    kind: Annotated[str, Query(alias="try", pattern="^(places|open|rule)?$")] = "",
    project: Annotated[int, Query(ge=0, le=GREATEST)] = 0,
    places: Annotated[int, Query(ge=-MAX_PLACES, le=MAX_PLACES)] = 5,
    category: Annotated[str, Query(max_length=3)] = "",
    area: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
    target: Annotated[str, Query(max_length=20)] = "",
    rule: RuleKind = RuleKind.min_age,
    value: Annotated[str, Query(max_length=20)] = "",
) -> Trial:
    return Trial(kind, project, places, category, area, target, rule, value.strip())


TrialQuery = Annotated[Trial, Depends(_trial)]


@router.get("/plans/{plan_id}/planning", dependencies=[costs(Expense.plan)])
def show(request: Request, session: ReadSession, actor: CurrentActor, plan_id: PathId, trial: TrialQuery) -> Response:
    """Where the next place should go; with a trial, what that change would bring."""
    return render(request, planning_page(session, queries.get_plan(session, actor, plan_id), trial))


@router.get("/plans/{plan_id}/brief")
def show_brief(request: Request, session: ReadSession, actor: CurrentActor, plan_id: PathId) -> Response:
    """The draft of the next call, to be edited."""
    plan = queries.get_plan(session, actor, plan_id)
    brief, places = _brief(session, plan)
    place = full_name(session, plan.region_code)
    page = BriefPage(
        plan_id=plan.pk,
        place=place,
        projects_counted=brief.rates.projects,
        projects_invented=brief.rates.invented,
        needs_left_out=brief.left_out,
        text=draft(place, brief, places),
        max_length=MAX_BRIEF_LENGTH,
    )
    return render(request, page)


def _brief(session: Session, plan: Plan) -> tuple[Brief, dict[str, str]]:
    """What the next call should ask for, and the names of its townships."""
    rates = planning.rates(session)
    brief = planning.brief(planning.gap_groups(planning.baseline_of(session, plan), rates), rates)
    return brief, names(session, {code for topic in brief.topics for code in topic.townships})


@router.post("/plans/{plan_id}/brief.txt", dependencies=[repeatable(READS), costs(Expense.export)])
def take_brief_as_text(session: WriteSession, actor: CurrentActor, plan_id: PathId, form: BareForm) -> Response:
    """The text as it was edited, as a text file; the export is audited."""
    plan = queries.get_plan(session, actor, plan_id)
    text = _exported_text(session, actor, plan, form, "txt")
    return _file(text.encode(), "text/plain; charset=utf-8", "txt")


@router.post("/plans/{plan_id}/brief.pdf", dependencies=[repeatable(READS), costs(Expense.paper)])
def take_brief_as_pdf(session: WriteSession, actor: CurrentActor, plan_id: PathId, form: BareForm) -> Response:
    """The text as it was edited, as PDF; the export is audited."""
    plan = queries.get_plan(session, actor, plan_id)
    text = _exported_text(session, actor, plan, form, "pdf")
    brief, places = _brief(session, plan)
    foot = f"{actor.display_name} · {china_day(now()).isoformat()}"
    paper = brief_paper(full_name(session, plan.region_code), text, brief, places, foot)
    return _file(to_pdf(paper), "application/pdf", "pdf")


def _exported_text(session: Session, actor: Actor, plan: Plan, form: Form, ending: str) -> str:
    audit.record(session, actor, "take_brief", plan, scope=county_of(session, plan.region_code), ending=ending)
    return str(form.get("text", ""))[:MAX_BRIEF_LENGTH].replace("\r\n", "\n")


def _file(content: bytes, kind: str, ending: str) -> Response:
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="tuoju-call.{ending}"'}
    )
