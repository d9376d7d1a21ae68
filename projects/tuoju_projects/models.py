"""Tables of organizations, projects, eligibility rules and the capacity ledger."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Enum, UniqueConstraint
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from tuoju_projects.status import ProjectState


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def _words(enum: type[StrEnum]) -> Any:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=enum.__name__.lower(),
    )


class Organization(SQLModel, table=True):
    """Who offers service (慈善组织, 社工机构). Filed societies (备案) have no unified social credit code."""

    __tablename__ = "organization"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_type: str
    uscc: str | None = Field(default=None, unique=True, max_length=18)
    filing_number: str | None = None
    region_code: str
    contact_name: str = ""
    contact_phone: str = ""
    is_active: bool = True
    created_at: datetime = Field(default_factory=now)


class FundingType(StrEnum):
    venture_philanthropy = "venture_philanthropy"
    government_purchase = "government_purchase"
    own_funds = "own_funds"
    welfare_lottery = "welfare_lottery"
    earmarked_donation = "earmarked_donation"


class Project(SQLModel, table=True):
    """What is offered (服务项目). `places_taken` counts held and used places and moves only through capacity.

    `categories` are service_type leaves; `target_groups` relief_category and vulnerable_tag codes, for
    reading and ranking (hard conditions are EligibilityRule rows); `areas` division codes of any level.
    `changed_at` moves with every change, so that an index of open projects knows when it is stale.
    """

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("places_total >= 0", name="places_total_not_negative"),
        CheckConstraint("places_taken >= 0", name="places_taken_not_negative"),
        CheckConstraint("places_taken <= places_total", name="places_never_given_twice"),
        CheckConstraint("ends_on >= starts_on", name="period_in_order"),
    )

    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    name: str
    family: str = ""
    description: str = ""
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    target_groups: list[str] = Field(default_factory=list, sa_type=JSON)
    areas: list[str] = Field(default_factory=list, sa_type=JSON)
    home_visits: bool = True
    funding_type: FundingType = Field(default=FundingType.venture_philanthropy, sa_type=_words(FundingType))
    starts_on: date
    ends_on: date
    last_intake_on: date | None = None
    places_total: int
    places_taken: int = 0
    places_stated_at: datetime = Field(default_factory=now)
    budget_fen: int = 0
    target_person_times: int = 0
    state: ProjectState = Field(default=ProjectState.draft, sa_type=_words(ProjectState), index=True)
    source: str = ""
    invented: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now, index=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]

    @property
    def pk(self) -> int:
        """The id of a row that has been flushed."""
        if self.id is None:
            raise ValueError("the project has no id before it is flushed")
        return self.id

    @property
    def places_left(self) -> int:
        return self.places_total - self.places_taken


class RuleKind(StrEnum):
    """The hard conditions the matching core knows (tuoju_matching.profiles.RuleKind has the same words)."""

    min_age = "min_age"
    max_age = "max_age"
    sex = "sex"
    relief_category = "relief_category"
    vulnerability = "vulnerability"
    self_care = "self_care"
    disability_type = "disability_type"
    disability_grade_at_most = "disability_grade_at_most"


class EligibilityRule(SQLModel, table=True):
    """One hard condition (准入条件): `values` are alternatives, all rules of a project must hold."""

    __tablename__ = "eligibility_rule"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    kind: RuleKind = Field(sa_type=_words(RuleKind))
    values: list[str] = Field(sa_type=JSON)


class PlaceMove(StrEnum):
    published = "published"
    held = "held"
    used = "used"
    freed = "freed"
    corrected = "corrected"


class PlaceEntry(SQLModel, table=True):
    """One row of the capacity ledger: `change` to available places (+/-); their sum is what is available.

    The sum of one referral's rows is -1 while it holds or uses a place, else 0.
    """

    __tablename__ = "place_entry"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    move: PlaceMove = Field(sa_type=_words(PlaceMove))
    change: int
    referral_id: int | None = Field(default=None, index=True)
    by: int | None = None
    at: datetime = Field(default_factory=now)
    note: str = ""
