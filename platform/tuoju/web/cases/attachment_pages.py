"""Papers and photos of a case: put in, look at, take out."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import UploadFile

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.attachments import (
    MAX_BYTES,
    add_attachment,
    attachments_of,
    get_attachment,
    read_attachment,
    remove_attachment,
)
from tuoju.cases.errors import FileTooLarge
from tuoju.cases.models import Attachment, AttachmentKind, Case
from tuoju.cases.queries import get_case
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.rendering import redirect
from tuoju.words.languages import gettext as _

router = APIRouter()
BACK = {"case": "/cases/{}#papers", "investigation": "/cases/{}/investigation#papers"}
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def papers_for(session: Session, actor: Actor, case: Case) -> list[Attachment]:
    """What the papers section of a page lists; nothing for those who may not open it."""
    return attachments_of(session, case) if may(actor, Action.reveal_residents) else []


@router.post("/cases/{case_id}/attachments")
def add(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    """One or several files of one kind, all or none."""
    case = get_case(session, actor, case_id)
    told = str(form.get("kind", ""))
    kind = AttachmentKind(told) if told in set(AttachmentKind) else AttachmentKind.other
    files = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
    for each in files:
        if (each.size or 0) > MAX_BYTES:
            raise FileTooLarge(MAX_BYTES)
        add_attachment(session, actor, case, kind=kind, name=each.filename or "", content=each.file.read())
    back = BACK["investigation" if form.get("back") == "investigation" else "case"].format(case_id)
    words = _("%(count)s in the file now.") % {"count": len(files)} if files else _("Please choose a photo or a PDF.")
    return redirect(request, back, words)


@router.get("/attachments/{attachment_id}")
def show(request: Request, session: WriteSession, actor: CurrentActor, attachment_id: int) -> Response:
    """The content; the reading is on record. Neither kept by browsers nor able to run anything."""
    found = get_attachment(session, actor, attachment_id)
    content = read_attachment(session, actor, found)
    ending = "pdf" if found.media_type == "application/pdf" else "jpg"
    how = "attachment" if ending == "pdf" else "inline"
    headers = {
        "content-disposition": f'{how}; filename="{found.pk}.{ending}"',
        "cache-control": "no-store",
        "content-security-policy": _CONTENT_POLICY,
    }
    return Response(content, media_type=found.media_type, headers=headers)


@router.post("/attachments/{attachment_id}/remove")
def remove(request: Request, session: WriteSession, actor: CurrentActor, attachment_id: int, form: Form) -> Response:
    found = get_attachment(session, actor, attachment_id)
    remove_attachment(session, actor, found, reason=str(form.get("reason", "")))
    return redirect(request, BACK["case"].format(found.case_id), _("Taken out of the file; it stays on record."))
