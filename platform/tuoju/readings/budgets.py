"""Daily budgets: how often a day a person may look somebody up or read in full, counted in the database.

An honest day of work stays far below; whoever copies a register meets the limit, and a supervisor hears of it before.
"""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import actor_of
from tuoju.database.records import now
from tuoju.readings.errors import BudgetSpent, LimitNotAhead, OwnBudget, ReaderNotFound
from tuoju.readings.models import Budget, BudgetGrant, BudgetUse, DailyLimit
from tuoju.readings.queries import find_readers, supervisors_of
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_text.inputs import Input

_VILLAGE = {Budget.look_up: 30, Budget.reveal: 60, Budget.paper: 100, Budget.export: 1_000}
"""A village keeps 50 to 300 files: a full day of visits is about 20 of them."""

_TOWNSHIP = {Budget.look_up: 100, Budget.reveal: 200, Budget.paper: 300, Budget.export: 10_000}

DEFAULT_LIMITS: Mapping[Role, Mapping[Budget, int]] = {
    Role.social_worker: _VILLAGE,
    Role.society_chair: _VILLAGE,
    Role.township_officer: _TOWNSHIP,
    Role.charity_staff: {Budget.look_up: 0, Budget.reveal: 100, Budget.paper: 100, Budget.export: 0},
    Role.program_manager: dict.fromkeys(Budget, 0),
    Role.administrator: dict.fromkeys(Budget, 0),
}
"""The limits before any is set: generous for the work of a role, nothing where the role has no such work."""

ALARM_AT = (80, 100)
"""Percent of a budget at which a supervisor is told, once a day each."""

MAX_GRANT = 20_000


class GrantInput(Input):
    """More of a budget for today, with the reason."""

    budget: Budget
    amount: int = Field(ge=1, le=MAX_GRANT)
    reason: str = Field(min_length=4, max_length=200)


class LimitInput(Input):
    """What a role may use of a budget a day, from a day on."""

    role: Role
    budget: Budget
    per_day: int = Field(ge=0, le=MAX_GRANT)
    valid_from: date


def limit_for(session: Session, role: Role, budget: Budget, day: date) -> int:
    """The limit of a role on a day: the latest row that has begun, else the default."""
    query = (
        select(DailyLimit.per_day)
        .where(DailyLimit.role == role, DailyLimit.budget == budget, DailyLimit.valid_from <= day)
        .order_by(col(DailyLimit.valid_from).desc())
    )
    stated = session.exec(query.limit(1)).first()
    return DEFAULT_LIMITS[role][budget] if stated is None else stated


def charge(session: Session, actor: Actor, budget: Budget, amount: int = 1) -> None:
    """Take `amount` from today's budget of the actor, in this transaction; the supervisors are told when 80 % and
    100 % are reached. Raises BudgetSpent, and takes nothing, where that is more than is left."""
    if amount == 0:
        return
    day = china_day(now())
    row = _open_row(session, actor, budget, day)
    # One conditional UPDATE: of two at once the second waits for the first, then sees what that one left.
    taken = session.execute(
        update(BudgetUse)
        .where(_is(actor.user_id, budget, day), col(BudgetUse.used) + amount <= col(BudgetUse.allowed))
        .values(used=col(BudgetUse.used) + amount)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row)
    if taken.rowcount == 0:  # type: ignore[attr-defined]
        raise BudgetSpent(budget, row.allowed, [person.display_name for person in supervisors_of(session, actor)])
    _raise_alarms(session, actor, row, amount)


def _is(user_id: int, budget: Budget, day: date) -> ColumnElement[bool]:
    return (col(BudgetUse.user_id) == user_id) & (col(BudgetUse.budget) == budget) & (col(BudgetUse.day) == day)


_INSERT: Mapping[str, type[Insert]] = {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}


def _open_row(session: Session, actor: Actor, budget: Budget, day: date) -> BudgetUse:
    """Today's row, made now if this is the first reading of the day."""
    query = select(BudgetUse).where(_is(actor.user_id, budget, day))
    row = session.exec(query).first()
    if row is not None:
        return row
    values = {
        "user_id": actor.user_id,
        "budget": budget,
        "day": day,
        "used": 0,
        "allowed": limit_for(session, actor.role, budget, day),
    }
    insert = _INSERT[session.connection().dialect.name](BudgetUse).values(**values)
    session.execute(insert.on_conflict_do_nothing())  # type: ignore[attr-defined]
    return session.exec(query).one()


def _raise_alarms(session: Session, actor: Actor, row: BudgetUse, amount: int) -> None:
    for percent in ALARM_AT:
        threshold = math.ceil(row.allowed * percent / 100)
        if not row.used - amount < threshold <= row.used:
            continue
        for supervisor in supervisors_of(session, actor):
            post(
                session,
                NotificationKind.budget_alarm,
                recipient=user(supervisor.pk),
                key=f"budget:{actor.user_id}:{row.budget.value}:{row.day}:{percent}",
                link="/readings",
                percent=percent,
            )


def grant(session: Session, actor: Actor, reader_id: int, inputs: GrantInput) -> BudgetGrant:
    """Give a person below the actor more of a budget for today. Raises NotPermitted, OwnBudget, ReaderNotFound."""
    require(actor, Action.supervise_readings)
    if reader_id == actor.user_id:
        raise OwnBudget
    reader = _reader(session, actor, reader_id)
    day = china_day(now())
    row = _open_row(session, actor_of(reader), inputs.budget, day)
    session.execute(
        update(BudgetUse)
        .where(col(BudgetUse.id) == row.pk)
        .values(allowed=col(BudgetUse.allowed) + inputs.amount)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row)
    granted = BudgetGrant(user_id=reader.pk, day=day, granted_by=actor.user_id, **inputs.model_dump())
    session.add(granted)
    session.flush()
    scope = county_of(session, actor.region_code or reader.region_code or "")
    detail: dict[str, Any] = {"reader": reader.pk, "budget": inputs.budget.value, "amount": inputs.amount}
    audit.record(session, actor, "grant_readings", granted, scope=scope, **detail)
    return granted


def _reader(session: Session, actor: Actor, reader_id: int) -> User:
    readers = find_readers(session, actor, user_id=reader_id)
    if not readers:
        raise ReaderNotFound
    return readers[0]


def set_limit(session: Session, actor: Actor, inputs: LimitInput) -> DailyLimit:
    """Set what a role may use a day everywhere, from tomorrow or later.
    Raises NotPermitted, LimitNotAhead."""
    require(actor, Action.set_daily_limits)
    if inputs.valid_from < china_day(now()) + timedelta(days=1):
        raise LimitNotAhead
    limit = DailyLimit(set_by=actor.user_id, **inputs.model_dump())
    session.add(limit)
    session.flush()
    detail: dict[str, Any] = {"role": inputs.role.value, "budget": inputs.budget.value, "per_day": inputs.per_day}
    scope = county_of(session, actor.region_code) if actor.region_code else "accounts"
    audit.record(session, actor, "set_daily_limit", limit, scope=scope, **detail)
    return limit
