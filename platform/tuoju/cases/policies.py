"""Dated policy rows: every clock, notice rule and cap, with the rule it comes from. Never a constant.

The law changed in 2026 and will again: a case keeps the row it started under, and a row is never edited, only
ended and followed by another.
"""

import csv
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import NoPolicy, PolicyFileError
from tuoju.database.records import Record, now, words
from tuoju.regions.calendar import china_day
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
    fen; `summary_cutoff_day` 0 is the month's end."""

    __tablename__ = "policy"

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
    sole_officer_may_decide: bool = False
    persons_per_payment: int = 2
    payment_cap_fen: int | None = None
    yearly_cap_fen: int | None = None
    first_help_cap_fen: int | None = None
    summary_cutoff_day: int = 0


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
    sole_officer_may_decide: bool = False
    persons_per_payment: int = Field(default=2, ge=1, le=2)
    payment_cap_fen: int | None = Field(default=None, ge=1)
    yearly_cap_fen: int | None = Field(default=None, ge=1)
    first_help_cap_fen: int | None = Field(default=None, ge=1)
    summary_cutoff_day: int = Field(default=0, ge=0, le=28)

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("period", "The end lies before the start")
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


def find_policies(session: Session, region_code: str) -> list[Policy]:
    """Every row that holds or held for a region or above it, by scheme, latest first."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Policy).where(col(Policy.region_code).in_(codes))
    return list(session.exec(query.order_by(col(Policy.scheme), col(Policy.valid_from).desc(), col(Policy.id).desc())))


def add_policy(session: Session, actor: Actor, given: PolicyInput) -> Policy:
    """Put a row into force; the one before it in the same region ends the day before. Cases under way keep
    theirs. Raises NotPermitted, RegionNotFound."""
    require(actor, Action.manage_policies)
    policy = _add(session, given)
    audit.record(session, actor, "add_policy", policy, scope=actor.region_code or "registry")
    return policy


def _add(session: Session, given: PolicyInput) -> Policy:
    get_region(session, given.region_code)
    before = session.exec(
        select(Policy).where(
            Policy.scheme == given.scheme,
            Policy.region_code == given.region_code,
            Policy.valid_from < given.valid_from,
            col(Policy.valid_to).is_(None) | (col(Policy.valid_to) >= given.valid_from),
        )
    )
    for row in before:
        row.valid_to = given.valid_from - timedelta(days=1)
    policy = Policy(**given.model_dump())
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
            given = PolicyInput.model_validate(values)
            known = select(Policy.id).where(
                Policy.scheme == given.scheme,
                Policy.region_code == given.region_code,
                Policy.valid_from == given.valid_from,
            )
            if session.exec(known).first() is None:
                _add(session, given)
                added += 1
        except (ValueError, RegionNotFound) as error:
            raise PolicyFileError(str(error)) from error
    return added


def policy_today(session: Session, scheme: Scheme, region_code: str) -> Policy:
    """The row in force now. Raises NoPolicy."""
    return policy_for(session, scheme, region_code, china_day(now()))
