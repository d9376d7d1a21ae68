"""What moves to the code of a division that followed another: everything that is about today.

Every column that holds the code of a division is declared here; a test compares the lists with the tables.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from tuoju.accounts.models import GrantProposal, Subscription, User
from tuoju.accounts.permissions import Actor
from tuoju.cases.policies import Policy
from tuoju.funding.call_rules import CallRule
from tuoju.regions.models import RegionOutline
from tuoju.relief.models import Society
from tuoju.relief.service import carry_over_fund
from tuoju.residents.data_policies import DataPolicy
from tuoju.residents.models import Household, Resident
from tuoju_projects.models import Organization, Project

MOVED: Mapping[str, type[SQLModel]] = {
    "residents": Resident,
    "households": Household,
    "accounts": User,
    "proposals": GrantProposal,
    "subscriptions": Subscription,
    "organizations": Organization,
}
"""Where people live and work now, by the name of the count: the code is replaced."""

CARRIED_OTHERWISE: Mapping[str, str] = {
    "fund.region_code": "the money is carried over by entries of both ledgers; the fund keeps its history",
    "society.region_code": "households are added up; the facts of the village that is there stay",
    "policy.region_code": "goes along with a new code; in a merger the policies of the other division apply",
    "data_policy.region_code": "as for policies",
    "call_rule.region_code": "as for policies",
    "region_outline.region_code": "goes along with a new code",
    "project.areas": "the old code is replaced by the new one",
}

KEPT: Mapping[str, str] = {
    "assistance_case.region_code": "a case keeps the code and number under which it was opened",
    "alert.region_code": "written in its village",
    "referral.region_code": "of its case",
    "gap.region_code": "of its case",
    "protection_report.region_code": "written in its village",
    "public_notice.region_code": "hangs on the board of the village that followed",
    "plan.region_code": "made for the division of its day",
    "plan_line.region_code": "of its case",
    "plan_part.region_code": "of its plan",
    "monthly_summary.region_code": "signed",
    "issued_file.region_code": "printed",
    "spot_check_draw.region_code": "drawn for the division of its month",
    "erasure.region_code": "decided where it was proposed",
    "funding_application.region_code": "of its call",
    "funding_call.region_code": "made for the division of its day, like its plan",
    "region_change.region_code": "history",
    "region_change.successor_code": "history",
    "region_change.former_parent_code": "history",
    "region.parent_code": "the tree itself",
}
"""Columns that keep the old code, which resolves to the division that followed, with the reason."""


def carry(session: Session, actor: Actor, old: str, new: str, *, is_merged: bool) -> dict[str, int]:
    """Move what is about today from one division to the one that followed it; how many rows of each kind."""
    counts = {name: _replace(session, table, old, new) for name, table in MOVED.items()}
    counts["projects"] = _replace_areas(session, old, new)
    counts["societies"] = _carry_society(session, old, new)
    counts["funds_fen"] = carry_over_fund(session, actor, old, new)
    if not is_merged:
        counts["policies"] = sum(_replace(session, table, old, new) for table in (Policy, DataPolicy, CallRule))
        _replace(session, RegionOutline, old, new)
    session.flush()
    session.expire_all()
    return {name: count for name, count in counts.items() if count}


def _replace(session: Session, table: type[SQLModel], old: str, new: str) -> int:
    column: Any = table.region_code  # type: ignore[attr-defined]
    statement = update(table).where(column == old).values(region_code=new)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _replace_areas(session: Session, old: str, new: str) -> int:
    changed = [project for project in session.exec(select(Project)) if old in project.areas]
    for project in changed:
        project.areas = list(dict.fromkeys(new if area == old else area for area in project.areas))
        session.add(project)
    return len(changed)


def _carry_society(session: Session, old: str, new: str) -> int:
    rows = session.exec(select(Society).where(col(Society.region_code).in_([old, new]))).all()
    by_code = {row.region_code: row for row in rows}
    if old not in by_code:
        return 0
    ended, present = by_code[old], by_code.get(new)
    if present is None:
        ended.region_code = new
    elif ended.households is not None and present.households is not None:
        present.households += ended.households
    return 1
