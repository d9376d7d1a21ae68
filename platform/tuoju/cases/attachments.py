"""Papers and photos of a case: checked, without the data that a camera adds, sealed; each reading is audited."""

import hashlib
import io
from datetime import datetime
from pathlib import PurePath

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import AttachmentNotFound, FileTooLarge, FileTypeRefused, ReasonRequired
from tuoju.cases.models import Attachment, AttachmentKind, Case
from tuoju.cases.queries import get_case
from tuoju.database.records import now
from tuoju.regions.queries import county_of
from tuoju.residents.sealed_files import get_file, put_file, sweep_files

MAX_BYTES = 10_000_000
"""Of an upload."""

MAX_SIDE_PIXELS = 2000
"""The longer side of a stored photo: a photographed page stays legible, at a tenth of the size a phone sends."""

MAX_PIXELS = 60_000_000
"""Of an uploaded photo."""

_FORMATS = ("JPEG", "PNG", "WEBP")


def clean_upload(content: bytes) -> tuple[bytes, str]:
    """The content to store of an upload, and its media type.

    A PDF is stored as it is. A photo is turned upright, scaled to at most MAX_SIDE_PIXELS on its longer side, and loses
    place, time and device. The type is read from the content, never from the name. Raises FileTooLarge,
    FileTypeRefused.
    """
    if len(content) > MAX_BYTES:
        raise FileTooLarge(MAX_BYTES)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return content, "application/pdf"
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise FileTooLarge(MAX_BYTES)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileTypeRefused from error
    upright.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
    photo = io.BytesIO()
    upright.save(photo, "JPEG", quality=82, optimize=True)
    return photo.getvalue(), "image/jpeg"


def add_attachment(
    session: Session, actor: Actor, case: Case, *, kind: AttachmentKind, name: str, content: bytes
) -> Attachment:
    """Add a paper or photo to the file; the same content of the same kind is stored once.

    Raises NotPermitted, FileTooLarge, FileTypeRefused.
    """
    require(actor, Action.record_cases)
    stored, media_type = clean_upload(content)
    digest = hashlib.sha256(stored).hexdigest()
    for known in attachments_of(session, case):
        if known.sha256 == digest and known.kind is kind:
            return known
    attachment = Attachment(
        case_id=case.pk,
        kind=kind,
        name=PurePath(name.replace("\\", "/")).name[:120] or kind.value,
        media_type=media_type,
        size=len(stored),
        sha256=digest,
        file_key=put_file(stored),
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


def read_attachment(session: Session, actor: Actor, attachment: Attachment) -> bytes:
    """The content of a paper; the reading is audited. Raises NotPermitted."""
    require(actor, Action.reveal_residents)
    _audit(session, actor, "read_attachment", session.get_one(Case, attachment.case_id), attachment)
    return get_file(attachment.file_key)


def sweep(session: Session, before: datetime) -> int:
    """Delete files older than `before` that no row refers to; returns how many."""
    return sweep_files(set(session.exec(select(Attachment.file_key))), before)


def _audit(session: Session, actor: Actor, verb: str, case: Case, attachment: Attachment) -> None:
    scope = county_of(session, case.region_code)
    audit.record(session, actor, verb, case, scope=scope, attachment=attachment.pk, sha256=attachment.sha256)
