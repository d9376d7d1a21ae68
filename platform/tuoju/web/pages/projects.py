"""Projects and organizations: what is offered, to whom, where, and how many places are left."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from tuoju_projects.queries import (
    find_projects,
    get_organization,
    get_project,
    organizations_by_id,
    place_entries,
    rules_of,
)
from tuoju_projects.status import ProjectState

from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.web import places
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.languages import gettext as _
from tuoju.web.rendering import redirect, render

router = APIRouter()


@router.get("/projects")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=3)] = "",
    state: Annotated[ProjectState | None, Query()] = None,
) -> Response:
    own = actor.organization_id
    projects = find_projects(session, text=q, category=category, state=state, organization_id=own)
    return render(
        request,
        "projects/index.html",
        projects=projects,
        organizations=organizations_by_id(session, {each.organization_id for each in projects}),
        places=names(session, {code for each in projects for code in each.areas}),
        q=q,
        category=category,
        state=state,
        states=list(ProjectState),
    )


@router.get("/projects/{project_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, project_id: int) -> Response:
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
        may_state=places.may_state_places(actor, project),
    )


@router.post("/projects/{project_id}/places")
def state_places(request: Request, session: WriteSession, actor: CurrentActor, project_id: int, form: Form) -> Response:
    """The charity says how many places there are in all; also the same number again, to confirm it."""
    project = get_project(session, project_id)
    given = str(form.get("places_total", "")).strip()
    if not given.isdigit() or len(given) > 5:
        return redirect(request, f"/projects/{project_id}", _("A number, please."))
    places.state_places(session, actor, project, int(given))
    return redirect(request, f"/projects/{project_id}", _("Thank you. The places are up to date."))
