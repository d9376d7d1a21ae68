"""Signing in and out, and choosing the language."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.errors import AccountLocked, WrongCredentials
from tuoju.accounts.service import sign_in, sign_out
from tuoju.web.accounts.views import SignInPage
from tuoju.web.kit.dependencies import SESSION_COOKIE, Form, settings_of, token_of, unit_of_work_of
from tuoju.web.kit.errors import TABLE
from tuoju.web.kit.forms import WHOLE_FORM, BlankForm, SubmittedForm
from tuoju.web.kit.rate_limits import limit_sign_ins
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.words.languages import LANGUAGES, gettext

router = APIRouter()
YEAR = 365 * 24 * 3600


@router.get("/sign-in")
def show(request: Request) -> Response:
    """The form to sign in."""
    return _page(request, BlankForm())


@router.post("/sign-in", dependencies=[Depends(limit_sign_ins)])
def enter(request: Request, form: Form) -> Response:
    """Sign in, and choose the language of the account if none was chosen before."""
    typed = {"username": str(form.get("username", "")).strip()}
    with unit_of_work_of(request).write() as session:
        # The count of wrong passwords must be committed too, so a refusal is returned and not raised.
        outcome = _try(session, typed["username"], str(form.get("password", "")))
    if isinstance(outcome, Exception):
        refusal = TABLE[type(outcome)]
        return _page(request, SubmittedForm(typed, {WHOLE_FORM: gettext(refusal.sentence)}), refusal.status)
    token, language = outcome
    answer = redirect(request, "/")
    set_cookie(request, answer, SESSION_COOKIE, token)
    if "language" not in request.cookies:
        set_cookie(request, answer, "language", language, max_age=YEAR)
    return answer


def _try(session: Session, username: str, password: str) -> tuple[str, str] | Exception:
    try:
        token, user = sign_in(session, username, password)
    except (WrongCredentials, AccountLocked) as refusal:
        return refusal
    return token, user.language


def _page(request: Request, form: BlankForm | SubmittedForm[Any], status: int = 200) -> Response:
    return render(request, SignInPage(form, settings_of(request).demo_sign_ins), status)


@router.post("/sign-out")
def leave(request: Request, form: Form) -> Response:
    """Sign out."""
    with unit_of_work_of(request).write() as session:
        sign_out(session, token_of(request))
    response = redirect(request, "/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/language")
def choose_language(request: Request, form: Form) -> Response:
    """Remember the language, and go back to the page it was chosen on."""
    chosen = str(form.get("language", ""))
    here = f"{request.url.scheme}://{request.url.netloc}/"
    back = request.headers.get("referer") or here + str(form.get("back", "")).lstrip("/\\")
    response = redirect(request, "/" + back.removeprefix(here) if back.startswith(here) else "/")
    if chosen in LANGUAGES:
        set_cookie(request, response, "language", chosen, max_age=YEAR)
    return response
