"""What always holds of places, for `tuoju check invariants`. Each rule yields the ids of the rows that break it."""

from collections.abc import Callable, Iterator, Mapping

from sqlmodel import Session, col, func, or_, select

from tuoju_projects.models import PlaceEntry, Project

RowIds = Mapping[str, int | str]
"""The rows that break a rule together: table to id."""


def places_within_total(session: Session) -> Iterator[RowIds]:
    """No project has given more places than it has, nor fewer than none."""
    query = select(Project.id).where(
        or_(col(Project.places_taken) < 0, col(Project.places_taken) > col(Project.places_total))
    )
    for project_id in session.exec(query.order_by(col(Project.id))):
        yield {"project": project_id or 0}


def places_equal_ledger(session: Session) -> Iterator[RowIds]:
    """The places left of a project are the sum of its ledger."""
    ledger = (
        select(col(PlaceEntry.project_id).label("project_id"), func.sum(PlaceEntry.change).label("places_left"))
        .group_by(col(PlaceEntry.project_id))
        .subquery()
    )
    query = (
        select(Project.id)
        .join(ledger, ledger.c.project_id == col(Project.id), isouter=True)
        .where(col(Project.places_total) - col(Project.places_taken) != func.coalesce(ledger.c.places_left, 0))
    )
    for project_id in session.exec(query.order_by(col(Project.id))):
        yield {"project": project_id or 0}


def place_given_once(session: Session) -> Iterator[RowIds]:
    """A referral holds one place of a project or none."""
    held = func.sum(PlaceEntry.change)
    query = (
        select(col(PlaceEntry.project_id), col(PlaceEntry.referral_id))
        .where(col(PlaceEntry.referral_id).is_not(None))
        .group_by(col(PlaceEntry.project_id), col(PlaceEntry.referral_id))
        .having(held.not_in((0, -1)))
    )
    for project_id, referral_id in session.exec(query):
        yield {"project": project_id, "referral": referral_id or 0}


INVARIANTS: Mapping[str, Callable[[Session], Iterator[RowIds]]] = {
    "places_within_total": places_within_total,
    "places_equal_ledger": places_equal_ledger,
    "place_given_once": place_given_once,
}
