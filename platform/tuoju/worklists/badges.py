"""The counts beside the entries of the menu. Each equals the rows of the list that its entry leads to."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import Select, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from tuoju.accounts.permissions import Action, Actor, may, visible_regions
from tuoju.cases.models import Alert, AlertState, Case
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import in_scope
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import DueDay, china_day


class Badge(StrEnum):
    """The lists whose entry in the menu has a count."""

    deadlines = "deadlines"
    """Cases that are overdue or due today."""
    alerts = "alerts"
    """Alerts that nobody has checked."""
    inbox = "inbox"
    """Referrals that the charity has not answered."""


def count_badges(session: Session, actor: Actor) -> Mapping[Badge, int]:
    """The counts for what the actor may read, in one statement."""
    counts = _counts(session, actor)
    if not counts:
        return {}
    columns = [query.scalar_subquery().label(badge.value) for badge, query in counts.items()]
    row = session.execute(sql_select(*columns)).one()
    return dict(zip(counts, row, strict=True))


def _counts(session: Session, actor: Actor) -> dict[Badge, Select[int]]:
    counts: dict[Badge, Select[int]] = {}
    if may(actor, Action.read_cases):
        today_ends = DueDay(china_day(now()), provisional=False).ends_at
        counts[Badge.deadlines] = sql_select(func.count(col(Case.id))).where(
            col(Case.due_at) <= today_ends, col(Case.region_code).in_(visible_regions(session, actor))
        )
    if may(actor, Action.read_residents):
        counts[Badge.alerts] = sql_select(func.count(col(Alert.id))).where(
            col(Alert.state) == AlertState.open, col(Alert.region_code).in_(visible_regions(session, actor))
        )
    if may(actor, Action.answer_referrals):
        counts[Badge.inbox] = sql_select(func.count(col(Referral.id))).where(
            col(Referral.state) == ReferralState.requested, in_scope(session, actor)
        )
    return counts
