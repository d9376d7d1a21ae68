"""The working-day calendar as the clocks follow it: what changes in it sets them again."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Case
from tuoju.cases.procedure import set_next_deadline
from tuoju.regions.loading import SpecialDay, set_special_days


def publish_days(session: Session, actor: Actor, days: Sequence[SpecialDay], *, source: str, whole_years: bool) -> int:
    """Enter holidays and make-up days as the State Council publishes them and set every running clock again; how
    many due days changed. Raises NotPermitted."""
    require(actor, Action.manage_policies)
    set_special_days(session, days, source=source, whole_years=whole_years)
    changed = recompute_deadlines(session)
    years = sorted({each.day.year for each in days})
    scope = actor.region_code or "registry"
    audit.record(session, actor, "publish_days", "calendar", scope=scope, years=years, days=len(days), changed=changed)
    return changed


def recompute_deadlines(session: Session) -> int:
    """Set every running clock again after the calendar changed; how many due days changed."""
    changed = 0
    for case in session.exec(select(Case).where(col(Case.due_at).is_not(None)).order_by(col(Case.id))):
        before = case.due_at, case.due_provisional
        set_next_deadline(session, case)
        changed += before != (case.due_at, case.due_provisional)
    session.flush()
    return changed
