"""Organizations: who offers service."""

from typing import Annotated

from fastapi import Query
from tuoju_projects.queries import find_organizations, get_organization

from tuoju.web.api.ids import PathId
from tuoju.web.api.pagination import Page, PageOf
from tuoju.web.api.problems import api_router, problems
from tuoju.web.api.representations import OrganizationShown
from tuoju.web.dependencies import CurrentActor, ReadSession

router = api_router("/organizations", "Organizations and projects")


@router.get("", summary="List organizations")
def list_organizations(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    text: Annotated[str, Query(max_length=60, description="A part of the name, or the whole code.")] = "",
) -> Page[OrganizationShown]:
    """In the order they were entered."""
    rows = sorted(find_organizations(session, text=text), key=lambda row: row.id or 0)
    behind = [row for row in rows if (row.id or 0) > (paging.after_id or 0)]
    shown, following = paging.take(behind, lambda row: (row.id,))
    return Page(items=[OrganizationShown.of(row) for row in shown], next=following)


@router.get("/{organization_id}", summary="Get an organization", responses=problems(404))
def show_organization(session: ReadSession, actor: CurrentActor, organization_id: PathId) -> OrganizationShown:
    """A public record: every signed-in role may read it."""
    return OrganizationShown.of(get_organization(session, organization_id))
