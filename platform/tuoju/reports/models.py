"""The tables of monthly summaries and of files that were handed out."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.residents.encryption import EncryptedText


class SummaryState(StrEnum):
    """prepared -> handed_in -> accepted | returned; a further edition begins at prepared again."""

    prepared = "prepared"
    handed_in = "handed_in"
    returned = "returned"
    accepted = "accepted"


class MonthlySummary(VersionedRecord, table=True):
    """One edition of what a society or township reports of one month (月报).

    `sheet` are its numbers (reports.sheets.Sheet) as of `counted_at`; from the signature on they never change: a
    correction is a further edition with its reason. `digest` seals region, month, edition and numbers.
    """

    __tablename__ = "monthly_summary"
    __table_args__ = (UniqueConstraint("region_code", "month", "edition"),)

    region_code: str = Field(foreign_key="region.code", index=True)
    month: str = Field(index=True, max_length=7)
    edition: int
    first_day: date
    last_day: date
    sheet: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    nothing_happened: bool
    digest: str
    reason: str = Field(default="", sa_type=EncryptedText)
    state: SummaryState = Field(default=SummaryState.prepared, sa_type=words(SummaryState))
    counted_at: datetime = Field(default_factory=now)
    prepared_by: int = Field(foreign_key="user_account.id")
    signed_by: int | None = Field(default=None, foreign_key="user_account.id")
    signed_at: datetime | None = None
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    return_reason: str = Field(default="", sa_type=EncryptedText)


class IssuedKind(StrEnum):
    """What was handed out: one person's file as a PDF, or with its attachments as an archive."""

    person_file = "person_file"
    person_archive = "person_archive"


class IssuedFile(Record, table=True):
    """A file that was handed out, by its SHA-256. Nothing of its content is kept: whoever holds it can prove that it is
    the one, and of which day."""

    __tablename__ = "issued_file"

    sha256: str = Field(unique=True, max_length=64)
    kind: IssuedKind = Field(sa_type=words(IssuedKind))
    region_code: str = Field(foreign_key="region.code")
    issued_by: int = Field(foreign_key="user_account.id")
    issued_at: datetime = Field(default_factory=now)
