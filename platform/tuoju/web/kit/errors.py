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
from tuoju.web.kit.rendering import render, set_cookie
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


_NOT_FOUND = ErrorResponse(404, N_("Page not found, or you do not have access."))
_OVERTAKEN = ErrorResponse(409, N_("Someone else has just changed this. Check the latest version and try again."))

TABLE: Mapping[type[Exception], ErrorResponse] = {
    accounts.NotPermitted: ErrorResponse(403, N_("Your role does not allow this.")),
    accounts.WrongCredentials: ErrorResponse(401, N_("The user name or password is wrong.")),
    accounts.AccountLocked: ErrorResponse(429, N_("Too many wrong passwords. Wait 15 minutes and try again.")),
    accounts.UserNotFound: _NOT_FOUND,
    accounts.SubscriptionNotFound: _NOT_FOUND,
    accounts.UsernameTaken: ErrorResponse(409, N_("This user name is taken. Choose another.")),
    accounts.AuditBroken: ErrorResponse(500, N_("The audit log failed its check. Tell the administrator.")),
    RegionNotFound: _NOT_FOUND,
    RegionFileError: ErrorResponse(422, N_("The content of the file is not valid.")),
    residents.ResidentNotFound: _NOT_FOUND,
    residents.ConsentNotFound: _NOT_FOUND,
    residents.OverrideNotFound: _NOT_FOUND,
    residents.InvalidIdNumber: ErrorResponse(422, N_("This is not a valid resident ID number.")),
    residents.AlreadyRegistered: ErrorResponse(409, N_("This person already has a file.")),
    residents.LooksAlike: ErrorResponse(
        409, N_("Files in this village look like this person. Compare them, or confirm that this is someone else.")
    ),
    residents.GuardianRequired: ErrorResponse(422, N_("For a child under 14, the guardian must consent.")),
    residents.ChildNotAsked: ErrorResponse(
        422, N_("A child aged 14 to 17 must consent too. Ask the child first and record the answer.")
    ),
    residents.AlreadyWithdrawn: ErrorResponse(409, N_("This consent has already been withdrawn.")),
    residents.AlreadyReviewed: ErrorResponse(409, N_("This has already been reviewed.")),
    residents.OwnOverride: ErrorResponse(403, N_("You cannot review your own emergency referral.")),
    cases.CaseNotFound: _NOT_FOUND,
    cases.NeedNotFound: _NOT_FOUND,
    cases.IllegalCaseStep: ErrorResponse(409, N_("This step is not possible. The case is now: %(state)s.")),
    cases.IllegalNeedStep: ErrorResponse(409, N_("This step is not possible. The need is now: %(state)s.")),
    cases.NoPolicy: ErrorResponse(409, N_("No policy for this scheme is in force here. Ask the administrator.")),
    cases.DuplicatePolicy: ErrorResponse(
        409, N_("A policy of this kind already starts on this date. Choose another date.")
    ),
    cases.PolicyFileError: ErrorResponse(422, N_("The policies cannot be read.")),
    cases.ProcedureNotDone: ErrorResponse(
        409, N_("The case cannot close before its investigation, decision and public notice are complete.")
    ),
    cases.NoInvestigation: ErrorResponse(
        409, N_("Record the visit first, with as many people as the policy requires.")
    ),
    cases.OwnInvestigation: ErrorResponse(
        403, N_("You cannot decide on a case if you investigated it or gave the opinion. Ask a colleague.")
    ),
    cases.CompanionNotAllowed: ErrorResponse(
        422, N_("Only officers of this region who are not relatives of the person can go on the visit.")
    ),
    cases.PublicNoticeRequiredFirst: ErrorResponse(
        409, N_("This policy requires the full public notice period before approval.")
    ),
    cases.ConflictOfInterest: ErrorResponse(
        403, N_("You are recorded as a relative of this person, so you cannot work on this case.")
    ),
    cases.ReasonRequired: ErrorResponse(422, N_("Enter the reason.")),
    cases.ClockPaused: ErrorResponse(409, N_("This is not possible in the current state of the deadline.")),
    cases.GrantTooHigh: ErrorResponse(409, N_("This is more than the policy allows for one payment.")),
    cases.AlertNotFound: _NOT_FOUND,
    cases.DuplicateAlert: ErrorResponse(409, N_("This alert is already on the list.")),
    cases.AlertAlreadyAnswered: ErrorResponse(
        409, N_("Someone else has already handled this alert. Check the latest version.")
    ),
    cases.AttachmentNotFound: _NOT_FOUND,
    cases.FileTooLarge: ErrorResponse(413, N_("The file is too large. The limit is 10 MB.")),
    cases.FileTypeRefused: ErrorResponse(422, N_("Only photos (JPEG, PNG, WebP) and PDF files are accepted.")),
    relief.FundNotFound: ErrorResponse(404, N_("This society has not opened a fund yet.")),
    relief.PaymentNotFound: _NOT_FOUND,
    relief.NotEnoughMoney: ErrorResponse(409, N_("The fund does not hold enough money.")),
    relief.AboveGrant: ErrorResponse(409, N_("This is more than the amount granted.")),
    relief.AboveYearlyCap: ErrorResponse(
        409, N_("With this payment, the person would get more than the policy allows in a year.")
    ),
    relief.NotYetApproved: ErrorResponse(409, N_("You cannot pay before the decision, unless relief comes first.")),
    relief.SecondPersonNeeded: ErrorResponse(403, N_("A second person must confirm the payment. Ask a colleague.")),
    relief.PaymentAnswered: ErrorResponse(409, N_("This payment has already been confirmed or cancelled.")),
    relief.PaymentFrozen: ErrorResponse(409, N_("You cannot pay while an objection is open.")),
    relief.NoticeNotFound: _NOT_FOUND,
    relief.NoticeLeaks: ErrorResponse(422, N_("The remark contains something that must not be published.")),
    relief.ObjectionAnswered: ErrorResponse(409, N_("This objection has already been answered.")),
    relief.ReviewerWasInvolved: ErrorResponse(
        403, N_("You cannot answer an objection if you investigated, decided or paid. Ask the township.")
    ),
    relief.RecheckMissing: ErrorResponse(
        409, N_("Record the second visit first, with as many people as the policy requires.")
    ),
    relief.NoticePeriodOver: ErrorResponse(
        409, N_("This public notice has ended. Take the objection to the township.")
    ),
    relief.NotAllPaid: ErrorResponse(409, N_("Some of the relief granted has not been paid yet.")),
    cases.NeedsStillLive: ErrorResponse(409, N_("A need of this case is still open or in service.")),
    referrals.ReferralNotFound: _NOT_FOUND,
    referrals.NoConsent: ErrorResponse(
        409, N_("The resident has not consented to sharing information with this organization.")
    ),
    referrals.AlreadyReferred: ErrorResponse(409, N_("This need has already been referred.")),
    referrals.NotEligible: ErrorResponse(409, N_('This project cannot take the need. See "Why not another project?".')),
    referrals.IllegalReferralStep: ErrorResponse(409, N_("This step is not possible. The referral is now: %(state)s.")),
    referrals.NotServing: ErrorResponse(
        409, N_("You see the name, telephone and address after you accept, unless the referral is withdrawn.")
    ),
    referrals.ReasonMissing: ErrorResponse(422, N_("Enter the reason.")),
    referrals.OutcomeMissing: ErrorResponse(422, N_("Choose the outcome.")),
    referrals.NoVisitYet: ErrorResponse(422, N_("Record a visit first. A met need must have at least one visit.")),
    referrals.FirstVisitImpossible: ErrorResponse(422, N_("The date is in the past or too far ahead.")),
    referrals.NothingWritten: ErrorResponse(422, N_("Write something first.")),
    matchmaking.RankerNotFound: _NOT_FOUND,
    matchmaking.IllegalRankerStep: ErrorResponse(409, N_("This step is not possible. The ranking is now: %(state)s.")),
    referrals.UpdatePageClosed: ErrorResponse(410, N_("This page is closed. Ask your village social worker.")),
    referrals.AlreadyRated: ErrorResponse(409, N_("Thank you. You have already given feedback.")),
    referrals.LinkClosed: ErrorResponse(410, N_("This link no longer works.")),
    reports.SummaryNotFound: _NOT_FOUND,
    reports.FileIncomplete: ErrorResponse(
        409, N_("The file is not complete. The case cannot close while documents are marked as missing.")
    ),
    reports.PapersToFile: ErrorResponse(
        422, N_("Some documents are not filed yet. Explain why the case closes without them.")
    ),
    reports.MonthNotOver: ErrorResponse(409, N_("This month is not over yet.")),
    reports.NotASociety: ErrorResponse(409, N_("There is no society here, so no summary is due.")),
    reports.SummaryAwaitsAnswer: ErrorResponse(
        409, N_("The summary of this month is submitted and waits for an answer.")
    ),
    reports.SummaryAnswered: ErrorResponse(
        409, N_("This step is not possible in the current state of the monthly summary. Check the latest version.")
    ),
    reports.CorrectionReasonMissing: ErrorResponse(422, N_("Enter the reason for the correction.")),
    reports.NothingToCorrect: ErrorResponse(
        409, N_("A new count gives the same numbers. There is nothing to correct.")
    ),
    reports.SecondSignatureNeeded: ErrorResponse(
        403, N_("You cannot sign a summary that you filled in. Ask a colleague.")
    ),
    PaperNotFound: _NOT_FOUND,
    plans.PlanNotFound: _NOT_FOUND,
    plans.PlanUnderWay: ErrorResponse(
        409, N_("A plan for this region is being computed or sent. Wait until it is done.")
    ),
    plans.NotPlannable: ErrorResponse(422, N_("You can make a plan only for a county or a city.")),
    plans.IllegalPlanStep: ErrorResponse(409, N_("This step is not possible. The plan is now: %(state)s.")),
    plans.PlanChanged: _OVERTAKEN,
    plans.InvalidTrial: ErrorResponse(422, N_("This cannot be tried. Choose an open project and a valid value.")),
    plans.RankingChanged: ErrorResponse(
        409, N_("The ranking of projects has changed since this plan was computed. Repair the plan first.")
    ),
    plans.NotAnOption: ErrorResponse(409, N_("The need is no longer open, or this project cannot take it.")),
    plans.NoFeasiblePlan: ErrorResponse(
        409, N_("All places of this project are already assigned by hand, or the groups cannot be kept balanced.")
    ),
    plans.IllegalLineStep: ErrorResponse(409, N_("This step is not possible. The line is now: %(state)s.")),
    visits.VisitNotFound: _NOT_FOUND,
    visits.NotInService: ErrorResponse(409, N_("You can record visits only while the referral is in service.")),
    visits.ServedOnImpossible: ErrorResponse(
        422, N_("The date of the visit must be between the acceptance and today.")
    ),
    visits.NobodyServed: ErrorResponse(422, N_("Choose who was served.")),
    visits.AlreadyInError: ErrorResponse(409, N_("This visit has already been marked as an error.")),
    projects.ProjectNotFound: _NOT_FOUND,
    projects.OrganizationNotFound: _NOT_FOUND,
    projects.NoPlaceLeft: ErrorResponse(409, N_("The last place has just been taken. Choose another project.")),
    projects.ProjectNotOpen: ErrorResponse(409, N_("The project is not open.")),
    projects.OutsideIntake: ErrorResponse(409, N_("The project does not take people on this date.")),
    projects.PlaceAlreadyHeld: ErrorResponse(409, N_("This referral already holds a place.")),
    projects.PlaceNotHeld: ErrorResponse(409, N_("This referral does not hold a place.")),
    projects.PlacesBelowTaken: ErrorResponse(422, N_("The number of places cannot be lower than the places taken.")),
    projects.PlacesAlreadyPublished: ErrorResponse(409, N_("The places are already published. Correct them instead.")),
    projects.IllegalProjectStep: ErrorResponse(409, N_("This step is not possible. The project is now: %(state)s.")),
    projects.ProjectNameTaken: ErrorResponse(409, N_("The organization already has a project with this name.")),
    projects.OrganizationNameTaken: ErrorResponse(409, N_("Another organization has this name.")),
    projects.UsccTaken: ErrorResponse(409, N_("Another organization has this unified social credit code.")),
    StaleDataError: _OVERTAKEN,
    CrossSite: ErrorResponse(403, N_("This request came from another site.")),
    UnkeepableText: ErrorResponse(422, N_("The text contains a character that cannot be saved.")),
    BadCursor: ErrorResponse(422, N_("This cursor does not belong to this list. Start at the first page.")),
    KeyReused: ErrorResponse(422, N_("This idempotency key was already used for another request.")),
    PreconditionFailed: ErrorResponse(
        412, N_("Someone else has just changed this. Check the latest version and try again.")
    ),
    PreconditionRequired: ErrorResponse(428, N_("State the version you have seen in If-Match.")),
    TooManyRequests: ErrorResponse(429, N_("Too many attempts from this address. Wait a minute and try again.")),
    FormTokenWrong: ErrorResponse(403, N_("This page was open for too long. Reload it and try again.")),
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
        response = answer(request, ErrorResponse(401, N_("You must sign in first.")))
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


def unexpected(request: Request, _error: Exception) -> Response:
    """What is answered to an error that is not in the table, with the id under which it is logged."""
    request_id = request_id_of(request)
    sentence = N_(
        "Something went wrong. What you typed is saved as a draft. If you report this, give the number %(number)s."
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
