"""How a user is notified: how much on each channel, quiet hours, and on a page of their own the addresses."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.contact_preferences import (
    ContactPreferencesInput,
    OwnAddressesInput,
    get_contact_preferences,
    send_confirmation_again,
    set_contact_preferences,
    set_own_addresses,
    unconfirmed_channels,
)
from tuoju.accounts.permissions import Action, Actor
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.edits import filled_from, merged, stored_fields
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.proofs import RECENT_PROOF
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.notifications.views import OwnAddressesPage, PreferencesForm, PreferencesPage
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[needs(Action.keep_own_account)])


@router.get("/reach")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The form with the present preferences."""
    form = filled_from(_stored_preferences(session, actor), ContactPreferencesInput)
    return render(request, _preferences_page(session, actor, form))


def _stored_preferences(session: Session, actor: Actor) -> dict[str, Any]:
    preferences = get_contact_preferences(session, actor.user_id)
    stored = preferences.model_dump(include=set(ContactPreferencesInput.model_fields))
    return stored | {end: f"{stored[end]:%H:%M}" if stored[end] else "" for end in ("quiet_from", "quiet_to")}


def _stored_addresses(session: Session, actor: Actor) -> dict[str, Any]:
    return stored_fields(get_contact_preferences(session, actor.user_id), OwnAddressesInput)


def _preferences_page(session: Session, actor: Actor, form: PreferencesForm) -> PreferencesPage:
    reach = get_contact_preferences(session, actor.user_id)
    return PreferencesPage(form, unconfirmed_channels(session, actor), email=reach.email, mobile=reach.mobile)


@router.post("/reach")
def save(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Save the preferences; the form again with what was typed if something is wrong, or was changed on another device
    meanwhile."""
    edit = merged(form, _stored_preferences(session, actor), None)
    filled = edit.back(fill(edit.form, ContactPreferencesInput))
    if filled.model is None:
        return render(request, _preferences_page(session, actor, filled), 409 if edit.conflicts else 422)
    set_contact_preferences(session, actor, filled.model)
    return redirect(request, "/notifications", _("Saved. You will get notifications this way from now on."))


@router.get("/reach/addresses", dependencies=[RECENT_PROOF])
def show_addresses(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The form with the present addresses."""
    return render(request, OwnAddressesPage(filled_from(_stored_addresses(session, actor), OwnAddressesInput)))


@router.post("/reach/addresses", dependencies=[RECENT_PROOF])
def save_addresses(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Save the addresses; the form again with what was typed if something is wrong, or was changed on another device
    meanwhile."""
    edit = merged(form, _stored_addresses(session, actor), fill(form, OwnAddressesInput).model)
    filled = edit.back(fill(edit.form, OwnAddressesInput))
    if filled.model is None:
        return render(request, OwnAddressesPage(filled), 409 if edit.conflicts else 422)
    set_own_addresses(session, actor, filled.model)
    if unconfirmed_channels(session, actor):
        return redirect(request, "/reach", _("Saved. Open the link that we sent there to confirm it."))
    return redirect(request, "/reach", _("Saved."))


@router.post("/reach/confirmations")
def confirm_again(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Send the link to one's own addresses that wait to be confirmed."""
    is_sent = send_confirmation_again(session, actor)
    return redirect(request, "/reach", _("Sent.") if is_sent else _("Sent often enough for today. Try tomorrow."))
