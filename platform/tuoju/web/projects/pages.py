"""Projects and organizations: what is offered, to whom, where, and how many places are left."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.database.records import now
from tuoju.referrals.contacts import may_set_contact
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import names
from tuoju.registry import service as registry
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju_projects.errors import OrganizationNameTaken, PlacesBelowTaken, ProjectNameTaken, UsccTaken
from tuoju_projects.inputs import OrganizationInput, ProjectInput
from tuoju_projects.models import Project, RuleKind
from tuoju_projects.queries import (
    find_organizations,
    find_projects,
    get_organization,
    get_project,
    organizations_by_id,
    place_entries,
    rules_of,
)
from tuoju_projects.status import STEPS, ProjectState, ProjectVerb

_FORM_RULES = frozenset({RuleKind.min_age, RuleKind.max_age, RuleKind.sex, RuleKind.vulnerability})
router = APIRouter()

PAGE = 50
"""Projects on one page of the list."""


@router.get("/projects")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    state: Annotated[ProjectState | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    own = actor.organization_id
    found = find_projects(session, text=q, category=category, state=state, organization_id=own)
    last = max(1, -(-len(found) // PAGE))
    page = min(page, last)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return render(
        request,
        "projects/index.html",
        total=len(found),
        projects=shown,
        page=page,
        last=last,
        organizations=organizations_by_id(session, {each.organization_id for each in shown}),
        places=names(session, {code for each in shown for code in each.areas}),
        q=q,
        category=category,
        state=state,
        states=list(ProjectState),
    )


@router.get("/projects/new")
def new(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    start = {"home_visits": "yes", "places_total": 10, "areas": [actor.region_code]}
    return _form(request, session, actor, BlankForm(start))


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    form: BlankForm | SubmittedForm[Any],
    status: int = 200,
    project: Project | None = None,
) -> Response:
    require(actor, Action.manage_projects)
    visible = select(Region.code).where(
        col(Region.code).in_(visible_regions(session, actor)),
        col(Region.level).in_([RegionLevel.city, RegionLevel.county]),
    )
    return render(
        request,
        "projects/form.html",
        status,
        form=form,
        project=project,
        organizations=[(each.id, each.name) for each in find_organizations(session)],
        areas=list(names(session, session.exec(visible).all()).items()),
    )


def _fill(form: FormData) -> SubmittedForm[ProjectInput]:
    """The posted project; its rules come from a few plain fields, its budget in yuan."""
    rules = {kind: [value] for kind in ("min_age", "max_age", "sex") if (value := str(form.get(kind, "")).strip())}
    if circumstances := [str(each) for each in form.getlist("vulnerability")]:
        rules["vulnerability"] = circumstances
    yuan = str(form.get("budget_yuan", "")).strip().replace(",", "") or "0"
    fen = round(float(yuan) * 100) if re.fullmatch(r"\d{1,9}(\.\d{1,2})?", yuan) else None
    filled = fill(form, ProjectInput, rules=rules, budget_fen=fen, home_visits=form.get("home_visits") == "yes")
    own = ("min_age", "max_age", "sex", "budget_yuan", "home_visits")
    filled.typed = {
        **filled.typed,
        **{name: form.get(name) for name in own},
        "vulnerability": form.getlist("vulnerability"),
    }
    if fen is None:
        filled.add("budget_yuan", _("A number, please."))
    for name in ("min_age", "max_age"):
        if name in rules and not re.fullmatch(r"\d{1,3}", rules[name][0]):
            filled.add(name, _("A number, please."))
    return filled


@router.post("/projects")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    require(actor, Action.manage_projects)
    filled = _fill(form)
    if filled.model is None:
        return _form(request, session, actor, filled, 422)
    try:
        project = registry.add_project(session, actor, filled.model)
    except ProjectNameTaken:
        filled.add("name", _("The organization has a project of this name already."))
        return _form(request, session, actor, filled, 409)
    return redirect(request, f"/projects/{project.pk}", _("The draft is saved. Open it when it is right."))


@router.get("/projects/{project_id}/edit")
def edit(request: Request, session: ReadSession, actor: CurrentActor, project_id: PathId) -> Response:
    project = get_project(session, project_id)
    rules = {rule.kind.value: rule.values for rule in rules_of(session, [project.pk])[project.pk]}
    start: dict[str, Any] = {
        **project.model_dump(mode="json"),
        "budget_yuan": project.budget_fen / 100,
        "home_visits": "yes" if project.home_visits else "no",
        **{kind: rules[kind][0] for kind in ("min_age", "max_age", "sex") if kind in rules},
        "vulnerability": rules.get("vulnerability", []),
    }
    return _form(request, session, actor, BlankForm(start), project=project)


@router.post("/projects/{project_id}")
def change(request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, form: Form) -> Response:
    require(actor, Action.manage_projects)
    project = get_project(session, project_id)
    filled = _fill(form)
    if filled.model is None:
        return _form(request, session, actor, filled, 422, project)
    kept = {rule.kind: rule.values for rule in rules_of(session, [project.pk])[project.pk]}
    untouched = {kind: values for kind, values in kept.items() if kind not in _FORM_RULES}
    given = filled.model.model_copy(update={"rules": {**untouched, **filled.model.rules}})
    try:
        registry.change_project(session, actor, project, given)
    except ProjectNameTaken:
        filled.add("name", _("The organization has a project of this name already."))
        return _form(request, session, actor, filled, 409, project)
    except PlacesBelowTaken:
        filled.add("places_total", _("There can not be fewer places than are taken."))
        return _form(request, session, actor, filled, 422, project)
    return redirect(request, f"/projects/{project_id}", _("Done."))


@router.get("/projects/{project_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, project_id: PathId) -> Response:
    project = get_project(session, project_id)
    return render(
        request,
        "projects/show.html",
        project=project,
        organization=get_organization(session, project.organization_id),
        rules=rules_of(session, [project.pk])[project.pk],
        places=names(session, project.areas),
        entries=place_entries(session, project.pk, limit=20),
        age=(china_day(now()) - china_day(project.places_stated_at)).days,
        may_set_contact=may_set_contact(actor, project.organization_id),
        may_state=registry.may_state_places(actor, project),
        verbs=[verb for (state, verb) in STEPS if state is project.state],
    )


@router.post("/projects/{project_id}/places")
def state_places(
    request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, form: Form
) -> Response:
    """The charity says how many places there are in all; also the same number again, to confirm it."""
    project = get_project(session, project_id)
    given = str(form.get("places_total", "")).strip()
    if not given.isdigit() or len(given) > 5:
        return redirect(request, f"/projects/{project_id}", _("A number, please."))
    registry.state_places(session, actor, project, int(given))
    return redirect(request, f"/projects/{project_id}", _("Thank you. The places are up to date."))


@router.post("/projects/{project_id}/{verb}")
def step(
    request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, verb: ProjectVerb, form: Form
) -> Response:
    require(actor, Action.manage_projects)
    project = get_project(session, project_id)
    registry.step_project(session, actor, project, verb)
    return redirect(request, f"/projects/{project_id}", _("Done."))


@router.get("/organizations/new")
def new_organization(request: Request, actor: CurrentActor) -> Response:
    require(actor, Action.manage_projects)
    start = {"org_type": "52", "region_code": actor.region_code}
    return render(request, "projects/organizations/form.html", form=BlankForm(start))


@router.post("/organizations")
def create_organization(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    require(actor, Action.manage_projects)
    filled = fill(form, OrganizationInput)
    if filled.model is not None:
        try:
            registry.add_organization(session, actor, filled.model)
        except OrganizationNameTaken:
            filled.add("name", _("Another organization has this name."))
        except UsccTaken:
            filled.add("uscc", _("Another organization has this unified social credit code."))
        else:
            return redirect(request, "/projects/new", _("The organization is added. Now its project."))
    return render(request, "projects/organizations/form.html", 422, form=filled)
