"""Drafts: what is typed is kept on the server, sealed, until it is sent."""

import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.cases.service import discard_draft, find_draft, save_draft
from tuoju.web.dependencies import CurrentActor, Form, WriteSession, checked_form
from tuoju.web.languages import gettext as _
from tuoju.web.rendering import redirect

router = APIRouter()

FORM = re.compile(r"resident-new|(case|need|visit)-new-\d+|investigation-\d+")
MOST_SIGNS = 20_000


@router.post("/drafts/{form_name}", dependencies=[Depends(checked_form)])
def save(
    session: WriteSession,
    actor: CurrentActor,
    form_name: str,
    typed: Annotated[dict[str, list[str]], Body()],
) -> Response:
    content = json.dumps(typed, ensure_ascii=False)
    if not FORM.fullmatch(form_name):
        raise HTTPException(404)
    if len(content) > MOST_SIGNS:
        raise HTTPException(413)
    save_draft(session, actor, form_name, content)
    return Response(status_code=204)


@router.post("/drafts/{form_name}/discard")
def discard(request: Request, session: WriteSession, actor: CurrentActor, form_name: str, form: Form) -> Response:
    """Start the form anew."""
    if not FORM.fullmatch(form_name):
        raise HTTPException(404)
    discard_draft(session, actor, form_name)
    return redirect(request, _page_of(form_name), _("The draft is thrown away."))


def _page_of(form_name: str) -> str:
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


def draft_of(session: Session, actor: Actor, form_name: str, *, lists: frozenset[str]) -> dict[str, Any]:
    """The draft as a form's starting values; fields named in `lists` hold several."""
    draft = find_draft(session, actor, form_name)
    if draft is None:
        return {}
    typed: dict[str, list[str]] = json.loads(draft.content)
    return {name: values if name in lists else values[0] for name, values in typed.items() if values}
