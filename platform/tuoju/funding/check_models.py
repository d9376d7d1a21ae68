"""The table of pre-checks (资格预审): papers and sums of an application, never a judgement of its quality."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText


class CheckItem(StrEnum):
    """What is checked; rules R2 to R6 of the call and the papers."""

    registered = "registered"
    """A registered organization with accounts of its own."""
    charter = "charter"
    """Within its charter's business, serving in the region."""
    not_barred = "not_barred"
    """On no list that bars it."""
    experience = "experience"
    """As much as the call asks for."""
    not_funded_twice = "not_funded_twice"
    """No other public money for the same service, people and time."""
    papers = "papers"
    """Every paper is there and legible."""
    sums = "sums"
    """The sums of the budget are right."""


class CheckResult(StrEnum):
    """What an item of the pre-check came to."""

    yes = "yes"
    no = "no"
    not_applicable = "not_applicable"


class IneligibleReason(StrEnum):
    """Why an application goes no further; the applicant is told."""

    not_registered = "not_registered"
    outside_charter = "outside_charter"
    barred = "barred"
    too_little_experience = "too_little_experience"
    funded_twice = "funded_twice"
    papers_missing = "papers_missing"
    sums_wrong = "sums_wrong"
    not_completed = "not_completed"


class PreCheck(VersionedRecord, table=True):
    """The pre-check of one application: the answers to its items, what was asked for, and why it fails."""

    __tablename__ = "pre_check"
    __table_args__ = (
        UniqueConstraint("application_id"),
        CheckConstraint("confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint("confirmed_by IS NULL OR fail_reason IS NOT NULL", name="reason_when_failed"),
        CheckConstraint("(asked_at IS NULL) = (due_at IS NULL)", name="due_when_asked"),
    )

    application_id: int = Field(foreign_key="funding_application.id")
    results: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """CheckResult by CheckItem; items that are not answered are missing."""
    remark: str = Field(default="", sa_type=EncryptedText)
    """For the screeners of the call."""
    checked_by: int = Field(foreign_key="user_account.id")
    checked_at: datetime = Field(default_factory=now)
    asked_parts: list[str] = Field(default_factory=list, sa_type=JSON)
    """The parts that the applicant may complete."""
    request: str = Field(default="", sa_type=EncryptedText)
    """What is missing, as the applicant is told."""
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime | None = None
    """Once for each application."""
    due_at: datetime | None = None
    """Until when it is to be completed."""
    fail_reason: IneligibleReason | None = Field(default=None, nullable=True, sa_type=words(IneligibleReason))
    """Proposed by one screener, confirmed by another."""
    ruling: str = Field(default="", sa_type=EncryptedText)
    """Why, as the applicant is told."""
    proposed_by: int | None = Field(default=None, foreign_key="user_account.id")
    confirmed_by: int | None = Field(default=None, foreign_key="user_account.id")
    confirmed_at: datetime | None = None
