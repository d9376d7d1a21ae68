"""Tables of cases, needs and drafts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from tuoju.cases.policies import Scheme
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.residents.encryption import EncryptedText


class OpenedBy(StrEnum):
    application = "application"
    proactive_discovery = "proactive_discovery"


class Urgency(StrEnum):
    routine = "routine"
    soon = "soon"
    urgent = "urgent"
    life_threatening = "life_threatening"


class ClockStep(StrEnum):
    """What is due next on a case."""

    opinion = "opinion"
    relief = "relief"
    notice = "notice"
    objection = "objection"


class Opinion(StrEnum):
    """What the review suggests (审核意见)."""

    relieve = "relieve"
    services_only = "services_only"
    refuse = "refuse"


class RefusalReason(StrEnum):
    """Why relief is refused; the person is told in writing (社会救助法 art. 45)."""

    not_in_hardship = "not_in_hardship"
    helped_already = "helped_already"
    other_scheme = "other_scheme"
    not_as_stated = "not_as_stated"
    other = "other"


class Case(VersionedRecord, table=True):
    """One stretch of help for one resident (救助个案). `number` is printed: village code, year, sequence.

    `started_at` is the earlier of acceptance and discovery; `due_at` what the clock asks for next, `due_step`
    what that is, both None while it is paused or nothing is due. `has_procedure` and `needs_notice` are its
    policy's (a notice after relief). `granted_fen` 0 is a decision for services; a case on notice closes after
    `notice_ends_on`. What was decided before a case was opened again stands on its steps.
    `with_care`: someone else may read this person's telephone, nothing is sent to it.
    """

    __tablename__ = "assistance_case"

    number: str = Field(unique=True)
    resident_id: int = Field(foreign_key="resident.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    opened_by: OpenedBy = Field(sa_type=words(OpenedBy))
    discovery_channel: str
    hardship_cause: str
    summary: str = Field(default="", sa_type=EncryptedText)
    state: CaseState = Field(default=CaseState.recorded, sa_type=words(CaseState))
    accepted_at: datetime = Field(default_factory=now)
    started_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")
    scheme: Scheme = Field(default=Scheme.society_relief, sa_type=words(Scheme))
    policy_id: int = Field(foreign_key="policy.id")
    has_procedure: bool
    needs_notice: bool
    first_help_reason: str = Field(default="", sa_type=EncryptedText)
    reviewed_by: int | None = Field(default=None, foreign_key="user_account.id")
    reviewed_at: datetime | None = None
    opinion: Opinion | None = Field(default=None, sa_type=words(Opinion))
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_alone: bool = False
    granted_fen: int | None = None
    refusal_reason: RefusalReason | None = Field(default=None, sa_type=words(RefusalReason))
    relief_completed_at: datetime | None = None
    notice_ends_on: date | None = None
    objected_at: datetime | None = None
    due_step: ClockStep | None = Field(default=None, sa_type=words(ClockStep))
    due_at: datetime | None = Field(default=None, index=True)
    due_provisional: bool = False
    closed_at: datetime | None = None
    with_care: bool = False


class AlertSource(StrEnum):
    """Which data a warning comes from (国办 2023: education, work, health, medical insurance, disability)."""

    medical_cost = "medical_cost"
    serious_illness = "serious_illness"
    disability = "disability"
    schooling = "schooling"
    lost_work = "lost_work"
    disaster = "disaster"
    other_department = "other_department"
    hotline = "hotline"


class AlertState(StrEnum):
    """open -> verified | dismissed."""

    open = "open"
    verified = "verified"
    dismissed = "dismissed"


class DismissalReason(StrEnum):
    """What became of a warning that is no case: "checked, no need" is a result like any other (国办 2023)."""

    no_need = "no_need"
    helped_already = "helped_already"
    passed_on = "passed_on"
    not_found = "not_found"
    duplicate = "duplicate"
    other = "other"


class Alert(VersionedRecord, table=True):
    """A hint that someone may need help (预警线索), from a comparison of data. No case yet: the clock of a case starts
    when a contact says that help is needed. `resident_id` is the file the ID number leads to, if there is one."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("id_number_index", "source", "raised_on"),)

    region_code: str = Field(foreign_key="region.code", index=True)
    name: str = Field(sa_type=EncryptedText)
    id_number: str = Field(sa_type=EncryptedText)
    id_number_index: str = Field(index=True)
    phone: str | None = Field(default=None, sa_type=EncryptedText)
    source: AlertSource = Field(sa_type=words(AlertSource))
    content: str = Field(default="", sa_type=EncryptedText)
    raised_on: date
    due_at: datetime = Field(index=True)
    state: AlertState = Field(default=AlertState.open, sa_type=words(AlertState), index=True)
    resident_id: int | None = Field(default=None, foreign_key="resident.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="assistance_case.id", unique=True)
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    dismissal: DismissalReason | None = Field(default=None, sa_type=words(DismissalReason))
    note: str = Field(default="", sa_type=EncryptedText)


class CaseStep(Record, table=True):
    """One step of a case and who answers for it (谁调查、谁审核、谁审批、谁负责), with what was decided in it."""

    __tablename__ = "case_step"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    verb: CaseVerb = Field(sa_type=words(CaseVerb))
    to_state: CaseState = Field(sa_type=words(CaseState))
    at: datetime = Field(default_factory=now)
    by: int | None = Field(default=None, foreign_key="user_account.id")
    note: str = Field(default="", sa_type=EncryptedText)
    opinion: Opinion | None = Field(default=None, sa_type=words(Opinion))
    granted_fen: int | None = None
    refusal_reason: RefusalReason | None = Field(default=None, sa_type=words(RefusalReason))


class CasePause(Record, table=True):
    """A stretch for which the clock stood still, with its reason. Days from `from_day` up to the one before
    `to_day` are not counted."""

    __tablename__ = "case_pause"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    reason: str
    from_day: date
    to_day: date | None = None
    paused_by: int = Field(foreign_key="user_account.id")
    resumed_by: int | None = Field(default=None, foreign_key="user_account.id")


class CaseConflict(Record, table=True):
    """Someone of the society who is kin of the person: takes no part in the case."""

    __tablename__ = "case_conflict"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    user_id: int = Field(foreign_key="user_account.id")
    relation: str
    declared_by: int = Field(foreign_key="user_account.id")


class Investigation(Record, table=True):
    """One edition of a household visit's findings (入户调查), sealed as a whole; a later edit is a new edition."""

    __tablename__ = "investigation"
    __table_args__ = (UniqueConstraint("case_id", "edition"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    edition: int
    visited_on: date
    investigator_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    findings: str = Field(sa_type=EncryptedText)
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class AttachmentKind(StrEnum):
    """What a paper or photo of a file is, after the contents of 一人一档 (domain section 5.4)."""

    application = "application"
    consent = "consent"
    identity = "identity"
    home_photo = "home_photo"
    minutes = "minutes"
    receipt = "receipt"
    wall_photo = "wall_photo"
    objection = "objection"
    referral_slip = "referral_slip"
    service_record = "service_record"
    other = "other"


class Attachment(Record, table=True):
    """A paper or photo of a case. Its content lies sealed outside the database under `file_key`; `sha256` is that of
    the content kept. Never deleted: taken out of the file with a reason."""

    __tablename__ = "attachment"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    kind: AttachmentKind = Field(sa_type=words(AttachmentKind))
    name: str = Field(sa_type=EncryptedText)
    media_type: str
    size: int
    sha256: str
    file_key: str = Field(unique=True)
    added_by: int = Field(foreign_key="user_account.id")
    added_at: datetime = Field(default_factory=now)
    removed_by: int | None = Field(default=None, foreign_key="user_account.id")
    removed_at: datetime | None = None
    removed_reason: str = Field(default="", sa_type=EncryptedText)


class Need(VersionedRecord, table=True):
    """One kind of help wanted (服务需求). `category` is a service_type leaf (A01, B02, ...)."""

    __tablename__ = "need"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    category: str = Field(index=True)
    text: str = Field(sa_type=EncryptedText)
    urgency: Urgency = Field(default=Urgency.routine, sa_type=words(Urgency))
    wished_times: list[str] = Field(default_factory=list, sa_type=JSON)
    constraints: list[str] = Field(default_factory=list, sa_type=JSON)
    state: NeedState = Field(default=NeedState.open, sa_type=words(NeedState), index=True)
    opened_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None


class Draft(Record, table=True):
    """What a user had typed into a form and not yet sent, sealed, one a form."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "form"),)

    user_id: int = Field(foreign_key="user_account.id")
    form: str = Field(max_length=80)
    content: str = Field(sa_type=EncryptedText)
    saved_at: datetime = Field(default_factory=now)
