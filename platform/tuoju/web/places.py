"""Stating a project's places, the same from the page and through the API."""

from sqlmodel import Session
from tuoju_projects import capacity
from tuoju_projects.models import Project

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require


def may_state_places(actor: Actor, project: Project) -> bool:
    """The project's own organization may, and whoever manages projects."""
    own = may(actor, Action.state_places) and actor.organization_id == project.organization_id
    return own or may(actor, Action.manage_projects)


def state_places(session: Session, actor: Actor, project: Project, total: int, *, note: str = "") -> None:
    """Say how many places there are in all; the same number again confirms it. Raises NotPermitted,
    PlacesBelowTaken."""
    if not may_state_places(actor, project):
        require(actor, Action.manage_projects)
    capacity.correct(session, project.pk, total, by=actor.user_id, note=note)
    scope = f"organization:{project.organization_id}"
    audit.record(session, actor, "state_places", project, scope=scope, total=total)
