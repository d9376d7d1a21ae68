"""The outbox table and the heartbeat of the parts that carry it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum
from sqlmodel import Field, SQLModel

from tuoju_notifications.status import NoticeState


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def _words(enum: type[StrEnum]) -> Any:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=enum.__name__.lower(),
    )


class NoticeKind(StrEnum):
    """What is told. The template of each, per channel, is in templates/."""

    referral_received = "referral_received"
    referral_accepted = "referral_accepted"
    referral_rejected = "referral_rejected"
    referral_waitlisted = "referral_waitlisted"
    referral_expired = "referral_expired"
    referral_cancelled = "referral_cancelled"
    referral_completed = "referral_completed"
    referral_failed = "referral_failed"
    gap_found = "gap_found"
    override_to_review = "override_to_review"


class Channel(StrEnum):
    in_app = "in_app"


class Notice(SQLModel, table=True):
    """One message to one recipient. `parameters` hold numbers and codes of the matter, nothing personal."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: NoticeKind = Field(sa_type=_words(NoticeKind))
    channel: Channel = Field(default=Channel.in_app, sa_type=_words(Channel))
    recipient_id: int = Field(index=True)
    link: str
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: NoticeState = Field(default=NoticeState.created, sa_type=_words(NoticeState), index=True)
    attempts: int = 0
    created_at: datetime = Field(default_factory=now)
    next_attempt_at: datetime = Field(default_factory=now)
    delivered_at: datetime | None = None
    read_at: datetime | None = None


class Heartbeat(SQLModel, table=True):
    """When a part was last known to be alive."""

    __tablename__ = "heartbeat"

    part: str = Field(primary_key=True)
    at: datetime
