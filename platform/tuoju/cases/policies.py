"""Dated policy rows: every clock, notice rule and cap, with the rule it comes from. Never a constant.

The law changed in 2026 and will again: a case keeps the row it started under, and a row is never edited, only
ended and followed by another.
"""

import csv
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import UniqueConstraint
from sqlmodel import Field as Column
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.errors import DuplicatePolicy, NoPolicy, PolicyFileError
from tuoju.database.records import Record, words
from tuoju.regions.calendar import CHINA, Hours
from tuoju.regions.models import Region
from tuoju.regions.queries import RegionNotFound, get_region


class Scheme(StrEnum):
    """Which procedure a case follows (domain: scheme table)."""

    society_relief = "society_relief"
    small_urgent = "small_urgent"
    temporary_relief = "temporary_relief"
    low_income = "low_income"
    charity_referral = "charity_referral"


class NoticePhase(StrEnum):
    none = "none"
    pre_decision = "pre_decision"
    post_relief = "post_relief"


class DayUnit(StrEnum):
    working_day = "working_day"
    calendar_day = "calendar_day"


class Policy(Record, table=True):
    """One scheme in one region from one day on (政策规则). Days are counted in the unit beside them; money in
    fen. Help of the same kind within `repeat_within_days` is pointed out; a fund below `low_balance_fen` too.
    `summary_cutoff_day` 0 is the month's end, the summary due `summary_within`
    working days after it. Answers to referrals, first visits, reminders and escalation are
    counted in working days (domain rule R6, ours): `remind_before` the due day, to the township `township_after` it, to
    the county `county_after` it. No message goes to a resident's phone before `news_from` and from `news_until` on
    (the societies' rule of the day decides), no reminder to staff outside of theirs: times in China, ours too."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("scheme", "region_code", "valid_from"),)

    scheme: Scheme = Column(sa_type=words(Scheme), index=True)
    region_code: str = Column(foreign_key="region.code")
    valid_from: date
    valid_to: date | None = None
    title: str
    citation: str
    source: str
    has_procedure: bool = True
    opinion_within: int = 1
    relief_within: int = 1
    handling_unit: DayUnit = Column(default=DayUnit.working_day, sa_type=words(DayUnit))
    notice_phase: NoticePhase = Column(default=NoticePhase.post_relief, sa_type=words(NoticePhase))
    notice_within: int = 2
    notice_days: int = 7
    notice_unit: DayUnit = Column(default=DayUnit.calendar_day, sa_type=words(DayUnit, "noticeunit"))
    notice_counts_first_day: bool = False
    objection_within: int = 5
    investigators_at_least: int = 1
    revisitors_at_least: int = 2
    sole_officer_may_decide: bool = False
    persons_per_payment: int = 2
    payment_cap_fen: int | None = None
    yearly_cap_fen: int | None = None
    first_help_cap_fen: int | None = None
    repeat_within_days: int = 180
    alert_within: int = 5
    low_balance_fen: int | None = None
    summary_cutoff_day: int = 0
    summary_within: int = 3
    answer_within: int = 2
    first_visit_within: int = 5
    referrals_at_most: int = 5
    remind_before: int = 1
    township_after: int = 1
    county_after: int = 3
    news_from: time = time(8)
    news_until: time = time(20)
    reminders_from: time = time(8)
    reminders_until: time = time(18)

    @property
    def news_hours(self) -> Hours:
        """When a resident's phone may ring."""
        return Hours(self.news_from, self.news_until)

    @property
    def reminder_hours(self) -> Hours:
        """When reminders are written, on working days."""
        return Hours(self.reminders_from, self.reminders_until)


class PolicyInput(BaseModel):
    """A policy row as typed."""

    model_config = ConfigDict(str_strip_whitespace=True)

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
            raise PydanticCustomError("policy_period", "The end lies before the start")
        if self.news_until <= self.news_from:
            raise PydanticCustomError("news_hours", "These hours end before they begin")
        if self.reminders_until <= self.reminders_from:
            raise PydanticCustomError("reminder_hours", "These hours end before they begin")
        return self


def policy_for(session: Session, scheme: Scheme, region_code: str, day: date) -> Policy:
    """The row in force on a day, of the nearest region above. Raises NoPolicy."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Policy).where(
        Policy.scheme == scheme,
        col(Policy.region_code).in_(codes),
        Policy.valid_from <= day,
        col(Policy.valid_to).is_(None) | (col(Policy.valid_to) >= day),
    )
    found = sorted(session.exec(query), key=lambda row: (codes.index(row.region_code), row.valid_from))
    if not found:
        raise NoPolicy(scheme)
    return found[-1]


def limits_in_force(session: Session, scheme: Scheme, day: date) -> dict[str, int | None]:
    """The balance below which a fund is low, by the region whose rule says so."""
    query = select(Policy).where(
        Policy.scheme == scheme,
        Policy.valid_from <= day,
        col(Policy.valid_to).is_(None) | (col(Policy.valid_to) >= day),
    )
    return {row.region_code: row.low_balance_fen for row in session.exec(query)}


def reminders_allowed_at(session: Session, moment: datetime) -> bool:
    """Whether the hours for reminders hold at a moment by any rule: those that ended bind cases under way."""
    local = moment.astimezone(CHINA).time()
    query = select(Policy.id).where(col(Policy.reminders_from) <= local, col(Policy.reminders_until) > local)
    return session.exec(query.limit(1)).first() is not None


def get_policy(session: Session, policy_id: int) -> Policy:
    """Raises NoPolicy."""
    policy = session.get(Policy, policy_id)
    if policy is None:
        raise NoPolicy
    return policy


def find_policies(session: Session, region_code: str) -> list[Policy]:
    """Every row that holds or held for a region or above it, by scheme, latest first."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Policy).where(col(Policy.region_code).in_(codes))
    return list(session.exec(query.order_by(col(Policy.scheme), col(Policy.valid_from).desc(), col(Policy.id).desc())))


def add_policy(session: Session, actor: Actor, given: PolicyInput) -> Policy:
    """Put a row into force; the one before it in the same region ends the day before, and one that is to follow
    ends this one. Cases under way keep theirs. Raises NotPermitted, RegionNotFound for a region out of scope,
    DuplicatePolicy for a row that begins on the same day."""
    require(actor, Action.manage_policies)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == given.region_code)).first() is None:
        raise RegionNotFound(given.region_code)
    policy = _add(session, given)
    audit.record(session, actor, "add_policy", policy, scope=actor.region_code or "registry", region=given.region_code)
    return policy


def _add(session: Session, given: PolicyInput) -> Policy:
    get_region(session, given.region_code)
    same = select(Policy).where(Policy.scheme == given.scheme, Policy.region_code == given.region_code)
    others = list(session.exec(same.order_by(col(Policy.valid_from))))
    if any(row.valid_from == given.valid_from for row in others):
        raise DuplicatePolicy
    day_before = given.valid_from - timedelta(days=1)
    for row in others:
        if row.valid_from < given.valid_from and (row.valid_to is None or row.valid_to > day_before):
            row.valid_to = day_before
    policy = Policy(**given.model_dump())
    following = next((row.valid_from for row in others if row.valid_from > given.valid_from), None)
    if following is not None and (policy.valid_to is None or policy.valid_to >= following):
        policy.valid_to = following - timedelta(days=1)
    session.add(policy)
    session.flush()
    return policy


def load_policies(session: Session) -> int:
    """Load the shipped rows of Chuzhou that are not there yet; how many were added. Raises PolicyFileError."""
    text = (files("tuoju.cases") / "data" / "policies.csv").read_text(encoding="utf-8")
    added = 0
    for line in csv.DictReader(text.splitlines()):
        values: dict[str, Any] = {name: value for name, value in line.items() if value}
        try:
            _add(session, PolicyInput.model_validate(values))
            added += 1
        except DuplicatePolicy:
            continue
        except (ValueError, RegionNotFound) as error:
            raise PolicyFileError(str(error)) from error
    return added
