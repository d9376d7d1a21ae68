"""How I am told: a user's own addresses, how much by each, and quiet hours."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.reach import ReachInput, get_reach, set_reach
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import Blank, Filled, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/reach")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    reach = get_reach(session, actor.user_id)
    typed = reach.model_dump(include=set(ReachInput.model_fields))
    for end in ("quiet_from", "quiet_to"):
        typed[end] = typed[end].strftime("%H:%M") if typed[end] else ""
    return _page(request, Blank(typed))


def _page(request: Request, form: Blank | Filled[Any], status: int = 200) -> Response:
    return render(request, "notifications/preferences/form.html", status, form=form)


@router.post("/reach")
def save(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    filled = fill(form, ReachInput)
    if filled.model is None:
        return _page(request, filled, 422)
    set_reach(session, actor, filled.model)
    return redirect(request, "/notices", _("Kept. You are told this way from now on."))
