"""Organizations and projects."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import Field

from tuoju.accounts.permissions import Actor
from tuoju.web.kit.representations.actions import project_actions
from tuoju.web.kit.representations.regions import Names, RegionName, Representation
from tuoju_projects.models import EligibilityRule, FundingType, Organization, Project, RuleKind
from tuoju_projects.status import ProjectState


class OrganizationShown(Representation):
    """An organization that offers services. A public record."""

    id: int
    name: str
    org_type: str = Field(description="Code list `org_type`.")
    uscc: str | None = Field(
        description="The unified social credit code. Organizations that are only filed (备案) have none."
    )
    filing_number: str | None
    region_code: str
    is_active: bool

    @classmethod
    def of(cls, organization: Organization) -> Self:
        return cls.model_validate(organization)


class RuleShown(Representation):
    """One eligibility rule. Its values are alternatives, and all rules of a project must be met."""

    kind: RuleKind
    values: list[str]


class ProjectListed(Representation):
    """A project in a list."""

    id: int
    name: str
    family: str
    organization_id: int
    organization_name: str
    categories: list[str] = Field(description="Code list `service_type`.")
    target_groups: list[str]
    areas: list[RegionName]
    home_visits: bool
    funding_type: FundingType
    starts_on: date
    ends_on: date
    last_intake_on: date | None
    places_total: int
    places_left: int
    places_stated_at: datetime = Field(description="When the places were last updated or confirmed.")
    state: ProjectState
    version: int
    actions: list[str] = Field(description="The actions you can take now.", examples=[["suspend", "close"]])


class ProjectShown(ProjectListed):
    """A project with its eligibility rules."""

    description: str
    rules: list[RuleShown]
    budget_fen: int = Field(description="In fen (1/100 yuan).")
    target_person_times: int
    source: str
    invented: list[str] = Field(description="Fields that the demo made up.")


def _project(project: Project, organization: Organization, actor: Actor, names: Names) -> dict[str, object]:
    return {
        **project.model_dump(),
        "organization_name": organization.name,
        "areas": [RegionName.of(code, names) for code in project.areas],
        "places_left": project.places_left,
        "actions": project_actions(actor, project),
    }


def project_listed(project: Project, organization: Organization, actor: Actor, names: Names) -> ProjectListed:
    return ProjectListed.model_validate(_project(project, organization, actor, names))


def project_shown(
    project: Project,
    organization: Organization,
    rules: Sequence[EligibilityRule],
    actor: Actor,
    names: Names,
) -> ProjectShown:
    shown = [RuleShown(kind=rule.kind, values=rule.values) for rule in rules]
    return ProjectShown.model_validate({**_project(project, organization, actor, names), "rules": shown})
