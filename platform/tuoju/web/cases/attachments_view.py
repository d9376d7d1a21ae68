"""The papers and photos of a case as a part of its pages."""

from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.attachments import attachments_of
from tuoju.cases.models import Attachment, AttachmentKind, Case
from tuoju.web.cases.views import AttachmentRow, AttachmentsPanel


def attachments_panel(session: Session, actor: Actor, case: Case, *, back: str) -> AttachmentsPanel:
    """What is in the file, for who may open it, and the form for more; `back` is "case" or "investigation"."""
    attachments = attachments_of(session, case) if may(actor, Action.reveal_residents) else []
    return AttachmentsPanel(
        case_id=case.pk,
        rows=[_row(actor, attachment) for attachment in attachments],
        back=back,
        preselected=AttachmentKind.home_photo if back == "investigation" else None,
    )


def _row(actor: Actor, attachment: Attachment) -> AttachmentRow:
    return AttachmentRow(
        attachment_id=attachment.pk,
        kind=attachment.kind,
        name=visible(actor, attachment, "name"),
        added_at=attachment.added_at,
        kilobytes=round(attachment.size / 1024),
    )
