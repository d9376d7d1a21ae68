"""Organizations: who offers service."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.accounts.request_limits import Expense
from tuoju.registry import service as registry
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.conditional_requests import represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import costs
from tuoju.web.projects.representations import OrganizationShown
from tuoju_projects.inputs import OrganizationInput
from tuoju_projects.queries import find_organizations, get_organization

router = api_router("/organizations", "Organizations and projects")


@router.get(
    "", summary="List organizations", dependencies=[needs(Action.read_projects), costs(Expense.search, query="text")]
)
def list_organizations(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    text: Annotated[str, Query(max_length=60, description="Part of the name, or the full code.")] = "",
) -> Page[OrganizationShown]:
    """In the order in which they were added."""
    rows = sorted(find_organizations(session, text=text), key=lambda row: row.id or 0)
    remaining = [row for row in rows if (row.id or 0) > (paging.after_id or 0)]
    shown, next_url = paging.take(remaining, lambda row: (row.id,))
    return Page(items=[OrganizationShown.of(row) for row in shown], next=next_url)


@router.post(
    "",
    summary="Add an organization",
    status_code=201,
    response_model=OrganizationShown,
    responses=problems(409),
    dependencies=[needs(Action.manage_projects)],
)
def add_organization(session: WriteSession, actor: CurrentActor, data: OrganizationInput, once: OnlyOnce) -> Response:
    """Registered organizations have a unified social credit code with a check digit. Organizations that are only filed
    (备案) have a filing number."""

    def create() -> Response:
        shown = OrganizationShown.of(registry.add_organization(session, actor, data))
        return represent(shown, 201, location=f"/api/v1/organizations/{shown.id}")

    return once(session, create)


@router.get(
    "/{organization_id}",
    summary="Get an organization",
    responses=problems(404),
    dependencies=[needs(Action.read_projects)],
)
def show_organization(session: ReadSession, actor: CurrentActor, organization_id: PathId) -> OrganizationShown:
    """A public record. Every signed-in role can read it."""
    return OrganizationShown.of(get_organization(session, organization_id))
