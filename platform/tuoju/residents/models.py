"""Tables of residents, households, consents and emergency overrides."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.residents.encryption import EncryptedDate, EncryptedText


class IdType(StrEnum):
    """The identity document that a file was opened with."""

    resident_id = "resident_id"
    residence_permit = "residence_permit"
    hmt_residence_permit = "hmt_residence_permit"
    passport = "passport"
    none = "none"


class Sex(StrEnum):
    """GB/T 2261.1, in words."""

    male = "male"
    female = "female"
    unknown = "unknown"


class SelfCare(StrEnum):
    """特困人员认定办法 (2021) arts 21-22: six items failed 0, 1-3, 4-6."""

    not_assessed = "not_assessed"
    able = "able"
    partly_unable = "partly_unable"
    unable = "unable"


class Household(Record, table=True):
    """Who is assessed together (共同生活家庭)."""

    __tablename__ = "household"

    region_code: str = Field(foreign_key="region.code", index=True)
    """The village of the household."""
    created_at: datetime = Field(default_factory=now)


class Resident(VersionedRecord, table=True):
    """The person served (服务对象). Everything that names a person is encrypted at rest. Codes are those of
    code_lists.csv."""

    __tablename__ = "resident"

    household_id: int = Field(foreign_key="household.id", index=True)
    """Who is assessed together with this person."""
    region_code: str = Field(foreign_key="region.code", index=True)
    """The village that keeps the file."""
    name: str = Field(sa_type=EncryptedText)
    id_type: IdType = Field(default=IdType.resident_id, sa_type=words(IdType))
    id_number: str | None = Field(default=None, sa_type=EncryptedText)
    """As normalized by identity.normalized; None without a document."""
    id_number_index: str | None = Field(default=None, unique=True)
    """A keyed hash of the number, by which the same person is found and not entered twice."""
    phone: str | None = Field(default=None, sa_type=EncryptedText)
    phone_owner: str = Field(default="", sa_type=EncryptedText)
    """Whose telephone it is, if not the person's own; empty if it is."""
    address: str | None = Field(default=None, sa_type=EncryptedText)
    born_on: date | None = Field(default=None, sa_type=EncryptedDate)
    """None if unknown; taken from the ID number if nothing was typed."""
    sex: Sex = Field(default=Sex.unknown, sa_type=words(Sex))
    relief_category: str = "NONE"
    """Code list relief_category: TKGY, DB, DBBY, GXZC, ..., NONE."""
    vulnerabilities: list[str] = Field(default_factory=list, sa_type=JSON)
    """Codes of the list vulnerable_tag."""
    disability_type: str | None = None
    """1-7 after the disability certificate, or None."""
    disability_grade: str | None = None
    """1-4, 1 the most severe, or None."""
    self_care: SelfCare = Field(default=SelfCare.not_assessed, sa_type=words(SelfCare))
    guardian_name: str | None = Field(default=None, sa_type=EncryptedText)
    guardian_phone: str | None = Field(default=None, sa_type=EncryptedText)
    """Where the messages about a child go."""
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class ConsentPurpose(StrEnum):
    """What a person agrees to: to be referred to one organization, to a public notice, to data checks, to messages."""

    referral = "referral"
    publicity = "publicity"
    checking = "checking"
    notifications = "notifications"


class ConsentGiver(StrEnum):
    """Who agreed."""

    self = "self"
    guardian = "guardian"


class Consent(Record, table=True):
    """One consent: one purpose, one receiver (PIPL arts 23, 29; 民发〔2023〕46号). Never deleted."""

    __tablename__ = "consent"

    resident_id: int = Field(foreign_key="resident.id", index=True)
    purpose: ConsentPurpose = Field(sa_type=words(ConsentPurpose))
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    """The receiver of a consent to referrals; None for the other purposes."""
    given_by: ConsentGiver = Field(sa_type=words(ConsentGiver))
    method: str
    """A ConsentMethod (residents.inputs): on paper, by fingerprint, spoken."""
    given_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")
    """The officer who recorded it."""
    withdrawn_at: datetime | None = None
    """When it was taken back; None while it stands."""
    withdrawn_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The officer who recorded the withdrawal."""


class EmergencyOverride(Record, table=True):
    """A referral without consent because life or health is at risk (PIPL 13(4)); reviewed afterwards."""

    __tablename__ = "emergency_override"

    resident_id: int = Field(foreign_key="resident.id", index=True)
    organization_id: int = Field(foreign_key="organization.id")
    """The one organization that may be told."""
    reason: str = Field(sa_type=EncryptedText)
    """Why it could not wait."""
    made_by: int = Field(foreign_key="user_account.id")
    """Who made it; somebody else reviews it."""
    made_at: datetime = Field(default_factory=now)
    reviewed_by: int | None = Field(default=None, foreign_key="user_account.id")
    reviewed_at: datetime | None = None
    """None until it is reviewed."""
    upheld: bool | None = None
    """Whether it was right; one that was not permits nothing more."""


class ReportedTo(StrEnum):
    """Who must be told when a child may be being harmed (未成年人保护法 art. 11)."""

    police = "police"
    civil_affairs = "civil_affairs"
    hotline = "hotline"


class ProtectionReport(Record, table=True):
    """A report that a child may be being harmed: no case and no referral. Only who reported it and the level above
    read it. It never changes, except that the level above follows it up once."""

    __tablename__ = "protection_report"

    region_code: str = Field(foreign_key="region.code", index=True)
    """The village it is about."""
    resident_id: int | None = Field(default=None, foreign_key="resident.id")
    """The child, if there is a file."""
    reported_to: ReportedTo = Field(sa_type=words(ReportedTo))
    """Who was told before the report was recorded."""
    reported_at: datetime
    """When they were told."""
    what: str = Field(sa_type=EncryptedText)
    """What was seen or heard."""
    reported_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)
    """When it was put on record."""
    followed_up_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The officer of the level above."""
    followed_up_at: datetime | None = None
    followed_up: str = Field(default="", sa_type=EncryptedText)
    """What they did."""
