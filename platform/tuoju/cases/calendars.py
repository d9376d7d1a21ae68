"""Changes of the working-day calendar: deadlines are computed again from it."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Case
from tuoju.cases.procedure import set_next_deadline
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.loading import SpecialDay, set_special_days


def publish_days(session: Session, actor: Actor, days: Sequence[SpecialDay], *, source: str, whole_years: bool) -> int:
    """Enter holidays and make-up days as the State Council publishes them, and compute running deadlines again.

    Returns how many deadlines changed. Raises NotPermitted.
    """
    require(actor, Action.manage_calendar)
    set_special_days(session, days, source=source, whole_years=whole_years)
    changed = recompute_deadlines(session)
    years = sorted({special_day.day.year for special_day in days})
    scope = actor.region_code or "registry"
    audit.record(session, actor, "publish_days", "calendar", scope=scope, years=years, days=len(days), changed=changed)
    return changed


def recompute_deadlines(session: Session) -> int:
    """Compute every running deadline again after the calendar changed; returns how many changed."""
    changed = 0
    with system_scope(session, Escape.deadlines):
        for case in session.exec(select(Case).where(col(Case.due_at).is_not(None)).order_by(col(Case.id))):
            before = case.due_at, case.due_provisional
            set_next_deadline(session, case)
            changed += before != (case.due_at, case.due_provisional)
    return changed
