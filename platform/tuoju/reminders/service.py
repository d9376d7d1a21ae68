"""Reminding: each rung of each due day once, however often it is asked, and by however many schedulers."""

from datetime import datetime

from sqlmodel import Session

from tuoju.accounts.subscriptions import notify_subscribers
from tuoju.cases.policies import reminders_allowed_at
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.reminders.escalation import EscalationStep, escalation_steps
from tuoju.reminders.sources import Due, Matter, Source, recipients
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post

_KINDS = {
    EscalationStep.ahead: NotificationKind.deadline_ahead,
    EscalationStep.due: NotificationKind.deadline_due,
    EscalationStep.overdue: NotificationKind.deadline_overdue,
    EscalationStep.township: NotificationKind.deadline_escalated,
    EscalationStep.county: NotificationKind.deadline_escalated,
}
_HEARD_BY_GROUPS = frozenset({EscalationStep.overdue})
"""A work group receives once that something is late; what is ahead is for whoever has it to do."""
_OF_CHARITIES = {Matter.answer: NotificationKind.referral_expiring, Matter.first_visit: NotificationKind.visit_due}


def send_reminders(session: Session, source: Source, at: datetime) -> int:
    """Tell of everything of one source that has reached a rung at `at`, in the hours that its rule has for reminders:
    nobody is called from the table for one; how many notices there are of it now.

    A notice's key holds the due day and the rung: asked again it is the same notice, and a due day that moved, by a
    pause or a year's calendar, has its own reminders.
    """
    if not reminders_allowed_at(session, at):
        return 0
    calendar = calendar_of(session)
    today = china_day(at)
    return sum(
        _tell(session, due, rung)
        for due in source(session, at, calendar)
        if due.hours.hold(at)
        for rung in escalation_steps(due.due_on, today, calendar, due.spacing)
        if rung in due.only
    )


def _tell(session: Session, due: Due, rung: EscalationStep) -> int:
    kind = _KINDS[rung]
    if rung in (EscalationStep.ahead, EscalationStep.due):
        kind = _OF_CHARITIES.get(due.matter, kind)
    key = f"remind:{due.key}:{due.due_on.isoformat()}:{rung}"
    told = {"link": due.link, "number": due.number, "matter": due.matter.value, "day": due.due_on.isoformat()}
    if rung in _HEARD_BY_GROUPS:
        notify_subscribers(session, due.region_code, kind, key=key, **told)
    return sum(
        len(post(session, kind, recipient=recipient, key=key, **told)) for recipient in recipients(session, due, rung)
    )
