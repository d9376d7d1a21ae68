"""Drafts: what is typed into a long form is kept on the server, sealed, until the form is sent."""

import json
from typing import Annotated

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.cases.service import discard_draft, save_draft
from tuoju.web.kit.dependencies import BareForm, CurrentActor, WriteSession, checked_form
from tuoju.web.kit.drafts import MAX_DRAFT_CHARACTERS, is_draft_name, page_of_draft
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.rendering import redirect
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[needs(Action.keep_own_account)])


@router.post("/drafts/{form_name}", dependencies=[Depends(checked_form), repeatable("the last text holds")])
def save(
    session: WriteSession,
    actor: CurrentActor,
    form_name: str,
    typed: Annotated[dict[str, list[str]], Body()],
) -> Response:
    """Keep what is typed so far; answers 404 for a form that has no drafts, 413 for too much text."""
    content = json.dumps(typed, ensure_ascii=False)
    if not is_draft_name(form_name):
        raise HTTPException(404)
    if len(content) > MAX_DRAFT_CHARACTERS:
        raise HTTPException(413)
    save_draft(session, actor, form_name, content)
    return Response(status_code=204)


@router.post("/drafts/{form_name}/discard", dependencies=[repeatable("the draft is gone the second time")])
def discard(request: Request, session: WriteSession, actor: CurrentActor, form_name: str, form: BareForm) -> Response:
    """Delete the draft, and show the empty form or the page where its `back` says that it was listed."""
    if not is_draft_name(form_name):
        raise HTTPException(404)
    discard_draft(session, actor, form_name)
    return redirect(request, "/" if form.get("back") == "/" else page_of_draft(form_name), _("The draft is deleted."))
