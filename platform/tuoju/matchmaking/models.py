"""Tables of matches, gaps and learned rankers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.matchmaking.status import RankerState
from tuoju_matching.learned import Finding


class Match(Record, table=True):
    """What the machine proposed for a need when a person chose (匹配推荐): kept with each referral.

    `features` are those of the chosen project, frozen; `slate` holds all that was shown to the person who chose, first
    rank first, each as {"project_id", "features"}, and is empty where nobody chose from a list (a plan did). Learning
    reads nothing else of the moment.
    """

    __tablename__ = "match"

    need_id: int = Field(foreign_key="need.id", index=True)
    project_id: int = Field(foreign_key="project.id")
    rank: int
    score: float
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    features: dict[str, float] = Field(default_factory=dict, sa_type=JSON)
    slate: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    ranker: str
    proposed_at: datetime = Field(default_factory=now)


class Gap(Record, table=True):
    """A need that no open project can meet (供需缺口), with what stood in the way."""

    __tablename__ = "gap"
    __table_args__ = (
        Index(
            "uq_gap_open_need",
            "need_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    need_id: int = Field(foreign_key="need.id", index=True)
    category: str
    region_code: str = Field(foreign_key="region.code", index=True)
    obstacles: list[str] = Field(default_factory=list, sa_type=JSON)
    found_at: datetime = Field(default_factory=now)
    closed_at: datetime | None = None


class RankerVersion(VersionedRecord, table=True):
    """One training of the ranker on past referrals: what it was taught, how it did, and whether it is used.

    `met` and `acceptance` are plain coefficients (tuoju_matching.learned.Coefficients); `report` holds the back-test's
    metrics, reliability and groups as numbers. The window is that of the days the referrals were sent.
    """

    __tablename__ = "ranker_version"
    __table_args__ = (
        Index(
            "uq_ranker_version_in_use",
            "state",
            unique=True,
            sqlite_where=text("state = 'in_use'"),
            postgresql_where=text("state = 'in_use'"),
        ),
    )

    number: int = Field(unique=True)
    state: RankerState = Field(sa_type=words(RankerState))
    finding: Finding = Field(sa_type=words(Finding))
    trained_at: datetime = Field(default_factory=now)
    window_from: date | None = None
    window_to: date | None = None
    decisions: int = 0
    met: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    acceptance: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    moved_by: int | None = Field(default=None, foreign_key="user_account.id")
    moved_at: datetime | None = None
