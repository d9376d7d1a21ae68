"""Projects: what is offered, to whom, where, and how many places are left."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.accounts.request_limits import Expense
from tuoju.regions.queries import names
from tuoju.registry import service as registry
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.edits import filled_from, merged, stored_fields
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.projects.project_form import blank_form, fill_project, form_page, stored_values, with_kept_rules
from tuoju.web.projects.project_page import SEPARATOR, project_page
from tuoju.web.projects.views import ProjectCard, ProjectListPage
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.errors import PlacesBelowTaken, ProjectNameTaken
from tuoju_projects.inputs import PlacesInput, ProjectInput
from tuoju_projects.models import Project
from tuoju_projects.queries import find_projects, get_project, organizations_by_id
from tuoju_projects.status import ProjectState, ProjectVerb

router = APIRouter()

PAGE = 50
"""Projects on one page of the list."""
SHOWN_AREAS = 3
"""Areas of a project in the list."""


@router.get("/projects", dependencies=[needs(Action.read_projects), costs(Expense.search, query="q")])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    state: Annotated[ProjectState | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """All projects, for an organization its own, by any of the filters."""
    projects = find_projects(session, text=q, category=category, state=state, organization_id=actor.organization_id)
    last = max(1, -(-len(projects) // PAGE))
    page = min(page, last)
    here = "/projects?" + urlencode({"q": q, "category": category, "state": state or ""})
    view = ProjectListPage(
        total=len(projects),
        projects=_cards(session, projects[(page - 1) * PAGE : page * PAGE]),
        q=q,
        category=category,
        state=state,
        states=list(ProjectState),
        page=page,
        last=last,
        previous_url=f"{here}&page={page - 1}" if page > 1 else "",
        next_url=f"{here}&page={page + 1}" if page < last else "",
    )
    return render(request, view)


def _cards(session: Session, projects: list[Project]) -> list[ProjectCard]:
    organizations = organizations_by_id(session, {project.organization_id for project in projects})
    area_names = names(session, {code for project in projects for code in project.areas})
    return [
        ProjectCard(
            project_id=project.pk,
            name=project.name,
            state=project.state,
            organization=organizations[project.organization_id].name,
            services=SEPARATOR.join(label("service_type", code) for code in project.categories),
            places_left=project.places_left,
            places_total=project.places_total,
            starts_on=project.starts_on,
            ends_on=project.ends_on,
            areas=" ".join(area_names.get(code, code) for code in project.areas[:SHOWN_AREAS]),
        )
        for project in projects
    ]


@router.get("/projects/new", dependencies=[needs(Action.manage_projects)])
def new(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, form_page(session, actor, blank_form(actor)))


@router.post("/projects", dependencies=[needs(Action.manage_projects)])
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Add a draft."""
    require(actor, Action.manage_projects)
    filled = fill_project(form)
    if filled.model is None:
        return render(request, form_page(session, actor, filled), 422)
    try:
        project = registry.add_project(session, actor, filled.model)
    except ProjectNameTaken:
        filled.add("name", _("The organization already has a project with this name."))
        return render(request, form_page(session, actor, filled), 409)
    return redirect(
        request, f"/projects/{project.pk}", _("The draft is saved. Open the project when the details are right.")
    )


@router.get("/projects/{project_id}/edit", dependencies=[needs(Action.manage_projects)])
def edit(request: Request, session: ReadSession, actor: CurrentActor, project_id: PathId) -> Response:
    project = get_project(session, project_id)
    return render(
        request, form_page(session, actor, filled_from(stored_values(session, project), ProjectInput), project)
    )


@router.post("/projects/{project_id}", dependencies=[needs(Action.manage_projects)])
def change(request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, form: Form) -> Response:
    """Replace what is stored of a project by the form; rules that the form does not show are kept, and what somebody
    else has changed meanwhile, or it is asked about where both did."""
    require(actor, Action.manage_projects)
    project = get_project(session, project_id)
    edit = merged(form, stored_values(session, project), fill_project(form).model)
    filled = edit.back(fill_project(edit.form))
    if filled.model is None:
        return render(request, form_page(session, actor, filled, project), 409 if edit.conflicts else 422)
    try:
        registry.change_project(session, actor, project, with_kept_rules(session, project, filled.model))
    except ProjectNameTaken:
        filled.add("name", _("The organization already has a project with this name."))
        return render(request, form_page(session, actor, filled, project), 409)
    except PlacesBelowTaken:
        filled.add("places_total", _("The number of places cannot be lower than the places taken."))
        return render(request, form_page(session, actor, filled, project), 422)
    return redirect(request, f"/projects/{project_id}", _("Done."))


@router.get("/projects/{project_id}", dependencies=[needs(Action.read_projects)])
def show(request: Request, session: ReadSession, actor: CurrentActor, project_id: PathId) -> Response:
    return render(request, project_page(session, actor, get_project(session, project_id)))


@router.post("/projects/{project_id}/places", dependencies=[needs(Action.state_places, Action.manage_projects)])
def state_places(
    request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, form: Form
) -> Response:
    """The organization states how many places there are in all; the same number again confirms it."""
    project = get_project(session, project_id)
    typed = fill(form, PlacesInput)
    edit = merged(form, stored_fields(project, PlacesInput), typed.model)
    filled = edit.back(fill(edit.form, PlacesInput))
    if filled.model is None:
        return render(request, project_page(session, actor, project, filled), 409 if edit.conflicts else 422)
    if filled.model != typed.model:  # they only confirmed a number that somebody else has changed meanwhile
        words = _("Somebody else has just stated %(count)s places. Confirm that number, or correct it.")
        return redirect(request, f"/projects/{project_id}", words % {"count": filled.model.places_total})
    try:
        registry.state_places(session, actor, project, filled.model.places_total)
    except PlacesBelowTaken:
        filled.add("places_total", _("The number of places cannot be lower than the places taken."))
        return render(request, project_page(session, actor, project, filled), 422)
    return redirect(request, f"/projects/{project_id}", _("Thank you. The places are up to date."))


def _step_route(verb: ProjectVerb) -> Callable[..., Response]:
    def step(request: Request, session: WriteSession, actor: CurrentActor, project_id: PathId, form: Form) -> Response:
        require(actor, Action.manage_projects)
        registry.step_project(session, actor, get_project(session, project_id), verb)
        return redirect(request, f"/projects/{project_id}", _("Done."))

    return step


for _verb in ProjectVerb:
    router.add_api_route(
        f"/projects/{{project_id}}/{_verb}",
        _step_route(_verb),
        methods=["POST"],
        dependencies=[needs(Action.manage_projects)],
        name=f"{_verb}_project",
    )
