"""The API of cases and their needs."""

from typing import Any

from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.request_context import note_read
from tuoju.cases import queries, service
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import Case
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.regions.queries import names
from tuoju.reports import closing
from tuoju.residents.alarms import TextOrigin
from tuoju.residents.models import TextSource
from tuoju.residents.queries import get_resident
from tuoju.web.kit.bounds import Id, OptionalQueryId, PathId
from tuoju.web.kit.conditional_requests import IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.cases import CaseListed, CaseShown, NeedShown, case_listed, case_shown, need_shown
from tuoju.web.kit.safety import check_api_texts
from tuoju_text.inputs import Input

router = api_router("/cases", "Cases")


class CaseOpening(CaseInput):
    """A case for a resident on file."""

    resident_id: Id


def _shown(session: Session, actor: Actor, case: Case, status: int = 200, location: str = "") -> Response:
    needs = queries.needs_of(session, [case])[case.pk]
    shown = case_shown(case, needs, actor, names(session, [case.region_code]))
    return represent(shown, status, version=case.version, location=location)


class CaseStepping(Input):
    """The reason for a step."""

    reason: str = Field(default="", max_length=500)


@router.get("", summary="List cases", dependencies=[needs(Action.read_cases)])
def list_cases(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    state: CaseState | None = None,
    resident_id: OptionalQueryId = None,
) -> Page[CaseListed]:
    """The cases in your region, latest first."""
    rows = queries.find_cases(
        session, actor, state=state, resident_id=resident_id, before_id=paging.after_id, limit=paging.fetch
    )
    shown, following = paging.take(rows, lambda case: (case.pk,))
    places = names(session, {case.region_code for case in shown})
    return Page(items=[case_listed(case, actor, places) for case in shown], next=following)


@router.post(
    "",
    summary="Open a case",
    status_code=201,
    response_model=CaseShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_cases)],
)
def open_case(session: WriteSession, actor: CurrentActor, body: CaseOpening, once: OnlyOnce) -> Response:
    """On an application or by proactive discovery. The answer holds the number of the case."""

    def create() -> Response:
        resident = get_resident(session, actor, body.resident_id)
        origin = TextOrigin.about(resident, TextSource.need)
        if stop := check_api_texts(session, actor, [body.summary, body.first_help_reason], origin, is_referral=True):
            return stop
        case = service.open_case(session, actor, resident, CaseInput(**body.model_dump(exclude={"resident_id"})))
        return _shown(session, actor, case, 201, f"/api/v1/cases/{case.pk}")

    return once(session, create)


@router.get(
    "/{case_id}",
    summary="Get a case with its needs",
    response_model=CaseShown,
    responses=problems(404),
    dependencies=[needs(Action.read_cases)],
)
def show_case(session: ReadSession, actor: CurrentActor, case_id: PathId) -> Response:
    """The `ETag` is the version of the case; each need has a version of its own."""
    case = queries.get_case(session, actor, case_id)
    note_read(case)
    return _shown(session, actor, case)


@router.post(
    "/{case_id}/needs",
    summary="Add a need to a case",
    status_code=201,
    response_model=NeedShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_cases)],
)
def add_need(session: WriteSession, actor: CurrentActor, case_id: PathId, body: NeedInput, once: OnlyOnce) -> Response:
    """A need is one kind of help. Matching reads its text: write no names in it."""

    def create() -> Response:
        case = queries.get_case(session, actor, case_id)
        if stop := check_api_texts(
            session, actor, [body.text], queries.case_origin(case, TextSource.need), is_referral=True
        ):
            return stop
        need = service.add_need(session, actor, case, body)
        location = f"/api/v1/needs/{need.pk}"
        return represent(need_shown(need, actor), 201, version=need.version, location=location)

    return once(session, create)


_STEP: dict[str, Any] = {"response_model": CaseShown, "responses": problems(404, 409, 412)}


@router.post("/{case_id}/close", summary="Close a case", dependencies=[needs(Action.record_cases)], **_STEP)
def close_case(
    session: WriteSession, actor: CurrentActor, case_id: PathId, match: IfMatch, body: CaseStepping | None = None
) -> Response:
    """A case with a live need does not end. A reason is required where papers are still to be filed."""
    case = queries.get_case(session, actor, case_id)
    match.check(case.version)
    reason = body.reason if body else ""
    check_api_texts(session, actor, [reason], queries.case_origin(case, TextSource.note))
    return _shown(session, actor, closing.close_case(session, actor, case, reason=reason))


@router.post("/{case_id}/withdraw", summary="Withdraw a case", dependencies=[needs(Action.record_cases)], **_STEP)
def withdraw_case(
    session: WriteSession, actor: CurrentActor, case_id: PathId, match: IfMatch, body: CaseStepping | None = None
) -> Response:
    """The resident no longer wants help. A reason is required."""
    return _step(session, actor, case_id, match, CaseVerb.withdraw, body)


@router.post("/{case_id}/reopen", summary="Reopen a case", dependencies=[needs(Action.record_cases)], **_STEP)
def reopen_case(
    session: WriteSession, actor: CurrentActor, case_id: PathId, match: IfMatch, body: CaseStepping | None = None
) -> Response:
    """A case that ended without relief starts again. A reason is required."""
    return _step(session, actor, case_id, match, CaseVerb.reopen, body)


@router.post(
    "/{case_id}/mark_in_error",
    summary="Mark a case as entered in error",
    dependencies=[needs(Action.record_cases)],
    **_STEP,
)
def mark_case_in_error(
    session: WriteSession, actor: CurrentActor, case_id: PathId, match: IfMatch, body: CaseStepping | None = None
) -> Response:
    """The case should not have been opened. A reason is required."""
    return _step(session, actor, case_id, match, CaseVerb.mark_in_error, body)


def _step(
    session: Session, actor: Actor, case_id: int, match: IfMatch, verb: CaseVerb, body: CaseStepping | None
) -> Response:
    case = queries.get_case(session, actor, case_id)
    match.check(case.version)
    reason = body.reason if body else ""
    check_api_texts(session, actor, [reason], queries.case_origin(case, TextSource.note))
    return _shown(session, actor, service.step_case(session, actor, case, verb, reason=reason))
