"""Alarms that nobody handles climb: the county is told after the minutes of the policy (policies.alarm_minutes)."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.queries import managers_of
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.reminders.sources import SocietyPolicies
from tuoju.residents.models import ProtectionReport
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user


def escalate_alarms(session: Session, at: datetime) -> int:
    """Tell the managers of the county of each report that nobody handled in time, and return how many there were.

    At any hour of the day; once for each report. Where no policy is in force it climbs at once. Questions wait for the
    township.
    """
    waiting = select(ProtectionReport).where(
        col(ProtectionReport.followed_up_at).is_(None),
        col(ProtectionReport.escalated_at).is_(None),
        col(ProtectionReport.is_question).is_(False),
    )
    policies = SocietyPolicies(session, china_day(at))
    late = [report for report in session.exec(waiting) if _is_late(report, policies, at)]
    for report in late:
        report.escalated_at = at
        session.flush()
        audit.record(session, None, "escalate_alarm", report, scope=county_of(session, report.region_code))
        for manager in managers_of(session, report.region_code):
            key = f"alarm:{report.pk}:county"
            post(session, NotificationKind.safety_alarm, recipient=user(manager.pk), key=key, link="/protection")
    return len(late)


def _is_late(report: ProtectionReport, policies: SocietyPolicies, at: datetime) -> bool:
    policy = policies.of(report.region_code)
    minutes = policy.alarm_minutes if policy is not None else 0
    return report.recorded_at + timedelta(minutes=minutes) <= at
