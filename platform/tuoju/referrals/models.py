"""Tables of referrals, their history, links, messages and contacts."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
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
from tuoju.residents.encryption import EncryptedText

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
    need_id: int = Field(foreign_key="need.id", index=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    match_id: int | None = Field(default=None, foreign_key="match.id")
    previous_id: int | None = Field(default=None, foreign_key="referral.id")
    consent_id: int | None = Field(default=None, foreign_key="consent.id")
    override_id: int | None = Field(default=None, foreign_key="emergency_override.id")
    state: ReferralState = Field(default=ReferralState.requested, sa_type=words(ReferralState), index=True)
    note: str = Field(default="", sa_type=EncryptedText)
    sent_by: int = Field(foreign_key="user_account.id")
    requested_at: datetime = Field(default_factory=now)
    answer_due_at: datetime
    answer_due_provisional: bool = False
    answered_at: datetime | None = None
    first_visit_on: date | None = None
    rejection_reason: RejectionReason | None = Field(default=None, nullable=True, sa_type=words(RejectionReason))
    ended_at: datetime | None = None
    end_note: str = Field(default="", sa_type=EncryptedText)
    outcome: Outcome | None = Field(default=None, nullable=True, sa_type=words(Outcome))
    satisfaction: int | None = None
    solved: bool | None = None
    satisfaction_by: Answerer | None = Field(default=None, nullable=True, sa_type=words(Answerer))
    asked_by: AskedBy | None = Field(default=None, nullable=True, sa_type=words(AskedBy))
    satisfaction_comment: str | None = Field(default=None, sa_type=EncryptedText)


class ReferralEvent(Record, table=True):
    """One step of a referral: the timeline that people see. The audit chain is the proof. Through a link nobody is
    signed in: `link_id` says through which, `holder_name` who they said they were."""

    __tablename__ = "referral_event"

    referral_id: int = Field(foreign_key="referral.id", index=True)
    verb: ReferralVerb | None = Field(default=None, nullable=True, sa_type=words(ReferralVerb))
    state: ReferralState = Field(sa_type=words(ReferralState))
    by: int | None = Field(default=None, foreign_key="user_account.id")
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    holder_name: str | None = Field(default=None, sa_type=EncryptedText)
    at: datetime = Field(default_factory=now)
    note: str = Field(default="", sa_type=EncryptedText)


class ReferralLink(Record, table=True):
    """A link by which the charity answers one referral without an account. The token it carries is kept only as a
    hash; `handle` is the public part, in the address of the page it opens. One standing link a referral."""

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
    token_hash: str = Field(unique=True)
    issued_by: int | None = Field(default=None, foreign_key="user_account.id")
    issued_at: datetime = Field(default_factory=now)
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: int | None = Field(default=None, foreign_key="user_account.id")
    uses: int = 0
    last_used_at: datetime | None = None


class ReferralMessage(Record, table=True):
    """A question or an answer on a referral, between the charity and the worker who sent it."""

    __tablename__ = "referral_message"

    referral_id: int = Field(foreign_key="referral.id", index=True)
    side: Side = Field(sa_type=words(Side))
    by: int | None = Field(default=None, foreign_key="user_account.id")
    link_id: int | None = Field(default=None, foreign_key="referral_link.id")
    holder_name: str = Field(default="", sa_type=EncryptedText)
    text: str = Field(sa_type=EncryptedText)
    at: datetime = Field(default_factory=now)


class ResidentUpdate(Record, table=True):
    """Something to tell a resident of a referral, once for each moment; `day` is that of a visit. What does not
    arrive by SMS an officer tells: then `told_at` says when."""

    __tablename__ = "resident_update"
    __table_args__ = (UniqueConstraint("referral_id", "kind", "day"),)

    referral_id: int = Field(foreign_key="referral.id", index=True)
    kind: UpdateKind = Field(sa_type=words(UpdateKind))
    day: str = ""
    at: datetime = Field(default_factory=now)
    told_at: datetime | None = None
    told_by: int | None = Field(default=None, foreign_key="user_account.id")


class OrganizationContact(Record, table=True):
    """Where an organization is reached, sealed: a link to a referral goes nowhere else."""

    __tablename__ = "organization_contact"

    organization_id: int = Field(foreign_key="organization.id", unique=True)
    name: str = Field(default="", sa_type=EncryptedText)
    mobile: str = Field(default="", sa_type=EncryptedText)
    email: str = Field(default="", sa_type=EncryptedText)
    changed_by: int | None = Field(default=None, foreign_key="user_account.id")
    changed_at: datetime = Field(default_factory=now)
