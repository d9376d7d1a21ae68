"""Tables of users, their sessions and the audit chain."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from tuoju.database.records import Record, now, words
from tuoju_notifications.kinds import Channel, Urgency
from tuoju_notifications.sealing import SealedText


class Role(StrEnum):
    social_worker = "social_worker"
    township_officer = "township_officer"
    charity_staff = "charity_staff"
    program_manager = "program_manager"
    administrator = "administrator"


class User(Record, table=True):
    """Someone who signs in. Staff act within `region_code`; charity staff within `organization_id`."""

    __tablename__ = "user_account"

    username: str = Field(unique=True, max_length=64)
    password_hash: str
    display_name: str
    role: Role = Field(sa_type=words(Role))
    region_code: str | None = Field(default=None, foreign_key="region.code")
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    language: str = "zh_CN"
    is_active: bool = True
    failed_sign_ins: int = 0
    locked_until: datetime | None = None
    created_at: datetime = Field(default_factory=now)


class SessionKind(StrEnum):
    browser = "browser"
    api = "api"


class UserSession(Record, table=True):
    """A signed-in browser or API client; only the hash of its token is stored."""

    __tablename__ = "user_session"

    token_hash: str = Field(unique=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    kind: SessionKind = Field(sa_type=words(SessionKind))
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    ended_at: datetime | None = None


class AuditChain(SQLModel, table=True):
    """The head of one scope's chain (a county or an organization); locked while an entry is added."""

    __tablename__ = "audit_chain"

    scope: str = Field(primary_key=True)
    sequence: int = 0
    hash: str = ""


class AuditEntry(Record, table=True):
    """One thing done or read. Holds ids, never personal values. Never updated, never deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("scope", "sequence"),)

    scope: str
    sequence: int
    at: datetime
    actor_id: int | None = Field(default=None, index=True)
    action: str
    subject_type: str
    subject_id: str = Field(index=True)
    purpose: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    previous_hash: str
    hash: str


class IdempotencyKey(Record, table=True):
    """A creation asked for through the API under a key of the client's, and what was answered.

    `body_hash` is keyed and `response` sealed: both may hold what a person said of another.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    user_id: int = Field(foreign_key="user_account.id")
    key: str = Field(max_length=200)
    fingerprint: str
    body_hash: str
    status: int = 0
    response: str = ""
    created_at: datetime = Field(default_factory=now, index=True)


class NotificationVolume(StrEnum):
    """How much an account wants to hear by a channel that leaves the application."""

    nothing = "nothing"
    urgent_only = "urgent_only"
    usual = "usual"
    everything = "everything"


class ContactPreferences(Record, table=True):
    """How an account is reached outside the application, and when it would rather not be. Quiet hours are China's
    wall clock and may pass midnight."""

    __tablename__ = "account_reach"

    user_id: int = Field(foreign_key="user_account.id", unique=True)
    email: str = Field(default="", sa_type=SealedText)
    mobile: str = Field(default="", sa_type=SealedText)
    by_email: NotificationVolume = Field(default=NotificationVolume.usual, sa_type=words(NotificationVolume))
    by_sms: NotificationVolume = Field(
        default=NotificationVolume.urgent_only, sa_type=words(NotificationVolume, "volumebysms")
    )
    quiet_from: time | None = None
    quiet_to: time | None = None


class Subscription(Record, table=True):
    """A group's robot, or an integrator's webhook, that receives of what happens in a region, from an urgency up.

    `address` holds the secret too, as its channel reads it, and so is sealed.
    """

    __tablename__ = "subscription"

    region_code: str = Field(foreign_key="region.code", index=True)
    name: str
    channel: Channel = Field(sa_type=words(Channel))
    address: str = Field(sa_type=SealedText)
    urgent_only: bool = False
    created_by: int = Field(foreign_key="user_account.id")
    created_at: datetime = Field(default_factory=now)
    stopped_at: datetime | None = None

    def receives(self, urgency: Urgency) -> bool:
        """Whether it is told of what has this urgency."""
        return self.stopped_at is None and (urgency is Urgency.urgent or not self.urgent_only)
