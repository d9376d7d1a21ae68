"""The outbox, the history of each notification, and what workers share: circuits, pauses, turns, heartbeats."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Enum, Index, text
from sqlmodel import Field, SQLModel

from tuoju_notifications.kinds import Channel, NotificationKind, Urgency
from tuoju_notifications.sealing import SealedText
from tuoju_notifications.status import NotificationState


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def _values_of(enum: type[StrEnum], *, check: bool = True) -> Any:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=check,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=enum.__name__.lower(),
    )


class RecipientType(StrEnum):
    """What a recipient's id refers to: an account, an organization, a resident, a group robot, an integrator."""

    user = "user"
    organization = "organization"
    resident = "resident"
    group = "group"
    integrator = "integrator"


_OPEN = text("state IN ('created', 'sending', 'temporary_failure')")


def _new_message_id() -> str:
    return uuid4().hex


class Notification(SQLModel, table=True):
    """One message to one recipient by one channel: a row of the outbox."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_open", "hand_over_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_notification_inbox", "recipient_type", "recipient_id", "channel", "id"),
        Index("ix_notification_provider_reference", "provider", "provider_reference"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    """`group_key` with the channel and a number."""
    group_key: str = Field(index=True)
    """The key of the matter and the recipient, shared by the channels: posted twice it is written once."""
    message_id: str = Field(default_factory=_new_message_id, unique=True, max_length=32)
    """The idempotency key that every provider is given."""
    kind: NotificationKind = Field(sa_type=_values_of(NotificationKind, check=False))
    channel: Channel = Field(default=Channel.in_app, sa_type=_values_of(Channel))
    urgency: Urgency = Field(default=Urgency.normal, sa_type=_values_of(Urgency))
    recipient_type: RecipientType = Field(default=RecipientType.user, sa_type=_values_of(RecipientType, check=False))
    recipient_id: int
    address: str = Field(default="", sa_type=SealedText)
    """The personal contact on the channel, encrypted at rest and never logged; empty in the application."""
    language: str = "zh_CN"
    link: str
    """The path within the application that it is about."""
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Numbers and codes of the matter that fill its words; nothing personal."""
    state: NotificationState = Field(
        default=NotificationState.created, sa_type=_values_of(NotificationState), index=True
    )
    attempts: int = 0
    """How often a provider was called."""
    handovers: int = 0
    """How often the sweep has given it to the queue since the last attempt."""
    lease: str = ""
    """The sender that has it while it is `sending`."""
    lease_until: datetime | None = None
    """When the lease ends: after that the sender is lost."""
    provider: str = ""
    """The provider that was called last, if only that one may be called again, or that accepted it."""
    provider_reference: str = ""
    """The id that the provider gave it, by which receipts name it."""
    last_error: str = ""
    """The code of what went wrong last."""
    called_off: str = ""
    """The code of why it may not be sent any more."""
    created_at: datetime = Field(default_factory=now, index=True)
    not_before: datetime | None = None
    """The end of the recipient's quiet hours."""
    next_attempt_at: datetime = Field(default_factory=now)
    hand_over_at: datetime = Field(default_factory=now)
    """When the sweep gives it to the queue (again)."""
    sent_at: datetime | None = None
    """When a provider accepted it."""
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    """When its recipient opened it in the application."""

    @property
    def pk(self) -> int:
        """The id of a notification that has been flushed."""
        if self.id is None:
            raise ValueError("a notification has no id before it is flushed")
        return self.id


class NotificationEvent(SQLModel, table=True):
    """One step in the life of a notification."""

    __tablename__ = "notification_event"

    id: int | None = Field(default=None, primary_key=True)
    notification_id: int = Field(foreign_key="notification.id", index=True)
    at: datetime = Field(default_factory=now)
    state: NotificationState = Field(sa_type=_values_of(NotificationState))
    """The state that the step led to."""
    attempt: int = 0
    """How many attempts there had been."""
    provider: str = ""
    code: str = ""
    """The code of why, where there is something to say."""
    by_id: int | None = None
    """The account that replayed it."""


class PausedChannel(SQLModel, table=True):
    """A channel on which nothing is sent until an administrator resumes it."""

    __tablename__ = "paused_channel"

    channel: Channel = Field(primary_key=True, sa_type=_values_of(Channel))
    paused_at: datetime = Field(default_factory=now)
    paused_by: int | None = None
    """The account of the administrator."""


class Circuit(SQLModel, table=True):
    """The circuit breaker of a provider, shared by all workers."""

    __tablename__ = "provider_circuit"

    provider: str = Field(primary_key=True)
    failures: int = 0
    """Failures in a row."""
    open_until: datetime | None = None
    """Until then the provider is not called."""


class Tally(SQLModel, table=True):
    """A running count of the steps that led to a state on a channel."""

    __tablename__ = "notification_tally"

    channel: Channel = Field(primary_key=True, sa_type=_values_of(Channel))
    state: NotificationState = Field(primary_key=True, sa_type=_values_of(NotificationState))
    bucket: int = Field(primary_key=True)
    """The index in tallies.BUCKETS of how long the notification had waited; -1 for steps that do not measure it."""
    shard: int = Field(primary_key=True)
    """Spreads the writes of many processes over several rows."""
    steps: int = 0
    seconds: float = 0.0
    """The sum of the waits."""


class PeriodicTurn(SQLModel, table=True):
    """The last turn of a periodic job. A scheduler takes the next one by compare-and-swap on `number`."""

    __tablename__ = "periodic_turn"

    job: str = Field(primary_key=True)
    number: int = 0
    """How many turns there have been."""
    taken_at: datetime = Field(default_factory=now)


class Heartbeat(SQLModel, table=True):
    """When a part of the product was last known to be alive."""

    __tablename__ = "heartbeat"

    part: str = Field(primary_key=True)
    at: datetime


class RestoredCopy(SQLModel, table=True):
    """The mark of a database that was restored from a backup: while there is a row, nothing leaves the platform,
    because the original may still be running."""

    __tablename__ = "restored_copy"

    id: int | None = Field(default=None, primary_key=True)
    made_at: datetime
    """When the backup was made."""
    restored_at: datetime = Field(default_factory=now)
