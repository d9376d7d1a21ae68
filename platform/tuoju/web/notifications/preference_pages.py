"""How a user is notified: addresses, how much on each channel, and quiet hours."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.contact_preferences import ContactPreferencesInput, get_contact_preferences, set_contact_preferences
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.notifications.views import PreferencesPage
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/reach")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The form with the present preferences."""
    preferences = get_contact_preferences(session, actor.user_id)
    typed = preferences.model_dump(include=set(ContactPreferencesInput.model_fields))
    for end in ("quiet_from", "quiet_to"):
        typed[end] = typed[end].strftime("%H:%M") if typed[end] else ""
    return render(request, PreferencesPage(BlankForm(typed)))


@router.post("/reach")
def save(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Save the preferences; the form again with what was typed if something is wrong."""
    filled = fill(form, ContactPreferencesInput)
    if filled.model is None:
        return render(request, PreferencesPage(filled), 422)
    set_contact_preferences(session, actor, filled.model)
    return redirect(request, "/notifications", _("Saved. You will get notifications this way from now on."))
