"""Tables of cases, needs and drafts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from tuoju.cases.policies import Scheme
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import BlindIndex, EncryptedText


class OpenedBy(StrEnum):
    """How a case began: 个人申请 or 主动发现."""

    application = "application"
    proactive_discovery = "proactive_discovery"


class Urgency(StrEnum):
    """How soon a need has to be met."""

    routine = "routine"
    soon = "soon"
    urgent = "urgent"
    life_threatening = "life_threatening"


class ClockStep(StrEnum):
    """The step that is due next on a case."""

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
    """Why relief is refused; the person gets the reason in writing (社会救助法 art. 45)."""

    not_in_hardship = "not_in_hardship"
    helped_already = "helped_already"
    other_scheme = "other_scheme"
    not_as_stated = "not_as_stated"
    other = "other"


class Case(VersionedRecord, table=True):
    """One stretch of help for one resident (救助个案).

    What was decided before a case was reopened is kept on its steps; here is what holds now.
    """

    __tablename__ = "assistance_case"

    number: str = Field(unique=True)
    """Printed on papers: village code, year and a sequence."""
    resident_id: int = Field(foreign_key="resident.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    """The village of the resident when the case was opened."""
    opened_by: OpenedBy = Field(sa_type=words(OpenedBy))
    discovery_channel: str
    """Code list `discovery_channel`."""
    hardship_cause: str
    """Code list `hardship_cause`."""
    summary: str = Field(default="", sa_type=EncryptedText)
    """The situation in the words of whoever opened the case."""
    state: CaseState = Field(default=CaseState.recorded, sa_type=words(CaseState))
    accepted_at: datetime = Field(default_factory=now)
    """When the case was opened."""
    started_at: datetime = Field(default_factory=now)
    """When the clock started: the earlier of acceptance and discovery, or the last reopening."""
    recorded_by: int = Field(foreign_key="user_account.id")
    scheme: Scheme = Field(default=Scheme.society_relief, sa_type=words(Scheme))
    policy_id: int = Field(foreign_key="policy.id")
    """The policy in force when the case was opened; a case keeps it."""
    has_procedure: bool
    """Copied from the policy: whether there is investigation, opinion and decision."""
    needs_notice: bool
    """Copied from the policy: whether there is a public notice after relief."""
    first_help_reason: str = Field(default="", sa_type=EncryptedText)
    """Why money may be paid before the decision (先行救助); empty where it may not."""
    reviewed_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who gave the opinion."""
    reviewed_at: datetime | None = None
    opinion: Opinion | None = Field(default=None, sa_type=words(Opinion))
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_alone: bool = False
    """Whoever investigated or gave the opinion decided too, as the only officer of the society."""
    granted_fen: int | None = None
    """What was granted; 0 is a decision for services only."""
    refusal_reason: RefusalReason | None = Field(default=None, sa_type=words(RefusalReason))
    relief_completed_at: datetime | None = None
    """When all that was granted was paid, or the service need was reported."""
    notice_ends_on: date | None = None
    """The last day of the public notice; the case closes after it."""
    objected_at: datetime | None = None
    """When the first open objection came."""
    due_step: ClockStep | None = Field(default=None, sa_type=words(ClockStep))
    """The step that is due next; None while the clock is paused or nothing is due."""
    due_at: datetime | None = Field(default=None, index=True)
    """The end of the last day for `due_step`."""
    due_provisional: bool = False
    """The working days up to `due_at` are not all published yet."""
    closed_at: datetime | None = None
    """When the case ended, in whatever way."""
    with_care: bool = False
    """Someone else may read the person's phone, so no message is sent to it."""


class AlertSource(StrEnum):
    """Which data an alert comes from (国办 2023: education, work, health, medical insurance, disability)."""

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
    """Why an alert becomes no case: "checked, no need" is a valid result (国办 2023)."""

    no_need = "no_need"
    helped_already = "helped_already"
    passed_on = "passed_on"
    not_found = "not_found"
    duplicate = "duplicate"
    other = "other"


class Alert(VersionedRecord, table=True):
    """A hint from a comparison of data that someone may need help (预警线索).

    It is no case yet: the clock of a case starts when a contact confirms that help is needed.
    """

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("id_number_index", "source", "raised_on", "region_code"),)

    region_code: str = Field(foreign_key="region.code", index=True)
    """The village that looks into it."""
    name: str = Field(sa_type=EncryptedText)
    id_number: str = Field(sa_type=EncryptedText)
    id_number_index: str = Field(index=True, sa_type=BlindIndex("id_number", "id:"))
    """Blind index of the ID number."""
    phone: str | None = Field(default=None, sa_type=EncryptedText)
    source: AlertSource = Field(sa_type=words(AlertSource))
    content: str = Field(default="", sa_type=EncryptedText)
    """What the department wrote."""
    raised_on: date
    """The day on which the department raised it."""
    due_at: datetime = Field(index=True)
    """The end of the last day for the answer."""
    state: AlertState = Field(default=AlertState.open, sa_type=words(AlertState), index=True)
    resident_id: int | None = Field(default=None, foreign_key="resident.id", index=True)
    """The file that has this ID number, if there is one."""
    case_id: int | None = Field(default=None, foreign_key="assistance_case.id", unique=True)
    """The case it became."""
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    dismissal: DismissalReason | None = Field(default=None, sa_type=words(DismissalReason))
    note: str = Field(default="", sa_type=EncryptedText)
    """What was found, for a dismissed alert."""


class CaseStep(Record, table=True):
    """One step of a case, who answers for it (谁调查、谁审核、谁审批、谁负责), and what was decided in it."""

    __tablename__ = "case_step"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    verb: CaseVerb = Field(sa_type=words(CaseVerb))
    to_state: CaseState = Field(sa_type=words(CaseState))
    at: datetime = Field(default_factory=now)
    by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who took the step; None for the system."""
    note: str = Field(default="", sa_type=EncryptedText)
    """The reason in words."""
    opinion: Opinion | None = Field(default=None, sa_type=words(Opinion))
    """Of `give_opinion`."""
    granted_fen: int | None = None
    """Of `approve`."""
    refusal_reason: RefusalReason | None = Field(default=None, sa_type=words(RefusalReason))
    """Of `refuse`."""


class CasePause(Record, table=True):
    """Days on which the clock of a case was paused, with the reason."""

    __tablename__ = "case_pause"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    reason: str = Field(sa_type=EncryptedText)
    from_day: date
    """The first day that is not counted."""
    to_day: date | None = None
    """The day from which days count again; None while the pause is under way."""
    paused_by: int = Field(foreign_key="user_account.id")
    resumed_by: int | None = Field(default=None, foreign_key="user_account.id")


class CaseConflict(Record, table=True):
    """An officer who is kin of the person and takes no part in the case."""

    __tablename__ = "case_conflict"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    user_id: int = Field(foreign_key="user_account.id")
    """The officer."""
    relation: str = Field(sa_type=EncryptedText)
    """How they are related, in words."""
    declared_by: int = Field(foreign_key="user_account.id")


class Investigation(Record, table=True):
    """The findings of a household visit (入户调查), sealed as one text. A correction is a further edition."""

    __tablename__ = "investigation"
    __table_args__ = (UniqueConstraint("case_id", "edition"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    edition: int
    """1 for the first, one more for each that follows."""
    visited_on: date
    investigator_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    """The accounts of all who went."""
    findings: str = Field(sa_type=EncryptedText)
    """An InvestigationInput as JSON."""
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class AttachmentKind(StrEnum):
    """What a paper or photo shows, by the table of contents of 一人一档 (domain section 5.4)."""

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
    """A paper or photo of a case. It is never deleted, only taken out of the file with a reason."""

    __tablename__ = "attachment"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    kind: AttachmentKind = Field(sa_type=words(AttachmentKind))
    name: str = Field(sa_type=EncryptedText)
    """The file name of the upload."""
    media_type: str
    size: int
    """Bytes of the stored content."""
    sha256: str
    """Of the stored content, in hexadecimal."""
    file_key: str = Field(unique=True)
    """Where the sealed content lies outside the database."""
    added_by: int = Field(foreign_key="user_account.id")
    added_at: datetime = Field(default_factory=now)
    removed_by: int | None = Field(default=None, foreign_key="user_account.id")
    removed_at: datetime | None = None
    """When it was taken out of the file; None while it is in it."""
    removed_reason: str = Field(default="", sa_type=EncryptedText)


class Need(VersionedRecord, table=True):
    """One kind of help wanted (服务需求)."""

    __tablename__ = "need"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    category: str = Field(index=True)
    """A leaf of code list `service_type`: A01, B02, ..."""
    text: str = Field(sa_type=EncryptedText)
    """What is wanted, in the words of the person."""
    urgency: Urgency = Field(default=Urgency.routine, sa_type=words(Urgency))
    wished_times: list[str] = Field(default_factory=list, sa_type=JSON)
    """Values of WishedTime."""
    constraints: list[str] = Field(default_factory=list, sa_type=JSON)
    """Values of Constraint."""
    state: NeedState = Field(default=NeedState.open, sa_type=words(NeedState), index=True)
    opened_at: datetime = Field(default_factory=now)
    """When it began to wait; kept when a referral fails and the need is open again."""
    ended_at: datetime | None = None
    """When it was met, given up or withdrawn."""


class Draft(Record, table=True):
    """What a user typed into a form and has not sent yet: one draft a form, sealed."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "form"),)

    user_id: int = Field(foreign_key="user_account.id")
    form: str = Field(max_length=80)
    """The name of the form, for instance `need-new-12`."""
    content: str = Field(sa_type=EncryptedText)
    """The values of each field as JSON: field to list of texts."""
    saved_at: datetime = Field(default_factory=now)
