"""One's own account: password, second step, passkeys, and where one is signed in."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import passkeys, second_factors
from tuoju.accounts.errors import PasswordRefused, WrongCode, WrongCredentials
from tuoju.accounts.models import Passkey, User, UserSession
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import get_user
from tuoju.accounts.service import change_password, confirm_password
from tuoju.accounts.sessions import (
    end_other_sessions,
    end_session,
    hash_of,
    open_sessions,
)
from tuoju.database.scopes import ENTRANCE
from tuoju.web.accounts.committing import committed
from tuoju.web.accounts.set_up import authenticator_page, device_name, site_of
from tuoju.web.accounts.views import (
    AccountPage,
    ConfirmPage,
    PasskeyRow,
    PasswordPage,
    RecoveryCodesPage,
    SessionRow,
)
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.clients import browser_of, remember_device
from tuoju.web.kit.dependencies import (
    SESSION_COOKIE,
    BareForm,
    CurrentActor,
    Form,
    ReadSession,
    WriteSession,
    note_target,
    settings_of,
    token_of,
    unit_of_work_of,
)
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.passwords import password_message
from tuoju.web.kit.proofs import ACCOUNT, RECENT_PROOF, page_of_change
from tuoju.web.kit.rate_limits import limit_sign_ins
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[needs(Action.keep_own_account)])


@router.get("/account")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The account of whoever is signed in."""
    user = get_user(session, actor.user_id)
    page = AccountPage(
        username=user.username,
        role=user.role,
        has_app=second_factors.has_totp(session, user),
        codes_left=second_factors.recovery_codes_left(session, user),
        passkeys=[_passkey_row(row) for row in passkeys.passkeys_of(session, user)],
        sessions=[_session_row(row, token_of(request)) for row in open_sessions(session, user)],
    )
    return render(request, page)


def _passkey_row(row: Passkey) -> PasskeyRow:
    return PasskeyRow(row.pk, row.name, row.created_at, row.last_used_at)


def _session_row(row: UserSession, token: str) -> SessionRow:
    return SessionRow(
        session_id=row.pk,
        kind=row.kind,
        stage=row.stage,
        device=row.device or _("Unknown device"),
        network=row.network,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        is_this=row.token_hash == hash_of(token),
    )


def _finds(actor: Actor) -> Callable[[Session], User]:
    """Finds the account of the actor."""
    return lambda session: get_user(session, actor.user_id)


@router.get("/account/password")
def show_password(request: Request, actor: CurrentActor) -> Response:
    """The form for another password."""
    return render(request, PasswordPage(BlankForm()))


@router.post(
    "/account/password",
    dependencies=[Depends(limit_sign_ins), repeatable("the present password is no longer right the second time")],
)
def save_password(request: Request, actor: CurrentActor, form: BareForm) -> Response:
    """Change one's own password. Every other session ends, and this one goes on under a new token."""
    current, new = str(form.get("current_password", "")), str(form.get("password", ""))
    client = browser_of(request)
    try:
        token, _row = committed(
            request,
            lambda session: change_password(session, get_user(session, actor.user_id), current, new, client),
        )
    except WrongCredentials:
        return _password_again(request, "current_password", _wrong_password(), 401)
    except PasswordRefused as refusal:
        return _password_again(request, "password", password_message(refusal), 422)
    answer = redirect(request, ACCOUNT, _("Your password has changed. You are signed out everywhere else."))
    set_cookie(request, answer, SESSION_COOKIE, token)
    remember_device(request, answer, actor.user_id)
    return answer


def _wrong_password() -> str:
    return _("This is not your password. After 5 wrong attempts, wait 15 minutes.")


def _password_again(request: Request, field: str, message: str, status: int) -> Response:
    return render(request, PasswordPage(SubmittedForm({}, {field: message})), status)


@router.get("/account/confirm")
def show_confirm(
    request: Request, session: ReadSession, actor: CurrentActor, next_page: Annotated[str, Query(alias="next")] = ""
) -> Response:
    """The form that asks for the password again before a change of how one signs in or is reached."""
    return render(request, _confirm_page(session, actor.user_id, BlankForm(), next_page))


def _confirm_page(session: Session, user_id: int, form: BlankForm | SubmittedForm[Any], next_page: str) -> ConfirmPage:
    has_passkey = bool(passkeys.passkeys_of(session, get_user(session, user_id)))
    return ConfirmPage(form, page_of_change(next_page), has_passkey=has_passkey)


@router.post("/account/confirm", dependencies=[Depends(limit_sign_ins), repeatable("it only checks a password")])
def save_confirm(request: Request, actor: CurrentActor, form: BareForm) -> Response:
    """Check the password."""
    password, client, next_page = str(form.get("password", "")), browser_of(request), str(form.get("next", ""))
    try:
        committed(
            request,
            lambda session: confirm_password(session, get_user(session, actor.user_id), password, client),
        )
    except WrongCredentials:
        with unit_of_work_of(request).read(ENTRANCE) as session:
            wrong = SubmittedForm[Any]({}, {"password": _wrong_password()})
            page = _confirm_page(session, actor.user_id, wrong, next_page)
        return render(request, page, 401)
    return redirect(request, page_of_change(next_page), _("Thank you. You can now make the change."))


@router.get("/account/authenticator", dependencies=[RECENT_PROOF])
def show_authenticator(request: Request, actor: CurrentActor) -> Response:
    """The QR code for an authenticator app."""
    with unit_of_work_of(request).read(ENTRANCE) as session:
        if second_factors.has_totp(session, get_user(session, actor.user_id)):
            return redirect(request, ACCOUNT)
    return authenticator_page(request, _finds(actor), BlankForm(), is_required=False)


@router.post("/account/authenticator", dependencies=[RECENT_PROOF, repeatable("a code works once")])
def add_authenticator(request: Request, actor: CurrentActor, form: BareForm) -> Response:
    """Check the first code of the app."""
    find_user, code, token = _finds(actor), str(form.get("code", "")), token_of(request)
    try:
        codes = committed(
            request, lambda session: second_factors.confirm_totp(session, find_user(session), code, token)
        )
    except WrongCode:
        wrong = SubmittedForm[Any]({}, {"code": _(TABLE[WrongCode].sentence)})
        return authenticator_page(request, find_user, wrong, is_required=False, status=422)
    return _codes_or_account(request, codes)


def _codes_or_account(request: Request, codes: list[str]) -> Response:
    """The new recovery codes, if there are any."""
    if not codes:
        return redirect(request, ACCOUNT, _("Saved."))
    note_target(request, ACCOUNT)
    return render(request, RecoveryCodesPage(codes, is_signing_in=False))


@router.post("/account/authenticator/removal", dependencies=[RECENT_PROOF])
def remove_authenticator(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Remove the app."""
    second_factors.remove_totp(session, get_user(session, actor.user_id), settings_of(request).second_factor_roles)
    return redirect(request, ACCOUNT, _("The authenticator app is removed."))


@router.post("/account/recovery-codes", dependencies=[RECENT_PROOF])
def renew_codes(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """New recovery codes; the old ones no longer work."""
    note_target(request, ACCOUNT)
    codes = second_factors.make_recovery_codes(session, get_user(session, actor.user_id))
    return render(request, RecoveryCodesPage(codes, is_signing_in=False))


@router.post(
    "/account/passkeys/options",
    dependencies=[RECENT_PROOF, repeatable("it begins a registration that works once")],
)
def offer_passkey(request: Request, session: WriteSession, actor: CurrentActor, form: BareForm) -> Response:
    """What the browser needs to make a passkey."""
    options = passkeys.registration_options(session, get_user(session, actor.user_id), site_of(request))
    return Response(options, media_type="application/json")


@router.post("/account/passkeys", dependencies=[RECENT_PROOF])
def add_passkey(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Add the passkey that the browser made."""
    codes = passkeys.register_passkey(
        session,
        get_user(session, actor.user_id),
        str(form.get("credential", "")),
        site_of(request),
        name=str(form.get("name", "")).strip() or device_name(request),
        token=token_of(request),
    )
    return _codes_or_account(request, codes)


@router.post("/account/passkeys/{passkey_id}/name")
def rename_passkey(
    request: Request, session: WriteSession, actor: CurrentActor, passkey_id: PathId, form: Form
) -> Response:
    """Give a passkey another name; an empty one leaves it as it is."""
    name = str(form.get("name", "")).strip()
    if name:
        passkeys.rename_passkey(session, get_user(session, actor.user_id), passkey_id, name)
    return redirect(request, ACCOUNT, _("Saved."))


@router.post("/account/passkeys/{passkey_id}/removal", dependencies=[RECENT_PROOF])
def remove_passkey(
    request: Request, session: WriteSession, actor: CurrentActor, passkey_id: PathId, form: Form
) -> Response:
    """Remove a passkey."""
    user = get_user(session, actor.user_id)
    passkeys.remove_passkey(session, user, passkey_id, settings_of(request).second_factor_roles)
    return redirect(request, ACCOUNT, _("The passkey is removed."))


@router.post("/account/sessions/{session_id}/end", dependencies=[RECENT_PROOF])
def end_one(request: Request, session: WriteSession, actor: CurrentActor, session_id: PathId, form: Form) -> Response:
    """Sign out one browser or program."""
    end_session(session, actor, get_user(session, actor.user_id), session_id)
    return redirect(request, ACCOUNT, _("It is signed out."))


@router.post("/account/sessions/end-others", dependencies=[RECENT_PROOF])
def end_others(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Sign out everywhere but here."""
    end_other_sessions(session, actor, get_user(session, actor.user_id), token_of(request))
    return redirect(request, ACCOUNT, _("You are signed out everywhere else."))
