"""Tables of cases, needs and drafts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from tuoju.cases.status import CaseState, NeedState
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


class Case(VersionedRecord, table=True):
    """One stretch of help for one resident (救助个案). `number` is printed: village code, year, sequence."""

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
    recorded_by: int = Field(foreign_key="user_account.id")
    closed_at: datetime | None = None


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
