"""Tables of service visits and who was served at each."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, now, words
from tuoju.database.sealing import EncryptedText


class VisitMode(StrEnum):
    """How the service was given: at home, at the organization's site, by telephone or online."""

    home = "home"
    site = "site"
    phone = "phone"
    online = "online"


class ServiceVisit(Record, table=True):
    """One occasion of service under a referral (服务记录). Never changed; a wrong one is marked as entered in error."""

    __tablename__ = "service_visit"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes_positive"),)

    referral_id: int = Field(foreign_key="referral.id", index=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    """The project of the referral, kept here for counting."""
    submission_key: str = Field(unique=True)
    """Made up by the client, so that a repeated send over a weak connection records one visit."""
    served_on: date = Field(index=True)
    minutes: int
    """How long it took."""
    mode: VisitMode = Field(sa_type=words(VisitMode))
    category: str
    """The service category of the need when the visit was recorded."""
    content: str = Field(default="", sa_type=EncryptedText)
    """What was done."""
    problems: str = Field(default="", sa_type=EncryptedText)
    """What was noticed, for instance a new need."""
    staff_count: int = 1
    """How many helpers came."""
    recorded_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The account that recorded it; None through a link."""
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    """The link through which it was recorded."""
    recorded_at: datetime = Field(default_factory=now)
    in_error_at: datetime | None = None
    """When it was marked as entered in error; from then on it counts nowhere."""
    in_error_reason: str = Field(default="", sa_type=EncryptedText)


class VisitAttendance(Record, table=True):
    """One person served at one visit. Rows count person-times (人次), distinct residents count persons (人数)."""

    __tablename__ = "visit_attendance"
    __table_args__ = (UniqueConstraint("visit_id", "resident_id"),)

    visit_id: int = Field(foreign_key="service_visit.id", index=True)
    resident_id: int = Field(foreign_key="resident.id", index=True)
