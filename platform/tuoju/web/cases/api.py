"""Cases and the needs within them."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.cases import queries, service
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import Case
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.regions.queries import names
from tuoju.reports.closing import close_case
from tuoju.residents.queries import get_resident
from tuoju.web.kit.bounds import Id, PathId
from tuoju.web.kit.conditional_requests import IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.cases import CaseListed, CaseShown, NeedShown, case_listed, case_shown, need_shown

router = api_router("/cases", "Cases")


class CaseOpening(CaseInput):
    """A case for a resident whose file is open."""

    resident_id: Id


def _shown(session: Session, actor: Actor, case: Case, status: int = 200, location: str = "") -> Response:
    needs = queries.needs_of(session, [case])[case.pk]
    shown = case_shown(case, needs, actor, names(session, [case.region_code]))
    return represent(shown, status, version=case.version, location=location)


class CaseStepping(BaseModel):
    """Why; only closing goes without."""

    reason: str = Field(default="", max_length=500)


@router.get("", summary="List cases")
def list_cases(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    state: CaseState | None = None,
    resident_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Page[CaseListed]:
    """Those in your division, latest first."""
    rows = queries.find_cases(
        session, actor, state=state, resident_id=resident_id, before_id=paging.after_id, limit=paging.fetch
    )
    shown, following = paging.take(rows, lambda case: (case.pk,))
    places = names(session, {case.region_code for case in shown})
    return Page(items=[case_listed(case, actor, places) for case in shown], next=following)


@router.post("", summary="Open a case", status_code=201, response_model=CaseShown, responses=problems(404, 409))
def open_case(session: WriteSession, actor: CurrentActor, given: CaseOpening, once: OnlyOnce) -> Response:
    """On an application, or because someone found that help is needed. Its number is given here."""

    def create() -> Response:
        resident = get_resident(session, actor, given.resident_id)
        case = service.open_case(session, actor, resident, CaseInput(**given.model_dump(exclude={"resident_id"})))
        return _shown(session, actor, case, 201, f"/api/v1/cases/{case.pk}")

    return once(session, create)


@router.get("/{case_id}", summary="Get a case with its needs", response_model=CaseShown, responses=problems(404))
def show_case(session: ReadSession, actor: CurrentActor, case_id: PathId) -> Response:
    """Its `ETag` is the version of the case itself; each need has its own."""
    return _shown(session, actor, queries.get_case(session, actor, case_id))


@router.post(
    "/{case_id}/needs",
    summary="Add a need to a case",
    status_code=201,
    response_model=NeedShown,
    responses=problems(404, 409),
)
def add_need(session: WriteSession, actor: CurrentActor, case_id: PathId, given: NeedInput, once: OnlyOnce) -> Response:
    """One kind of help wanted. The text is what the matching reads: no names, please."""

    def create() -> Response:
        need = service.add_need(session, actor, queries.get_case(session, actor, case_id), given)
        location = f"/api/v1/needs/{need.pk}"
        return represent(need_shown(need, actor), 201, version=need.version, location=location)

    return once(session, create)


@router.post(
    "/{case_id}/{verb}",
    summary="Close, withdraw or reopen a case",
    response_model=CaseShown,
    responses=problems(404, 409, 412),
)
def step_case(
    session: WriteSession,
    actor: CurrentActor,
    case_id: PathId,
    verb: CaseVerb,
    match: IfMatch,
    given: CaseStepping | None = None,
) -> Response:
    """The verbs lawful now are the case's `actions`. A case with a live need does not end."""
    case = queries.get_case(session, actor, case_id)
    match.check(case.version)
    reason = given.reason if given else ""
    if verb is CaseVerb.close:
        return _shown(session, actor, close_case(session, actor, case, reason=reason))
    return _shown(session, actor, service.step_case(session, actor, case, verb, reason=reason))
