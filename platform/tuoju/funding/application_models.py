"""Tables of applications (申报书) and their frozen versions."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText
from tuoju_projects.funding_status import ApplicationState


class Application(VersionedRecord, table=True):
    """One organization's proposal to a call."""

    __tablename__ = "funding_application"
    __table_args__ = (
        UniqueConstraint("call_id", "receipt"),
        CheckConstraint("ask_fen >= 0 AND matching_fen >= 0", name="money_not_negative"),
        CheckConstraint("submitted_at IS NULL OR receipt IS NOT NULL", name="receipt_when_submitted"),
    )

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    """Of the call."""
    state: ApplicationState = Field(default=ApplicationState.draft, sa_type=words(ApplicationState), index=True)
    is_from_paper: bool = False
    """Typed in by the office for the organization (代填)."""
    content: str = Field(default="{}", sa_type=EncryptedText)
    """What was typed, as JSON by Part; parts that are not saved yet are missing."""
    ask_fen: int = Field(default=0, sa_type=BigInteger)
    """What the award is to pay; matching money is kept apart."""
    matching_fen: int = Field(default=0, sa_type=BigInteger)
    receipt: int | None = None
    """Its number within the call, given when it was first submitted."""
    submitted_at: datetime | None = None
    """By the clock of the server; None for a draft that was never submitted, or is taken back."""
    made_by: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(default_factory=now)
    saved_at: datetime = Field(default_factory=now)


class ApplicationVersion(Record, table=True):
    """What was submitted, as it was. Never changed."""

    __tablename__ = "application_version"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    application_id: int = Field(foreign_key="funding_application.id", index=True)
    number: int
    content: str = Field(sa_type=EncryptedText)
    sha256: str
    """Of the content, printed on the receipt."""
    submitted_by: int = Field(foreign_key="user_account.id")
    submitted_at: datetime = Field(default_factory=now)
