"""Tables of residents, households, consents and emergency overrides."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from tuoju.accounts.fields import ConsentData
from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import BlindIndex, EncryptedDate, EncryptedText
from tuoju_matching.safety.kinds import Danger


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
    __table_args__ = (
        # One file a number in the whole city, but for files that wait for a person to decide (docs/decisions/0011).
        Index(
            "uq_resident_id_number_index",
            "id_number_index",
            unique=True,
            sqlite_where=text("NOT is_held"),
            postgresql_where=text("NOT is_held"),
        ),
        UniqueConstraint("id_number_index", "region_code"),
    )

    household_id: int = Field(foreign_key="household.id", index=True)
    """Who is assessed together with this person."""
    region_code: str = Field(foreign_key="region.code", index=True)
    """The village that keeps the file."""
    name: str = Field(sa_type=EncryptedText)
    id_type: IdType = Field(default=IdType.resident_id, sa_type=words(IdType))
    id_number: str | None = Field(default=None, sa_type=EncryptedText)
    """As normalized by identity.normalized; None without a document."""
    id_number_index: str | None = Field(default=None, sa_type=BlindIndex("id_number", "id:"))
    """A keyed hash of the number, by which the same person is found and not entered twice."""
    is_held: bool = False
    """Whether a file out of the registrar's scope has this number too, so that an officer above decides whose it is
    (PossibleDuplicate). Never shown to whoever keeps the file: it would tell them that the other one exists."""
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
    restricted_at: datetime | None = None
    """Since when the data are stored and not otherwise used (PIPL art. 47): erasure was asked for and must wait."""
    erased_at: datetime | None = None
    """When the personal fields were erased; what is left counts in figures and names nobody."""


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


class GuardianRelation(StrEnum):
    """What a guardian is to the person (民法典 arts 27, 28, 32)."""

    parent = "parent"
    grandparent = "grandparent"
    spouse = "spouse"
    child = "child"
    sibling = "sibling"
    other_relative = "other_relative"
    village_committee = "village_committee"
    other = "other"


def _all_data() -> list[ConsentData]:
    return list(ConsentData)


class Consent(Record, table=True):
    """One consent: one purpose, one receiver (PIPL arts 23, 29; 民发〔2023〕46号), within its scope and until it ends.
    Never deleted."""

    __tablename__ = "consent"
    __table_args__ = (CheckConstraint("need_id IS NULL OR category IS NULL", name="one_bound"),)

    resident_id: int = Field(foreign_key="resident.id", index=True)
    purpose: ConsentPurpose = Field(sa_type=words(ConsentPurpose))
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    """The receiver of a consent to referrals; None for the other purposes."""
    given_by: ConsentGiver = Field(sa_type=words(ConsentGiver))
    method: str
    """A ConsentMethod (residents.inputs): on paper, by fingerprint, spoken."""
    data: list[ConsentData] = Field(default_factory=_all_data, sa_type=JSON)
    """What the receiver may be given."""
    need_id: int | None = Field(default=None, foreign_key="need.id", index=True)
    """The only need it is for, or None."""
    category: str | None = None
    """The only service category it is for (a leaf or a class of code list `service_type`), or None for all."""
    relation: GuardianRelation | None = Field(default=None, nullable=True, sa_type=words(GuardianRelation))
    """What the guardian is to the person, where a guardian agreed."""
    witness_id: int | None = Field(default=None, foreign_key="user_account.id")
    """The officer who witnessed a spoken consent; never who recorded it."""
    witness_name: str | None = Field(default=None, sa_type=EncryptedText)
    """The witness of a spoken consent who has no account."""
    policy_id: int | None = Field(default=None, foreign_key="data_policy.id")
    """The policy that set how long it lasts; None for a consent from before there were such policies."""
    expires_on: date | None = Field(default=None, index=True)
    """The last day on which it permits anything; None for one without end."""
    given_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")
    """The officer who recorded it."""
    withdrawn_at: datetime | None = None
    """When it was taken back; None while it stands."""
    withdrawn_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The officer who recorded the withdrawal; None where the resident withdrew it on their own page."""

    def stands_on(self, day: date) -> bool:
        """Whether it permits something on this day: not withdrawn, not expired."""
        return self.withdrawn_at is None and (self.expires_on is None or day <= self.expires_on)

    def covers(self, need_id: int, category: str) -> bool:
        """Whether its scope takes in a need of this service category."""
        if self.need_id is not None:
            return self.need_id == need_id
        return self.category is None or category.startswith(self.category)


class ConsentPaper(Record, table=True):
    """A page of the signed paper of a consent, or a photo of it; sealed outside the database."""

    __tablename__ = "consent_paper"

    consent_id: int = Field(foreign_key="consent.id", index=True)
    media_type: str
    size: int
    """Bytes of the stored content."""
    sha256: str
    """Of the stored content, in hexadecimal."""
    file_key: str = Field(unique=True)
    """Where the sealed content lies outside the database."""
    added_by: int = Field(foreign_key="user_account.id")
    added_at: datetime = Field(default_factory=now)
    erased_at: datetime | None = None
    """When its content was destroyed, with the file of the person."""


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
    township = "township"
    """The platform told the township: the words of a text raised an alarm."""


class TextSource(StrEnum):
    """Where the words of a report were typed."""

    report = "report"
    """On the page of reports, by a person who reported harm."""
    need = "need"
    household_visit = "household_visit"
    service_visit = "service_visit"
    message = "message"
    feedback = "feedback"
    alert = "alert"
    note = "note"


class ProtectionReport(Record, table=True):
    """A report that somebody may be in danger: no case and no referral. Only who reported it and the levels above read
    it. It never changes, except that who typed the words answers for them, the county is told when nobody handles it,
    and the level above follows it up, each once."""

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
    source: TextSource = Field(default=TextSource.report, sa_type=words(TextSource))
    is_question: bool = False
    """Whether the words may mean danger and nobody could be asked when they were saved."""
    reported_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The account that typed the words; None for a link or the resident."""
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    """The link of a charity through which they were typed."""
    recorded_at: datetime = Field(default_factory=now)
    """When it was put on record."""
    followed_up_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The officer of the level above."""
    followed_up_at: datetime | None = None
    followed_up: str = Field(default="", sa_type=EncryptedText)
    """What they did."""
    dangers: str = Field(default=Danger.child_harm.value)
    """Codes of the kinds of danger, with commas between, the likeliest first."""
    denied_because: str | None = Field(default=None, sa_type=EncryptedText)
    """Why whoever typed the words says that they mean no danger. The level above decides."""
    escalated_at: datetime | None = None
    """When the county was told, because nobody had handled it."""


class DuplicateState(StrEnum):
    """What became of the question whether two files are one person's."""

    open = "open"
    same_person = "same_person"
    other_person = "other_person"
    number_changed = "number_changed"


class PossibleDuplicate(Record, table=True):
    """Two files with one ID number, kept by villages that do not see each other; an officer above both decides."""

    __tablename__ = "possible_duplicate"

    known_id: int = Field(foreign_key="resident.id", index=True)
    """The earlier file, which keeps the number."""
    held_id: int = Field(foreign_key="resident.id", index=True)
    """The later file; after a merge the same as `known_id`."""
    state: DuplicateState = Field(default=DuplicateState.open, sa_type=words(DuplicateState), index=True)
    raised_at: datetime = Field(default_factory=now)
    told_at: datetime | None = None
    """When an officer was told; None until the next run of the task, so that a registration takes the same time
    whether or not the number was known."""
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    reason: str = Field(default="", sa_type=EncryptedText)
    """Why the officer decided so."""
    merged_id: int | None = None
    """The id that the later file had before the merge; the audit still names it."""
