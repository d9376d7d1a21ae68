"""Tables of daily budgets for readings in full, and of the notes that explain a reading."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.accounts.models import Role
from tuoju.database.records import Record, now, words
from tuoju.database.sealing import EncryptedText


class Budget(StrEnum):
    """What is counted per person and day."""

    look_up = "look_up"
    """Questions whether an ID number is known anywhere in the city, and searches for the last digits of a number in
    scope, which are guesses at what is masked."""
    reveal = "reveal"
    """Persons shown in full on a page or by the API."""
    paper = "paper"
    """Papers, photos and files that name a person in full."""
    export = "export"
    """Persons named in full in exported lists."""


class BudgetUse(Record, table=True):
    """How much of one budget one person has used on one day. One row is the counter of all processes: it is raised by
    one conditional UPDATE, and the CHECK refuses what would go past `allowed`."""

    __tablename__ = "budget_use"
    __table_args__ = (
        UniqueConstraint("user_id", "budget", "day"),
        CheckConstraint("used <= allowed", name="within_allowed"),
    )

    user_id: int = Field(foreign_key="user_account.id")
    budget: Budget = Field(sa_type=words(Budget))
    day: date = Field(index=True)
    """China's calendar day."""
    used: int = 0
    allowed: int
    """The limit of the role on that day, with what was granted on top."""


class BudgetGrant(Record, table=True):
    """More of one budget for one person for one day, granted by a supervisor with a reason. Never changed."""

    __tablename__ = "budget_grant"
    __table_args__ = (CheckConstraint("amount > 0", name="something"),)

    user_id: int = Field(foreign_key="user_account.id", index=True)
    budget: Budget = Field(sa_type=words(Budget))
    day: date
    amount: int
    reason: str = Field(sa_type=EncryptedText)
    """Why more is needed; people write names here, so it is sealed."""
    granted_by: int = Field(foreign_key="user_account.id")
    granted_at: datetime = Field(default_factory=now)


class DailyLimit(Record, table=True):
    """The limit of a budget for a role from a day on; it goes before budgets.DEFAULT_LIMITS."""

    __tablename__ = "daily_limit"
    __table_args__ = (
        UniqueConstraint("role", "budget", "valid_from"),
        CheckConstraint("per_day >= 0", name="not_negative"),
    )

    role: Role = Field(sa_type=words(Role))
    budget: Budget = Field(sa_type=words(Budget))
    per_day: int
    valid_from: date
    """The first day on which it applies; the latest row that has begun counts."""
    set_by: int = Field(foreign_key="user_account.id")
    set_at: datetime = Field(default_factory=now)


class ReadingNote(Record, table=True):
    """What somebody wrote about the purpose of a reading, beside the purpose of the list. The audit holds its id."""

    __tablename__ = "reading_note"

    text: str = Field(sa_type=EncryptedText)
    """People write names here, so it is sealed."""
    written_by: int | None = Field(default=None, foreign_key="user_account.id")
    """None through a link."""
    written_at: datetime = Field(default_factory=now)
