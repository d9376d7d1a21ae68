"""Signing in, in one or two steps, and out."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import passkeys, second_factors
from tuoju.accounts.errors import AccountError, PasskeyRefused, WrongCode, WrongCredentials
from tuoju.accounts.models import SessionStage, User, UserSession
from tuoju.accounts.queries import get_user
from tuoju.accounts.service import sign_in, sign_out
from tuoju.accounts.sessions import find_session
from tuoju.database.scopes import ENTRANCE
from tuoju.web.accounts.committing import committed
from tuoju.web.accounts.set_up import authenticator_page, device_name, site_of
from tuoju.web.accounts.views import CodePage, RecoveryCodesPage, SignInPage
from tuoju.web.kit.clients import browser_of, remember_device
from tuoju.web.kit.dependencies import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    BareForm,
    NotSignedIn,
    find_actor,
    settings_of,
    token_of,
    unit_of_work_of,
)
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import WHOLE_FORM, BlankForm, SubmittedForm
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.proofs import page_of_change
from tuoju.web.kit.rate_limits import limit_sign_ins
from tuoju.web.kit.rendering import FLASH_COOKIE, delete_cookie, redirect, render, set_cookie
from tuoju.words.languages import LANGUAGES
from tuoju.words.languages import gettext as _

router = APIRouter(
    dependencies=[open_to(Audience.everybody, "nobody is signed in yet; signing out and the language need no right")]
)
YEAR = 365 * 24 * 3600
HOME = "/"
NEXT_STEP = {
    SessionStage.second_factor: "/sign-in/code",
    SessionStage.set_up: "/sign-in/set-up",
    SessionStage.complete: HOME,
}


@router.get("/sign-in")
def show(request: Request) -> Response:
    """The form to sign in."""
    return _page(request, BlankForm())


def _page(request: Request, form: BlankForm | SubmittedForm[Any], status: int = 200) -> Response:
    return render(request, SignInPage(form, settings_of(request).demo_sign_ins), status)


@router.post("/sign-in", dependencies=[Depends(limit_sign_ins), repeatable("a session is made each time")])
def enter(request: Request, form: BareForm) -> Response:
    """Check the password, and lead on to the second step if there is one."""
    username = str(form.get("username", "")).strip()
    try:
        token, row = committed(
            request,
            lambda session: sign_in(
                session,
                username,
                str(form.get("password", "")),
                client=browser_of(request),
                second_factor_roles=settings_of(request).second_factor_roles,
            ),
        )
    except WrongCredentials as refusal:
        return _page(request, _refused(refusal, {"username": username}), 401)
    return _go_on(request, token, row)


def _refused(refusal: AccountError, typed: dict[str, str], field: str = WHOLE_FORM) -> SubmittedForm[Any]:
    return SubmittedForm(typed, {field: _(TABLE[type(refusal)].sentence)})


def _go_on(request: Request, token: str, row: UserSession, path: str = "") -> Response:
    """To the next step; once the sign-in is complete to the home page or to `path`. The browser becomes known, and
    takes the language of the account if none was chosen on it before."""
    answer = redirect(request, path or NEXT_STEP[row.stage])
    set_cookie(request, answer, SESSION_COOKIE, token)
    if row.stage is not SessionStage.complete:
        return answer
    remember_device(request, answer, row.user_id)
    if "language" not in request.cookies:
        with unit_of_work_of(request).read(ENTRANCE) as session:
            language = get_user(session, row.user_id).language
        set_cookie(request, answer, "language", language, max_age=YEAR)
    return answer


def _unfinished(session: Session, request: Request, stage: SessionStage) -> tuple[UserSession, User]:
    """The sign-in of this browser that waits at a stage. Raises NotSignedIn."""
    row_and_user = find_session(session, request.cookies.get(SESSION_COOKIE, ""))
    if row_and_user is None or row_and_user[0].stage is not stage:
        raise NotSignedIn
    return row_and_user


def _sets_up(request: Request) -> Callable[[Session], User]:
    """Finds the user whose sign-in waits for a second factor to be set up."""
    return lambda session: _unfinished(session, request, SessionStage.set_up)[1]


@router.get("/sign-in/code")
def show_code(request: Request) -> Response:
    """The form for the second step."""
    with unit_of_work_of(request).read(ENTRANCE) as session:
        _unfinished(session, request, SessionStage.second_factor)
    return render(request, CodePage(BlankForm()))


@router.post("/sign-in/code", dependencies=[Depends(limit_sign_ins), repeatable("a code works once")])
def enter_code(request: Request, form: BareForm) -> Response:
    """Check the code of the app, or a recovery code."""
    code, client = str(form.get("code", "")), browser_of(request)

    def finish(session: Session) -> tuple[str, UserSession]:
        row, user = _unfinished(session, request, SessionStage.second_factor)
        return second_factors.finish_sign_in(session, row, user, code, client)

    try:
        token, row = committed(request, finish)
    except WrongCode as refusal:
        return render(request, CodePage(_refused(refusal, {}, "code")), 401)
    return _go_on(request, token, row)


@router.post(
    "/sign-in/passkey/options",
    dependencies=[Depends(limit_sign_ins), repeatable("it begins a sign-in that works once")],
)
def offer_passkey(request: Request, form: BareForm) -> Response:
    """What the browser needs to sign in with a passkey."""
    options = committed(request, lambda session: passkeys.sign_in_options(session, site_of(request)))
    return Response(options, media_type="application/json")


@router.post(
    "/sign-in/passkey", dependencies=[Depends(limit_sign_ins), repeatable("an answer of a passkey works once")]
)
def enter_with_passkey(request: Request, form: BareForm) -> Response:
    """Sign in with a passkey; it stands for both steps. From the page that asks for a proof it leads on
    to the change."""
    credential = str(form.get("credential", ""))
    client = browser_of(request)
    try:
        token, row = committed(
            request, lambda session: passkeys.sign_in_with_passkey(session, credential, site_of(request), client)
        )
    except PasskeyRefused as refusal:
        return _page(request, _refused(refusal, {}), 401)
    next_page = str(form.get("next", ""))
    return _go_on(request, token, row, next_page if next_page == page_of_change(next_page) else HOME)


@router.get("/sign-in/set-up")
def show_set_up(request: Request) -> Response:
    """The role needs a second factor, and the account has none: set one up."""
    return authenticator_page(request, _sets_up(request), BlankForm(), is_required=True)


@router.post("/sign-in/set-up", dependencies=[repeatable("a code works once")])
def set_up_app(request: Request, form: BareForm) -> Response:
    """Check the first code of the app, and show the recovery codes."""
    code, token, find_user = str(form.get("code", "")), token_of(request), _sets_up(request)
    try:
        codes = committed(
            request, lambda session: second_factors.confirm_totp(session, find_user(session), code, token)
        )
    except WrongCode as refusal:
        return authenticator_page(request, find_user, _refused(refusal, {}, "code"), is_required=True, status=422)
    return render(request, RecoveryCodesPage(codes, is_signing_in=True))


@router.post("/sign-in/set-up/passkey/options", dependencies=[repeatable("it begins a registration that works once")])
def offer_new_passkey(request: Request, form: BareForm) -> Response:
    """What the browser needs to make a passkey."""
    find_user, site = _sets_up(request), site_of(request)
    options = committed(request, lambda session: passkeys.registration_options(session, find_user(session), site))
    return Response(options, media_type="application/json")


@router.post("/sign-in/set-up/passkey", dependencies=[repeatable("an answer of a passkey works once")])
def set_up_passkey(request: Request, form: BareForm) -> Response:
    """Add the passkey, and show the recovery codes."""
    find_user, credential = _sets_up(request), str(form.get("credential", ""))

    def register(session: Session) -> list[str]:
        name, token = device_name(request), token_of(request)
        return passkeys.register_passkey(
            session, find_user(session), credential, site_of(request), name=name, token=token
        )

    try:
        codes = committed(request, register)
    except PasskeyRefused as refusal:
        return authenticator_page(request, find_user, _refused(refusal, {}), is_required=True, status=401)
    return render(request, RecoveryCodesPage(codes, is_signing_in=True))


@router.post("/sign-in/set-up/done", dependencies=[repeatable("the sign-in that it ends works once")])
def finish_set_up(request: Request, form: BareForm) -> Response:
    """The recovery codes are kept: sign in."""
    client = browser_of(request)

    def finish(session: Session) -> tuple[str, UserSession]:
        row, user = _unfinished(session, request, SessionStage.set_up)
        return second_factors.finish_set_up(session, row, user, client)

    token, row = committed(request, finish)
    return _go_on(request, token, row)


@router.post("/sign-out", dependencies=[repeatable("the session is gone the second time")])
def leave(request: Request, form: BareForm) -> Response:
    """Sign out, and have the browser forget what it kept.

    Cookies are deleted by name: `Clear-Site-Data: "cookies"` would also forget the known device, and sign out of other
    sites under the same domain. `others_keep`: the script of the page has deleted what was this account's, and another
    account of the device has something there that only it can send.
    """
    actor = find_actor(request)
    committed(request, lambda session: sign_out(session, token_of(request)))
    response = redirect(request, "/sign-in")
    if actor is not None:
        remember_device(request, response, actor.user_id, anew=True)
    for name in (SESSION_COOKIE, VISITOR_COOKIE, FLASH_COOKIE):
        delete_cookie(request, response, name)
    response.headers["clear-site-data"] = '"cache"' if form.get("others_keep") else '"cache", "storage"'
    return response


@router.post("/language", dependencies=[repeatable("the last choice holds")])
def choose_language(request: Request, form: BareForm) -> Response:
    """Remember the language, and go back to the page it was chosen on."""
    chosen = str(form.get("language", ""))
    here = f"{request.url.scheme}://{request.url.netloc}/"
    back = request.headers.get("referer") or here + str(form.get("back", "")).lstrip("/")
    response = redirect(request, "/" + back.removeprefix(here) if back.startswith(here) else "/")
    if chosen in LANGUAGES:
        set_cookie(request, response, "language", chosen, max_age=YEAR)
    return response
