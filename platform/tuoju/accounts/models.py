"""Tables of users, their sessions and the audit chain."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from tuoju.database.records import Record, now, words
from tuoju.database.sealing import EncryptedText
from tuoju_notifications.kinds import Channel, Urgency


class Role(StrEnum):
    """What somebody does here; permissions.MATRIX says what each role may do."""

    social_worker = "social_worker"
    society_chair = "society_chair"
    township_officer = "township_officer"
    charity_staff = "charity_staff"
    program_manager = "program_manager"
    administrator = "administrator"


SOCIETY_ROLES = (Role.social_worker, Role.society_chair)
"""The officers of a society: its aide (社会救助协理员) and its chair (社长)."""


class User(Record, table=True):
    """Someone who signs in."""

    __tablename__ = "user_account"

    username: str = Field(unique=True, max_length=64)
    """What is typed to sign in."""
    password_hash: str
    """Argon2id (service.PASSWORDS); service.NO_PASSWORD until the person has chosen one."""
    display_name: str
    """The name that colleagues and residents see."""
    role: Role = Field(sa_type=words(Role))
    region_code: str | None = Field(default=None, foreign_key="region.code", index=True)
    """Officers act within this region; None for charity staff."""
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    """Charity staff act for this organization; None for everyone else."""
    is_leader: bool = False
    """Whether they invite and stop the staff of their organization; charity staff only."""
    language: str = "zh_CN"
    """Of pages and notifications."""
    is_active: bool = True
    """An account that is stopped cannot sign in."""
    created_at: datetime = Field(default_factory=now)


class SessionKind(StrEnum):
    """What a session is for; sessions.LIFETIME says how long each lasts."""

    browser = "browser"
    api = "api"


class SessionStage(StrEnum):
    """How far a sign-in has come. Only a complete session stands for its user."""

    second_factor = "second_factor"
    """The password was right; the code or the passkey is still to come."""
    set_up = "set_up"
    """The role needs a second factor and the account has none: it can be set up, and nothing else can be done."""
    complete = "complete"


class UserSession(Record, table=True):
    """A signed-in browser or API client; only the hash of its token is stored."""

    __tablename__ = "user_session"

    token_hash: str = Field(unique=True)
    """SHA-256 of the token in hex; the token itself is not stored."""
    user_id: int = Field(foreign_key="user_account.id", index=True)
    kind: SessionKind = Field(sa_type=words(SessionKind))
    stage: SessionStage = Field(default=SessionStage.complete, sa_type=words(SessionStage))
    device: str = ""
    """Browser and system in words of a closed list (web.kit.clients); empty if unknown."""
    network: str = ""
    """The network address that signed in, its end hidden: 203.0.113.*."""
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    """The absolute end; the idle end follows from `last_used_at` (sessions.IDLE)."""
    last_used_at: datetime = Field(default_factory=now)
    """The latest request, to the minute."""
    confirmed_at: datetime = Field(default_factory=now)
    """When its user last proved who they are; changes of the second factor ask that it is recent."""
    ended_at: datetime | None = None
    """When it was ended by signing out, by a new sign-in, a new password or a stopped account."""


class AttemptCounter(SQLModel, table=True):
    """How often something that is limited was tried within the present window (attempts.py)."""

    __tablename__ = "attempt_counter"

    key: str = Field(primary_key=True)
    """What is counted, for which account, device or network address. Never a name that was typed."""
    attempts: int
    """Attempts since the window began."""
    ends_at: datetime = Field(index=True)
    """When the window ends; the next attempt begins another."""


class TotpSecret(Record, table=True):
    """The secret that an account shares with an authenticator app (TOTP, RFC 6238)."""

    __tablename__ = "totp_secret"

    user_id: int = Field(foreign_key="user_account.id", unique=True)
    secret: str = Field(sa_type=EncryptedText)
    """Base32, as the app takes it."""
    last_step: int = 0
    """The time step of the latest accepted code: a code works once (RFC 6238, 5.2)."""
    created_at: datetime = Field(default_factory=now)
    confirmed_at: datetime | None = None
    """When a first code was right; before that it is no second factor."""


class RecoveryCode(Record, table=True):
    """A code that stands in once for a lost second factor; only its hash is stored."""

    __tablename__ = "recovery_code"

    user_id: int = Field(foreign_key="user_account.id", index=True)
    code_hash: str
    """Argon2id (service.PASSWORDS)."""
    used_at: datetime | None = None
    """When it was used; None while it works."""


class Passkey(Record, table=True):
    """A passkey of an account (WebAuthn Level 3): only its public key is here."""

    __tablename__ = "passkey"

    user_id: int = Field(foreign_key="user_account.id", index=True)
    credential_id: str = Field(unique=True)
    """As its authenticator calls it, base64url."""
    public_key: str
    """COSE, base64url."""
    sign_count: int = Field(default=0, sa_type=BigInteger)
    """The authenticator's own count of uses; 0 for those that keep none. A step back means a copy."""
    name: str = Field(sa_type=EncryptedText)
    """What its owner calls it."""
    created_at: datetime = Field(default_factory=now)
    last_used_at: datetime | None = None


class PasskeyChallenge(Record, table=True):
    """A random value that one passkey has to sign within minutes; deleted when it is used."""

    __tablename__ = "passkey_challenge"

    challenge: str = Field(unique=True)
    """32 random bytes, base64url."""
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    """Whose new passkey it is for; None for signing in."""
    expires_at: datetime = Field(index=True)


class Invitation(Record, table=True):
    """A link by which the person of an account chooses their password, once. An account has at most one open one."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index(
            "uq_invitation_open",
            "user_id",
            unique=True,
            sqlite_where=text("used_at IS NULL AND replaced_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND replaced_at IS NULL"),
        ),
    )

    user_id: int = Field(foreign_key="user_account.id", index=True)
    token_hash: str = Field(unique=True)
    """SHA-256 of the token in hex."""
    token_to_send: str | None = Field(default=None, sa_type=EncryptedText)
    """The token where it is sent by e-mail or SMS; None where it was only shown, and once it opens nothing."""
    issued_by: int | None = Field(default=None, foreign_key="user_account.id")
    """None if it was issued on the command line."""
    issued_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = None
    """When the password was chosen."""
    replaced_at: datetime | None = None
    """When a later invitation took its place, or the account was stopped."""


class GrantKind(StrEnum):
    """What one administrator proposes and another confirms."""

    administrator = "administrator"
    """The account becomes, or is again, an administrator of the region."""
    invitation = "invitation"
    """An administrator gets a new invitation, which ends the present password."""


class GrantState(StrEnum):
    """Where a proposal stands."""

    pending = "pending"
    confirmed = "confirmed"
    refused = "refused"
    expired = "expired"


class GrantProposal(Record, table=True):
    """An administrator's account that one administrator proposed; it takes effect when another one confirms it."""

    __tablename__ = "grant_proposal"
    __table_args__ = (
        Index(
            "uq_grant_proposal_pending",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    user_id: int = Field(foreign_key="user_account.id")
    """The account that it is about."""
    kind: GrantKind = Field(sa_type=words(GrantKind))
    region_code: str = Field(foreign_key="region.code", index=True)
    """The region that the account administers, or will."""
    state: GrantState = Field(default=GrantState.pending, sa_type=words(GrantState))
    proposed_by: int = Field(foreign_key="user_account.id")
    proposed_at: datetime = Field(default_factory=now)
    expires_at: datetime
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who confirmed or refused it."""
    decided_at: datetime | None = None


class AuditChain(SQLModel, table=True):
    """The head of one scope's chain (a county or an organization); locked while an entry is added."""

    __tablename__ = "audit_chain"

    scope: str = Field(primary_key=True)
    """A county code, "organization:ID" or "accounts"."""
    sequence: int = 0
    """The number of the latest entry."""
    hash: str = ""
    """The hash of the latest entry; empty before the first."""
    key_id: str = ""
    """The audit key of `mac`; empty for the head of a chain of release 0.1.0 that is not sealed yet."""
    mac: str = ""
    """HMAC over scope, sequence and hash: nobody without the key gives a chain an earlier head."""


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
    session_id: int | None = None
    """The session through which it was done; None for tasks, commands and links."""
    address: str = ""
    """The network that the request came from (`request_context.network_of`), never the whole address."""
    request_id: str = ""
    """The number of the request in the log; empty for tasks and commands."""
    previous_hash: str
    """The hash of the entry before."""
    hash: str
    """audit_verifier.entry_hash of all fields above, `at` and `key_id`: anyone can compute it anew."""
    key_id: str = ""
    """The audit key of `mac`; empty for entries of release 0.1.0."""
    mac: str = ""
    """HMAC of `hash` under a key that is not in the database: only this program writes entries."""


class IdempotencyKey(Record, table=True):
    """A request that may have one effect only, by its key, and its answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    owner: str = Field(max_length=80)
    """Whose key it is: of an account, or of a browser without one (accounts/kept_answers.py)."""
    key: str = Field(max_length=200)
    fingerprint: str
    """Method and address of the request."""
    body_hash: str
    """A keyed hash of the body: a second body under the same key is refused."""
    status: int = 0
    """HTTP status of the answer; 0 while the request runs."""
    response: str = Field(default="", sa_type=EncryptedText)
    """The answer; empty while the request runs."""
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
    email: str = Field(default="", sa_type=EncryptedText)
    """Empty if there is none."""
    mobile: str = Field(default="", sa_type=EncryptedText)
    """For SMS; empty if there is none."""
    email_confirmed_at: datetime | None = None
    """When the link sent to the e-mail address was opened; None before, and nothing else is sent there until then."""
    mobile_confirmed_at: datetime | None = None
    """The same of the mobile number."""
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
    address: str = Field(sa_type=EncryptedText)
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
