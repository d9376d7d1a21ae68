"""The demo registry: 13 projects from published facts; `invented` names the fields that the demo had to fill in."""

import csv
from datetime import date, timedelta
from importlib.resources import files

from sqlmodel import Session

from tuoju_projects import capacity
from tuoju_projects.models import EligibilityRule, Organization, Project, RuleKind
from tuoju_projects.status import ProjectState

FILE = files("tuoju_projects") / "data" / "demo_projects.csv"
CITY = "341100000000"


def load_demo_registry(session: Session, today: date) -> list[Project]:
    """Add the organizations and the open projects of the demo. Their year began four months before `today`."""
    organizations: dict[str, Organization] = {}
    projects = []
    with FILE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["organization"]
            if name not in organizations:
                organization = Organization(name=name, org_type=row["org_type"], region_code=CITY)
                session.add(organization)
                session.flush()
                organizations[name] = organization
            projects.append(_project(session, row, organizations[name], today))
    return projects


def described_services() -> list[tuple[str, str]]:
    """(description, service category) of the demo projects, one for each of their services."""
    with FILE.open(encoding="utf-8") as file:
        return [(row["description"], code) for row in csv.DictReader(file) for code in row["categories"].split("|")]


def _project(session: Session, row: dict[str, str], organization: Organization, today: date) -> Project:
    project = Project(
        organization_id=organization.id or 0,
        name=row["name"],
        family=row["family"],
        description=row["description"],
        categories=row["categories"].split("|"),
        target_groups=row["target_groups"].split("|"),
        areas=row["areas"].split("|"),
        home_visits=row["home_visits"] == "1",
        starts_on=today - timedelta(days=120),
        ends_on=today + timedelta(days=245),
        places_total=0,
        budget_fen=int(row["budget_fen"]),
        target_person_times=int(row["target_person_times"]),
        state=ProjectState.open,
        source=row["source"],
        invented=["period", *row["invented"].split("|")],
    )
    session.add(project)
    session.flush()
    for rule in row["rules"].split(";"):
        kind, _, values = rule.partition("=")
        session.add(EligibilityRule(project_id=project.pk, kind=RuleKind(kind), values=values.split("|")))
    capacity.publish(session, project, int(row["places"]), by=None)
    return project
