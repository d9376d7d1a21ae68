"""Tables of monthly summaries and of exported files."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText


class SummaryState(StrEnum):
    """prepared -> handed_in -> accepted | returned; a further edition begins at prepared again."""

    prepared = "prepared"
    handed_in = "handed_in"
    returned = "returned"
    accepted = "accepted"


class MonthlySummary(VersionedRecord, table=True):
    """One edition of what a society or township reports of one month (月报).

    From the signature on its numbers never change: a correction is a further edition with its reason.
    """

    __tablename__ = "monthly_summary"
    __table_args__ = (UniqueConstraint("region_code", "month", "edition"),)

    region_code: str = Field(foreign_key="region.code", index=True)
    """The village or township that reports."""
    month: str = Field(index=True, max_length=7)
    """As 2026-11."""
    edition: int
    """From 1; every correction is a further edition."""
    first_day: date
    last_day: date
    sheet: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """The numbers: reports.sheets.Sheet, as of `counted_at`."""
    nothing_happened: bool
    """Whether it is a zero report (零报告)."""
    digest: str
    """SHA-256 over region, month, edition, `counted_at` and `sheet`."""
    reason: str = Field(default="", sa_type=EncryptedText)
    """Why this edition corrects the one before."""
    state: SummaryState = Field(default=SummaryState.prepared, sa_type=words(SummaryState))
    counted_at: datetime = Field(default_factory=now)
    prepared_by: int = Field(foreign_key="user_account.id")
    """Who counted it (填报人)."""
    signed_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The second person, who hands it in (社长)."""
    signed_at: datetime | None = None
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who accepted or returned it at the level above."""
    answered_at: datetime | None = None
    return_reason: str = Field(default="", sa_type=EncryptedText)
    """What is to be corrected."""


class IssuedKind(StrEnum):
    """What was exported: the file of one resident as a PDF, or with its attachments as an archive."""

    person_file = "person_file"
    person_archive = "person_archive"


class IssuedFile(Record, table=True):
    """A file that was exported. Nothing of its content is kept: its SHA-256 proves that a copy is authentic."""

    __tablename__ = "issued_file"

    sha256: str = Field(unique=True, max_length=64)
    """In hexadecimal, lower case."""
    kind: IssuedKind = Field(sa_type=words(IssuedKind))
    region_code: str = Field(foreign_key="region.code")
    """The village of the resident."""
    issued_by: int = Field(foreign_key="user_account.id")
    issued_at: datetime = Field(default_factory=now)
