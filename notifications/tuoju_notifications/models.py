"""The outbox table, the history of each notification, and what workers share: circuits, pauses, turns, heartbeat."""

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


def _words(enum: type[StrEnum], *, check: bool = True) -> Any:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=check,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=enum.__name__.lower(),
    )


class RecipientType(StrEnum):
    """Whose id a recipient's id is: an account, an organization, a resident, a group's robot, an integrator."""

    user = "user"
    organization = "organization"
    resident = "resident"
    group = "group"
    integrator = "integrator"


_OPEN = text("state IN ('created', 'sending', 'temporary_failure')")


def _new_message_id() -> str:
    return uuid4().hex


class Notification(SQLModel, table=True):
    """One message to one recipient by one channel. `parameters` hold numbers and codes of the matter, nothing
    personal; `address` is the personal contact, sealed, and is never logged.

    `message_id` is the idempotency key that every provider is given. `lease` names the sender that has the notification
    while it is `sending`, until `lease_until`. `hand_over_at` is when the sweep gives it to the queue (again).
    `called_off` says in a word why it may not be sent any more.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_open", "hand_over_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_notification_inbox", "recipient_type", "recipient_id", "channel", "id"),
        Index("ix_notification_provider_reference", "provider", "provider_reference"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    group_key: str = Field(index=True)
    message_id: str = Field(default_factory=_new_message_id, unique=True, max_length=32)
    kind: NotificationKind = Field(sa_type=_words(NotificationKind, check=False))
    channel: Channel = Field(default=Channel.in_app, sa_type=_words(Channel))
    urgency: Urgency = Field(default=Urgency.normal, sa_type=_words(Urgency))
    recipient_type: RecipientType = Field(default=RecipientType.user, sa_type=_words(RecipientType, check=False))
    recipient_id: int
    address: str = Field(default="", sa_type=SealedText)
    language: str = "zh_CN"
    link: str
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: NotificationState = Field(default=NotificationState.created, sa_type=_words(NotificationState), index=True)
    attempts: int = 0
    handovers: int = 0
    lease: str = ""
    lease_until: datetime | None = None
    provider: str = ""
    provider_reference: str = ""
    last_error: str = ""
    called_off: str = ""
    created_at: datetime = Field(default_factory=now, index=True)
    not_before: datetime | None = None
    next_attempt_at: datetime = Field(default_factory=now)
    hand_over_at: datetime = Field(default_factory=now)
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None

    @property
    def pk(self) -> int:
        """The id of a notification that has been flushed."""
        if self.id is None:
            raise ValueError("a notification has no id before it is flushed")
        return self.id


class NotificationEvent(SQLModel, table=True):
    """One step in a notification's life. `code` says why, in a word; `by_id` is the account that replayed it."""

    __tablename__ = "notification_event"

    id: int | None = Field(default=None, primary_key=True)
    notification_id: int = Field(foreign_key="notification.id", index=True)
    at: datetime = Field(default_factory=now)
    state: NotificationState = Field(sa_type=_words(NotificationState))
    attempt: int = 0
    provider: str = ""
    code: str = ""
    by_id: int | None = None


class PausedChannel(SQLModel, table=True):
    """A channel by which nothing leaves until an administrator lets it go on."""

    __tablename__ = "paused_channel"

    channel: Channel = Field(primary_key=True, sa_type=_words(Channel))
    paused_at: datetime = Field(default_factory=now)
    paused_by: int | None = None


class Circuit(SQLModel, table=True):
    """What all workers know of a provider: after several failures in a row it is left alone for a while."""

    __tablename__ = "provider_circuit"

    provider: str = Field(primary_key=True)
    failures: int = 0
    open_until: datetime | None = None


class Tally(SQLModel, table=True):
    """How many steps led to a state on a channel, by how long the notification had waited; -1 where that is not asked."""

    __tablename__ = "notification_tally"

    channel: Channel = Field(primary_key=True, sa_type=_words(Channel))
    state: NotificationState = Field(primary_key=True, sa_type=_words(NotificationState))
    bucket: int = Field(primary_key=True)
    shard: int = Field(primary_key=True)
    steps: int = 0
    seconds: float = 0.0


class PeriodicTurn(SQLModel, table=True):
    """The last turn of a periodic job. A scheduler takes the next by compare-and-swap on `number`."""

    __tablename__ = "periodic_turn"

    job: str = Field(primary_key=True)
    number: int = 0
    taken_at: datetime = Field(default_factory=now)


class Heartbeat(SQLModel, table=True):
    """When a part was last known to be alive."""

    __tablename__ = "heartbeat"

    part: str = Field(primary_key=True)
    at: datetime
