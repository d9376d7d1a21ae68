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
    """What somebody does here; permissions.ROLE_ACTIONS says what each role may do."""

    social_worker = "social_worker"
    township_officer = "township_officer"
    charity_staff = "charity_staff"
    program_manager = "program_manager"
    administrator = "administrator"


class User(Record, table=True):
    """Someone who signs in."""

    __tablename__ = "user_account"

    username: str = Field(unique=True, max_length=64)
    """What is typed to sign in."""
    password_hash: str
    """Argon2id (service.PASSWORDS)."""
    display_name: str
    """The name that colleagues and residents see."""
    role: Role = Field(sa_type=words(Role))
    region_code: str | None = Field(default=None, foreign_key="region.code")
    """Staff act within this region; None for charity staff and administrators."""
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    """Charity staff act for this organization; None for everyone else."""
    language: str = "zh_CN"
    """Of pages and notifications."""
    is_active: bool = True
    """An account that is stopped cannot sign in."""
    failed_sign_ins: int = 0
    """Wrong passwords since the last right one."""
    locked_until: datetime | None = None
    """After too many wrong passwords nobody signs in before then."""
    created_at: datetime = Field(default_factory=now)


class SessionKind(StrEnum):
    """What a session is for; service.LIFETIME says how long each lasts."""

    browser = "browser"
    api = "api"


class UserSession(Record, table=True):
    """A signed-in browser or API client; only the hash of its token is stored."""

    __tablename__ = "user_session"

    token_hash: str = Field(unique=True)
    """SHA-256 of the token in hex; the token itself is not stored."""
    user_id: int = Field(foreign_key="user_account.id", index=True)
    kind: SessionKind = Field(sa_type=words(SessionKind))
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    ended_at: datetime | None = None
    """When it was ended by signing out, a new password or a stopped account."""


class AuditChain(SQLModel, table=True):
    """The head of one scope's chain (a county or an organization); locked while an entry is added."""

    __tablename__ = "audit_chain"

    scope: str = Field(primary_key=True)
    """A county code, "organization:ID" or "accounts"."""
    sequence: int = 0
    """The number of the latest entry."""
    hash: str = ""
    """The hash of the latest entry; empty before the first."""


class AuditEntry(Record, table=True):
    """One thing done or read. Holds ids, never personal values. Never updated, never deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("scope", "sequence"),)

    scope: str
    """The chain that the entry belongs to."""
    sequence: int
    """Its place in the chain, from 1 without gaps."""
    at: datetime
    actor_id: int | None = Field(default=None, index=True)
    """The account that did it; None for the clock and through a link."""
    action: str
    """The verb."""
    subject_type: str
    """The class of the row that it was done to."""
    subject_id: str = Field(index=True)
    """The id of that row."""
    purpose: str = ""
    """What personal fields were read for; empty for other actions."""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Ids and codes."""
    previous_hash: str
    """The hash of the entry before."""
    hash: str
    """audit.digest of all other fields."""


class IdempotencyKey(Record, table=True):
    """A creation requested through the API under a key that the client chose, and its answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    user_id: int = Field(foreign_key="user_account.id")
    key: str = Field(max_length=200)
    fingerprint: str
    """Method and path of the request."""
    body_hash: str
    """A keyed hash of the body: a second body under the same key is refused."""
    status: int = 0
    """HTTP status of the answer; 0 while the request runs."""
    response: str = ""
    """The answer, sealed; empty while the request runs."""
    created_at: datetime = Field(default_factory=now, index=True)


class NotificationVolume(StrEnum):
    """Which notifications an account receives by a channel outside the application."""

    nothing = "nothing"
    urgent_only = "urgent_only"
    usual = "usual"
    everything = "everything"


class ContactPreferences(Record, table=True):
    """How an account is reached outside the application, and in which hours it is not."""

    __tablename__ = "account_reach"

    user_id: int = Field(foreign_key="user_account.id", unique=True)
    email: str = Field(default="", sa_type=SealedText)
    """Empty if there is none."""
    mobile: str = Field(default="", sa_type=SealedText)
    """For SMS; empty if there is none."""
    by_email: NotificationVolume = Field(default=NotificationVolume.usual, sa_type=words(NotificationVolume))
    by_sms: NotificationVolume = Field(
        default=NotificationVolume.urgent_only, sa_type=words(NotificationVolume, "volumebysms")
    )
    quiet_from: time | None = None
    """China's wall clock; None without quiet hours."""
    quiet_to: time | None = None
    """May lie before `quiet_from`: the quiet hours pass midnight then."""


class Subscription(Record, table=True):
    """A group's robot or an integrator's webhook that receives the notifications of a region."""

    __tablename__ = "subscription"

    region_code: str = Field(foreign_key="region.code", index=True)
    name: str
    """What its administrator calls it."""
    channel: Channel = Field(sa_type=words(Channel))
    address: str = Field(sa_type=SealedText)
    """The address and the secret, as its channel reads them."""
    urgent_only: bool = False
    """Whether it receives urgent notifications only."""
    created_by: int = Field(foreign_key="user_account.id")
    created_at: datetime = Field(default_factory=now)
    stopped_at: datetime | None = None
    """When it was stopped; None while it receives."""

    def receives(self, urgency: Urgency) -> bool:
        """Whether it receives notifications of this urgency."""
        return self.stopped_at is None and (urgency is Urgency.urgent or not self.urgent_only)
