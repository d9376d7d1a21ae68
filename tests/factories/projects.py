"""Organizations and projects for the tests."""

import itertools
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, func, select

from tuoju_projects import capacity
from tuoju_projects.models import EligibilityRule, Organization, PlaceEntry, Project, RuleKind
from tuoju_projects.status import ProjectState

_numbers = itertools.count(1)


def make_organization(session: Session, **values: Any) -> Organization:
    number = next(_numbers)
    made = Organization(
        **{"name": f"测试社工服务中心{number}", "org_type": "52", "region_code": "341124000000"} | values
    )
    session.add(made)
    session.flush()
    return made


def make_project(
    session: Session,
    *,
    organization: Organization | None = None,
    places: int = 5,
    state: ProjectState = ProjectState.open,
    rules: dict[RuleKind, list[str]] | None = None,
    **values: Any,
) -> Project:
    """An open project of Quanjiao county for home care, running from last month for a year."""
    organization = organization or make_organization(session)
    today = capacity.china_today()
    project = Project(
        **{
            "organization_id": organization.id,
            "name": f"测试项目{next(_numbers)}",
            "description": "为困难老人提供上门照料、助洁服务",
            "categories": ["A01"],
            "areas": ["341124000000"],
            "starts_on": today - timedelta(days=30),
            "ends_on": today + timedelta(days=335),
            "places_total": 0,
            "state": state,
        }
        | values
    )
    session.add(project)
    session.flush()
    for kind, alternatives in (rules or {}).items():
        session.add(EligibilityRule(project_id=project.pk, kind=kind, values=alternatives))
    capacity.publish(session, project, places, by=None)
    return project


def days_from_today(days: int) -> date:
    return capacity.china_today() + timedelta(days=days)


def ledger_sum(session: Session, project_id: int) -> int:
    """Places neither held nor used, summed from the ledger; equal to those of the project at every commit."""
    total = session.exec(select(func.sum(PlaceEntry.change)).where(PlaceEntry.project_id == project_id)).one()
    return int(total or 0)
