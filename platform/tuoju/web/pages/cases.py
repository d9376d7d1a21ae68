"""Cases: open one for a resident, add needs, close it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases import queries, service
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.status import CASE_STEPS, CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.referrals.queries import Row, find_referrals
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident
from tuoju.residents.queries import get_resident, masked_by_id
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.forms import Blank, Filled, fill
from tuoju.web.languages import gettext as _
from tuoju.web.pages.drafts import draft_of
from tuoju.web.rendering import redirect, render

router = APIRouter()
PAGE = 50
NEED_LISTS = frozenset({"wished_times", "constraints"})


@router.get("/cases")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[CaseState | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    found = queries.find_cases(session, actor, state=state, before_id=before, limit=PAGE + 1)
    cases = found[:PAGE]
    here = f"/cases?state={state}&" if state else "/cases?"
    return render(
        request,
        "cases/index.html",
        cases=cases,
        people=masked_by_id(session, {each.resident_id for each in cases}, china_day(now())),
        places=names(session, {each.region_code for each in cases}),
        needs=queries.needs_of(session, cases),
        counts=queries.count_cases(session, actor),
        states=list(CaseState),
        state=state,
        older=f"{here}before={cases[-1].pk}" if len(found) > PAGE else "",
    )


@router.get("/cases/new")
def new(request: Request, session: ReadSession, actor: CurrentActor, resident: int) -> Response:
    require(actor, Action.record_cases)
    person = get_resident(session, actor, resident)
    draft = draft_of(session, actor, f"case-new-{person.pk}", lists=NEED_LISTS)
    start = {"opened_by": "proactive_discovery", "discovery_channel": "2", "urgency": "routine"}
    return _form(request, session, person, Blank({**start, **draft}), Blank({**start, **draft}))


def _form(
    request: Request,
    session: Session,
    person: Resident,
    case_form: Blank | Filled[CaseInput],
    need_form: Blank | Filled[NeedInput],
    status: int = 200,
) -> Response:
    return render(
        request,
        "cases/form.html",
        status,
        person=masked(person, china_day(now())),
        place=full_name(session, person.region_code),
        case_form=case_form,
        need_form=need_form,
    )


@router.post("/cases")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form, resident: int) -> Response:
    """A case comes with its first need: that is what the two minutes are for."""
    person = get_resident(session, actor, resident)
    case_form, need_form = fill(form, CaseInput), fill(form, NeedInput)
    if case_form.model is None or need_form.model is None:
        return _form(request, session, person, case_form, need_form, 422)
    case = service.open_case(session, actor, person, case_form.model)
    need = service.add_need(session, actor, case, need_form.model)
    service.discard_draft(session, actor, f"case-new-{person.pk}")
    return redirect(request, f"/needs/{need.pk}/matches", _("The case is recorded. These projects fit."))


@router.get("/cases/{case_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, case_id: int) -> Response:
    case = queries.get_case(session, actor, case_id)
    return _page(request, session, actor, case_id, _blank_need(session, actor, case.pk))


def _blank_need(session: Session, actor: Actor, case_id: int) -> Blank:
    draft = draft_of(session, actor, f"need-new-{case_id}", lists=NEED_LISTS)
    return Blank({"urgency": "routine", **draft})


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    case_id: int,
    form: Blank | Filled[NeedInput],
    status: int = 200,
) -> Response:
    case = queries.get_case(session, actor, case_id)
    needs = queries.needs_of(session, [case])[case.pk]
    referrals: dict[int, list[Row]] = {need.pk: [] for need in needs}
    for row in find_referrals(session, actor, case_id=case.pk):
        referrals[row[0].need_id].append(row)
    return render(
        request,
        "cases/show.html",
        status,
        case=case,
        person=masked_by_id(session, {case.resident_id}, china_day(now()))[case.resident_id],
        place=full_name(session, case.region_code),
        needs=needs,
        referrals=referrals,
        verbs=[verb for (state, verb) in CASE_STEPS if state is case.state],
        form=form,
    )


@router.post("/cases/{case_id}/needs")
def add_need(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = queries.get_case(session, actor, case_id)
    filled = fill(form, NeedInput)
    if filled.model is None:
        return _page(request, session, actor, case_id, filled, 422)
    need = service.add_need(session, actor, case, filled.model)
    service.discard_draft(session, actor, f"need-new-{case_id}")
    return redirect(request, f"/needs/{need.pk}/matches", _("The need is recorded. These projects fit."))


@router.post("/cases/{case_id}/{verb}")
def step(
    request: Request, session: WriteSession, actor: CurrentActor, case_id: int, verb: CaseVerb, form: Form
) -> Response:
    case = queries.get_case(session, actor, case_id)
    service.step_case(session, actor, case, verb)
    return redirect(request, f"/cases/{case_id}", _("Done."))
