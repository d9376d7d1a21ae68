"""One person, one file (一人一档): everything that happened to a resident, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.models import AuditEntry
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Attachment, Case, CaseStep, Investigation, Need
from tuoju.cases.views import need_seen
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.relief.models import Objection, Payment, PaymentState, PublicNotice
from tuoju.residents.models import Consent, EmergencyOverride, Resident
from tuoju.residents.queries import ids_in_audit
from tuoju.visits.models import ServiceVisit, VisitAttendance


class EventKind(StrEnum):
    """What kind of thing happened to a resident."""

    registered = "registered"
    consent_given = "consent_given"
    consent_withdrawn = "consent_withdrawn"
    disclosed_without_consent = "disclosed_without_consent"
    case_opened = "case_opened"
    case_step = "case_step"
    visited = "visited"
    need_recorded = "need_recorded"
    payment = "payment"
    objection = "objection"
    referral_step = "referral_step"
    served = "served"
    paper_filed = "paper_filed"
    read_in_full = "read_in_full"


LIST_OF = {
    EventKind.consent_given: "consent_purpose",
    EventKind.consent_withdrawn: "consent_purpose",
    EventKind.case_opened: "scheme",
    EventKind.case_step: "case_verb",
    EventKind.need_recorded: "service_type",
    EventKind.payment: "payment_way",
    EventKind.referral_step: "referral_state",
    EventKind.served: "service_type",
    EventKind.paper_filed: "attachment_kind",
}
"""The kind of words that the code of an event belongs to; kinds that are missing here have no code."""


NOTHING_WRITTEN = GatedText()


@dataclass(frozen=True)
class Event:
    """One thing that happened to a resident."""

    at: datetime
    kind: EventKind
    code: str = ""
    """What happened more exactly: a code of the kind that LIST_OF names."""
    by: int | None = None
    """The account that recorded it."""
    case_id: int | None = None
    text: GatedText = NOTHING_WRITTEN
    """What was written, as the reader sees it."""
    amount: int | None = None
    """Fen of a payment, minutes of a visit."""
    purpose: str = ""
    """Of a reading in full: why."""


def history(session: Session, actor: Actor, resident: Resident) -> list[Event]:
    """Every event of a resident as this reader sees it, the earliest first: fourteen queries. The caller may read the
    resident."""
    with system_scope(session, Escape.whole_file):
        cases = session.exec(select(Case).where(Case.resident_id == resident.pk)).all()
        ids = [case.pk for case in cases]
        events = [
            *_person(session, actor, resident),
            *_procedure(session, actor, cases, ids),
            *_services(session, actor, resident, ids),
            *_readings(session, resident),
        ]
    return sorted(events, key=lambda event: event.at)


def exports_of(session: Session, resident: Resident) -> list[AuditEntry]:
    """The last five exports of the file, the latest first, with the SHA-256 of what was exported."""
    query = select(AuditEntry).where(
        AuditEntry.subject_type == "Resident",
        col(AuditEntry.subject_id).in_(ids_in_audit(session, resident)),
        AuditEntry.action == "export_file",
    )
    return list(session.exec(query.order_by(col(AuditEntry.id).desc()).limit(5)))


def _person(session: Session, actor: Actor, resident: Resident) -> Iterator[Event]:
    yield Event(resident.recorded_at, EventKind.registered, by=resident.recorded_by)
    for consent in session.exec(select(Consent).where(Consent.resident_id == resident.pk)):
        yield Event(consent.given_at, EventKind.consent_given, consent.purpose, consent.recorded_by)
        if consent.withdrawn_at is not None:
            yield Event(consent.withdrawn_at, EventKind.consent_withdrawn, consent.purpose, consent.withdrawn_by)
    for override in session.exec(select(EmergencyOverride).where(EmergencyOverride.resident_id == resident.pk)):
        reason = visible(actor, override, "reason")
        yield Event(override.made_at, EventKind.disclosed_without_consent, by=override.made_by, text=reason)


def _procedure(session: Session, actor: Actor, cases: Sequence[Case], ids: list[int]) -> Iterator[Event]:
    for case in cases:
        yield Event(case.accepted_at, EventKind.case_opened, case.scheme, case.recorded_by, case.pk)
    for step in session.exec(select(CaseStep).where(col(CaseStep.case_id).in_(ids))):
        note = visible(actor, step, "note")
        yield Event(step.at, EventKind.case_step, step.verb, step.by, step.case_id, note)
    for visit in session.exec(select(Investigation).where(col(Investigation.case_id).in_(ids))):
        yield Event(visit.recorded_at, EventKind.visited, by=visit.recorded_by, case_id=visit.case_id)
    paid = col(Payment.state).in_([PaymentState.paid, PaymentState.recovered])
    for payment in session.exec(select(Payment).where(col(Payment.case_id).in_(ids), paid)):
        yield Event(
            payment.paid_at or payment.prepared_at,
            EventKind.payment,
            payment.way,
            payment.confirmed_by,
            payment.case_id,
            amount=payment.amount_fen,
        )
    for paper in session.exec(select(Attachment).where(col(Attachment.case_id).in_(ids))):
        yield Event(paper.added_at, EventKind.paper_filed, paper.kind, paper.added_by, paper.case_id)
    objections = (
        select(Objection, PublicNotice.case_id)
        .join(PublicNotice, col(PublicNotice.id) == col(Objection.notice_id))
        .where(col(PublicNotice.case_id).in_(ids))
    )
    for objection, case_id in session.exec(objections):
        content = visible(actor, objection, "content")
        yield Event(objection.received_at, EventKind.objection, "", objection.received_by, case_id, content)


def _services(session: Session, actor: Actor, resident: Resident, ids: list[int]) -> Iterator[Event]:
    for need in session.exec(select(Need).where(col(Need.case_id).in_(ids))):
        yield Event(
            need.opened_at, EventKind.need_recorded, need.category, None, need.case_id, need_seen(actor, need).text
        )
    events = (
        select(ReferralEvent, Need.case_id)
        .join(Referral, col(Referral.id) == col(ReferralEvent.referral_id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .where(col(Need.case_id).in_(ids))
    )
    for event, case_id in session.exec(events):
        note = visible(actor, event, "note")
        yield Event(event.at, EventKind.referral_step, event.state, event.by, case_id, note)
    visits = (
        select(ServiceVisit)
        .join(VisitAttendance, col(VisitAttendance.visit_id) == col(ServiceVisit.id))
        .where(VisitAttendance.resident_id == resident.pk, col(ServiceVisit.in_error_at).is_(None))
    )
    for visit in session.exec(visits):
        content = visible(actor, visit, "content")
        yield Event(
            visit.recorded_at, EventKind.served, visit.category, visit.recorded_by, None, content, visit.minutes
        )


def _readings(session: Session, resident: Resident) -> Iterator[Event]:
    query = select(AuditEntry).where(
        AuditEntry.subject_type == "Resident",
        col(AuditEntry.subject_id).in_(ids_in_audit(session, resident)),
        AuditEntry.action == "reveal",
    )
    for entry in session.exec(query):
        yield Event(entry.at, EventKind.read_in_full, by=entry.actor_id, purpose=entry.purpose)
