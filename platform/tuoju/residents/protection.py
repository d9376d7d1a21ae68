"""Reports that somebody may be in danger: made by a person here, raised by the words of a text in residents.alarms.

For a child, by law the police or civil affairs are told at once; no referral follows (未成年人保护法 art. 11;
关于建立侵害未成年人案件强制报告制度的意见, 2020).
"""

from pydantic import Field
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor, may, require, visible_regions
from tuoju.database.records import now
from tuoju.regions.models import Region
from tuoju.regions.queries import county_of
from tuoju.residents.errors import AlreadyReviewed, OwnOverride, ResidentNotFound
from tuoju.residents.models import ProtectionReport, ReportedTo, Resident
from tuoju.residents.telephone import call_off_news, lock_resident
from tuoju_text.inputs import Input


class ReportInput(Input):
    """Who was told, and what was seen."""

    reported_to: ReportedTo
    what: str = Field(min_length=2, max_length=1000)


def report_harm(
    session: Session, actor: Actor, region_code: str, inputs: ReportInput, *, resident: Resident | None = None
) -> ProtectionReport:
    """Record that the police or civil affairs were told just now. Messages that wait for the resident's telephone are
    called off, because whoever harms the child may read them. Raises ResidentNotFound out of scope, NotPermitted."""
    require(actor, Action.record_residents)
    report = _new_report(actor, region_code, inputs.reported_to, inputs.what, resident)
    return _record(session, actor, report, "report_harm", resident)


def _new_report(
    actor: Actor, region_code: str, reported_to: ReportedTo, what: str, resident: Resident | None
) -> ProtectionReport:
    return ProtectionReport(
        region_code=region_code,
        resident_id=resident.pk if resident else None,
        reported_to=reported_to,
        reported_at=now(),
        what=what,
        reported_by=actor.user_id,
        recorded_at=now(),
    )


def _record(
    session: Session, actor: Actor, report: ProtectionReport, step: str, resident: Resident | None
) -> ProtectionReport:
    code = report.region_code
    if session.exec(visible_regions(session, actor).where(col(Region.code) == code)).first() is None:
        raise ResidentNotFound
    session.add(report)
    session.flush()
    audit.record(session, actor, step, report, scope=county_of(session, code))
    if resident is not None:
        # The code does not mention the report, which few may see.
        call_off_news(session, lock_resident(session, resident.pk), code="not_safe")
    return report


def find_reports(session: Session, actor: Actor, *, limit: int = 100) -> list[ProtectionReport]:
    """The actor's own reports; for the township all in scope, for the county those of which it was told because nobody
    handled them. Those that wait come first, then the latest."""
    require(actor, Action.read_alarms)
    query = select(ProtectionReport).where(col(ProtectionReport.region_code).in_(visible_regions(session, actor)))
    if actor.role is Role.program_manager:
        query = query.where(col(ProtectionReport.escalated_at).is_not(None))
    elif not may(actor, Action.handle_alarms):
        query = query.where(ProtectionReport.reported_by == actor.user_id)
    ordered = query.order_by(col(ProtectionReport.followed_up_at).is_not(None), col(ProtectionReport.id).desc())
    return list(session.exec(ordered.limit(limit)))


def follow_up(session: Session, actor: Actor, report_id: int, *, words: str) -> ProtectionReport:
    """Record what the level above does about a report. Raises ResidentNotFound out of scope, OwnOverride for a report
    of the actor's own, AlreadyReviewed, NotPermitted."""
    require(actor, Action.handle_alarms)
    report = next((report for report in find_reports(session, actor, limit=10_000) if report.pk == report_id), None)
    if report is None:
        raise ResidentNotFound
    if report.reported_by == actor.user_id:
        raise OwnOverride
    if report.followed_up_at is not None:
        raise AlreadyReviewed
    report.followed_up_by, report.followed_up_at, report.followed_up = actor.user_id, now(), words
    session.flush()
    audit.record(session, actor, "follow_up_harm", report, scope=county_of(session, report.region_code))
    return report
