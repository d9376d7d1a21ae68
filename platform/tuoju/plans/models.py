"""Tables of plans, their lines, and the parts of a plan that is being computed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from tuoju.cases.models import Urgency
from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.plans.groups import Grouping
from tuoju.plans.status import UNDER_WAY, LineState, NotSentReason, PlanStage, PlanState

_UNDER_WAY_SQL = text("state IN (" + ", ".join(f"'{state.value}'" for state in sorted(UNDER_WAY)) + ")")


class Plan(VersionedRecord, table=True):
    """An assignment of the waiting needs of a county or city (统筹分配方案), to be approved by a person."""

    __tablename__ = "plan"
    __table_args__ = (
        Index(
            "uq_plan_under_way",
            "region_code",
            unique=True,
            sqlite_where=_UNDER_WAY_SQL,
            postgresql_where=_UNDER_WAY_SQL,
        ),
    )

    region_code: str = Field(foreign_key="region.code", index=True)
    """The county or city whose needs it assigns."""
    state: PlanState = Field(default=PlanState.computing, sa_type=words(PlanState), index=True)
    fair_by: Grouping | None = Field(default=None, nullable=True, sa_type=words(Grouping))
    """The groups that must be served evenly; None for no such bound."""
    fair_within: int = 0
    """The widest difference allowed between the groups of `fair_by`, in percentage points placed."""
    fair_least: int | None = None
    """After a failure: the smallest difference that is possible, in percentage points."""
    previous_id: int | None = Field(default=None, foreign_key="plan.id")
    """The plan that this plan repairs."""
    made_by: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(default_factory=now)
    stage: PlanStage = Field(default=PlanStage.waiting, sa_type=words(PlanStage))
    """What the worker is doing. `stage`, `progress` and `worked_at` change without a new version of the row."""
    progress: int = 0
    """Percent of the worker's task that is done."""
    worked_at: datetime | None = None
    """When the worker last wrote; an old value means that it was killed."""
    computed_on: date | None = None
    """The day, in China, for which eligibility and waiting times were computed."""
    computed_at: datetime | None = None
    ranker: str = ""
    """Signature of the ranking that scored it (Ranking.signature); empty until computed."""
    quality: float = 0.0
    """Total fit, with waiting times, of the needs placed."""
    bound: float = 0.0
    """Upper bound of the quality of any plan that places as many of each urgency."""
    fairness_cost: float = 0.0
    """Share of the quality given up for `fair_by`."""
    comparison: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """By Mode: what other ways of giving the same places to the same needs come to (solving.summary)."""
    prices: dict[str, float] = Field(default_factory=dict, sa_type=JSON)
    """By project id: what one place is worth to those who wait; without projects where it is 0."""
    forward: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    """Prices that look ahead (forward_pricing.ForwardPrices); None until they are computed. They change without a new
    version of the row."""
    gains: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=JSON)
    """By project id: what one more place would add (service.as_json)."""
    seen: dict[str, list[int]] = Field(default_factory=dict, sa_type=JSON)
    """By project id: its version and its places left when the plan was computed."""
    changed_at: datetime | None = None
    """When a person last changed a line."""
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who approved or discarded it."""
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was sent completely, discarded, superseded, or failed."""

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 is proven best."""
        return max(0.0, self.bound - self.quality) / self.bound if self.bound > 0 else 0.0


class PlanLine(VersionedRecord, table=True):
    """One need in a plan: the project it goes to, or why it goes to none. Names nobody."""

    __tablename__ = "plan_line"
    __table_args__ = (
        UniqueConstraint("plan_id", "need_id"),
        Index("ix_plan_line_plan_state", "plan_id", "state"),
    )

    plan_id: int = Field(foreign_key="plan.id", index=True)
    need_id: int = Field(foreign_key="need.id", index=True)
    need_version: int
    """Version of the need when the plan was computed."""
    region_code: str = Field(foreign_key="region.code")
    """The village."""
    category: str
    """The service category of the need."""
    urgency: Urgency = Field(sa_type=words(Urgency))
    waiting_days: int
    """Days since the need was opened, when the plan was computed."""
    county: str
    """The need's group under each Grouping, in the six columns from here on; a region code for the first two."""
    township: str
    remoteness: str
    hardship: str
    sex: str
    age: str
    project_id: int | None = Field(default=None, foreign_key="project.id")
    """Where the need goes now."""
    proposed_id: int | None = Field(default=None, foreign_key="project.id")
    """Where the computation had put it."""
    score: float | None = None
    """How well the project fits, between 0 and 1."""
    worth: float = 0.0
    """The need's dual value: what the plan would gain if one more such need were placed."""
    eligible: int = 0
    """How many projects have rules that the need meets; full ones are not counted."""
    obstacle: str = ""
    """The most common obstacle, where no project is eligible."""
    consented: bool = False
    """Whether the resident has agreed that the project's organization be told."""
    fixed: bool = False
    """Whether a person chose the project, or chose to leave the need out."""
    state: LineState = Field(sa_type=words(LineState))
    not_sent_reason: NotSentReason | None = Field(default=None, nullable=True, sa_type=words(NotSentReason))
    referral_id: int | None = Field(default=None, foreign_key="referral.id")
    """The referral by which it was sent."""


class PlanPart(Record, table=True):
    """The share of one county in a city's plan, while the plan is being computed."""

    __tablename__ = "plan_part"
    __table_args__ = (UniqueConstraint("plan_id", "region_code"),)

    plan_id: int = Field(foreign_key="plan.id", index=True)
    region_code: str = Field(foreign_key="region.code")
    worked_at: datetime | None = None
    """When a worker took it; an old value without a result means that the worker was killed."""
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    """What the worker computed (parts.solve_part)."""
