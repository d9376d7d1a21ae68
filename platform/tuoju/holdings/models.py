"""The table of erasures: proposed, decided by two persons, done or refused. It outlives what was erased."""

from datetime import date, datetime

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from tuoju.database.records import VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText
from tuoju.holdings.status import OPEN, Erasable, EraseBlock, ErasureGround, ErasureState

_OPEN_SQL = "state IN (" + ", ".join(f"'{state.value}'" for state in sorted(OPEN)) + ")"


class Erasure(VersionedRecord, table=True):
    """The erasure of one person's data, or of old rows of one kind in one county. Never deleted."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index(
            "uq_erasure_open_person",
            "resident_id",
            unique=True,
            sqlite_where=text(_OPEN_SQL),
            postgresql_where=text(_OPEN_SQL),
        ),
        Index(
            "uq_erasure_open_rows",
            "what",
            "region_code",
            unique=True,
            sqlite_where=text(f"resident_id IS NULL AND {_OPEN_SQL}"),
            postgresql_where=text(f"resident_id IS NULL AND {_OPEN_SQL}"),
        ),
    )

    what: Erasable = Field(sa_type=words(Erasable))
    ground: ErasureGround = Field(sa_type=words(ErasureGround))
    region_code: str = Field(foreign_key="region.code", index=True)
    """The village of the person, or the county of the rows."""
    resident_id: int | None = Field(default=None, foreign_key="resident.id", index=True)
    """The person; None for rows of a kind."""
    state: ErasureState = Field(default=ErasureState.proposed, sa_type=words(ErasureState), index=True)
    policy_id: int | None = Field(default=None, foreign_key="data_policy.id")
    """The policy whose period is over; None for a request."""
    due_on: date | None = None
    """The first day after the last period that kept the data; None for a request."""
    before: datetime | None = None
    """Rows from before this instant; None for a person."""
    row_count: int = 0
    """How many rows it takes in: those found when it was proposed, then those erased."""
    blocks: list[EraseBlock] = Field(default_factory=list, sa_type=JSON)
    """What stood against it when that was last looked at."""
    reason: str = Field(default="", sa_type=EncryptedText)
    """Who asked for it and how, or why the data are kept."""
    proposed_at: datetime = Field(default_factory=now)
    proposed_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who took the request; None for the job that found it due."""
    first_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The first of the two persons; of a request, who took it."""
    first_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="user_account.id")
    """The second person, or who decided that the data are kept."""
    ended_at: datetime | None = None
    keep_until: date | None = None
    """The last day for which it was decided that the data are kept; it is not proposed again before."""
