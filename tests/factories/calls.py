"""Calls for tests: drafted from gaps, published by two managers."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from factories.accounts import COUNTY, TOWNSHIP, make_actor
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.funding import calls
from tuoju.funding.calls import Gap
from tuoju.funding.criteria import USUAL_POINTS
from tuoju.funding.inputs import CallInput
from tuoju.funding.models import Call
from tuoju.plans.models import Plan
from tuoju.plans.status import PlanState
from tuoju.regions.calendar import china_day
from tuoju_projects.funding_status import CallVerb

_numbers = itertools.count(1)


def call_values(**values: Any) -> dict[str, Any]:
    """The form of a call that closes in 20 days, as typed."""
    today = china_day(now())
    usual = {
        "number": f"滁创投〔2027〕{next(_numbers)}号",
        "title": "关爱困难老人公益创投",
        "funding_type": "venture_philanthropy",
        "budget_yuan": "150万",
        "closes_on": (today + timedelta(days=20)).isoformat(),
        "starts_on": (today + timedelta(days=80)).isoformat(),
        "ends_on": (today + timedelta(days=380)).isoformat(),
        "telephone": "0550-3022685",
        **{f"points_{criterion}": points for criterion, points in USUAL_POINTS.items()},
    }
    return usual | values


def make_gap(category: str = "A01", **values: Any) -> Gap:
    """Five old people of a township who need care at home."""
    usual: dict[str, Any] = {
        "category": category,
        "target_group": "",
        "townships": [TOWNSHIP],
        "needs": 5,
        "person_times": 200,
        "budget_fen": (800_000, 1_000_000, 1_200_000),
    }
    return Gap(**usual | values)


def make_plan_row(session: Session, manager: Actor, region_code: str = COUNTY) -> Plan:
    """A computed plan without lines."""
    plan = Plan(region_code=region_code, state=PlanState.proposed, made_by=manager.user_id)
    session.add(plan)
    session.flush()
    return plan


def make_call(
    session: Session, manager: Actor, *, region_code: str = COUNTY, gaps: Sequence[Gap] = (), **values: Any
) -> Call:
    """A draft."""
    gaps = gaps or [make_gap()]
    plan = make_plan_row(session, manager, region_code)
    inputs = CallInput.model_validate(call_values(**values))
    return calls.draft_call(session, manager, (plan.pk, region_code), gaps, [gap.key for gap in gaps], inputs)


def publish(session: Session, call: Call, first: Actor, second: Actor | None = None) -> Call:
    """Publish a draft by two managers."""
    second = second or make_actor(session, role=Role.program_manager, region_code=call.region_code)
    calls.propose(session, first, call, CallVerb.publish)
    return calls.confirm(session, second, call, CallVerb.publish)


def days_ahead(days: int) -> date:
    return china_day(now()) + timedelta(days=days)
