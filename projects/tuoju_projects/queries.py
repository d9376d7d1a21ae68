"""Reads of the registry. Projects and organizations are public facts: every signed-in role may read them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju_projects.capacity import china_today, in_intake_period
from tuoju_projects.errors import OrganizationNotFound, ProjectNotFound
from tuoju_projects.models import EligibilityRule, Organization, PlaceEntry, Project
from tuoju_projects.status import ProjectState


def get_project(session: Session, project_id: int) -> Project:
    """Raises ProjectNotFound."""
    project = session.get(Project, project_id)
    if project is None:
        raise ProjectNotFound(project_id)
    return project


def get_organization(session: Session, organization_id: int) -> Organization:
    """Raises OrganizationNotFound."""
    organization = session.get(Organization, organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id)
    return organization


def find_organizations(session: Session, *, text: str = "") -> list[Organization]:
    """Organizations whose name contains `text` or whose code is `text`, in the order of names."""
    query = select(Organization).order_by(Organization.name)
    if text:
        query = query.where(or_(col(Organization.name).contains(text, autoescape=True), col(Organization.uscc) == text))
    return list(session.exec(query))


def count_stale_places(session: Session, before: datetime) -> int:
    """How many open projects last stated or confirmed their places before a moment."""
    query = select(func.count()).where(Project.state == ProjectState.open, col(Project.places_stated_at) < before)
    return session.exec(query).one()


def organizations_by_id(session: Session, ids: Collection[int]) -> dict[int, Organization]:
    """The organizations of these ids, by id, in one query; unknown ids are left out."""
    rows = session.exec(select(Organization).where(col(Organization.id).in_(set(ids)))) if ids else ()
    return {row.id: row for row in rows if row.id is not None}


def projects_by_id(session: Session, ids: Collection[int]) -> dict[int, Project]:
    """The projects of these ids, by id, in one query; unknown ids are left out."""
    rows = session.exec(select(Project).where(col(Project.id).in_(set(ids)))) if ids else ()
    return {row.pk: row for row in rows}


def open_projects(session: Session, on: date, *, among: Collection[int] | None = None) -> list[Project]:
    """Open projects whose intake includes the day `on`, in the order of ids. `among` keeps only these ids.

    Full projects are included, since matching explains that they are full.
    """
    query = select(Project).where(col(Project.state) == ProjectState.open, in_intake_period(on))
    if among is not None:
        query = query.where(col(Project.id).in_(among))
    return list(session.exec(query.order_by(col(Project.id))))


def versions_of_open(session: Session, on: date, *also: ColumnElement[Any]) -> dict[int, tuple[Any, ...]]:
    """Version and time of the last change of each project that `open_projects` finds, by id; and further columns.

    The time distinguishes a version that was rolled back from the later one with the same number.
    """
    query = sql_select(col(Project.id), col(Project.version), col(Project.changed_at), *also)
    rows = session.execute(query.where(col(Project.state) == ProjectState.open, in_intake_period(on)))
    return {pk: tuple(versions) for pk, *versions in rows}


def rules_of(session: Session, project_ids: Collection[int]) -> dict[int, list[EligibilityRule]]:
    """The eligibility rules of each of these projects, by project id, in one query."""
    rules: dict[int, list[EligibilityRule]] = {project_id: [] for project_id in project_ids}
    query = select(EligibilityRule).where(col(EligibilityRule.project_id).in_(set(project_ids)))
    for rule in session.exec(query.order_by(col(EligibilityRule.id))):
        rules[rule.project_id].append(rule)
    return rules


def registry_stamp(session: Session, *also: ColumnElement[Any]) -> tuple[Any, ...]:
    """Cheap values that change whenever the open projects, their rules or places may differ.

    Every change of a project raises its version, so the sum of versions misses no change, whatever the order of
    commits; the latest `changed_at` alone would. The sum of ids and the latest `changed_at` distinguish the state that
    a rolled-back transaction saw from the state that replaced it. The day is included, since intake ends as days pass.
    `also` are further columns to read in the same query; their values come last.
    """
    parts = func.count(), func.sum(Project.version), func.sum(Project.id), func.max(Project.changed_at)
    count, versions, ids, latest, *others = session.execute(sql_select(*parts, *also).select_from(Project)).one()
    return (china_today(), count, versions, ids, latest, *others)


def find_projects(
    session: Session,
    *,
    text: str = "",
    category: str = "",
    areas: Collection[str] = (),
    state: ProjectState | None = None,
    organization_id: int | None = None,
) -> list[Project]:
    """Projects by any of the filters, in the order of names.

    `category` is a service_type leaf or its class (A matches A01); `areas` keeps projects that serve any of
    these division codes. Lists are JSON on both databases, so those two are compared here.
    """
    conditions: list[ColumnElement[bool]] = []
    if text:
        words = [col(Project.name), col(Project.family), col(Project.description), col(Organization.name)]
        conditions.append(or_(*(column.contains(text, autoescape=True) for column in words)))
    if state is not None:
        conditions.append(col(Project.state) == state)
    if organization_id is not None:
        conditions.append(col(Project.organization_id) == organization_id)
    query = (
        select(Project)
        .join(Organization, col(Organization.id) == col(Project.organization_id))
        .where(*conditions)
        .order_by(Project.name, col(Project.id))
    )
    wanted = set(areas)
    return [
        project
        for project in session.exec(query)
        if (not category or any(code.startswith(category) for code in project.categories))
        and (not wanted or wanted.intersection(project.areas))
    ]


def place_entries(session: Session, project_id: int, *, limit: int = 50) -> Sequence[PlaceEntry]:
    """The latest rows of the capacity ledger, newest first."""
    query = select(PlaceEntry).where(PlaceEntry.project_id == project_id)
    return session.exec(query.order_by(col(PlaceEntry.id).desc()).limit(limit)).all()


def open_project_names(session: Session) -> list[tuple[int, str]]:
    """(id, name) of every open project, in the order of names."""
    query = select(Project.id, Project.name).where(col(Project.state) == ProjectState.open)
    return [(pk, name) for pk, name in session.exec(query.order_by(Project.name)) if pk is not None]
