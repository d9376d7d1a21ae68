"""Alarms that the words of a text raise. They reach the township at once, whoever typed the text; who typed it reads
no report by that.

The check never decides. A page asks who types (web.kit.safety); where nobody can be asked, what is stated raises the
alarm, and what may be meant becomes a question to the township. The text is saved in either case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import LinkHolder, Principal
from tuoju.accounts.queries import officers_above
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.queries import county_of
from tuoju.residents.errors import AlreadyReviewed, ResidentNotFound
from tuoju.residents.models import ProtectionReport, ReportedTo, Resident, TextSource
from tuoju.residents.telephone import call_off_news, lock_resident
from tuoju_matching.safety.assessment import Assessment, assess
from tuoju_matching.safety.kinds import Danger, Level
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

MAX_WORDS = 1000
"""Characters of a text that a report keeps."""


@dataclass(frozen=True)
class TextOrigin:
    """Whom a text is about and where it was typed. The caller has checked that the text may be written there."""

    region_code: str
    source: TextSource
    resident_id: int | None = None

    @classmethod
    def about(cls, resident: Resident, source: TextSource) -> "TextOrigin":
        return cls(resident.region_code, source, resident.pk)


def check_words(
    session: Session,
    principal: Principal | None,
    texts: Iterable[str | None],
    origin: TextOrigin,
    *,
    by_meaning: bool | None = None,
) -> Assessment:
    """Check texts that are saved where nobody can be asked: by a program, from a sheet, on the resident's page.

    `principal` is None for the resident. `by_meaning` as for `assess`; False for many rows at once.
    """
    words = "\n".join(filter(None, texts))
    assessment = assess(words, by_meaning=by_meaning)
    if assessment.level is not Level.none:
        raise_alarm(session, principal, words, assessment.dangers, origin, is_question=assessment.level is Level.ask)
    return assessment


def raise_alarm(
    session: Session,
    principal: Principal | None,
    words: str,
    dangers: Sequence[Danger],
    origin: TextOrigin,
    *,
    is_question: bool = False,
) -> ProtectionReport:
    """Tell the township at once that somebody may be in danger. Nothing reaches the resident's telephone any more,
    except after a question, or a complaint about money that came from that telephone (`silences`)."""
    at = now()
    report = ProtectionReport(
        region_code=origin.region_code,
        resident_id=origin.resident_id,
        reported_to=ReportedTo.township,
        reported_at=at,
        what=words[:MAX_WORDS],
        source=origin.source,
        is_question=is_question,
        reported_by=principal.user_id if principal else None,
        link_id=principal.link_id if isinstance(principal, LinkHolder) else None,
        recorded_at=at,
        dangers=",".join(dangers),
    )
    with system_scope(session, Escape.alarms):
        session.add(report)
        session.flush()
        verb = "ask_about_danger" if is_question else "raise_alarm"
        audit.record(session, principal, verb, report, scope=county_of(session, origin.region_code))
        if origin.resident_id is not None and silences(report):
            # The code does not mention the report, which few may see.
            call_off_news(session, lock_resident(session, origin.resident_id), code="not_safe")
        kind = NotificationKind.safety_question if is_question else NotificationKind.safety_alarm
        for officer in officers_above(session, origin.region_code):
            post(session, kind, recipient=user(officer.pk), key=f"alarm:{report.pk}", link="/protection")
    return report


def silences(report: ProtectionReport) -> bool:
    """Whether nothing may be sent to the person's telephone because of a report: whoever does the harm may read it.

    Who asks for money for a service does not read the telephone from which the resident says so.
    """
    is_about_money = report.dangers == Danger.extortion and report.source is TextSource.feedback
    return not report.is_question and not is_about_money


def deny_danger(session: Session, principal: Principal, report_id: int, *, reason: str) -> ProtectionReport:
    """Record why whoever typed the words says that they mean no danger; the alarm stays until the township has looked.
    Raises ResidentNotFound for the alarm of another, AlreadyReviewed for one answered already."""
    with system_scope(session, Escape.alarms):
        report = session.get(ProtectionReport, report_id)
        if report is None or not _is_own(report, principal):
            raise ResidentNotFound
        if report.denied_because is not None:
            raise AlreadyReviewed
        report.denied_because = reason
        session.flush()
        audit.record(session, principal, "deny_danger", report, scope=county_of(session, report.region_code))
    return report


def _is_own(report: ProtectionReport, principal: Principal) -> bool:
    if isinstance(principal, LinkHolder):
        return report.link_id == principal.link_id
    return report.reported_by == principal.user_id


def record_no_danger(session: Session, principal: Principal, region_code: str, dangers: Sequence[Danger]) -> None:
    """Put on record that whoever typed a text was asked whether it means danger, and said no. The text is not kept."""
    county = county_of(session, region_code)
    subject = audit.Subject("Region", region_code)
    audit.record(session, principal, "answer_no_danger", subject, scope=county, dangers=",".join(dangers))
