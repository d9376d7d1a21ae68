"""Papers and photos of a case: checked, without the data that a camera adds, sealed; each reading is audited."""

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import PurePath

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import AuditEntry
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import AttachmentNotFound, FileTooLarge, FileTypeRefused, ReasonRequired
from tuoju.cases.models import Attachment, AttachmentKind, Case
from tuoju.cases.queries import get_case
from tuoju.database.records import now
from tuoju.database.sealed_files import Sweep, get_file, put_file, sweep_files
from tuoju.jobs.models import BackgroundJob
from tuoju.parsing.errors import PhotoTooLarge, PhotoUnreadable
from tuoju.parsing.photos import clean_photo
from tuoju.parsing.service import parse
from tuoju.readings.models import Budget
from tuoju.readings.service import record_reading
from tuoju.regions.queries import county_of
from tuoju.residents.models import ConsentPaper
from tuoju_notifications.copies import find_copy

MAX_BYTES = 10_000_000
"""Of an upload."""


@dataclass(frozen=True)
class CleanFile:
    """An upload as it is stored."""

    content: bytes
    media_type: str


def clean_upload(content: bytes, name: str = "") -> CleanFile:
    """What to store of an upload.

    A PDF is stored as it is. A photo is turned upright, scaled down, and loses place, time and device (parsing.photos).
    The type is read from the content, never from the name, which only errors tell. It takes a moment, so a page does it
    before its transaction begins. Raises FileTooLarge, FileTypeRefused, FileNotParsed.
    """
    if len(content) > MAX_BYTES:
        raise FileTooLarge(MAX_BYTES)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return CleanFile(content, "application/pdf")
    try:
        return CleanFile(parse(clean_photo, content, file_name=name), "image/jpeg")
    except PhotoTooLarge as error:
        raise FileTooLarge(MAX_BYTES) from error
    except PhotoUnreadable as error:
        raise FileTypeRefused from error


def add_attachment(
    session: Session, actor: Actor, case: Case, *, kind: AttachmentKind, name: str, file: CleanFile
) -> Attachment:
    """Add a paper or photo to the file; the same content of the same kind is stored once. Raises NotPermitted."""
    require(actor, Action.record_cases)
    digest = hashlib.sha256(file.content).hexdigest()
    for known in attachments_of(session, case):
        if known.sha256 == digest and known.kind is kind:
            return known
    attachment = Attachment(
        case_id=case.pk,
        kind=kind,
        name=PurePath(name.replace("\\", "/")).name[:120] or kind.value,
        media_type=file.media_type,
        size=len(file.content),
        sha256=digest,
        file_key=put_file(file.content),
        added_by=actor.user_id,
    )
    session.add(attachment)
    session.flush()
    _audit(session, actor, "add_attachment", case, attachment)
    return attachment


def remove_attachment(session: Session, actor: Actor, attachment: Attachment, *, reason: str) -> Attachment:
    """Take a paper out of the file; it stays stored, with the reason. Raises NotPermitted, ReasonRequired."""
    require(actor, Action.record_cases)
    if len(reason.strip()) < 2:
        raise ReasonRequired
    attachment.removed_by, attachment.removed_at, attachment.removed_reason = actor.user_id, now(), reason.strip()
    session.flush()
    _audit(session, actor, "remove_attachment", session.get_one(Case, attachment.case_id), attachment)
    return attachment


def attachments_of(session: Session, case: Case) -> list[Attachment]:
    """What is in the file of a case, in the order of its table of contents."""
    query = select(Attachment).where(Attachment.case_id == case.pk, col(Attachment.removed_at).is_(None))
    order = list(AttachmentKind)
    return sorted(session.exec(query), key=lambda attachment: (order.index(attachment.kind), attachment.pk))


def get_attachment(session: Session, actor: Actor, attachment_id: int) -> Attachment:
    """A paper or photo by id.

    Raises NotPermitted, AttachmentNotFound (also for one taken out of the file), CaseNotFound for one out of scope.
    """
    require(actor, Action.reveal_residents)
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or attachment.removed_at is not None:
        raise AttachmentNotFound
    get_case(session, actor, attachment.case_id)
    return attachment


def read_attachment(
    session: Session, actor: Actor, attachment: Attachment, *, purpose: str, budget: Budget | None = Budget.paper
) -> bytes:
    """The content of a paper; the reading is audited. `budget` pays for it; None where the caller has charged a whole
    file. Raises NotPermitted, PurposeMissing, BudgetSpent."""
    require(actor, Action.reveal_residents)
    case = session.get_one(Case, attachment.case_id)
    record_reading(
        session,
        actor,
        case,
        scope=county_of(session, case.region_code),
        purpose=purpose,
        budget=budget,
        action="read_attachment",
        attachment=attachment.pk,
        sha256=attachment.sha256,
    )
    return get_file(attachment.file_key)


SWEEP_FILES = "sweep_files"
"""The action in the audit."""


def sweep(session: Session, before: datetime) -> Sweep:
    """Set aside the files older than `before` that no row refers to; see `sweep_files`. What it did is in the audit.

    A restored copy moves nothing: its files may be those of the live installation.
    """
    if find_copy(session) is not None:
        return Sweep()
    columns = (Attachment.file_key, ConsentPaper.file_key, BackgroundJob.file_key)
    known = {key for column in columns for key in session.exec(select(column)) if key is not None}
    done = sweep_files(known, before, now())
    if done != Sweep():
        files = audit.Subject("Files", "stopped" if done.stopped else "swept")
        audit.record(session, None, SWEEP_FILES, files, scope=audit.ACCOUNTS, **asdict(done))
    return done


def last_sweep(session: Session, since: datetime) -> Sweep | None:
    """What the last sweep since then did that found anything; None where none did."""
    query = select(AuditEntry).where(AuditEntry.scope == audit.ACCOUNTS, AuditEntry.action == SWEEP_FILES)
    entry = session.exec(
        query.where(col(AuditEntry.at) >= since).order_by(col(AuditEntry.sequence).desc()).limit(1)
    ).first()
    return Sweep(**{part.name: entry.detail[part.name] for part in fields(Sweep)}) if entry is not None else None


def _audit(session: Session, actor: Actor, verb: str, case: Case, attachment: Attachment) -> None:
    scope = county_of(session, case.region_code)
    audit.record(session, actor, verb, case, scope=scope, attachment=attachment.pk, sha256=attachment.sha256)
