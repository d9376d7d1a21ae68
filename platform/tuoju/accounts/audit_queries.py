"""Reading the audit: by administrators within their region, by everybody what they did themselves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from tuoju.accounts.audit import ACCOUNTS
from tuoju.accounts.audit_verifier import REGISTRY
from tuoju.accounts.models import AuditEntry, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.regions.calendar import CHINA
from tuoju.regions.models import Region, RegionLevel

READINGS = ("read", "reveal", "export_file", "export_list", "look_up", "search", "read_attachment", "read_by_link")
"""Actions by which somebody came to see something of a person."""


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; what is empty or None does not limit them."""

    actor_id: int | None = None
    action: str = ""
    subject_type: str = ""
    subject_id: str = ""
    scope: str = ""
    first_day: date | None = None
    last_day: date | None = None
    with_purpose: bool = False


def find_entries(
    session: Session, actor: Actor, chosen: AuditFilter, *, before_id: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """Entries in the administrator's scope, latest first: of the counties of their region, and what the accounts of
    it did; all for the topmost region. Raises NotPermitted."""
    require(actor, Action.read_audit)
    query = select(AuditEntry).where(*_conditions(chosen))
    if not actor.covers_city:
        query = query.where(_in_region(session, actor))
    if before_id is not None:
        query = query.where(col(AuditEntry.id) < before_id)
    return list(session.exec(query.order_by(col(AuditEntry.id).desc()).limit(limit)))


def find_own_entries(
    session: Session, actor: Actor, *, before_id: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """What the account itself looked at, latest first."""
    require(actor, Action.keep_own_account)
    query = select(AuditEntry).where(AuditEntry.actor_id == actor.user_id, col(AuditEntry.action).in_(READINGS))
    if before_id is not None:
        query = query.where(col(AuditEntry.id) < before_id)
    return list(session.exec(query.order_by(col(AuditEntry.id).desc()).limit(limit)))


def scopes_in(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """The chains that an administrator can choose from, as (scope, name of the county or "")."""
    counties = session.exec(
        select(Region.code, Region.name)
        .where(col(Region.code).in_(visible_regions(session, actor)), Region.level == RegionLevel.county)
        .order_by(Region.code)
    ).all()
    own = [(ACCOUNTS, ""), (REGISTRY, "")] if actor.covers_city else []
    return [*((code, name) for code, name in counties), *own]


def _in_region(session: Session, actor: Actor) -> ColumnElement[bool]:
    regions = visible_regions(session, actor)
    accounts = select(User.id).where(col(User.region_code).in_(regions))
    return or_(col(AuditEntry.scope).in_(regions), col(AuditEntry.actor_id).in_(accounts))


def _conditions(chosen: AuditFilter) -> list[ColumnElement[bool]]:
    equal = {
        "actor_id": chosen.actor_id,
        "action": chosen.action,
        "subject_type": chosen.subject_type,
        "subject_id": chosen.subject_id,
        "scope": chosen.scope,
    }
    conditions = [getattr(AuditEntry, name) == value for name, value in equal.items() if value]
    if chosen.first_day:
        conditions.append(col(AuditEntry.at) >= _midnight(chosen.first_day))
    if chosen.last_day:
        conditions.append(col(AuditEntry.at) < _midnight(chosen.last_day + timedelta(days=1)))
    if chosen.with_purpose:
        conditions.append(col(AuditEntry.purpose) != "")
    return conditions


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)
