"""What may be done in the registry. The caller has checked the permission and writes the audit entry."""

from sqlmodel import Session, select

from tuoju_projects import capacity
from tuoju_projects.errors import (
    IllegalProjectStep,
    OrganizationNameTaken,
    ProjectNameTaken,
    UsccTaken,
)
from tuoju_projects.inputs import OrganizationInput, ProjectInput
from tuoju_projects.models import EligibilityRule, Organization, Project, RuleKind, now
from tuoju_projects.status import STEPS, ProjectState, ProjectVerb


def add_organization(session: Session, given: OrganizationInput) -> Organization:
    """Raises OrganizationNameTaken, UsccTaken."""
    if session.exec(select(Organization.id).where(Organization.name == given.name)).first():
        raise OrganizationNameTaken(given.name)
    if given.uscc and session.exec(select(Organization.id).where(Organization.uscc == given.uscc)).first():
        raise UsccTaken(given.uscc)
    organization = Organization(**given.model_dump())
    session.add(organization)
    session.flush()
    return organization


def add_project(session: Session, given: ProjectInput, *, by: int | None) -> Project:
    """A draft with its rules and its places published. Raises ProjectNameTaken."""
    _check_name(session, given, None)
    project = Project(**given.model_dump(exclude={"rules", "places_total"}), places_total=0)
    session.add(project)
    session.flush()
    set_rules(session, project, given.rules)
    capacity.publish(session, project, given.places_total, by=by)
    return project


def change_project(session: Session, project: Project, given: ProjectInput, *, by: int | None) -> Project:
    """Change a project to what is given. Raises ProjectNameTaken, PlacesBelowTaken."""
    _check_name(session, given, project.pk)
    for field, value in given.model_dump(exclude={"rules", "places_total", "organization_id"}).items():
        setattr(project, field, value)
    project.changed_at = now()
    session.flush()
    set_rules(session, project, given.rules)
    if given.places_total != project.places_total:
        capacity.correct(session, project.pk, given.places_total, by=by)
    return project


def _check_name(session: Session, given: ProjectInput, own_id: int | None) -> None:
    query = select(Project.id).where(
        Project.organization_id == given.organization_id, Project.name == given.name, Project.id != own_id
    )
    if session.exec(query).first():
        raise ProjectNameTaken(given.name)


def set_rules(session: Session, project: Project, rules: dict[RuleKind, list[str]]) -> None:
    """Replace the eligibility rules; the project's version rises, so that every index of it is renewed."""
    for rule in session.exec(select(EligibilityRule).where(EligibilityRule.project_id == project.pk)):
        session.delete(rule)
    session.add_all(
        EligibilityRule(project_id=project.pk, kind=kind, values=values) for kind, values in rules.items() if values
    )
    project.changed_at = now()
    session.flush()


def step_project(session: Session, project: Project, verb: ProjectVerb) -> Project:
    """Move a project along its table. Raises IllegalProjectStep."""
    target = STEPS.get((ProjectState(project.state), verb))
    if target is None:
        raise IllegalProjectStep(project.state, verb)
    project.state, project.changed_at = target, now()
    session.flush()
    return project
