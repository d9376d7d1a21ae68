"""Verbs on organizations and projects that check the permission and write the audit, for pages and API alike.

tuoju_projects, which they wrap, knows no actors. The audit scope is the organization.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.errors import AccountError
from tuoju.accounts.permissions import Action, Actor, may, require_in
from tuoju.referrals.cancellations import cancel_referrals_of_project
from tuoju_projects import capacity, service
from tuoju_projects.inputs import OrganizationInput, ProjectInput
from tuoju_projects.models import Organization, Project
from tuoju_projects.queries import get_organization
from tuoju_projects.status import ProjectVerb


def add_organization(session: Session, actor: Actor, inputs: OrganizationInput) -> Organization:
    """Add an organization. Raises NotPermitted, OutOfScope, OrganizationNameTaken, UsccTaken."""
    require_in(session, actor, Action.manage_projects, inputs.region_code)
    organization = service.add_organization(session, inputs)
    audit.record(session, actor, "add_organization", organization, scope=f"organization:{organization.id}")
    return organization


def add_project(session: Session, actor: Actor, inputs: ProjectInput) -> Project:
    """Add a project as a draft. Raises NotPermitted, OutOfScope, OrganizationNotFound, ProjectNameTaken."""
    _require_areas(session, actor, inputs.organization_id, inputs.areas)
    project = service.add_project(session, inputs, by=actor.user_id)
    _audit(session, actor, "add_project", project)
    return project


def change_project(session: Session, actor: Actor, project: Project, inputs: ProjectInput) -> Project:
    """Change a project. Raises NotPermitted, OutOfScope, ProjectNameTaken, PlacesBelowTaken."""
    require_project(session, actor, project)
    _require_areas(session, actor, inputs.organization_id, inputs.areas)
    service.change_project(session, project, inputs, by=actor.user_id)
    _audit(session, actor, "change_project", project)
    return project


def step_project(session: Session, actor: Actor, project: Project, verb: ProjectVerb) -> Project:
    """Open, suspend or close a project. Closing cancels the referrals that have not started.

    Raises NotPermitted, OutOfScope, IllegalProjectStep.
    """
    require_project(session, actor, project)
    service.step_project(session, project, verb)
    if verb is ProjectVerb.close:
        cancel_referrals_of_project(session, project)
    _audit(session, actor, f"project_{verb}", project)
    return project


def require_project(session: Session, actor: Actor, project: Project) -> None:
    """Check that the actor may manage the project. It belongs to the region that holds all of its areas; one without
    areas to the region of its organization. Raises NotPermitted, OutOfScope."""
    _require_areas(session, actor, project.organization_id, project.areas)


def may_manage_project(session: Session, actor: Actor, project: Project) -> bool:
    """Whether `require_project` lets the actor through."""
    try:
        require_project(session, actor, project)
    except AccountError:
        return False
    return True


def may_state_places(session: Session, actor: Actor, project: Project) -> bool:
    """Whether the actor may state places: accounts of the project's organization, and who manages the project."""
    own = may(actor, Action.state_places) and actor.organization_id == project.organization_id
    return own or may_manage_project(session, actor, project)


def state_places(session: Session, actor: Actor, project: Project, total: int, *, note: str = "") -> None:
    """State how many places the project has in total; stating the same number again confirms it.

    Raises NotPermitted, OutOfScope, PlacesBelowTaken.
    """
    if not may_state_places(session, actor, project):
        require_project(session, actor, project)
    capacity.correct(session, project.pk, total, by=actor.user_id, note=note)
    _audit(session, actor, "state_places", project, total=total)


def _require_areas(session: Session, actor: Actor, organization_id: int, areas: Sequence[str]) -> None:
    organization = get_organization(session, organization_id)
    for region_code in areas or [organization.region_code]:
        require_in(session, actor, Action.manage_projects, region_code)


def _audit(session: Session, actor: Actor, verb: str, project: Project, **detail: Any) -> None:
    audit.record(session, actor, verb, project, scope=f"organization:{project.organization_id}", **detail)
