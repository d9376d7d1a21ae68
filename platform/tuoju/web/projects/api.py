"""Projects: what is offered, to whom, where, and how many places are left."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.request_limits import Expense
from tuoju.regions.queries import names
from tuoju.registry import service as registry
from tuoju.web.kit.bounds import GREATEST, PathId
from tuoju.web.kit.conditional_requests import IfMatch, MustMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import costs
from tuoju.web.projects.representations import ProjectListed, ProjectShown, project_listed, project_shown
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.models import Project
from tuoju_projects.queries import find_projects, get_organization, get_project, organizations_by_id, rules_of
from tuoju_projects.status import ProjectState, ProjectVerb
from tuoju_text.inputs import Input

router = api_router("/projects", "Organizations and projects")


class PlacesInput(Input):
    """The total number of places, including held and used places."""

    places_total: int = Field(ge=0, le=99_999)
    note: str = Field(default="", max_length=200)


def _shown(session: Session, actor: Actor, project: Project, status: int = 200, location: str = "") -> Response:
    shown = project_shown(
        project,
        get_organization(session, project.organization_id),
        rules_of(session, [project.pk])[project.pk],
        actor,
        names(session, project.areas),
    )
    return represent(shown, status, version=project.version, location=location)


@router.get(
    "", summary="List projects", dependencies=[needs(Action.read_projects), costs(Expense.search, query="text")]
)
def list_projects(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    text: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(pattern=r"^([A-Z]\d{0,2})?$", description="A service category or class.")] = "",
    state: ProjectState | None = None,
    organization_id: Annotated[int | None, Query(ge=1, le=GREATEST)] = None,
) -> Page[ProjectListed]:
    """In the order in which they were added."""
    projects = find_projects(session, text=text, category=category, state=state, organization_id=organization_id)
    remaining = [row for row in sorted(projects, key=lambda row: row.pk) if row.pk > (paging.after_id or 0)]
    shown, next_url = paging.take(remaining, lambda row: (row.pk,))
    organizations = organizations_by_id(session, {row.organization_id for row in shown})
    places = names(session, {code for row in shown for code in row.areas})
    items = [project_listed(row, organizations[row.organization_id], actor, places) for row in shown]
    return Page(items=items, next=next_url)


@router.post(
    "",
    summary="Add a project",
    status_code=201,
    response_model=ProjectShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.manage_projects)],
)
def add_project(session: WriteSession, actor: CurrentActor, data: ProjectInput, once: OnlyOnce) -> Response:
    """Adds a draft with its eligibility rules and places. `open` the project when the details are right. `rules` maps
    the kind of an eligibility rule to its alternatives. Ages and the disability grade are single numbers."""

    def create() -> Response:
        project = registry.add_project(session, actor, data)
        return _shown(session, actor, project, 201, f"/api/v1/projects/{project.pk}")

    return once(session, create)


@router.get(
    "/{project_id}",
    summary="Get a project",
    response_model=ProjectShown,
    responses=problems(404),
    dependencies=[needs(Action.read_projects)],
)
def show_project(session: ReadSession, actor: CurrentActor, project_id: PathId) -> Response:
    """A project with its eligibility rules and places."""
    return _shown(session, actor, get_project(session, project_id))


@router.put(
    "/{project_id}",
    summary="Replace a project",
    response_model=ProjectShown,
    responses=problems(404, 409, 412, 428),
    dependencies=[needs(Action.manage_projects)],
)
def change_project(
    session: WriteSession, actor: CurrentActor, project_id: PathId, data: ProjectInput, match: MustMatch
) -> Response:
    """Replaces the whole entry, including eligibility rules and places. State in `If-Match` which version it
    replaces."""
    project = get_project(session, project_id)
    match.check(project.version)
    return _shown(session, actor, registry.change_project(session, actor, project, data))


@router.post(
    "/{project_id}/places",
    summary="Update the places of a project",
    response_model=ProjectShown,
    responses=problems(404, 409, 412),
    dependencies=[needs(Action.state_places, Action.manage_projects)],
)
def correct_places(
    session: WriteSession, actor: CurrentActor, project_id: PathId, data: PlacesInput, match: IfMatch
) -> Response:
    """For the organization of the project and program managers. The same number again confirms the places."""
    project = get_project(session, project_id)
    match.check(project.version)
    registry.state_places(session, actor, project, data.places_total, note=data.note)
    return _shown(session, actor, project)


def _step_route(verb: ProjectVerb) -> Callable[..., Response]:
    def step(session: WriteSession, actor: CurrentActor, project_id: PathId, match: IfMatch) -> Response:
        project = get_project(session, project_id)
        match.check(project.version)
        return _shown(session, actor, registry.step_project(session, actor, project, verb))

    return step


_STEP_SUMMARIES = {
    ProjectVerb.open: "Open a project",
    ProjectVerb.suspend: "Suspend a project",
    ProjectVerb.resume: "Resume a project",
    ProjectVerb.close: "Close a project",
}

for _verb, _summary in _STEP_SUMMARIES.items():
    router.add_api_route(
        f"/{{project_id}}/{_verb}",
        _step_route(_verb),
        methods=["POST"],
        dependencies=[needs(Action.manage_projects)],
        name=f"{_verb}_project",
        summary=_summary,
        description="The verbs that are lawful now are the project's `actions`. Referrals under way go on.",
        response_model=ProjectShown,
        responses=problems(404, 409, 412),
    )
