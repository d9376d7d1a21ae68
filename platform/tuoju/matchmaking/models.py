"""Tables of matches, gaps, vectors of texts and learned rankers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText
from tuoju.matchmaking.status import RankerState
from tuoju_matching.learned import Finding


class Match(Record, table=True):
    """What the machine proposed for a need when a person chose a project (匹配推荐); stored with each referral."""

    __tablename__ = "match"

    need_id: int = Field(foreign_key="need.id", index=True)
    project_id: int = Field(foreign_key="project.id")
    """The project that was chosen."""
    rank: int
    """The chosen project's rank among all that could take the need; 1 is best."""
    score: float
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What adds to the score, each as {"feature", "value", "weight"}."""
    features: dict[str, float] = Field(default_factory=dict, sa_type=JSON)
    """The features of the chosen project at that moment, by name."""
    slate: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """The list from which the person chose, first rank first, each as {"project_id", "features"}; empty where nobody
    chose from a list, as in a plan. Learning reads only this of the moment."""
    ranker: str
    """Signature of the ranking (Ranking.signature)."""
    proposed_at: datetime = Field(default_factory=now)


class Gap(Record, table=True):
    """A need that no open project can meet (供需缺口)."""

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
    """The service category of the need."""
    region_code: str = Field(foreign_key="region.code", index=True)
    """The village of the case."""
    obstacles: list[str] = Field(default_factory=list, sa_type=JSON)
    """The most common obstacles, the most frequent first."""
    found_at: datetime = Field(default_factory=now)
    closed_at: datetime | None = None
    """When the need was sent or withdrawn after all."""


class NeedVector(Record, table=True):
    """What the text of a need means, as a vector: how close it is to that of a project (语义向量)."""

    __tablename__ = "need_vector"

    need_id: int = Field(foreign_key="need.id", unique=True)
    need_version: int
    """The version of the need from which it was computed."""
    vector: str = Field(sa_type=EncryptedText)
    """`meaning.pack` in base64. The text could be guessed from it, so it is sealed as the text is."""


class ProjectVector(Record, table=True):
    """What the text of a project means, as a vector."""

    __tablename__ = "project_vector"

    project_id: int = Field(foreign_key="project.id", unique=True)
    project_version: int
    """The version of the project from which it was computed."""
    vector: str
    """`meaning.pack` in base64."""
    computed_at: datetime = Field(default_factory=now)
    """When it last became another vector."""


class RankerVersion(VersionedRecord, table=True):
    """One training of the ranker on past referrals: what it learned, how it did, and whether it is used."""

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
    """1 for the first training."""
    state: RankerState = Field(sa_type=words(RankerState))
    finding: Finding = Field(sa_type=words(Finding))
    """The verdict of the back-test."""
    trained_at: datetime = Field(default_factory=now)
    window_from: date | None = None
    """The first and last day on which the decisions that it learned from were sent."""
    window_to: date | None = None
    decisions: int = 0
    """How many decisions it learned from."""
    met: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    """Coefficients (tuoju_matching.learned.Coefficients) of the chance that the need is met."""
    acceptance: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    """Coefficients of the chance that the project accepts."""
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Metrics, reliability and groups of the back-test (learning._report)."""
    moved_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who changed the state last; None for the training task."""
    moved_at: datetime | None = None
