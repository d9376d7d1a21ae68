"""The division tree."""

from typing import Annotated

from fastapi import Path, Query
from sqlmodel import Session

from tuoju.accounts.permissions import Action
from tuoju.regions.models import Region
from tuoju.regions.queries import find_children, find_regions, get_region, names
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.regions import RegionFound

router = api_router("/regions", "Regions")
RegionCode = Annotated[str, Path(pattern=r"^\d{12}$", examples=["110101001001"])]


def _found(session: Session, regions: list[Region]) -> list[RegionFound]:
    shown = names(session, [region.code for region in regions])
    return [RegionFound.of(region, shown) for region in regions]


@router.get("", summary="Search regions by name", dependencies=[needs(Action.use_application)])
def list_regions(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    text: Annotated[str, Query(max_length=40, description="Part of the name.", examples=["马厂"])] = "",
) -> Page[RegionFound]:
    """City, counties, townships and villages, in order of their codes."""
    after = paging.after[0] if paging.after else ""
    rows = find_regions(session, text=text, after=after, limit=paging.fetch)
    shown, following = paging.take(rows, lambda region: (region.code,))
    return Page(items=_found(session, shown), next=following)


@router.get("/{code}", summary="Get a region", responses=problems(404), dependencies=[needs(Action.use_application)])
def show_region(session: ReadSession, actor: CurrentActor, code: RegionCode) -> RegionFound:
    """Find a region by its 12-digit code."""
    return _found(session, [get_region(session, code)])[0]


@router.get(
    "/{code}/children",
    summary="List the regions directly below a region",
    responses=problems(404),
    dependencies=[needs(Action.use_application)],
)
def list_children(session: ReadSession, actor: CurrentActor, code: RegionCode) -> list[RegionFound]:
    """The counties of a city, the townships of a county or the villages of a township."""
    get_region(session, code)
    return _found(session, find_children(session, code))
