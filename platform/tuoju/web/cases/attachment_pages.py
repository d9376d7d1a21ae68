"""Papers and photos of a case: add, open, remove."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.accounts.request_limits import Expense
from tuoju.cases.attachments import MAX_BYTES, add_attachment, get_attachment, read_attachment, remove_attachment
from tuoju.cases.errors import FileMissing
from tuoju.cases.models import AttachmentKind
from tuoju.cases.queries import get_case
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import MAX_FILES, BareForm, CurrentActor, Form, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import stated_purpose
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect
from tuoju.web.kit.uploads import opens_uploads, uploads_of
from tuoju.words.languages import gettext as _

router = APIRouter()
_BACK = {"case": "/cases/{}#papers", "investigation": "/cases/{}/investigation#papers"}
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@router.post(
    "/cases/{case_id}/attachments",
    dependencies=[
        needs(Action.record_cases),
        takes_body(MAX_FILES * MAX_BYTES),
        costs(Expense.upload),
        opens_uploads(),
    ],
)
def add(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Add one or several files of one kind, all or none."""
    files = uploads_of(request)
    if not files:
        raise FileMissing
    case = get_case(session, actor, case_id)
    kind_code = str(form.get("kind", ""))
    kind = AttachmentKind(kind_code) if kind_code in set(AttachmentKind) else AttachmentKind.other
    for upload in files:
        add_attachment(session, actor, case, kind=kind, name=upload.name, file=upload.file)
    back = _BACK["investigation" if form.get("back") == "investigation" else "case"].format(case_id)
    words = _("%(count)s added to the file.") % {"count": len(files)}
    return redirect(request, back, words)


@router.post("/attachments/{attachment_id}", dependencies=[needs(Action.reveal_residents), repeatable(READS)])
def show(session: WriteSession, actor: CurrentActor, attachment_id: PathId, form: BareForm) -> Response:
    """The content of a paper, for a purpose; opening it is audited. Browsers neither keep it nor run anything in it."""
    attachment = get_attachment(session, actor, attachment_id)
    purpose = stated_purpose(session, actor, form)
    content = read_attachment(session, actor, attachment, purpose=purpose)
    is_pdf = attachment.media_type == "application/pdf"
    file_name = f"{attachment.pk}.pdf" if is_pdf else f"{attachment.pk}.jpg"
    headers = {
        "content-disposition": f'{"attachment" if is_pdf else "inline"}; filename="{file_name}"',
        "cache-control": "no-store",
        "content-security-policy": _CONTENT_POLICY,
    }
    return Response(content, media_type=attachment.media_type, headers=headers)


@router.post("/attachments/{attachment_id}/remove", dependencies=[needs(Action.record_cases)])
def remove(request: Request, session: WriteSession, actor: CurrentActor, attachment_id: PathId, form: Form) -> Response:
    """Take a paper out of the file, with a reason."""
    attachment = get_attachment(session, actor, attachment_id)
    remove_attachment(session, actor, attachment, reason=str(form.get("reason", "")))
    return redirect(request, _BACK["case"].format(attachment.case_id), _("Removed from the file. It stays on record."))
