"""Tables of calls: topics, questions, members, and the steps that rows of the funding cycle took."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju_projects.funding_status import CallState, CallVerb, Hat
from tuoju_projects.models import FundingType

LEAST_NEEDS = 3
"""A topic of fewer needs could name a family, so that it is not published."""


class Call(VersionedRecord, table=True):
    """One round of venture-philanthropy funding (公益创投征集)."""

    __tablename__ = "funding_call"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("budget_fen > 0", name="budget_above_zero"),
        CheckConstraint("ends_on > starts_on", name="period_in_order"),
        CheckConstraint("proposed_verb IN ('publish', 'cancel')", name="proposed_step"),
        CheckConstraint("confirmed_by <> published_by", name="two_persons"),
    )

    number: str = Field(max_length=40)
    """As it is printed: 滁创投〔2027〕1号."""
    title: str
    region_code: str = Field(foreign_key="region.code", index=True)
    """The county or city whose gaps it asks to fill."""
    plan_id: int = Field(foreign_key="plan.id")
    """The plan whose gaps its topics are."""
    state: CallState = Field(default=CallState.draft, sa_type=words(CallState), index=True)
    funding_type: FundingType = Field(sa_type=words(FundingType))
    """Who pays."""
    budget_fen: int = Field(sa_type=BigInteger)
    closes_at: datetime
    """Until when applications are taken: midnight in China after the last day."""
    starts_on: date
    ends_on: date
    """First and last day of the projects."""
    introduction: str = ""
    """What else applicants should know; published."""
    telephone: str = ""
    """Of the office; published."""
    criteria: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Points by Criterion; they sum to 100."""
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=JSON)
    """The rules with their sources, copied when it was published; empty before."""
    made_by: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(default_factory=now)
    proposed_verb: CallVerb | None = Field(default=None, nullable=True, sa_type=words(CallVerb))
    """The step that waits for a second person: publish or cancel."""
    proposed_by: int | None = Field(default=None, foreign_key="user_account.id")
    cancel_reason: str = ""
    """Why it is, or is to be, cancelled; published with it."""
    published_at: datetime | None = None
    published_by: int | None = Field(default=None, foreign_key="user_account.id")
    """Who proposed its publication; `confirmed_by` is the second person."""
    confirmed_by: int | None = Field(default=None, foreign_key="user_account.id")
    receipts: int = 0
    """How many receipt numbers were given to applications."""


class CallTopic(Record, table=True):
    """What a call asks for (征集方向): a service for a target group in some townships."""

    __tablename__ = "call_topic"
    __table_args__ = (
        UniqueConstraint("call_id", "category", "target_group"),
        CheckConstraint(f"needs >= {LEAST_NEEDS}", name="too_small_to_publish"),
    )

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    category: str
    """Code of the list `service_type`."""
    target_group: str = ""
    """Code of `vulnerable_tag` or `relief_category`; empty for everyone."""
    townships: list[str] = Field(default_factory=list, sa_type=JSON)
    """Region codes, the township with most needs first."""
    needs: int
    """How many needs had no project."""
    person_times: int
    low_fen: int | None = Field(default=None, sa_type=BigInteger)
    middle_fen: int | None = Field(default=None, sa_type=BigInteger)
    high_fen: int | None = Field(default=None, sa_type=BigInteger)
    """The range of the budget from unit costs of past projects; None where they are not known."""

    @property
    def unit_cost_fen(self) -> int | None:
        """Fen per person-time at the middle of the range."""
        return None if self.middle_fen is None or not self.person_times else round(self.middle_fen / self.person_times)


class CallQuestion(VersionedRecord, table=True):
    """A question of a charity about a call. The answer is for all; who asked is not published."""

    __tablename__ = "call_question"

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    organization_id: int = Field(foreign_key="organization.id")
    question: str
    asked_by: int = Field(foreign_key="user_account.id")
    asked_at: datetime = Field(default_factory=now)
    answer: str = ""
    """Empty until it is answered."""
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None


class CallMember(VersionedRecord, table=True):
    """An account that wears a hat in one call. Whoever wore one hat never wears another in the same call."""

    __tablename__ = "call_member"
    __table_args__ = (
        UniqueConstraint("call_id", "user_id"),
        CheckConstraint("hat IN ('screener', 'reviewer')", name="hat_of_a_member"),
    )

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    hat: Hat = Field(sa_type=words(Hat))
    is_active: bool = True
    """Whether the hat is worn now; put on again, it is the same one."""
    added_by: int = Field(foreign_key="user_account.id")
    added_at: datetime = Field(default_factory=now)


class FundingStep(Record, table=True):
    """One step of a row of the funding cycle. Never changed, never removed."""

    __tablename__ = "funding_step"

    call_id: int = Field(foreign_key="funding_call.id", index=True)
    machine: str
    """Name of the lifecycle: call, application."""
    row_id: int
    """Of the row that took the step."""
    verb: str
    before: str
    after: str
    by: int | None = Field(default=None, foreign_key="user_account.id")
    """None for the clock."""
    at: datetime = Field(default_factory=now)
