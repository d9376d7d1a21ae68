"""How I am told: a user's own addresses, how much by each, and quiet hours."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.contact_preferences import ContactPreferencesInput, get_contact_preferences, set_contact_preferences
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/reach")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    reach = get_contact_preferences(session, actor.user_id)
    typed = reach.model_dump(include=set(ContactPreferencesInput.model_fields))
    for end in ("quiet_from", "quiet_to"):
        typed[end] = typed[end].strftime("%H:%M") if typed[end] else ""
    return _page(request, BlankForm(typed))


def _page(request: Request, form: BlankForm | SubmittedForm[Any], status: int = 200) -> Response:
    return render(request, "notifications/preferences/form.html", status, form=form)


@router.post("/reach")
def save(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    filled = fill(form, ContactPreferencesInput)
    if filled.model is None:
        return _page(request, filled, 422)
    set_contact_preferences(session, actor, filled.model)
    return redirect(request, "/notifications", _("Kept. You are told this way from now on."))
