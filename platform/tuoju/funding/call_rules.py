"""Which rules a region has set for its calls: dated rows with their source. A published call keeps a copy of all.

A row is never edited: it ends, and another follows it. What no row says is the default of `tuoju_projects.call_rules`.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import Field
from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field as Column
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.database.records import Record, words
from tuoju.funding.errors import DuplicateCallRule
from tuoju.regions.models import Region
from tuoju.regions.queries import RegionNotFound, get_region
from tuoju_projects.call_rules import CallRuleName, CallRules, LocalRule
from tuoju_text.inputs import Input


class CallRule(Record, table=True):
    """One rule of calls in one region, from one day on."""

    __tablename__ = "call_rule"
    __table_args__ = (
        UniqueConstraint("name", "region_code", "valid_from"),
        CheckConstraint("value >= 0", name="value_not_negative"),
    )

    name: CallRuleName = Column(sa_type=words(CallRuleName))
    region_code: str = Column(foreign_key="region.code", index=True)
    valid_from: date
    valid_to: date | None = None
    """The last day; None until another row follows."""
    value: int = Column(sa_type=BigInteger)
    """In the unit of the rule; amounts in fen."""
    source: str
    """The decision that says so."""


class CallRuleInput(Input):
    """A rule as typed; the fields are those of CallRule."""

    name: CallRuleName
    region_code: str = Field(pattern=r"^\d{12}$")
    valid_from: date
    value: int = Field(ge=0, le=10**10)
    source: str = Field(min_length=2, max_length=300)


def call_rules_for(session: Session, region_code: str, day: date) -> CallRules:
    """The rules of a call that is published on a day in a region: of each the row of the region, or of the nearest
    region above it, else the default.

    Raises RegionNotFound, and RulesNotUsable if rows of two regions contradict each other.
    """
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    return CallRules({name: LocalRule(row.value, row.source) for name, row in _nearest(session, codes, day).items()})


def find_call_rules(session: Session, region_code: str) -> list[CallRule]:
    """All rows of a region and those above it, past ones too, by rule, latest first. Raises RegionNotFound."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    rows = session.exec(select(CallRule).where(col(CallRule.region_code).in_(codes)))
    order = list(CallRuleName)
    return sorted(rows, key=lambda row: (order.index(row.name), -row.valid_from.toordinal(), -row.pk))


def add_call_rule(session: Session, actor: Actor, inputs: CallRuleInput) -> CallRule:
    """Put a rule into force. Published calls keep theirs.

    The row before it in the same region ends the day before; it ends itself before one that already follows. Raises
    NotPermitted, RegionNotFound for a region out of scope, DuplicateCallRule for one that begins on the same day, and
    RulesNotUsable if it is out of its bounds or contradicts another rule that is in force on its first day.
    """
    require(actor, Action.manage_policies)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == inputs.region_code)).first() is None:
        raise RegionNotFound(inputs.region_code)
    codes = get_region(session, inputs.region_code).path.rstrip("/").split("/")
    in_force = {
        name: LocalRule(row.value, row.source)
        for name, row in _nearest(session, codes, inputs.valid_from).items()
        if name is not inputs.name
    }
    CallRules({**in_force, inputs.name: LocalRule(inputs.value, inputs.source)})
    row = _add(session, inputs)
    scope = actor.region_code or "registry"
    audit.record(session, actor, "add_call_rule", row, scope=scope, region=inputs.region_code)
    return row


def _nearest(session: Session, codes: Sequence[str], day: date) -> dict[CallRuleName, CallRule]:
    """Of each rule the row in force on a day in the last region of the path that has one."""
    query = select(CallRule).where(
        col(CallRule.region_code).in_(codes),
        CallRule.valid_from <= day,
        col(CallRule.valid_to).is_(None) | (col(CallRule.valid_to) >= day),
    )
    rows = sorted(session.exec(query), key=lambda row: (codes.index(row.region_code), row.valid_from))
    return {row.name: row for row in rows}


def _add(session: Session, inputs: CallRuleInput) -> CallRule:
    same = select(CallRule).where(CallRule.name == inputs.name, CallRule.region_code == inputs.region_code)
    others = list(session.exec(same.order_by(col(CallRule.valid_from))))
    if any(other.valid_from == inputs.valid_from for other in others):
        raise DuplicateCallRule
    day_before = inputs.valid_from - timedelta(days=1)
    for other in others:
        if other.valid_from < inputs.valid_from and (other.valid_to is None or other.valid_to > day_before):
            other.valid_to = day_before
    following = next((other.valid_from for other in others if other.valid_from > inputs.valid_from), None)
    row = CallRule(**inputs.model_dump(), valid_to=following - timedelta(days=1) if following else None)
    session.add(row)
    session.flush()
    return row
