"""Verbs of the registry. The caller has checked the permission and writes the audit entry."""

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


def add_organization(session: Session, data: OrganizationInput) -> Organization:
    """Add an organization. Raises OrganizationNameTaken, UsccTaken."""
    if session.exec(select(Organization.id).where(Organization.name == data.name)).first():
        raise OrganizationNameTaken(data.name)
    if data.uscc and session.exec(select(Organization.id).where(Organization.uscc == data.uscc)).first():
        raise UsccTaken(data.uscc)
    organization = Organization(**data.model_dump())
    session.add(organization)
    session.flush()
    return organization


def add_project(session: Session, data: ProjectInput, *, by: int | None) -> Project:
    """Add a draft with its rules, and publish its places. `by` is an account. Raises ProjectNameTaken."""
    _check_name(session, data.organization_id, data.name, None)
    project = Project(**data.model_dump(exclude={"rules", "places_total"}), places_total=0)
    session.add(project)
    session.flush()
    set_rules(session, project, data.rules)
    capacity.publish(session, project, data.places_total, by=by)
    return project


def change_project(session: Session, project: Project, data: ProjectInput, *, by: int | None) -> Project:
    """Replace everything but the organization by `data`. Raises ProjectNameTaken, PlacesBelowTaken."""
    _check_name(session, project.organization_id, data.name, project.pk)
    if data.places_total != project.places_total:  # before anything changes: the number may be refused
        capacity.correct(session, project.pk, data.places_total, by=by)
    for field, value in data.model_dump(exclude={"rules", "places_total", "organization_id"}).items():
        setattr(project, field, value)
    project.changed_at = now()
    session.flush()
    set_rules(session, project, data.rules)
    return project


def _check_name(session: Session, organization_id: int, name: str, own_id: int | None) -> None:
    query = select(Project.id).where(
        Project.organization_id == organization_id, Project.name == name, Project.id != own_id
    )
    if session.exec(query).first():
        raise ProjectNameTaken(name)


def set_rules(session: Session, project: Project, rules: dict[RuleKind, list[str]]) -> None:
    """Replace the eligibility rules. The project's version rises, so that every index of projects is rebuilt."""
    for rule in session.exec(select(EligibilityRule).where(EligibilityRule.project_id == project.pk)):
        session.delete(rule)
    session.add_all(
        EligibilityRule(project_id=project.pk, kind=kind, values=values) for kind, values in rules.items() if values
    )
    project.changed_at = now()
    session.flush()


def step_project(session: Session, project: Project, verb: ProjectVerb) -> Project:
    """Do one lawful step of `STEPS`. Raises IllegalProjectStep."""
    target = STEPS.get((ProjectState(project.state), verb))
    if target is None:
        raise IllegalProjectStep(project.state, verb)
    project.state, project.changed_at = target, now()
    session.flush()
    return project
