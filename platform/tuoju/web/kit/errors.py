"""Answers errors by their table, at the form that was sent, as a page or as application/problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tuoju.accounts import errors as accounts
from tuoju.accounts.kept_answers import KeyReused
from tuoju.accounts.request_context import current_request
from tuoju.database.integrity import violated_unique
from tuoju.database.overload import is_away, is_overload
from tuoju.referrals import errors as referrals
from tuoju.web.kit.api_guard import CrossSite
from tuoju.web.kit.conflicts import UNIQUE_ERRORS
from tuoju.web.kit.dependencies import AGAIN_COOKIE, FormTokenWrong, NotSignedIn, SentBefore
from tuoju.web.kit.error_table import FIELDS, NOT_FOUND, PAGE_WORDS, TABLE, ErrorResponse, values_of
from tuoju.web.kit.forms import message_of
from tuoju.web.kit.proofs import page_of_change
from tuoju.web.kit.rate_limits import TooManyRequests
from tuoju.web.kit.refilling import SentForm
from tuoju.web.kit.refusals import kept_form, sent_form, shown_again
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.web.kit.request_log import request_id_of
from tuoju.web.kit.views import ErrorPage
from tuoju.words.languages import N_, gettext

log = structlog.get_logger()


_BUSY = ErrorResponse(503, N_("Tuoju is very busy right now, so this was not done. Try again in a few seconds."))
_OVERLOADED = ErrorResponse(
    503,
    N_("The database took too long. Wait a few seconds, then check whether your change was saved."),
)
_AWAY = ErrorResponse(
    503, N_("Tuoju cannot reach its data right now. Wait a minute, then check whether your change was saved.")
)
RETRY_AFTER = 5
"""Seconds after which a request that found the service busy may be sent again."""

_CLIENT_FIELDS = ("state", "resident_id", "resident_ids")
"""What an error carries that a client acts on: where the thing stands now, which file is there already."""

AT_THE_FORM = frozenset({403, 409, 422, 429})
"""Refusals that lead back to the form."""

REFUSALS = (403, 404)
"""What someone signed in was not allowed, or did not find: the audit tells of it, in kit/audit_log.py."""

_OF_STATUS = {
    404: NOT_FOUND.sentence,
    405: N_("This address does not accept this kind of request."),
    413: N_("The content is too large."),
}


def is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def answer(
    request: Request, error: ErrorResponse, *, values: Mapping[str, str] | None = None, **extra: object
) -> Response:
    """The sentence, with `values` in their places, as a page or as a problem for the API."""
    sentence = gettext(error.sentence)
    if values:
        sentence %= values
    if is_api(request):
        body = {
            "type": "about:blank",
            "title": HTTPStatus(error.status).phrase,
            "status": error.status,
            "detail": sentence,
            **extra,
        }
        return JSONResponse(body, error.status, media_type="application/problem+json")
    return render(request, ErrorPage(sentence, _back(request)), error.status)


def _back(request: Request) -> str:
    """Where the way out leads: to the start, or for whoever answers through a link to their one page."""
    parts = request.url.path.split("/")
    return f"/answer/{parts[2]}" if parts[1] == "answer" and len(parts) > 3 else "/"


async def _refused(request: Request, error: Exception) -> Response:
    """A refusal at the form that was sent, on the page that it stood on; else as a page of its own or a problem."""
    sent = _sent(request, error)
    if sent is not None:
        again = await shown_again(request, sent, _status_at_the_form(error))
        if again is None:
            again = await run_in_threadpool(_kept, request, sent, _status_at_the_form(error))
        if again is not None:
            _note_refusal(error)
            return again
    return await run_in_threadpool(_domain_error, request, error)


def _sent(request: Request, error: Exception) -> SentForm | None:
    """The form that was refused, with why; None for what is answered in another way."""
    response_of_kind, values = _response_of(error), values_of(error)
    if is_api(request) or response_of_kind.status not in AT_THE_FORM:
        return None
    sentence = gettext(PAGE_WORDS.get(type(error), response_of_kind.sentence))
    return sent_form(request, sentence % values if values else sentence, FIELDS.get(type(error), ""))


def _kept(request: Request, sent: SentForm, status: int) -> Response | None:
    page = kept_form(sent, _back(request)) if status in (409, 422) else None
    return render(request, page, status) if page else None


def _status_at_the_form(error: Exception) -> int:
    """A form that may be corrected is a conflict; only what the account or the session lacks stays forbidden."""
    status = _response_of(error).status
    is_of_account = isinstance(error, accounts.NotPermitted | FormTokenWrong)
    return 409 if isinstance(error, KeyReused) or (status == 403 and not is_of_account) else status


def _response_of(error: Exception) -> ErrorResponse:
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def _note_refusal(error: Exception) -> None:
    if _response_of(error).status in REFUSALS and not isinstance(error, FormTokenWrong | CrossSite):
        current_request().refusal = {"error": type(error).__name__, "asked": str(getattr(error, "action", ""))}


def _domain_error(request: Request, error: Exception) -> Response:
    response_of_kind = _response_of(error)
    _note_refusal(error)
    values = values_of(error)
    extra = {name: getattr(error, name) for name in _CLIENT_FIELDS if getattr(error, name, None) is not None}
    response = answer(request, response_of_kind, values=values, **extra)
    if isinstance(error, TooManyRequests):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def answer_without_database(request: Request, error: Exception) -> Response:
    """The answer of the table to what is refused before the application is asked: on a page of nobody's own."""
    request.state.actor = None
    return _domain_error(request, error)


def busy(request: Request) -> Response:
    """The answer to a request for which there is no place left. It needs no database."""
    return _come_again(request, _BUSY)


def _come_again(request: Request, response_of_kind: ErrorResponse) -> Response:
    request.state.actor = None
    response = answer(request, response_of_kind)
    response.headers["retry-after"] = str(RETRY_AFTER)
    return response


def _not_signed_in(request: Request, _error: Exception) -> Response:
    if is_api(request):
        response = answer(request, ErrorResponse(401, N_("You must sign in first.")))
        response.headers["www-authenticate"] = "Bearer"
        return response
    return RedirectResponse("/sign-in", 303)


def _sent_before(request: Request, error: Exception) -> Response:
    """The page that the form led to when it was sent first."""
    return redirect(request, getattr(error, "target", "/"), getattr(error, "message", ""))


def _sign_in_too_old(request: Request, error: Exception) -> Response:
    """A page asks for the password and then lets them go on."""
    if is_api(request):
        return _domain_error(request, error)
    return RedirectResponse(f"/account/confirm?next={page_of_change(request.url.path)}", 303)


def _link_closed(request: Request, _error: Exception) -> Response:
    """One calm page for a link of any kind that opens nothing; it may ask for a new one without saying which."""
    presented = str(getattr(request.state, "presented_token", "") or request.path_params.get("handle") or "")
    response = RedirectResponse("/answer/again", 303)
    if presented.isascii():  # as every token is; a cookie takes nothing else
        set_cookie(request, response, AGAIN_COOKIE, presented[:200], path="/answer/again", max_age=600)
    return response


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 400 and is_api(request):  # the framework's word for a body in no encoding of JSON
        return _invalid_fields(request, [{"type": "json_invalid", "loc": ("body",)}])
    return answer(request, ErrorResponse(status, _OF_STATUS.get(status, N_("This did not work."))))


def _invalid(request: Request, error: Exception) -> Response:
    """A request that does not fit its schema: for pages an address that can not be right, so a 404."""
    if not is_api(request):
        return answer(request, NOT_FOUND)
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    if any(problem["loc"][0] == "path" for problem in problems):
        return answer(request, NOT_FOUND)
    return _invalid_fields(request, problems)


def _invalid_fields(request: Request, problems: Sequence[Any]) -> Response:
    """The 422 of the API that names each field, from pydantic's errors."""
    errors = [
        {
            "pointer": _pointer(problem),
            "in": str(problem["loc"][0]),
            "code": problem["type"],
            "detail": message_of(problem["type"], problem.get("ctx", {})),
        }
        for problem in problems
    ]
    return answer(request, ErrorResponse(422, N_("Some fields are not valid.")), errors=errors)


def _pointer(error: Mapping[str, Any]) -> str:
    """The place in the body or query as a JSON Pointer (RFC 6901); "" for the whole."""
    if error["type"] == "json_invalid":
        return ""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"][1:]]
    return "".join(f"/{part}" for part in parts)


def _integrity_error(request: Request, error: Exception) -> Response:
    """A unique violation that two users can cause is told by its own error; any other is a programming error."""
    name = violated_unique(error) if isinstance(error, IntegrityError) else None
    if name is None or name not in UNIQUE_ERRORS:
        raise error
    log.info("unique_violation", constraint=name)
    return answer(request, TABLE[UNIQUE_ERRORS[name]])


def unexpected(request: Request, error: Exception) -> Response:
    """What is answered to an error that is not in the table, with the id under which it is logged; a 503 if the
    database had no connection, took too long or is away. Whether the change was saved is not known here."""
    if isinstance(error, SQLAlchemyError) and is_overload(error):
        return _come_again(request, _OVERLOADED)
    if isinstance(error, SQLAlchemyError) and is_away(error):
        return _come_again(request, _AWAY)
    request_id = request_id_of(request)
    sentence = N_("Something went wrong. If you report this, give the number %(number)s.")
    if request.method not in ("GET", "HEAD"):
        sentence = N_(
            "Something went wrong. Check whether your change was saved before you try again. "
            "If you report this, give the number %(number)s."
        )
    return answer(request, ErrorResponse(500, sentence), values={"number": request_id}, request_id=request_id)


def install(app: FastAPI) -> None:
    """Let the application answer errors by this table."""
    for kind in TABLE:
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(referrals.LinkClosed, _link_closed)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(SentBefore, _sent_before)
    app.add_exception_handler(accounts.SignInTooOld, _sign_in_too_old)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(IntegrityError, _integrity_error)
