"""Tables of residents, households, consents and emergency overrides."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.residents.encryption import EncryptedDate, EncryptedText


class IdType(StrEnum):
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
    created_at: datetime = Field(default_factory=now)


class Resident(VersionedRecord, table=True):
    """The person served (服务对象). Everything that names a person is encrypted at rest.

    `id_number_index` is a keyed hash: the same person is never entered twice.
    Codes are those of code_lists.csv: relief_category (TKGY, DB, DBBY, GXZC, ...), vulnerable_tag,
    disability_type (1-7), disability_grade (1-4, 1 the most severe).
    """

    __tablename__ = "resident"

    household_id: int = Field(foreign_key="household.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    name: str = Field(sa_type=EncryptedText)
    id_type: IdType = Field(default=IdType.resident_id, sa_type=words(IdType))
    id_number: str | None = Field(default=None, sa_type=EncryptedText)
    id_number_index: str | None = Field(default=None, unique=True)
    phone: str | None = Field(default=None, sa_type=EncryptedText)
    phone_owner: str = Field(default="", sa_type=EncryptedText)
    address: str | None = Field(default=None, sa_type=EncryptedText)
    born_on: date | None = Field(default=None, sa_type=EncryptedDate)
    sex: Sex = Field(default=Sex.unknown, sa_type=words(Sex))
    relief_category: str = "NONE"
    vulnerabilities: list[str] = Field(default_factory=list, sa_type=JSON)
    disability_type: str | None = None
    disability_grade: str | None = None
    self_care: SelfCare = Field(default=SelfCare.not_assessed, sa_type=words(SelfCare))
    guardian_name: str | None = Field(default=None, sa_type=EncryptedText)
    guardian_phone: str | None = Field(default=None, sa_type=EncryptedText)
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class ConsentPurpose(StrEnum):
    referral = "referral"
    publicity = "publicity"
    checking = "checking"
    notifications = "notifications"


class ConsentGiver(StrEnum):
    self = "self"
    guardian = "guardian"


class Consent(Record, table=True):
    """One consent: one purpose, one receiver (PIPL arts 23, 29; 民发〔2023〕46号). Never deleted."""

    __tablename__ = "consent"

    resident_id: int = Field(foreign_key="resident.id", index=True)
    purpose: ConsentPurpose = Field(sa_type=words(ConsentPurpose))
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    given_by: ConsentGiver = Field(sa_type=words(ConsentGiver))
    method: str
    given_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = Field(default=None, foreign_key="user_account.id")


class EmergencyOverride(Record, table=True):
    """A referral without consent because life or health is at risk (PIPL 13(4)); reviewed afterwards."""

    __tablename__ = "emergency_override"

    resident_id: int = Field(foreign_key="resident.id", index=True)
    organization_id: int = Field(foreign_key="organization.id")
    reason: str = Field(sa_type=EncryptedText)
    made_by: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(default_factory=now)
    reviewed_by: int | None = Field(default=None, foreign_key="user_account.id")
    reviewed_at: datetime | None = None
    upheld: bool | None = None


class ReportedTo(StrEnum):
    """Whom the law asks to be told when a child may be being harmed (未成年人保护法 art. 11)."""

    police = "police"
    civil_affairs = "civil_affairs"
    hotline = "hotline"


class ProtectionReport(Record, table=True):
    """That somebody was told of a child who may be being harmed: no case and no referral, seen by who reported it and
    by the level above alone. Never changed; `followed_up_at` is when that level took it on."""

    __tablename__ = "protection_report"

    region_code: str = Field(foreign_key="region.code", index=True)
    resident_id: int | None = Field(default=None, foreign_key="resident.id")
    reported_to: ReportedTo = Field(sa_type=words(ReportedTo))
    reported_at: datetime
    what: str = Field(sa_type=EncryptedText)
    reported_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)
    followed_up_by: int | None = Field(default=None, foreign_key="user_account.id")
    followed_up_at: datetime | None = None
    followed_up: str = Field(default="", sa_type=EncryptedText)
