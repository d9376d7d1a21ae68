"""Reminders: every step of every due day once, however often and by how many schedulers the task runs."""

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
_STEPS_FOR_GROUPS = frozenset({EscalationStep.overdue})
"""Steps of which a work group is notified: once, when something is overdue."""
_KINDS_FOR_CHARITIES = {
    Matter.answer: NotificationKind.referral_expiring,
    Matter.first_visit: NotificationKind.visit_due,
}


def send_reminders(session: Session, source: Source, at: datetime) -> int:
    """Send the reminders of one source that are due at `at`, and return how many notifications exist for them.

    Nothing is sent outside the hours that the policy allows. The key of a notification holds the due day and the step:
    a second run sends nothing new, and a due day that moved, by a pause or the calendar of a new year, has reminders of
    its own.
    """
    if not reminders_allowed_at(session, at):
        return 0
    calendar = calendar_of(session)
    today = china_day(at)
    return sum(
        _send(session, due, step)
        for due in source(session, at, calendar)
        if due.hours.hold(at)
        for step in escalation_steps(due.due_on, today, calendar, due.spacing)
        if step in due.only
    )


def _send(session: Session, due: Due, step: EscalationStep) -> int:
    kind = _KINDS[step]
    if step in (EscalationStep.ahead, EscalationStep.due):
        kind = _KINDS_FOR_CHARITIES.get(due.matter, kind)
    key = f"remind:{due.key}:{due.due_on.isoformat()}:{step}"
    params = {"link": due.link, "number": due.number, "matter": due.matter.value, "day": due.due_on.isoformat()}
    if step in _STEPS_FOR_GROUPS:
        notify_subscribers(session, due.region_code, kind, key=key, **params)
    return sum(
        len(post(session, kind, recipient=recipient, key=key, **params)) for recipient in recipients(session, due, step)
    )
