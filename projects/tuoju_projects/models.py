"""Tables of organizations, projects, eligibility rules and the capacity ledger."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Enum, UniqueConstraint
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from tuoju_projects.sealing import SealedText
from tuoju_projects.status import ProjectState


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def _enum_column(enum: type[StrEnum]) -> Any:
    """Column type of an enum: its values as text with a CHECK, so that both databases store the same."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=enum.__name__.lower(),
    )


class Organization(SQLModel, table=True):
    """Who offers services (慈善组织, 社工机构)."""

    __tablename__ = "organization"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_type: str
    """Code of the list `org_type`."""
    uscc: str | None = Field(default=None, unique=True, max_length=18)
    """Unified social credit code (GB 32100); None for societies that are only filed (备案)."""
    filing_number: str | None = None
    """Number of the filing, for societies without a code."""
    region_code: str
    """Where it is registered: 12 digits of a region of any level."""
    contact_name: str = Field(default="", sa_type=SealedText)
    contact_phone: str = Field(default="", sa_type=SealedText)
    is_active: bool = True
    created_at: datetime = Field(default_factory=now)


class FundingType(StrEnum):
    """Who pays for a project."""

    venture_philanthropy = "venture_philanthropy"
    government_purchase = "government_purchase"
    own_funds = "own_funds"
    welfare_lottery = "welfare_lottery"
    earmarked_donation = "earmarked_donation"


class Project(SQLModel, table=True):
    """What is offered (服务项目). Its places change only through `capacity`."""

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
    """Rises with every change (optimistic lock)."""
    organization_id: int = Field(foreign_key="organization.id", index=True)
    name: str
    """Unique within the organization."""
    family: str = ""
    """The published kind of project that it belongs to, as free text."""
    description: str = ""
    """What it does for whom; the text that matching reads."""
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    """Codes of the list `service_type`, leaves only."""
    target_groups: list[str] = Field(default_factory=list, sa_type=JSON)
    """Codes of `vulnerable_tag` and `relief_category`, for reading and ranking; hard conditions are EligibilityRule."""
    areas: list[str] = Field(default_factory=list, sa_type=JSON)
    """Region codes of any level; each stands for everything below it."""
    home_visits: bool = True
    funding_type: FundingType = Field(default=FundingType.venture_philanthropy, sa_type=_enum_column(FundingType))
    starts_on: date
    ends_on: date
    """Last day of the project."""
    last_intake_on: date | None = None
    """Last day on which it takes people in, where that is before `ends_on`."""
    places_total: int
    """Held and used places included."""
    places_taken: int = 0
    """Places held and used."""
    places_stated_at: datetime = Field(default_factory=now)
    """When `places_total` was last stated or confirmed."""
    budget_fen: int = 0
    target_person_times: int = 0
    """Person-times (人次) that the project is to serve; 0 if not stated."""
    state: ProjectState = Field(default=ProjectState.draft, sa_type=_enum_column(ProjectState), index=True)
    source: str = ""
    """Where the facts of a demo project were published."""
    invented: list[str] = Field(default_factory=list, sa_type=JSON)
    """Fields that the demo had to fill in: codes of the list `project_field`."""
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now, index=True)
    """Moves with every change, so that an index of open projects can tell that it is stale."""

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
        """Places neither held nor used."""
        return self.places_total - self.places_taken


class RuleKind(StrEnum):
    """Kinds of hard conditions; `tuoju_matching.profiles.RuleKind` has the same values."""

    min_age = "min_age"
    max_age = "max_age"
    sex = "sex"
    relief_category = "relief_category"
    vulnerability = "vulnerability"
    self_care = "self_care"
    disability_type = "disability_type"
    disability_grade_at_most = "disability_grade_at_most"


class EligibilityRule(SQLModel, table=True):
    """One hard condition (准入条件). All rules of a project must hold."""

    __tablename__ = "eligibility_rule"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    kind: RuleKind = Field(sa_type=_enum_column(RuleKind))
    values: list[str] = Field(sa_type=JSON)
    """Alternatives, as codes of the kind's list; for ages and the grade one number."""


class PlaceMove(StrEnum):
    """Why the number of available places changed."""

    published = "published"
    """The places of a new project were stated."""
    held = "held"
    """A referral was sent."""
    used = "used"
    """The referral was accepted; nothing changes in what is available."""
    freed = "freed"
    """The referral ended, or was rejected, cancelled or expired."""
    corrected = "corrected"
    """The total was stated anew."""


class PlaceEntry(SQLModel, table=True):
    """One row of the capacity ledger. The sum of `change` over a project is what is available.

    The sum over one referral is -1 while it holds or uses a place, else 0.
    """

    __tablename__ = "place_entry"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    move: PlaceMove = Field(sa_type=_enum_column(PlaceMove))
    change: int
    """Added to the available places; negative where a place is taken."""
    referral_id: int | None = Field(default=None, index=True)
    """The referral that took or gave back the place; a bare id, since referrals live above this workshop."""
    by: int | None = None
    """Account of who did it; None for the system."""
    at: datetime = Field(default_factory=now)
    note: str = Field(default="", sa_type=SealedText)
