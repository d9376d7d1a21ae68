"""Every table that holds a row about a resident: how its rows hang on the person, what is exported, what is erased.

This one list drives the export (PIPL art. 45) and the erasure (PIPL art. 47). A house test walks the foreign keys of
all tables and every sealed column, and fails for one that is declared neither here nor in `KEPT_SEALED`.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, SQLModel, col, select

from tuoju.accounts.models import AuditEntry
from tuoju.cases.inputs import InvestigationInput
from tuoju.cases.models import (
    Alert,
    Attachment,
    Case,
    CaseConflict,
    CasePause,
    CaseStep,
    Draft,
    Investigation,
    Need,
)
from tuoju.database.records import now
from tuoju.holdings.models import Erasure
from tuoju.matchmaking.models import Gap, Match, NeedVector
from tuoju.plans.models import PlanLine
from tuoju.readings.models import ReadingNote
from tuoju.readings.purposes import note_id_of
from tuoju.referrals.models import (
    Complaint,
    OutcomeCheck,
    Referral,
    ReferralEvent,
    ReferralLink,
    ReferralMessage,
    ResidentUpdate,
    SpotCheck,
)
from tuoju.relief.models import FundEntry, Objection, Payment, Posting, PublicNotice
from tuoju.residents.models import (
    Consent,
    ConsentPaper,
    EmergencyOverride,
    Household,
    IdType,
    PossibleDuplicate,
    ProtectionReport,
    Resident,
    SelfCare,
)
from tuoju.visits.models import ServiceVisit, VisitAttendance
from tuoju_notifications.models import Notification, NotificationEvent, RecipientType
from tuoju_projects.models import PlaceEntry

Rows = Mapping[str, Sequence[Any]]
"""The rows that were found so far, by the name of their declaration."""
Find = Callable[[Session, Rows], Sequence[Any]]

EMPTY = ""
_ERASED_KEY = "erased-"


@dataclass(frozen=True)
class Held:
    """One table, or one part of it, that holds rows about a person."""

    name: str
    """The table; with `:part` where a table hangs on the person in two ways."""
    model: type[SQLModel]
    find: Find
    """The rows of the person, from the rows found before."""
    erased: Mapping[str, Any] = field(default_factory=dict)
    """What personal columns become: a value, or a function of the row."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Columns that the export leaves out, with the reason."""
    withheld: str = ""
    """Why the whole table is not exported; empty where it is."""
    deleted: bool = False
    """Whether the rows themselves are deleted."""
    file_of: str = ""
    """The column with the key of a sealed file, whose content is exported and destroyed."""


def _by(parent: str, model: Any, key: str, parent_key: str = "id") -> Find:
    """The rows of `model` whose column `key` names a row of `parent`."""

    def find(session: Session, rows: Rows) -> Sequence[Any]:
        ids = {getattr(row, parent_key) for row in rows[parent]} - {None}
        column = getattr(model, key)
        return session.exec(select(model).where(col(column).in_(ids)).order_by(col(model.id))).all() if ids else []

    return find


def _resident(_session: Session, rows: Rows) -> Sequence[Resident]:
    return rows["resident"]


def _alerts(session: Session, rows: Rows) -> Sequence[Alert]:
    """Alerts that are linked to the file, and those about the same ID number."""
    resident: Resident = rows["resident"][0]
    same = col(Alert.resident_id) == resident.pk
    if resident.id_number_index is not None:
        same |= col(Alert.id_number_index) == resident.id_number_index
    return session.exec(select(Alert).where(same).order_by(col(Alert.id))).all()


def _duplicates(session: Session, rows: Rows) -> Sequence[PossibleDuplicate]:
    """The questions whether this file and another are one person's."""
    pk = rows["resident"][0].pk
    either = or_(col(PossibleDuplicate.known_id) == pk, col(PossibleDuplicate.held_id) == pk)
    return session.exec(select(PossibleDuplicate).where(either).order_by(col(PossibleDuplicate.id))).all()


def _reading_notes(session: Session, rows: Rows) -> Sequence[ReadingNote]:
    """What readers of the file wrote about their purpose."""
    ids = {note_id_of(entry.purpose) for entry in rows["audit_entry"]} - {None}
    query = select(ReadingNote).where(col(ReadingNote.id).in_(ids)).order_by(col(ReadingNote.id))
    return session.exec(query).all() if ids else []


def _messages(session: Session, rows: Rows) -> Sequence[Notification]:
    ids = [row.pk for row in rows["resident"]]
    query = select(Notification).where(
        Notification.recipient_type == RecipientType.resident, col(Notification.recipient_id).in_(ids)
    )
    return session.exec(query.order_by(col(Notification.id))).all()


_DRAFT_FORMS = {
    "resident": ("case-new-", "consent-new-"),
    "assistance_case": ("need-new-", "investigation-"),
    "referral": ("visit-new-",),
}
"""Names of forms by what their number is the id of."""


def _drafts(session: Session, rows: Rows) -> Sequence[Draft]:
    forms = {
        f"{prefix}{row.pk}" for table, prefixes in _DRAFT_FORMS.items() for prefix in prefixes for row in rows[table]
    }
    return session.exec(select(Draft).where(col(Draft.form).in_(forms)).order_by(col(Draft.id))).all()


_AUDITED = {"resident": "Resident", "assistance_case": "Case", "referral": "Referral"}


def _audit(session: Session, rows: Rows) -> Sequence[AuditEntry]:
    """What was done with the file, its cases and referrals, and who read it."""
    entries: list[AuditEntry] = []
    for table, subject in _AUDITED.items():
        ids = [str(row.pk) for row in rows[table]]
        query = select(AuditEntry).where(AuditEntry.subject_type == subject, col(AuditEntry.subject_id).in_(ids))
        entries.extend(session.exec(query.order_by(col(AuditEntry.id))))
    return entries


def _attended_elsewhere(session: Session, rows: Rows) -> Sequence[ServiceVisit]:
    """Visits under another person's referral at which this person was served too."""
    own = {visit.pk for visit in rows["service_visit"]}
    ids = {attendance.visit_id for attendance in rows["visit_attendance"]} - own
    return session.exec(select(ServiceVisit).where(col(ServiceVisit.id).in_(ids))).all() if ids else []


def _no_findings(visit: Investigation) -> str:
    """Findings without a word about the person, in the layout that pages and papers read."""
    blank = InvestigationInput.model_validate(
        {"visited_on": visit.visited_on, "difficulties": "——", "conclusion": ["no_need"]}
    )
    return blank.model_dump_json()


def _random_key(_row: Any) -> str:
    return _ERASED_KEY + secrets.token_hex(16)


_TEXT_OF_ANOTHER = "names somebody else: who objected, who witnessed, who wrote for the organization"
_OF_THE_PROGRAM = "a key or hash of the program, nothing about the person"
_PROTECTION = (
    "a report on suspected harm is read by the level above only (未成年人保护法 art. 11); whoever asks for the export "
    "may be the one it is about"
)
_UNSENT = (
    "typed and not sent yet: only its author reads it, and anybody can begin a form about anybody; deleted in days"
)

HELD: tuple[Held, ...] = (
    Held(
        "resident",
        Resident,
        _resident,
        erased={
            "name": EMPTY,
            "id_type": IdType.none,
            "id_number": None,
            "id_number_index": None,
            "phone": None,
            "phone_owner": EMPTY,
            "address": None,
            "born_on": None,
            "vulnerabilities": lambda _row: [],
            "disability_type": None,
            "disability_grade": None,
            "self_care": SelfCare.not_assessed,
            "guardian_name": None,
            "guardian_phone": None,
        },
        left_out={"id_number_index": _OF_THE_PROGRAM},
    ),
    Held("household", Household, _by("resident", Household, "id", "household_id")),
    Held(
        "consent",
        Consent,
        _by("resident", Consent, "resident_id"),
        erased={"witness_name": None},
        left_out={"witness_name": _TEXT_OF_ANOTHER},
    ),
    Held(
        "consent_paper",
        ConsentPaper,
        _by("consent", ConsentPaper, "consent_id"),
        erased={"file_key": _random_key, "erased_at": lambda _row: now()},
        left_out={"file_key": _OF_THE_PROGRAM},
        file_of="file_key",
    ),
    Held(
        "emergency_override",
        EmergencyOverride,
        _by("resident", EmergencyOverride, "resident_id"),
        erased={"reason": EMPTY},
    ),
    Held(
        "possible_duplicate",
        PossibleDuplicate,
        _duplicates,
        erased={"reason": EMPTY},
        withheld="names the file of another person who has the same number",
    ),
    Held(
        "protection_report",
        ProtectionReport,
        _by("resident", ProtectionReport, "resident_id"),
        erased={"what": EMPTY, "followed_up": EMPTY, "denied_because": EMPTY},
        withheld=_PROTECTION,
    ),
    Held(
        "assistance_case",
        Case,
        _by("resident", Case, "resident_id"),
        erased={"summary": EMPTY, "first_help_reason": EMPTY},
    ),
    Held(
        "alert",
        Alert,
        _alerts,
        erased={
            "name": EMPTY,
            "id_number": EMPTY,
            "id_number_index": _random_key,
            "phone": None,
            "content": EMPTY,
            "note": EMPTY,
        },
        left_out={"id_number_index": _OF_THE_PROGRAM},
    ),
    Held("case_step", CaseStep, _by("assistance_case", CaseStep, "case_id"), erased={"note": EMPTY}),
    Held("case_pause", CasePause, _by("assistance_case", CasePause, "case_id"), erased={"reason": EMPTY}),
    Held("case_conflict", CaseConflict, _by("assistance_case", CaseConflict, "case_id"), erased={"relation": EMPTY}),
    Held(
        "investigation",
        Investigation,
        _by("assistance_case", Investigation, "case_id"),
        erased={"findings": _no_findings},
    ),
    Held(
        "attachment",
        Attachment,
        _by("assistance_case", Attachment, "case_id"),
        erased={
            "name": EMPTY,
            "removed_reason": EMPTY,
            "file_key": _random_key,
            "removed_at": lambda row: row.removed_at or now(),
        },
        left_out={"file_key": _OF_THE_PROGRAM},
        file_of="file_key",
    ),
    Held("need", Need, _by("assistance_case", Need, "case_id"), erased={"text": EMPTY, "constraints": lambda _row: []}),
    Held("match", Match, _by("need", Match, "need_id")),
    Held(
        "need_vector",
        NeedVector,
        _by("need", NeedVector, "need_id"),
        erased={"vector": EMPTY},
        left_out={"vector": "computed from the text of the need, which is there"},
    ),
    Held("gap", Gap, _by("need", Gap, "need_id")),
    Held("plan_line", PlanLine, _by("need", PlanLine, "need_id")),
    Held(
        "referral",
        Referral,
        _by("need", Referral, "need_id"),
        erased={"note": EMPTY, "repeat_reason": None, "end_note": EMPTY, "satisfaction_comment": None},
    ),
    Held(
        "referral_event",
        ReferralEvent,
        _by("referral", ReferralEvent, "referral_id"),
        erased={"note": EMPTY},
        left_out={"holder_name": _TEXT_OF_ANOTHER},
    ),
    Held(
        "referral_link",
        ReferralLink,
        _by("referral", ReferralLink, "referral_id"),
        left_out={"handle": _OF_THE_PROGRAM, "token_hash": _OF_THE_PROGRAM},
    ),
    Held(
        "referral_message",
        ReferralMessage,
        _by("referral", ReferralMessage, "referral_id"),
        erased={"text": EMPTY},
        left_out={"holder_name": _TEXT_OF_ANOTHER},
    ),
    Held("complaint", Complaint, _by("referral", Complaint, "referral_id"), erased={"answer": EMPTY}),
    Held("spot_check", SpotCheck, _by("referral", SpotCheck, "referral_id")),
    Held("outcome_check", OutcomeCheck, _by("referral", OutcomeCheck, "referral_id")),
    Held("resident_update", ResidentUpdate, _by("referral", ResidentUpdate, "referral_id")),
    Held("place_entry", PlaceEntry, _by("referral", PlaceEntry, "referral_id")),
    Held(
        "service_visit",
        ServiceVisit,
        _by("referral", ServiceVisit, "referral_id"),
        erased={"content": EMPTY, "problems": EMPTY, "in_error_reason": EMPTY},
        left_out={"submission_key": _OF_THE_PROGRAM},
    ),
    Held("visit_attendance", VisitAttendance, _by("resident", VisitAttendance, "resident_id")),
    Held(
        "visit_attendance:with_others",
        VisitAttendance,
        _by("service_visit", VisitAttendance, "visit_id"),
        withheld="the others who were served at the same visit; the person's own attendance is exported",
    ),
    Held(
        "service_visit:attended",
        ServiceVisit,
        _attended_elsewhere,
        left_out={
            "submission_key": _OF_THE_PROGRAM,
            "content": "written about another person's referral",
            "problems": "written about another person's referral",
            "in_error_reason": "written about another person's referral",
        },
    ),
    Held(
        "public_notice",
        PublicNotice,
        _by("assistance_case", PublicNotice, "case_id"),
        erased={"shown_name": lambda row: f"#{row.case_id}", "remark": EMPTY},
    ),
    Held(
        "objection",
        Objection,
        _by("public_notice", Objection, "notice_id"),
        erased={"objector": EMPTY, "content": EMPTY, "answer": EMPTY},
        left_out={"objector": _TEXT_OF_ANOTHER},
    ),
    Held("relief_payment", Payment, _by("assistance_case", Payment, "case_id"), erased={"goods": EMPTY}),
    Held("fund_entry", FundEntry, _by("relief_payment", FundEntry, "payment_id"), erased={"note": EMPTY}),
    Held("posting", Posting, _by("fund_entry", Posting, "entry_id")),
    Held("notification", Notification, _messages, erased={"address": EMPTY}),
    Held("notification_event", NotificationEvent, _by("notification", NotificationEvent, "notification_id")),
    Held("draft", Draft, _drafts, deleted=True, withheld=_UNSENT),
    Held("erasure", Erasure, _by("resident", Erasure, "resident_id"), erased={"reason": EMPTY}),
    Held("audit_entry", AuditEntry, _audit),
    Held("reading_note", ReadingNote, _reading_notes, erased={"text": EMPTY}),
)
"""In this order: each declaration finds its rows from those above it."""

_OF_THE_ORGANIZATION = "the contact of an organization or the name of its helper, not of a person served"
_OF_A_PROPOSAL = "what was said of an organization's proposal, not of a person served"
_OF_AN_ACCOUNT = "the contact of an account"
_OF_WHO_IMPORTED = (
    "what an officer uploaded and the program did not take over; only that officer reads it, nobody is found by it, "
    "and the rule import_report erases it"
)

KEPT_SEALED: Mapping[str, str] = {
    "referral_event.holder_name": _OF_THE_ORGANIZATION,
    "referral_message.holder_name": _OF_THE_ORGANIZATION,
    "organization_contact.name": _OF_THE_ORGANIZATION,
    "organization_contact.mobile": _OF_THE_ORGANIZATION,
    "organization_contact.email": _OF_THE_ORGANIZATION,
    "account_reach.email": _OF_AN_ACCOUNT,
    "account_reach.mobile": _OF_AN_ACCOUNT,
    "contact_change.name": _OF_THE_ORGANIZATION,
    "contact_change.mobile": _OF_THE_ORGANIZATION,
    "contact_change.email": _OF_THE_ORGANIZATION,
    "organization.contact_name": _OF_THE_ORGANIZATION,
    "organization.contact_phone": _OF_THE_ORGANIZATION,
    "place_entry.note": _OF_THE_ORGANIZATION,
    "funding_application.content": _OF_THE_ORGANIZATION,
    "application_version.content": _OF_THE_ORGANIZATION,
    "pre_check.remark": _OF_A_PROPOSAL,
    "pre_check.request": _OF_A_PROPOSAL,
    "pre_check.ruling": _OF_A_PROPOSAL,
    "funding_review.reasons": _OF_A_PROPOSAL,
    "funding_review.panel_note": _OF_A_PROPOSAL,
    "funding_review.feedback": _OF_A_PROPOSAL,
    "funding_review.office_reason": _OF_A_PROPOSAL,
    "totp_secret.secret": _OF_AN_ACCOUNT,
    "passkey.name": _OF_AN_ACCOUNT,
    "invitation.token_to_send": _OF_AN_ACCOUNT,
    "budget_grant.reason": "why an officer might read more on one day",
    "earmarked_account.purpose": "what a part of a society's fund is kept for",
    "background_job.file_name": _OF_WHO_IMPORTED,
    "import_row.content": _OF_WHO_IMPORTED,
    "idempotency_key.response": "what a form or a program was answered, deleted after 30 days",
    "subscription.address": "the address of a robot or a webhook",
    "monthly_summary.reason": "words about the numbers of a month",
    "monthly_summary.return_reason": "words about the numbers of a month",
}
"""Sealed columns that an erasure leaves as they are, with the reason: none is about a person served."""

NOT_ABOUT_A_PERSON: Mapping[str, str] = {}
"""Tables with foreign keys that lead to a resident whose rows are yet not about one, with the reason."""


def collect(session: Session, resident: Resident) -> dict[str, Sequence[Any]]:
    """Every row about a resident, by the name of its declaration."""
    rows: dict[str, Sequence[Any]] = {"resident": [resident]}
    for held in HELD:
        rows[held.name] = held.find(session, rows)
    return rows
