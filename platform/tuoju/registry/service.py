"""Verbs on organizations and projects that check the permission and write the audit, for pages and API alike.

tuoju_projects, which they wrap, knows no actors. The audit scope is the organization.
"""

from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.referrals.cancellations import cancel_referrals_of_project
from tuoju_projects import capacity, service
from tuoju_projects.inputs import OrganizationInput, ProjectInput
from tuoju_projects.models import Organization, Project
from tuoju_projects.queries import get_organization
from tuoju_projects.status import ProjectVerb


def add_organization(session: Session, actor: Actor, inputs: OrganizationInput) -> Organization:
    """Add an organization. Raises NotPermitted, OrganizationNameTaken, UsccTaken."""
    require(actor, Action.manage_projects)
    organization = service.add_organization(session, inputs)
    audit.record(session, actor, "add_organization", organization, scope=f"organization:{organization.id}")
    return organization


def add_project(session: Session, actor: Actor, inputs: ProjectInput) -> Project:
    """Add a project as a draft. Raises NotPermitted, OrganizationNotFound, ProjectNameTaken."""
    require(actor, Action.manage_projects)
    get_organization(session, inputs.organization_id)
    project = service.add_project(session, inputs, by=actor.user_id)
    _audit(session, actor, "add_project", project)
    return project


def change_project(session: Session, actor: Actor, project: Project, inputs: ProjectInput) -> Project:
    """Change a project. Raises NotPermitted, ProjectNameTaken, PlacesBelowTaken."""
    require(actor, Action.manage_projects)
    service.change_project(session, project, inputs, by=actor.user_id)
    _audit(session, actor, "change_project", project)
    return project


def step_project(session: Session, actor: Actor, project: Project, verb: ProjectVerb) -> Project:
    """Open, suspend or close a project. Closing cancels the referrals that have not started.

    Raises NotPermitted, IllegalProjectStep.
    """
    require(actor, Action.manage_projects)
    service.step_project(session, project, verb)
    if verb is ProjectVerb.close:
        cancel_referrals_of_project(session, project)
    _audit(session, actor, f"project_{verb}", project)
    return project


def may_state_places(actor: Actor, project: Project) -> bool:
    """Whether the actor may state places: accounts of the project's organization, and who manages projects."""
    own = may(actor, Action.state_places) and actor.organization_id == project.organization_id
    return own or may(actor, Action.manage_projects)


def state_places(session: Session, actor: Actor, project: Project, total: int, *, note: str = "") -> None:
    """State how many places the project has in total; stating the same number again confirms it.

    Raises NotPermitted, PlacesBelowTaken.
    """
    if not may_state_places(actor, project):
        require(actor, Action.manage_projects)
    capacity.correct(session, project.pk, total, by=actor.user_id, note=note)
    _audit(session, actor, "state_places", project, total=total)


def _audit(session: Session, actor: Actor, verb: str, project: Project, **detail: Any) -> None:
    audit.record(session, actor, verb, project, scope=f"organization:{project.organization_id}", **detail)
