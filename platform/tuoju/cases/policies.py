"""Policies: dated rows with every clock, notice rule and cap, each with its legal source. None is a constant.

The law changed in 2026 and will change again. A case keeps the policy it started under. A policy is never edited: it
ends, and another follows it.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import UniqueConstraint
from sqlmodel import Field as Column
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.errors import DuplicatePolicy, NoPolicy
from tuoju.database.records import Record, words
from tuoju.regions.calendar import CHINA, Hours
from tuoju.regions.models import Region
from tuoju.regions.queries import RegionNotFound, get_region
from tuoju_text.inputs import Input


class Scheme(StrEnum):
    """Which procedure a case follows (domain: scheme table)."""

    society_relief = "society_relief"
    small_urgent = "small_urgent"
    temporary_relief = "temporary_relief"
    low_income = "low_income"
    charity_referral = "charity_referral"


class NoticePhase(StrEnum):
    """When the public notice is posted."""

    none = "none"
    pre_decision = "pre_decision"
    post_relief = "post_relief"


class DayUnit(StrEnum):
    """How the days of a term are counted."""

    working_day = "working_day"
    calendar_day = "calendar_day"


class Policy(Record, table=True):
    """The rules of one scheme in one region from one day on (政策规则), with their source."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("scheme", "region_code", "valid_from"),)

    scheme: Scheme = Column(sa_type=words(Scheme), index=True)
    region_code: str = Column(foreign_key="region.code")
    valid_from: date
    valid_to: date | None = None
    """The last day; None until another policy follows."""
    title: str
    citation: str
    """What the source says, with its article."""
    source: str
    """The law, regulation or decision."""
    has_procedure: bool = True
    """Whether there is investigation, opinion and decision."""
    opinion_within: int = 1
    """Days for investigation and opinion, in `handling_unit`."""
    relief_within: int = 1
    """Days from the opinion to relief or report of the service need, in `handling_unit`."""
    handling_unit: DayUnit = Column(default=DayUnit.working_day, sa_type=words(DayUnit))
    notice_phase: NoticePhase = Column(default=NoticePhase.post_relief, sa_type=words(NoticePhase))
    notice_within: int = 2
    """Working days for posting the public notice."""
    notice_days: int = 7
    """How long it stays on the board, in `notice_unit`."""
    notice_unit: DayUnit = Column(default=DayUnit.calendar_day, sa_type=words(DayUnit, "noticeunit"))
    notice_counts_first_day: bool = False
    """Whether the day of posting counts (by 民法典 art. 201 it does not)."""
    objection_within: int = 5
    """Working days for the answer to an objection."""
    investigators_at_least: int = 1
    """How many people investigate."""
    revisitors_at_least: int = 2
    """How many people look into an objection."""
    sole_officer_may_decide: bool = False
    """Whether the only officer of a society may decide on their own investigation."""
    persons_per_payment: int = 2
    """1, or 2 where a second person confirms."""
    payment_cap_fen: int | None = None
    """Limit of one payment; None for no limit, as for the caps that follow."""
    yearly_cap_fen: int | None = None
    """Limit for one person in a year."""
    first_help_cap_fen: int | None = None
    """Limit of what is paid before the decision."""
    repeat_within_days: int = 180
    """Other help of the same kind within so many days is pointed out."""
    alert_within: int = 5
    """Working days for the answer to an alert."""
    low_balance_fen: int | None = None
    """A fund with less than this is pointed out; None for never."""
    summary_cutoff_day: int = 0
    """The last day of the month that a monthly summary counts; 0 is the end of the month."""
    summary_within: int = 3
    """Working days after that day for the summary."""
    answer_within: int = 2
    """Working days for the answer to a referral (domain rule R6, our own)."""
    first_visit_within: int = 5
    """Working days from acceptance to the first visit (R6)."""
    referrals_at_most: int = 5
    """Referrals of one need that may fail before the township takes over (R6)."""
    remind_before: int = 1
    """Working days before a deadline on which its owner is reminded (R6)."""
    township_after: int = 1
    """Working days after a deadline on which the township is notified (R6)."""
    county_after: int = 3
    """Working days after a deadline on which the county is notified (R6)."""
    complaint_within: int = 3
    """Working days for the answer to a resident's complaint (our own)."""
    spot_check_percent: int = 10
    """Share of the helped referrals of a month that is drawn for spot checks; the societies' policy of the day applies
    (our own)."""
    alarm_minutes: int = 30
    """Minutes after which the county is told of an alarm that nobody has handled; the societies' policy of the day
    applies (our own)."""
    news_from: time = time(8)
    """From when messages may be sent to residents, in China; the societies' policy of the day applies (our own)."""
    news_until: time = time(20)
    """Until when, not included."""
    reminders_from: time = time(8)
    """From when reminders may be sent to staff, in China (our own)."""
    reminders_until: time = time(18)
    """Until when, not included."""

    @property
    def news_hours(self) -> Hours:
        """When messages may be sent to residents."""
        return Hours(self.news_from, self.news_until)

    @property
    def reminder_hours(self) -> Hours:
        """When reminders may be sent to staff, on working days."""
        return Hours(self.reminders_from, self.reminders_until)


class PolicyInput(Input):
    """A policy as typed; the fields are those of Policy."""

    scheme: Scheme
    region_code: str = Field(pattern=r"^\d{12}$")
    valid_from: date
    valid_to: date | None = None
    title: str = Field(min_length=2, max_length=120)
    citation: str = Field(min_length=2, max_length=300)
    source: str = Field(min_length=2, max_length=300)
    has_procedure: bool = True
    opinion_within: int = Field(default=1, ge=0, le=365)
    relief_within: int = Field(default=1, ge=0, le=365)
    handling_unit: DayUnit = DayUnit.working_day
    notice_phase: NoticePhase = NoticePhase.post_relief
    notice_within: int = Field(default=2, ge=0, le=60)
    notice_days: int = Field(default=7, ge=0, le=60)
    notice_unit: DayUnit = DayUnit.calendar_day
    notice_counts_first_day: bool = False
    objection_within: int = Field(default=5, ge=1, le=60)
    investigators_at_least: int = Field(default=1, ge=1, le=5)
    revisitors_at_least: int = Field(default=2, ge=1, le=5)
    sole_officer_may_decide: bool = False
    persons_per_payment: int = Field(default=2, ge=1, le=2)
    payment_cap_fen: int | None = Field(default=None, ge=1, le=2**31 - 1)
    yearly_cap_fen: int | None = Field(default=None, ge=1, le=2**31 - 1)
    first_help_cap_fen: int | None = Field(default=None, ge=1, le=2**31 - 1)
    repeat_within_days: int = Field(default=180, ge=0, le=3660)
    alert_within: int = Field(default=5, ge=1, le=60)
    low_balance_fen: int | None = Field(default=None, ge=1, le=2**31 - 1)
    summary_cutoff_day: int = Field(default=0, ge=0, le=28)
    summary_within: int = Field(default=3, ge=1, le=30)
    answer_within: int = Field(default=2, ge=1, le=60)
    first_visit_within: int = Field(default=5, ge=1, le=120)
    referrals_at_most: int = Field(default=5, ge=1, le=50)
    remind_before: int = Field(default=1, ge=0, le=30)
    township_after: int = Field(default=1, ge=1, le=60)
    county_after: int = Field(default=3, ge=1, le=120)
    complaint_within: int = Field(default=3, ge=1, le=60)
    spot_check_percent: int = Field(default=10, ge=0, le=100)
    alarm_minutes: int = Field(default=30, ge=1, le=1440)
    news_from: time = time(8)
    news_until: time = time(20)
    reminders_from: time = time(8)
    reminders_until: time = time(18)

    @field_validator("valid_to", mode="before")
    @classmethod
    def _no_end(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("policy_period", "valid_to must not be before valid_from")
        if self.news_until <= self.news_from:
            raise PydanticCustomError("news_hours", "news_until must be after news_from")
        if self.reminders_until <= self.reminders_from:
            raise PydanticCustomError("reminder_hours", "reminders_until must be after reminders_from")
        return self


def policy_for(session: Session, scheme: Scheme, region_code: str, day: date) -> Policy:
    """The policy in force on a day in a region, or in the nearest region above it. Raises NoPolicy, RegionNotFound."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Policy).where(
        Policy.scheme == scheme,
        col(Policy.region_code).in_(codes),
        Policy.valid_from <= day,
        col(Policy.valid_to).is_(None) | (col(Policy.valid_to) >= day),
    )
    policies = sorted(session.exec(query), key=lambda policy: (codes.index(policy.region_code), policy.valid_from))
    if not policies:
        raise NoPolicy(scheme)
    return policies[-1]


def limits_in_force(session: Session, scheme: Scheme, day: date) -> dict[str, int | None]:
    """The balance below which a fund is low, in fen, by the region of the policy; None for no limit."""
    query = select(Policy).where(
        Policy.scheme == scheme,
        Policy.valid_from <= day,
        col(Policy.valid_to).is_(None) | (col(Policy.valid_to) >= day),
    )
    return {policy.region_code: policy.low_balance_fen for policy in session.exec(query)}


def reminders_allowed_at(session: Session, moment: datetime) -> bool:
    """Whether any policy allows reminders at this time of day; an ended one still applies to cases under way."""
    local = moment.astimezone(CHINA).time()
    query = select(Policy.id).where(col(Policy.reminders_from) <= local, col(Policy.reminders_until) > local)
    return session.exec(query.limit(1)).first() is not None


def get_policy(session: Session, policy_id: int) -> Policy:
    """A policy by id. Raises NoPolicy."""
    policy = session.get(Policy, policy_id)
    if policy is None:
        raise NoPolicy
    return policy


def find_policies(session: Session, region_code: str) -> list[Policy]:
    """All policies of a region and those above it, past ones too, by scheme, latest first. Raises RegionNotFound."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Policy).where(col(Policy.region_code).in_(codes))
    return list(session.exec(query.order_by(col(Policy.scheme), col(Policy.valid_from).desc(), col(Policy.id).desc())))


def add_policy(session: Session, actor: Actor, inputs: PolicyInput) -> Policy:
    """Put a policy into force. Cases under way keep theirs.

    The policy before it in the same region ends the day before; it ends itself before one that already follows. Raises
    NotPermitted, RegionNotFound for a region out of scope, DuplicatePolicy for one that begins on the same day.
    """
    require(actor, Action.manage_policies)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == inputs.region_code)).first() is None:
        raise RegionNotFound(inputs.region_code)
    policy = _add(session, inputs)
    audit.record(session, actor, "add_policy", policy, scope=actor.region_code or "registry", region=inputs.region_code)
    return policy


def _add(session: Session, inputs: PolicyInput) -> Policy:
    get_region(session, inputs.region_code)
    same = select(Policy).where(Policy.scheme == inputs.scheme, Policy.region_code == inputs.region_code)
    others = list(session.exec(same.order_by(col(Policy.valid_from))))
    if any(other.valid_from == inputs.valid_from for other in others):
        raise DuplicatePolicy
    day_before = inputs.valid_from - timedelta(days=1)
    for other in others:
        if other.valid_from < inputs.valid_from and (other.valid_to is None or other.valid_to > day_before):
            other.valid_to = day_before
    policy = Policy(**inputs.model_dump())
    following = next((other.valid_from for other in others if other.valid_from > inputs.valid_from), None)
    if following is not None and (policy.valid_to is None or policy.valid_to >= following):
        policy.valid_to = following - timedelta(days=1)
    session.add(policy)
    session.flush()
    return policy


def load_policies(session: Session, policies: Iterable[PolicyInput]) -> int:
    """Add the policies that are not there yet; returns how many. One that is there, with the same scheme, region and
    first day, stays as it is. Raises RegionNotFound."""
    added = 0
    for inputs in policies:
        try:
            _add(session, inputs)
            added += 1
        except DuplicatePolicy:
            continue
    return added
