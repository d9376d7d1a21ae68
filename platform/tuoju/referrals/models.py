"""Tables of referrals, their history, links, messages and contacts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText
from tuoju.referrals.status import (
    LIVE,
    Answerer,
    AskedBy,
    Outcome,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
    UpdateKind,
)

_LIVE_SQL = text("state IN (" + ", ".join(f"'{state.value}'" for state in sorted(LIVE)) + ")")


class Referral(VersionedRecord, table=True):
    """A person's decision to send one need to one project (转介)."""

    __tablename__ = "referral"
    __table_args__ = (
        Index(
            "uq_referral_live_need",
            "need_id",
            unique=True,
            sqlite_where=_LIVE_SQL,
            postgresql_where=_LIVE_SQL,
        ),
    )

    number: str = Field(unique=True)
    """What people call it: the nine digits of the township, the need's id and how many times the need was referred,
    joined by hyphens. It tells no village, because an organization reads it before it accepts (docs/decisions/0014)."""
    need_id: int = Field(foreign_key="need.id", index=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    """The organization of the project: who answers."""
    region_code: str = Field(foreign_key="region.code", index=True)
    """The region of the case, by which the sending side reads the referral."""
    match_id: int | None = Field(default=None, foreign_key="match.id")
    """What the ranker proposed when the project was chosen; None if it did not propose this project."""
    previous_id: int | None = Field(default=None, foreign_key="referral.id")
    """The referral of the same need before this one."""
    consent_id: int | None = Field(default=None, foreign_key="consent.id")
    """The consent the referral rests on, or None if it rests on `override_id`."""
    override_id: int | None = Field(default=None, foreign_key="emergency_override.id")
    """The emergency override the referral rests on, or None if it rests on `consent_id`."""
    state: ReferralState = Field(default=ReferralState.requested, sa_type=words(ReferralState), index=True)
    note: str = Field(default="", sa_type=EncryptedText)
    """What the sender wrote for the project."""
    repeat_reason: str | None = Field(default=None, sa_type=EncryptedText)
    """Why the person gets this service or project a second time; empty where it is the first."""
    sent_by: int = Field(foreign_key="user_account.id")
    """Who receives the answer: the sender, or who recorded the case if a plan sent the referral."""
    requested_at: datetime = Field(default_factory=now)
    answer_due_at: datetime
    """When the referral expires if nobody answered: the end of the last working day that the policy allows."""
    answer_due_provisional: bool = False
    """True while the working days of that year are not published."""
    answered_at: datetime | None = None
    """When the charity first accepted, rejected or waitlisted it."""
    first_visit_on: date | None = None
    """The day on which the charity promised to come first."""
    rejection_reason: RejectionReason | None = Field(default=None, nullable=True, sa_type=words(RejectionReason))
    ended_at: datetime | None = None
    end_note: str = Field(default="", sa_type=EncryptedText)
    """What was written at the last step: the reason of a rejection or a cancellation, a remark on the outcome."""
    outcome: Outcome | None = Field(default=None, nullable=True, sa_type=words(Outcome))
    satisfaction: int | None = None
    """How content the resident is: 1 (not at all) to 5 (very); None until asked (domain section 5.8)."""
    solved: bool | None = None
    """Whether the resident says that the difficulty is solved."""
    satisfaction_by: Answerer | None = Field(default=None, nullable=True, sa_type=words(Answerer))
    """Who answered."""
    asked_by: AskedBy | None = Field(default=None, nullable=True, sa_type=words(AskedBy))
    """How they were asked."""
    satisfaction_comment: str | None = Field(default=None, sa_type=EncryptedText)
    """The resident's own words."""
    satisfaction_at: datetime | None = None
    """When the answer was recorded; None for answers before this was kept, which count from `ended_at`."""


class ComplaintCause(StrEnum):
    """What made a complaint of what a resident says."""

    low_rating = "low_rating"
    not_solved = "not_solved"
    worrying_words = "worrying_words"


class Complaint(VersionedRecord, table=True):
    """What a resident is not content with, until somebody has answered it (投诉). One waits at a time."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index(
            "uq_complaint_open",
            "referral_id",
            unique=True,
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    referral_id: int = Field(foreign_key="referral.id", index=True)
    cause: ComplaintCause = Field(sa_type=words(ComplaintCause))
    opened_at: datetime = Field(default_factory=now)
    due_at: datetime
    """End of the last working day to answer."""
    due_provisional: bool = False
    """True while the working days of that year are not published."""
    answered_at: datetime | None = None
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    answer: str = Field(default="", sa_type=EncryptedText)
    """What the resident reads."""
    helped: bool | None = None
    """Whether the person has got help now; None until it is answered."""


class SpotCheckDraw(Record, table=True):
    """A sample of the helped referrals of one month, drawn so that anybody can draw it again (抽查)."""

    __tablename__ = "spot_check_draw"
    __table_args__ = (UniqueConstraint("region_code", "month"),)

    region_code: str = Field(foreign_key="region.code")
    """The township, county or city whose referrals were drawn from."""
    month: str
    """The month in which the referrals ended, as YYYY-MM in China."""
    percent: int
    """The share of the policy on the day of the draw."""
    seed: str
    """Random hex digits, made at the draw. With the population they determine the sample."""
    population: list[int] = Field(default_factory=list, sa_type=JSON)
    """The ids of all referrals that were drawn from, ascending."""
    drawn_at: datetime = Field(default_factory=now)
    drawn_by: int = Field(foreign_key="user_account.id")


class SpotCheck(Record, table=True):
    """One referral of a sample. It is open until somebody other than its sender has asked the resident."""

    __tablename__ = "spot_check"
    __table_args__ = (UniqueConstraint("draw_id", "referral_id"),)

    draw_id: int = Field(foreign_key="spot_check_draw.id")
    referral_id: int = Field(foreign_key="referral.id", index=True)


class OutcomeCheck(Record, table=True):
    """What a resident answered when the field asked whether a completed service helped (回访核实)."""

    __tablename__ = "outcome_check"

    referral_id: int = Field(foreign_key="referral.id", index=True)
    spot_check_id: int | None = Field(default=None, foreign_key="spot_check.id")
    """The spot check that this answers; None for a call-back of the village."""
    helped: bool
    answered_by: Answerer = Field(sa_type=words(Answerer))
    """Who answered."""
    asked_by: AskedBy = Field(sa_type=words(AskedBy))
    """How they were asked; never by link, because a link is the resident's own word."""
    checked_at: datetime = Field(default_factory=now)
    checked_by: int = Field(foreign_key="user_account.id")


class ReferralEvent(Record, table=True):
    """One step of a referral, for the timeline on its page. The audit chain is the proof, not this table."""

    __tablename__ = "referral_event"

    referral_id: int = Field(foreign_key="referral.id", index=True)
    verb: ReferralVerb | None = Field(default=None, nullable=True, sa_type=words(ReferralVerb))
    """None for the first event: the referral was sent."""
    state: ReferralState = Field(sa_type=words(ReferralState))
    """The state after the step."""
    by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who did it; None for a step by the clock or through a link."""
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    """The link through which it was done."""
    holder_name: str | None = Field(default=None, sa_type=EncryptedText)
    """The name that whoever used the link gave."""
    at: datetime = Field(default_factory=now)
    note: str = Field(default="", sa_type=EncryptedText)


class ReferralLink(Record, table=True):
    """A link by which a charity answers one referral without an account. A referral has at most one unrevoked link."""

    __tablename__ = "referral_link"
    __table_args__ = (
        Index(
            "uq_referral_link_current",
            "referral_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    referral_id: int = Field(foreign_key="referral.id", index=True)
    handle: str = Field(unique=True)
    """The public part of the token: stands in the address of the page that the link opens."""
    token_hash: str = Field(unique=True)
    """SHA-256 of the token in hex; the token itself is not stored."""
    issued_by: int | None = Field(default=None, foreign_key="user_account.id")
    """None if the platform issued it: for a referral sent by a plan, or on request of a link holder."""
    issued_at: datetime = Field(default_factory=now)
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: int | None = Field(default=None, foreign_key="user_account.id")
    uses: int = 0
    """How many requests used the link."""
    last_used_at: datetime | None = None


class ReferralMessage(Record, table=True):
    """A question or an answer on a referral, between the charity and the worker who sent it."""

    __tablename__ = "referral_message"

    referral_id: int = Field(foreign_key="referral.id", index=True)
    side: Side = Field(sa_type=words(Side))
    """Who wrote it: the sender or the receiver of the referral."""
    by: int | None = Field(default=None, foreign_key="user_account.id")
    """The account that wrote it; None through a link."""
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    """The link through which it was written."""
    holder_name: str = Field(default="", sa_type=EncryptedText)
    """The name that whoever used the link gave."""
    text: str = Field(sa_type=EncryptedText)
    at: datetime = Field(default_factory=now)


class ResidentUpdate(Record, table=True):
    """Something that a resident has to learn about a referral: by SMS, or from an officer if no SMS may go.

    One row for each kind of update, and for a visit one for each day that was promised.
    """

    __tablename__ = "resident_update"
    __table_args__ = (UniqueConstraint("referral_id", "kind", "day"),)

    referral_id: int = Field(foreign_key="referral.id", index=True)
    kind: UpdateKind = Field(sa_type=words(UpdateKind))
    day: str = ""
    """The day of the visit as YYYY-MM-DD; empty for the other kinds (NULL would not be unique)."""
    at: datetime = Field(default_factory=now)
    told_at: datetime | None = None
    """When an officer told the resident in person or by telephone."""
    told_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Which officer."""


class ContactChangeEnd(StrEnum):
    """How a proposed change of a contact ended."""

    confirmed_by_charity = "confirmed_by_charity"
    """At the contact before the change, or by an account of the charity."""
    confirmed_in_person = "confirmed_in_person"
    """By a second officer; both met the charity."""
    refused = "refused"
    """By the charity, or taken back by an officer."""
    replaced = "replaced"
    """By a later proposal."""


class ContactChange(Record, table=True):
    """A change of an organization's contact that an officer proposed. It takes effect when it is confirmed, because
    links to referrals are sent to the contact."""

    __tablename__ = "contact_change"
    __table_args__ = (
        Index(
            "uq_contact_change_open",
            "organization_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    organization_id: int = Field(foreign_key="organization.id", index=True)
    name: str = Field(default="", sa_type=EncryptedText)
    """The proposed contact person."""
    mobile: str = Field(default="", sa_type=EncryptedText)
    email: str = Field(default="", sa_type=EncryptedText)
    proposed_by: int = Field(foreign_key="user_account.id")
    proposed_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None
    """None while it waits."""
    end: ContactChangeEnd | None = Field(default=None, sa_type=words(ContactChangeEnd))
    ended_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The account that confirmed or refused; None through the message to the contact."""


class OrganizationContact(Record, table=True):
    """Where an organization without accounts is reached. Links to referrals are sent nowhere else."""

    __tablename__ = "organization_contact"

    organization_id: int = Field(foreign_key="organization.id", unique=True)
    name: str = Field(default="", sa_type=EncryptedText)
    """The contact person."""
    mobile: str = Field(default="", sa_type=EncryptedText)
    """For SMS; empty if there is none."""
    email: str = Field(default="", sa_type=EncryptedText)
    """For e-mail; empty if there is none."""
    email_confirmed_at: datetime | None = None
    """When the link sent to the e-mail address was opened; None before, and nothing else is sent there until then."""
    mobile_confirmed_at: datetime | None = None
    """The same of the mobile number."""
    changed_by: int | None = Field(default=None, foreign_key="user_account.id")
    changed_at: datetime = Field(default_factory=now)
