"""What the file of a case holds and what it lacks, after the contents page of 一人一档 (domain section 5.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from tuoju.cases.attachments import attachments_of
from tuoju.cases.models import AttachmentKind, Case, Need, OpenedBy
from tuoju.cases.procedure import latest_investigation
from tuoju.cases.status import LIVE_NEEDS, CaseState
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import china_day
from tuoju.relief.models import Objection, Payment, PaymentState, PublicNotice
from tuoju.residents.models import Resident
from tuoju.visits.models import ServiceVisit


class Paper(StrEnum):
    """The contents of the file, in their order."""

    application = "application"
    consent = "consent"
    identity = "identity"
    investigation = "investigation"
    decision = "decision"
    payment = "payment"
    receipt = "receipt"
    notice = "notice"
    wall_photo = "wall_photo"
    objections = "objections"
    referrals = "referrals"
    service_records = "service_records"
    satisfaction = "satisfaction"


class PaperStatus(StrEnum):
    """Whether a paper is in the file. With a `missing` one the case cannot close; one `to_file` may follow later."""

    done = "done"
    missing = "missing"
    to_file = "to_file"
    not_needed = "not_needed"


@dataclass(frozen=True)
class Entry:
    """A paper of the file and whether it is there."""

    paper: Paper
    status: PaperStatus


def checklist(session: Session, case: Case) -> list[Entry]:
    """Every paper of a case and its status.

    A case whose policy has no procedure only needs the papers of its services. Eight queries. The caller has checked
    that the actor may read the case.
    """
    kinds = {attachment.kind for attachment in attachments_of(session, case)}
    resident = session.get_one(Resident, case.resident_id)
    referrals = session.exec(
        select(Referral)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .where(Need.case_id == case.pk, Referral.state != ReferralState.entered_in_error)
    ).all()
    standings = {
        Paper.application: _filed(case.opened_by is OpenedBy.proactive_discovery, AttachmentKind.application, kinds),
        Paper.consent: _filed(False, AttachmentKind.consent, kinds) if referrals else PaperStatus.not_needed,
        Paper.identity: _filed(resident.id_number is not None, AttachmentKind.identity, kinds),
        **_procedure(session, case, kinds),
        **_services(session, case, referrals),
    }
    return [Entry(paper, standings[paper]) for paper in Paper]


def _filed(recorded: bool, kind: AttachmentKind, kinds: set[AttachmentKind]) -> PaperStatus:
    return PaperStatus.done if recorded or kind in kinds else PaperStatus.to_file


def _missing(done: bool) -> PaperStatus:
    return PaperStatus.done if done else PaperStatus.missing


def _procedure(session: Session, case: Case, kinds: set[AttachmentKind]) -> dict[Paper, PaperStatus]:
    names = (Paper.investigation, Paper.decision, Paper.payment, Paper.receipt, Paper.notice, Paper.wall_photo)
    if not case.has_procedure:
        return dict.fromkeys((*names, Paper.objections), PaperStatus.not_needed)
    refused = case.state is CaseState.refused
    payments = session.exec(select(Payment.state).where(Payment.case_id == case.pk)).all()
    paid = PaymentState.paid in payments
    notices = session.exec(select(PublicNotice.id).where(PublicNotice.case_id == case.pk)).all()
    objections = session.exec(
        select(Objection.answered_at).where(
            col(Objection.notice_id).in_([notice_id for notice_id in notices if notice_id])
        )
    ).all()
    publicised = case.notice_ends_on is not None and case.notice_ends_on < china_day(now())
    no_notice = refused or not case.needs_notice
    return {
        Paper.investigation: _missing(latest_investigation(session, case) is not None),
        Paper.decision: _missing(case.decided_at is not None),
        Paper.payment: PaperStatus.not_needed if refused else _missing(case.relief_completed_at is not None),
        Paper.receipt: _filed(False, AttachmentKind.receipt, kinds) if paid else PaperStatus.not_needed,
        Paper.notice: PaperStatus.not_needed if no_notice else _missing(publicised),
        Paper.wall_photo: _filed(False, AttachmentKind.wall_photo, kinds) if notices else PaperStatus.not_needed,
        Paper.objections: _missing(None not in objections) if objections else PaperStatus.not_needed,
    }


def _services(session: Session, case: Case, referrals: Sequence[Referral]) -> dict[Paper, PaperStatus]:
    live = session.exec(select(Need.id).where(Need.case_id == case.pk, col(Need.state).in_(LIVE_NEEDS))).first()
    met = [referral for referral in referrals if referral.outcome in (Outcome.met, Outcome.partly_met)]
    visited = set(
        session.exec(
            select(ServiceVisit.referral_id).where(
                col(ServiceVisit.referral_id).in_([referral.pk for referral in met]),
                col(ServiceVisit.in_error_at).is_(None),
            )
        )
    )
    asked = all(referral.satisfaction is not None for referral in met)
    return {
        Paper.referrals: _missing(False)
        if live is not None
        else PaperStatus.done
        if referrals
        else PaperStatus.not_needed,
        Paper.service_records: _missing({referral.pk for referral in met} <= visited)
        if met
        else PaperStatus.not_needed,
        Paper.satisfaction: (PaperStatus.done if asked else PaperStatus.to_file) if met else PaperStatus.not_needed,
    }
