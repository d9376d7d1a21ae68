"""The one table from errors to status and words, as a page or as application/problem+json (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from tuoju.accounts import errors as accounts
from tuoju.cases import errors as cases
from tuoju.database.integrity import violated_unique
from tuoju.documents.errors import PaperNotFound
from tuoju.matchmaking import errors as matchmaking
from tuoju.plans import errors as plans
from tuoju.referrals import errors as referrals
from tuoju.regions.loading import RegionFileError
from tuoju.regions.queries import RegionNotFound
from tuoju.relief import errors as relief
from tuoju.reports import errors as reports
from tuoju.residents import errors as residents
from tuoju.visits import errors as visits
from tuoju.web.kit.api_guard import CrossSite
from tuoju.web.kit.bounds import UnkeepableText
from tuoju.web.kit.conditional_requests import PreconditionFailed, PreconditionRequired
from tuoju.web.kit.conflicts import UNIQUE_ERRORS
from tuoju.web.kit.dependencies import AGAIN_COOKIE, FormTokenWrong, NotSignedIn
from tuoju.web.kit.forms import message_of
from tuoju.web.kit.idempotency import KeyReused
from tuoju.web.kit.pagination import BadCursor
from tuoju.web.kit.rate_limits import TooManyRequests
from tuoju.web.kit.rendering import render_view, set_cookie
from tuoju.web.kit.request_log import request_id_of
from tuoju.web.kit.views import ErrorPage
from tuoju.words.labels import label
from tuoju.words.languages import N_, gettext
from tuoju_projects import errors as projects

log = structlog.get_logger()


@dataclass(frozen=True)
class ErrorResponse:
    """The answer to an error: an HTTP status, and a sentence that says what happened and how to go on."""

    status: int
    sentence: str


_NOT_FOUND = ErrorResponse(404, N_("This is not here, or not yours to see."))
_OVERTAKEN = ErrorResponse(409, N_("Someone else has just changed this. Please look at it again."))

TABLE: Mapping[type[Exception], ErrorResponse] = {
    accounts.NotPermitted: ErrorResponse(403, N_("Your role does not include this.")),
    accounts.WrongCredentials: ErrorResponse(401, N_("This user name and password do not belong together.")),
    accounts.AccountLocked: ErrorResponse(429, N_("Too many wrong passwords. Please wait 15 minutes.")),
    accounts.UserNotFound: _NOT_FOUND,
    accounts.SubscriptionNotFound: _NOT_FOUND,
    accounts.UsernameTaken: ErrorResponse(409, N_("Another account has this user name.")),
    accounts.AuditBroken: ErrorResponse(500, N_("The audit does not add up. Please tell the administrator.")),
    RegionNotFound: _NOT_FOUND,
    RegionFileError: ErrorResponse(422, N_("The file is not as it should be.")),
    residents.ResidentNotFound: _NOT_FOUND,
    residents.ConsentNotFound: _NOT_FOUND,
    residents.OverrideNotFound: _NOT_FOUND,
    residents.InvalidIdNumber: ErrorResponse(422, N_("This is no resident ID number.")),
    residents.AlreadyRegistered: ErrorResponse(409, N_("This person has a file already.")),
    residents.LooksAlike: ErrorResponse(
        409, N_("Files of this village look like this person. Please compare, or say it is somebody else.")
    ),
    residents.GuardianRequired: ErrorResponse(422, N_("For a child under 14 the guardian has to agree.")),
    residents.ChildNotAsked: ErrorResponse(
        422, N_("From 14 to 17 the child has to agree too. Please ask the child first and record that.")
    ),
    residents.AlreadyWithdrawn: ErrorResponse(409, N_("This consent was taken back before.")),
    residents.AlreadyReviewed: ErrorResponse(409, N_("This was reviewed before.")),
    residents.OwnOverride: ErrorResponse(403, N_("Nobody reviews their own emergency referral.")),
    cases.CaseNotFound: _NOT_FOUND,
    cases.NeedNotFound: _NOT_FOUND,
    cases.IllegalCaseStep: ErrorResponse(409, N_("This step is not possible. The case is now: %(state)s.")),
    cases.IllegalNeedStep: ErrorResponse(409, N_("This step is not possible. The need is now: %(state)s.")),
    cases.NoPolicy: ErrorResponse(409, N_("No rule for this scheme is in force here. Please ask the administrator.")),
    cases.DuplicatePolicy: ErrorResponse(
        409, N_("A rule of this kind begins on the same day here. Please choose another day.")
    ),
    cases.PolicyFileError: ErrorResponse(422, N_("The rules can not be read.")),
    cases.ProcedureNotDone: ErrorResponse(
        409, N_("This case needs its investigation, decision and notice before it closes.")
    ),
    cases.NoInvestigation: ErrorResponse(
        409, N_("Please record the visit first, by as many people as the rule asks for.")
    ),
    cases.OwnInvestigation: ErrorResponse(
        403, N_("Whoever investigated or gave the opinion does not decide. Please ask a colleague.")
    ),
    cases.CompanionNotAllowed: ErrorResponse(422, N_("Only officers of this place go along on a visit, and no kin.")),
    cases.PublicNoticeRequiredFirst: ErrorResponse(
        409, N_("This rule wants the public notice first, for all its days.")
    ),
    cases.ConflictOfInterest: ErrorResponse(
        403, N_("You are on record as kin of this person and take no part in the case.")
    ),
    cases.ReasonRequired: ErrorResponse(422, N_("Please write the reason.")),
    cases.ClockPaused: ErrorResponse(409, N_("The clock is not where this is possible.")),
    cases.GrantTooHigh: ErrorResponse(409, N_("This is more than the rule allows for one payment.")),
    cases.AlertNotFound: _NOT_FOUND,
    cases.DuplicateAlert: ErrorResponse(409, N_("This warning is on the list already.")),
    cases.AlertAlreadyAnswered: ErrorResponse(
        409, N_("Someone else has dealt with this warning. Please look at it again.")
    ),
    cases.AttachmentNotFound: _NOT_FOUND,
    cases.FileTooLarge: ErrorResponse(413, N_("This file is too large: at most 10 MB.")),
    cases.FileTypeRefused: ErrorResponse(422, N_("Only photos (JPEG, PNG, WebP) and PDF files are kept.")),
    relief.FundNotFound: ErrorResponse(404, N_("This society has no fund here yet.")),
    relief.PaymentNotFound: _NOT_FOUND,
    relief.NotEnoughMoney: ErrorResponse(409, N_("The fund holds less than this.")),
    relief.AboveGrant: ErrorResponse(409, N_("This is more than was granted.")),
    relief.AboveYearlyCap: ErrorResponse(
        409, N_("With this the person would get more than the rule allows in a year.")
    ),
    relief.NotYetApproved: ErrorResponse(409, N_("Nothing is paid before the decision, unless help comes first.")),
    relief.SecondPersonNeeded: ErrorResponse(403, N_("A second person confirms the payment. Please ask a colleague.")),
    relief.PaymentAnswered: ErrorResponse(409, N_("This payment was dealt with before.")),
    relief.PaymentFrozen: ErrorResponse(409, N_("Nothing is paid while an objection is open.")),
    relief.NoticeNotFound: _NOT_FOUND,
    relief.NoticeLeaks: ErrorResponse(422, N_("The remark says what no board may say.")),
    relief.ObjectionAnswered: ErrorResponse(409, N_("This objection was answered before.")),
    relief.ReviewerWasInvolved: ErrorResponse(
        403, N_("Whoever investigated, decided or paid does not answer the objection. Please ask the township.")
    ),
    relief.RecheckMissing: ErrorResponse(
        409, N_("Please record the second visit first, by as many people as the rule asks for.")
    ),
    relief.NoticePeriodOver: ErrorResponse(
        409, N_("The days of this notice are over. Please bring it to the township.")
    ),
    relief.NotAllPaid: ErrorResponse(409, N_("Something granted is not paid yet.")),
    cases.NeedsStillLive: ErrorResponse(409, N_("A need of this case is still open or being served.")),
    referrals.ReferralNotFound: _NOT_FOUND,
    referrals.NoConsent: ErrorResponse(409, N_("The resident has not agreed that this organization be told.")),
    referrals.AlreadyReferred: ErrorResponse(409, N_("This need has been referred already.")),
    referrals.NotEligible: ErrorResponse(409, N_('This project can not take the need. See "why not".')),
    referrals.IllegalReferralStep: ErrorResponse(409, N_("This step is not possible. The referral is now: %(state)s.")),
    referrals.NotServing: ErrorResponse(
        409, N_("Name, telephone and address are shown after you accept, until it is taken back.")
    ),
    referrals.ReasonMissing: ErrorResponse(422, N_("Please give the reason.")),
    referrals.OutcomeMissing: ErrorResponse(422, N_("Please say what became of it.")),
    referrals.NoVisitYet: ErrorResponse(422, N_("Please record a visit first: a met need shows at least one.")),
    referrals.FirstVisitImpossible: ErrorResponse(422, N_("The day lies in the past, or too far off.")),
    referrals.NothingWritten: ErrorResponse(422, N_("Please write something first.")),
    matchmaking.RankerNotFound: _NOT_FOUND,
    matchmaking.IllegalRankerStep: ErrorResponse(409, N_("This step is not possible. The ranking is now: %(state)s.")),
    referrals.UpdatePageClosed: ErrorResponse(
        410, N_("This page is no longer open. Please ask the officer of your village.")
    ),
    referrals.AlreadyRated: ErrorResponse(409, N_("Thank you, you have told us before.")),
    referrals.LinkClosed: ErrorResponse(410, N_("This link is no longer open.")),
    reports.SummaryNotFound: _NOT_FOUND,
    reports.FileIncomplete: ErrorResponse(
        409, N_("The file is not complete: what is marked as missing keeps the case open.")
    ),
    reports.PapersToFile: ErrorResponse(
        422, N_("Papers are still to be filed. Please write why the case closes without them.")
    ),
    reports.MonthNotOver: ErrorResponse(409, N_("This month is not over yet.")),
    reports.NotASociety: ErrorResponse(409, N_("There is no society here: nothing is reported.")),
    reports.SummaryAwaitsAnswer: ErrorResponse(409, N_("This month is handed in and waits for an answer.")),
    reports.SummaryAnswered: ErrorResponse(409, N_("This monthly summary has moved on. Please look at it again.")),
    reports.CorrectionReasonMissing: ErrorResponse(422, N_("Please write why it is corrected.")),
    reports.NothingToCorrect: ErrorResponse(
        409, N_("A new count gives the same numbers: there is nothing to correct.")
    ),
    reports.SecondSignatureNeeded: ErrorResponse(
        403, N_("Whoever filled it in does not sign it. Please ask a colleague.")
    ),
    PaperNotFound: _NOT_FOUND,
    plans.PlanNotFound: _NOT_FOUND,
    plans.PlanUnderWay: ErrorResponse(409, N_("A plan of this region is being computed or sent. Please wait for it.")),
    plans.NotPlannable: ErrorResponse(422, N_("Plans are made for a county or a city.")),
    plans.IllegalPlanStep: ErrorResponse(409, N_("This step is not possible. The plan is now: %(state)s.")),
    plans.PlanChanged: _OVERTAKEN,
    plans.InvalidTrial: ErrorResponse(
        422, N_("This can not be tried. Please choose an open project and a value that fits.")
    ),
    plans.RankingChanged: ErrorResponse(
        409, N_("Projects are ranked otherwise since this plan was computed. Please repair the plan first.")
    ),
    plans.NotAnOption: ErrorResponse(409, N_("The need is no longer open, or this project can not take it.")),
    plans.NoFeasiblePlan: ErrorResponse(
        409, N_("All places of this project are given by hand already, or the groups could not be kept even.")
    ),
    plans.IllegalLineStep: ErrorResponse(409, N_("This step is not possible. The line is now: %(state)s.")),
    visits.VisitNotFound: _NOT_FOUND,
    visits.NotInService: ErrorResponse(409, N_("Visits are recorded while the service is under way.")),
    visits.ServedOnImpossible: ErrorResponse(
        422, N_("The day of the visit lies in the future or before the acceptance.")
    ),
    visits.NobodyServed: ErrorResponse(422, N_("Please choose who was served.")),
    visits.AlreadyInError: ErrorResponse(409, N_("This visit was taken out before.")),
    projects.ProjectNotFound: _NOT_FOUND,
    projects.OrganizationNotFound: _NOT_FOUND,
    projects.NoPlaceLeft: ErrorResponse(409, N_("The last place has just been given. Please choose another project.")),
    projects.ProjectNotOpen: ErrorResponse(409, N_("The project is not open.")),
    projects.OutsideIntake: ErrorResponse(409, N_("The project takes nobody on this day.")),
    projects.PlaceAlreadyHeld: ErrorResponse(409, N_("This referral holds a place already.")),
    projects.PlaceNotHeld: ErrorResponse(409, N_("This referral holds no place.")),
    projects.PlacesBelowTaken: ErrorResponse(422, N_("There can not be fewer places than are taken.")),
    projects.PlacesAlreadyPublished: ErrorResponse(409, N_("The places were stated before; correct them instead.")),
    projects.IllegalProjectStep: ErrorResponse(409, N_("This step is not possible. The project is now: %(state)s.")),
    projects.ProjectNameTaken: ErrorResponse(409, N_("The organization has a project of this name already.")),
    projects.OrganizationNameTaken: ErrorResponse(409, N_("Another organization has this name.")),
    projects.UsccTaken: ErrorResponse(409, N_("Another organization has this unified social credit code.")),
    StaleDataError: _OVERTAKEN,
    CrossSite: ErrorResponse(403, N_("This request came from another site.")),
    UnkeepableText: ErrorResponse(422, N_("The text holds a sign that can not be kept.")),
    BadCursor: ErrorResponse(422, N_("This cursor is none of this list. Please start at the first page.")),
    KeyReused: ErrorResponse(422, N_("This idempotency key was used before for another request.")),
    PreconditionFailed: ErrorResponse(412, N_("Someone else has just changed this. Please look at it again.")),
    PreconditionRequired: ErrorResponse(428, N_("Please say in If-Match which version you have seen.")),
    TooManyRequests: ErrorResponse(429, N_("Too many attempts from this address. Please wait a minute.")),
    FormTokenWrong: ErrorResponse(403, N_("This page was open for too long. Please reload it and try again.")),
}

_STATE_KINDS: Mapping[type[Exception], str] = {
    cases.IllegalCaseStep: "case_state",
    cases.IllegalNeedStep: "need_state",
    referrals.IllegalReferralStep: "referral_state",
    matchmaking.IllegalRankerStep: "ranker_state",
    plans.IllegalPlanStep: "plan_state",
    plans.IllegalLineStep: "line_state",
    projects.IllegalProjectStep: "project_state",
}
"""Errors whose sentence names the present state, and the kind of words that it has."""

_CLIENT_FIELDS = ("state", "resident_id", "resident_ids")
"""What an error carries that a client acts on: where the thing stands now, which file is there already."""

_OF_STATUS = {
    404: _NOT_FOUND.sentence,
    405: N_("This address does not take such a request."),
    413: N_("This is too large."),
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
    return render_view(request, ErrorPage(sentence, _back(request)), error.status)


def _back(request: Request) -> str:
    """Where the way out leads: to the start, or for whoever answers through a link to their one page."""
    parts = request.url.path.split("/")
    return f"/answer/{parts[2]}" if parts[1] == "answer" and len(parts) > 3 else "/"


def _domain_error(request: Request, error: Exception) -> Response:
    response_of_kind = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    kind_of_state = _STATE_KINDS.get(type(error))
    values = {"state": label(kind_of_state, getattr(error, "state", ""))} if kind_of_state else None
    extra = {name: getattr(error, name) for name in _CLIENT_FIELDS if getattr(error, name, None) is not None}
    response = answer(request, response_of_kind, values=values, **extra)
    if isinstance(error, TooManyRequests):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _not_signed_in(request: Request, _error: Exception) -> Response:
    if is_api(request):
        response = answer(request, ErrorResponse(401, N_("Please sign in.")))
        response.headers["www-authenticate"] = "Bearer"
        return response
    return RedirectResponse("/sign-in", 303)


def _link_closed(request: Request, _error: Exception) -> Response:
    """One calm page for a link of any kind that opens nothing; it may ask for a new one without saying which."""
    presented = str(request.path_params.get("token") or request.path_params.get("handle") or "")
    response = RedirectResponse("/answer/again", 303)
    set_cookie(request, response, AGAIN_COOKIE, presented[:200], path="/answer/again", max_age=600)
    return response


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer(request, ErrorResponse(status, _OF_STATUS.get(status, N_("This did not work."))))


def _invalid(request: Request, error: Exception) -> Response:
    """A request that does not fit its schema: for pages an address that can not be right, so a 404."""
    if not is_api(request):
        return answer(request, _NOT_FOUND)
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    if any(problem["loc"][0] == "path" for problem in problems):
        return answer(request, _NOT_FOUND)
    errors = [
        {
            "pointer": _pointer(problem),
            "in": str(problem["loc"][0]),
            "code": problem["type"],
            "detail": message_of(problem["type"], problem.get("ctx", {})),
        }
        for problem in problems
    ]
    return answer(request, ErrorResponse(422, N_("Some fields are not as expected.")), errors=errors)


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


def unexpected(request: Request, _error: Exception) -> Response:
    """What is answered to an error that is not in the table, with the id under which it is logged."""
    request_id = request_id_of(request)
    sentence = N_(
        "Something went wrong here. What you typed is kept as a draft. If you report this, please give the "
        "number %(number)s."
    )
    return answer(request, ErrorResponse(500, sentence), values={"number": request_id}, request_id=request_id)


def install(app: FastAPI) -> None:
    """Let the application answer errors by this table."""
    for kind in TABLE:
        app.add_exception_handler(kind, _domain_error)
    app.add_exception_handler(referrals.LinkClosed, _link_closed)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(IntegrityError, _integrity_error)
