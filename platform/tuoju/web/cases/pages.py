"""Cases: list, open one for a resident, show it, add needs, close or end it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases import queries, service
from tuoju.cases.inputs import MAX_SUMMARY, CaseInput, NeedInput
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.reports.closing import close_case
from tuoju.residents.alarms import TextOrigin
from tuoju.residents.models import Resident, TextSource
from tuoju.residents.queries import get_resident
from tuoju.residents.views import resident_seen, residents_seen
from tuoju.web.cases.case_page import render_case
from tuoju.web.cases.case_views import CaseForms
from tuoju.web.cases.need_forms import NEED_LISTS, needs_of_form, with_suggestions
from tuoju.web.cases.views import CaseForm, CaseListPage, CaseRow, NeedFact, NeedForm, NewCasePage
from tuoju.web.kit.bounds import OptionalQueryId, PathId, QueryId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.kit.views import FilterLink
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
PAGE = 50


@router.get("/cases", dependencies=[needs(Action.read_cases)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[CaseState | None, Query()] = None,
    before: OptionalQueryId = None,
) -> Response:
    """The list of cases, of one state or all, below the id `before`."""
    return render(request, _list_page(session, actor, state, before))


def _list_page(session: Session, actor: Actor, state: CaseState | None, before: int | None) -> CaseListPage:
    fetched = queries.find_cases(session, actor, state=state, before_id=before, limit=PAGE + 1)
    cases = fetched[:PAGE]
    people = residents_seen(session, actor, {case.resident_id for case in cases}, china_day(now()))
    places = names(session, {case.region_code for case in cases})
    needs = queries.needs_of(session, cases)
    here = f"/cases?state={state}&" if state else "/cases?"
    return CaseListPage(
        filters=_state_filters(queries.count_cases(session, actor), state),
        rows=[
            CaseRow(
                case_id=case.pk,
                name=people[case.resident_id].name,
                place=places[case.region_code],
                state=case.state,
                accepted_at=case.accepted_at,
                hardship_cause=case.hardship_cause,
                needs=[NeedFact(need.category, need.state) for need in needs[case.pk]],
            )
            for case in cases
        ],
        older_url=f"{here}before={cases[-1].pk}" if len(fetched) > PAGE else "",
    )


def _state_filters(counts: dict[CaseState, int], state: CaseState | None) -> list[FilterLink]:
    """All cases, and each state in which there are any."""
    links = [FilterLink(f"{_('All')} {sum(counts.values())}", "/cases", is_current=state is None)]
    for option in CaseState:
        if counts.get(option):
            text = f"{label('case_state', option)} {counts[option]}"
            links.append(FilterLink(text, f"/cases?state={option}", is_current=state is option))
    return links


@router.get("/cases/new", dependencies=[needs(Action.record_cases)])
def new(request: Request, session: ReadSession, actor: CurrentActor, resident: QueryId) -> Response:
    """The form of a new case with its first need, with what a draft holds."""
    require(actor, Action.record_cases)
    person = get_resident(session, actor, resident)
    draft = draft_of(session, actor, _draft_name(person), lists=NEED_LISTS)
    start = {
        "opened_by": "proactive_discovery",
        "scheme": "society_relief",
        "discovery_channel": "2",
        "urgency": "routine",
    }
    begun = {**start, **draft}
    case_form = BlankForm(begun, required=required_of(CaseInput))
    need_form = BlankForm(begun, required=required_of(NeedInput))
    return render(request, _new_page(session, actor, person, case_form, need_form))


def _draft_name(person: Resident) -> str:
    return f"case-new-{person.pk}"


def _new_page(
    session: Session, actor: Actor, person: Resident, case_form: CaseForm, need_form: NeedForm
) -> NewCasePage:
    return NewCasePage(
        resident_id=person.pk,
        name=resident_seen(actor, person, china_day(now())).name,
        place=full_name(session, person.region_code),
        case_form=case_form,
        need_form=need_form,
        has_errors=bool(case_form.errors or need_form.errors),
        is_urgent_open=bool(case_form.typed.get("first_help_reason") or case_form.typed.get("discovered_on")),
    )


@router.post("/cases", dependencies=[needs(Action.record_cases)])
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form, resident: QueryId) -> Response:
    """Open a case with its first need, so that the search for a project can start."""
    person = get_resident(session, actor, resident)
    case_form, need_form = fill(form, CaseInput), fill(form, NeedInput)
    if "suggest" in form:
        page = _new_page(
            session,
            actor,
            person,
            BlankForm(case_form.typed, required=required_of(CaseInput)),
            with_suggestions(session, form),
        )
        return render(request, page)
    texts, origin = texts_of(form, "summary", "first_help_reason", "text"), TextOrigin.about(person, TextSource.need)
    if stop := stop_for_danger(request, session, actor, form, texts, origin, is_referral=True):
        return stop
    if "relief" in form and case_form.model is not None:
        return _open_for_relief(request, session, actor, person, case_form.model, str(form.get("text", "")))
    if case_form.model is None or need_form.model is None:
        return render(request, _new_page(session, actor, person, case_form, need_form), 422)
    case = service.open_case(session, actor, person, case_form.model)
    need, *_others = [service.add_need(session, actor, case, need) for need in needs_of_form(need_form.model, form)]
    service.discard_draft(session, actor, _draft_name(person))
    return redirect(request, f"/needs/{need.pk}/matches", _("The case is recorded. These projects fit."))


def _open_for_relief(
    request: Request, session: Session, actor: Actor, person: Resident, inputs: CaseInput, text: str
) -> Response:
    """Open a case without a service: what was asked for is money, goods or shelter."""
    words = "\n".join(filter(None, (inputs.summary, text)))[:MAX_SUMMARY]
    case = service.open_case(session, actor, person, inputs.model_copy(update={"summary": words}))
    service.discard_draft(session, actor, _draft_name(person))
    message = _("The case is recorded. Visit the home, then decide on relief. In an emergency, help first.")
    return redirect(request, f"/cases/{case.pk}", message)


@router.get("/cases/{case_id}", dependencies=[needs(Action.read_cases)])
def show(request: Request, session: ReadSession, actor: CurrentActor, case_id: PathId) -> Response:
    """The page of a case."""
    return render_case(request, session, actor, case_id)


@router.post("/cases/{case_id}/needs", dependencies=[needs(Action.record_cases)])
def add_need(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Add a need to a case."""
    case = queries.get_case(session, actor, case_id)
    if "suggest" in form:
        return render_case(request, session, actor, case_id, CaseForms(need=with_suggestions(session, form)))
    origin = queries.case_origin(case, TextSource.need)
    if stop := stop_for_danger(request, session, actor, form, texts_of(form, "text"), origin, is_referral=True):
        return stop
    if "relief" in form:
        message = _(
            "Money, goods and shelter are relief: they are decided on in this case. In an emergency, help first."
        )
        return redirect(request, f"/cases/{case_id}", message)
    need_form = fill(form, NeedInput)
    if need_form.model is None:
        return render_case(request, session, actor, case_id, CaseForms(need=need_form), 422)
    need, *_others = [service.add_need(session, actor, case, need) for need in needs_of_form(need_form.model, form)]
    service.discard_draft(session, actor, f"need-new-{case_id}")
    return redirect(request, f"/needs/{need.pk}/matches", _("The need is recorded. These projects fit."))


@router.post("/cases/{case_id}/close", dependencies=[needs(Action.record_cases)])
def close(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Close a case, with a reason where papers are still to be filed."""
    case = queries.get_case(session, actor, case_id)
    if stop := stop_for_danger(
        request, session, actor, form, texts_of(form, "reason"), queries.case_origin(case, TextSource.note)
    ):
        return stop
    close_case(session, actor, case, reason=_reason(form))
    return redirect(request, f"/cases/{case_id}", _("Done."))


@router.post("/cases/{case_id}/withdraw", dependencies=[needs(Action.record_cases)])
def withdraw(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Withdraw a case, with a reason."""
    return _step(request, session, actor, case_id, CaseVerb.withdraw, form)


@router.post("/cases/{case_id}/reopen", dependencies=[needs(Action.record_cases)])
def reopen(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Open an ended case again, with a reason."""
    return _step(request, session, actor, case_id, CaseVerb.reopen, form)


@router.post("/cases/{case_id}/mark_in_error", dependencies=[needs(Action.record_cases)])
def mark_in_error(
    request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form
) -> Response:
    """Mark a case as entered in error, with a reason."""
    return _step(request, session, actor, case_id, CaseVerb.mark_in_error, form)


def _step(request: Request, session: Session, actor: Actor, case_id: int, verb: CaseVerb, form: Form) -> Response:
    case = queries.get_case(session, actor, case_id)
    origin = queries.case_origin(case, TextSource.note)
    if stop := stop_for_danger(request, session, actor, form, texts_of(form, "reason"), origin):
        return stop
    service.step_case(session, actor, case, verb, reason=_reason(form))
    return redirect(request, f"/cases/{case_id}", _("Done."))


def _reason(form: Form) -> str:
    return str(form.get("reason", ""))[:500]
