"""Tables of plans and their lines."""

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
    """An assignment of the waiting needs of a county or city (统筹分配方案), to be approved by a person.

    `stage`, `progress` (percent) and `worked_at` are the worker's, and move without the version. `comparison` holds the
    result of each mode on the same needs and places, `prices` the worth of a place by project id, `gains` what one more
    would add, `seen` the version and free places of each project when it was computed, `ranker` the signature of the
    ranking that scored it (Ranking.signature; "" before). `previous_id` is the plan that
    this one repairs; `fair_least` the least difference between groups, where the one asked for can not be kept.
    """

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
    state: PlanState = Field(default=PlanState.computing, sa_type=words(PlanState), index=True)
    fair_by: Grouping | None = Field(default=None, nullable=True, sa_type=words(Grouping))
    fair_within: int = 0
    fair_least: int | None = None
    previous_id: int | None = Field(default=None, foreign_key="plan.id")
    made_by: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(default_factory=now)
    stage: PlanStage = Field(default=PlanStage.waiting, sa_type=words(PlanStage))
    progress: int = 0
    worked_at: datetime | None = None
    computed_on: date | None = None
    computed_at: datetime | None = None
    ranker: str = ""
    quality: float = 0.0
    bound: float = 0.0
    fairness_cost: float = 0.0
    comparison: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    prices: dict[str, float] = Field(default_factory=dict, sa_type=JSON)
    gains: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=JSON)
    seen: dict[str, list[int]] = Field(default_factory=dict, sa_type=JSON)
    changed_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 is proven best."""
        return max(0.0, self.bound - self.quality) / self.bound if self.bound > 0 else 0.0


class PlanLine(VersionedRecord, table=True):
    """One need in a plan: where it goes, or why nowhere. Names nobody.

    `project_id` is where it goes now, `proposed_id` where the computation had put it; `fixed` that a person chose.
    `eligible` counts the projects whose rules it meets, full ones not counted; `obstacle` is what most often stands in
    the way where there is none. `worth` is its dual: what the plan would gain from one more such need being placed.
    """

    __tablename__ = "plan_line"
    __table_args__ = (
        UniqueConstraint("plan_id", "need_id"),
        Index("ix_plan_line_plan_state", "plan_id", "state"),
    )

    plan_id: int = Field(foreign_key="plan.id", index=True)
    need_id: int = Field(foreign_key="need.id", index=True)
    need_version: int
    region_code: str = Field(foreign_key="region.code")
    category: str
    urgency: Urgency = Field(sa_type=words(Urgency))
    waiting_days: int
    county: str
    township: str
    remoteness: str
    hardship: str
    sex: str
    age: str
    project_id: int | None = Field(default=None, foreign_key="project.id")
    proposed_id: int | None = Field(default=None, foreign_key="project.id")
    score: float | None = None
    worth: float = 0.0
    eligible: int = 0
    obstacle: str = ""
    consented: bool = False
    fixed: bool = False
    state: LineState = Field(sa_type=words(LineState))
    not_sent_reason: NotSentReason | None = Field(default=None, nullable=True, sa_type=words(NotSentReason))
    referral_id: int | None = Field(default=None, foreign_key="referral.id")


class PlanPart(Record, table=True):
    """The share of one county in a city's plan, while it is computed: what its worker has `found` (parts.solve_part),
    and when a worker was last heard of."""

    __tablename__ = "plan_part"
    __table_args__ = (UniqueConstraint("plan_id", "region_code"),)

    plan_id: int = Field(foreign_key="plan.id", index=True)
    region_code: str = Field(foreign_key="region.code")
    worked_at: datetime | None = None
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
