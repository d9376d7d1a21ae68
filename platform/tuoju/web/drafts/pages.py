"""Drafts: what is typed into a long form is kept on the server, sealed, until the form is sent."""

import json
import re
from typing import Annotated

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from fastapi.responses import Response

from tuoju.cases.service import discard_draft, save_draft
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession, checked_form
from tuoju.web.kit.drafts import MAX_DRAFT_CHARACTERS
from tuoju.web.kit.rendering import redirect
from tuoju.words.languages import gettext as _

router = APIRouter()

_FORM_NAME = re.compile(r"resident-new|(case|need|visit)-new-\d+|investigation-\d+")


@router.post("/drafts/{form_name}", dependencies=[Depends(checked_form)])
def save(
    session: WriteSession,
    actor: CurrentActor,
    form_name: str,
    typed: Annotated[dict[str, list[str]], Body()],
) -> Response:
    """Keep what is typed so far; answers 404 for a form that has no drafts, 413 for too much text."""
    content = json.dumps(typed, ensure_ascii=False)
    if not _FORM_NAME.fullmatch(form_name):
        raise HTTPException(404)
    if len(content) > MAX_DRAFT_CHARACTERS:
        raise HTTPException(413)
    save_draft(session, actor, form_name, content)
    return Response(status_code=204)


@router.post("/drafts/{form_name}/discard")
def discard(request: Request, session: WriteSession, actor: CurrentActor, form_name: str, form: Form) -> Response:
    """Delete the draft and show the empty form."""
    if not _FORM_NAME.fullmatch(form_name):
        raise HTTPException(404)
    discard_draft(session, actor, form_name)
    return redirect(request, _page_of(form_name), _("The draft is deleted."))


def _page_of(form_name: str) -> str:
    """The path of the page with the form."""
    kind, _new, number = form_name.partition("-")
    number = number.removeprefix("new").removeprefix("-")
    match kind:
        case "investigation":
            return f"/cases/{number}/investigation"
        case "case":
            return f"/cases/new?resident={number}"
        case "need":
            return f"/cases/{number}"
        case "visit":
            return f"/referrals/{number}/visits/new"
        case _:
            return "/residents/new"
