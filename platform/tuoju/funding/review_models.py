"""The table of reviews (评审意见): one reviewer's points for one application, given blind and alone."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field

from tuoju.database.records import VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText
from tuoju_projects.funding_status import ReviewState


class Interest(StrEnum):
    """What a reviewer has to do with an applicant, or with a competitor of it."""

    none = "none"
    """Nothing: an answer too."""
    kin = "kin"
    employed = "employed"
    """Employed there or on its board, within three years."""
    adviser = "adviser"
    """Paid by it as an adviser, within three years."""
    donor = "donor"
    helped_to_write = "helped_to_write"
    competitor = "competitor"
    """Works for somebody who competes with it in this call."""
    other = "other"


class Review(VersionedRecord, table=True):
    """One reviewer's review of one application. Nobody else reads it before the review of the call is closed."""

    __tablename__ = "funding_review"
    __table_args__ = (
        Index(
            "uq_funding_review_live",
            "application_id",
            "reviewer_id",
            unique=True,
            sqlite_where=text("state <> 'replaced'"),
            postgresql_where=text("state <> 'replaced'"),
        ),
        CheckConstraint(
            "state NOT IN ('declared', 'draft', 'submitted') OR coalesce(interest, '') = 'none'",
            name="declared_before_it_opens",
        ),
        CheckConstraint("state <> 'recused' OR coalesce(interest, 'none') <> 'none'", name="recused_for_an_interest"),
        CheckConstraint("state <> 'submitted' OR submitted_at IS NOT NULL", name="submitted_at_a_moment"),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
    )

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    application_id: int = Field(foreign_key="funding_application.id", index=True)
    reviewer_id: int = Field(foreign_key="user_account.id", index=True)
    position: int
    """The place in the random order in which the reviewer reads."""
    state: ReviewState = Field(default=ReviewState.assigned, sa_type=words(ReviewState))
    interest: Interest | None = Field(default=None, nullable=True, sa_type=words(Interest))
    declared_at: datetime | None = None
    late_interest: Interest | None = Field(default=None, nullable=True, sa_type=words(Interest, "late_interest"))
    """Found after the text was opened: from then on the review counts no longer."""
    points: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """By Criterion; what is missing is not scored yet."""
    reasons: str = Field(default="{}", sa_type=EncryptedText)
    """Why, as JSON by Criterion."""
    is_locked: bool = False
    """Whether the blind criteria are final, so that the open part could be read for the team."""
    panel_note: str = Field(default="", sa_type=EncryptedText)
    feedback: str = Field(default="", sa_type=EncryptedText)
    """For the applicant, after the decision."""
    minutes: int = 0
    """Spent on it."""
    office_reason: str = Field(default="", sa_type=EncryptedText)
    """Why a manager reopened or replaced it."""
    assigned_at: datetime = Field(default_factory=now)
    submitted_at: datetime | None = None
