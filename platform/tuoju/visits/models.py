"""Tables of service visits and who was served at each."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, now, words
from tuoju.residents.encryption import EncryptedText


class VisitMode(StrEnum):
    home = "home"
    site = "site"
    phone = "phone"
    online = "online"


class ServiceVisit(Record, table=True):
    """One occasion of service under a referral (服务记录). Corrected by marking in error, never changed.

    Through a link nobody is signed in: `recorded_by` is empty and `link_id` says through which.
    `submission_key` makes a repeated send from a weak connection one visit.
    """

    __tablename__ = "service_visit"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes_positive"),)

    referral_id: int = Field(foreign_key="referral.id", index=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    submission_key: str = Field(unique=True)
    served_on: date = Field(index=True)
    minutes: int
    mode: VisitMode = Field(sa_type=words(VisitMode))
    category: str
    content: str = Field(default="", sa_type=EncryptedText)
    problems: str = Field(default="", sa_type=EncryptedText)
    staff_count: int = 1
    recorded_by: int | None = Field(default=None, foreign_key="user_account.id")
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    recorded_at: datetime = Field(default_factory=now)
    in_error_at: datetime | None = None
    in_error_reason: str = ""


class VisitAttendance(Record, table=True):
    """One person served at one visit: rows count person-times (人次), distinct residents persons (人数)."""

    __tablename__ = "visit_attendance"
    __table_args__ = (UniqueConstraint("visit_id", "resident_id"),)

    visit_id: int = Field(foreign_key="service_visit.id", index=True)
    resident_id: int = Field(foreign_key="resident.id", index=True)
