"""Cases: open one for a resident, add needs, close it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import names_of, officers_of
from tuoju.cases import queries, service
from tuoju.cases.clock import due_status, last_day
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, NeedInput, OpinionInput
from tuoju.cases.models import Case
from tuoju.cases.procedure import (
    conflicts_of,
    handling_days_of,
    latest_investigation,
    notice_period_over,
    pauses_of,
    policy_of,
)
from tuoju.cases.status import ENDED_CASES, CaseState, CaseVerb
from tuoju.cases.times import times_of
from tuoju.database.records import now
from tuoju.referrals.queries import ReferralRow, find_referrals
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import full_name, names
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput, PaymentInput
from tuoju.relief.notices import notice_of, objections_to, shown_name
from tuoju.relief.queries import earmarked_accounts_of, find_fund, payments_of
from tuoju.relief.societies import society_of
from tuoju.reports.chain import links_of
from tuoju.reports.checklist import checklist
from tuoju.reports.closing import close_case, to_file
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident
from tuoju.residents.queries import get_resident, masked_by_id
from tuoju.web.cases.attachment_pages import papers_for
from tuoju.web.cases.suggestion_pages import advised
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

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
    start = {
        "opened_by": "proactive_discovery",
        "scheme": "society_relief",
        "discovery_channel": "2",
        "urgency": "routine",
    }
    return _form(request, session, person, BlankForm({**start, **draft}), BlankForm({**start, **draft}))


def _form(
    request: Request,
    session: Session,
    person: Resident,
    case_form: BlankForm | SubmittedForm[CaseInput],
    need_form: BlankForm | SubmittedForm[NeedInput],
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
    if "suggest" in form:
        return _form(request, session, person, BlankForm(case_form.typed), advised(session, form))
    if case_form.model is None or need_form.model is None:
        return _form(request, session, person, case_form, need_form, 422)
    case = service.open_case(session, actor, person, case_form.model)
    need = service.add_need(session, actor, case, need_form.model)
    service.discard_draft(session, actor, f"case-new-{person.pk}")
    return redirect(request, f"/needs/{need.pk}/matches", _("The case is recorded. These projects fit."))


@router.get("/cases/{case_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, case_id: int) -> Response:
    return case_page(request, session, actor, case_id)


def case_page(
    request: Request,
    session: Session,
    actor: Actor,
    case_id: int,
    *,
    need_form: BlankForm | SubmittedForm[NeedInput] | None = None,
    opinion_form: BlankForm | SubmittedForm[OpinionInput] | None = None,
    decision_form: BlankForm | SubmittedForm[DecisionInput] | None = None,
    payment_form: BlankForm | SubmittedForm[PaymentInput] | None = None,
    notice_form: BlankForm | SubmittedForm[NoticeInput] | None = None,
    objection_form: BlankForm | SubmittedForm[ObjectionInput] | None = None,
    answer_form: BlankForm | SubmittedForm[AnswerInput] | None = None,
    status: int = 200,
) -> Response:
    """The case as it stands, with the form of its next step; any form may come back with what was typed."""
    case = queries.get_case(session, actor, case_id)
    needs = queries.needs_of(session, [case])[case.pk]
    referrals: dict[int, list[ReferralRow]] = {need.pk: [] for need in needs}
    for row in find_referrals(session, actor, case_id=case.pk):
        referrals[row[0].need_id].append(row)
    draft = draft_of(session, actor, f"need-new-{case.pk}", lists=NEED_LISTS)
    granted = f"{case.granted_fen / 100:.2f}" if case.granted_fen else ""
    return render(
        request,
        "cases/show.html",
        status,
        case=case,
        person=masked_by_id(session, {case.resident_id}, china_day(now()))[case.resident_id],
        place=full_name(session, case.region_code),
        needs=needs,
        referrals=referrals,
        verbs=service.lawful_verbs(case),
        checklist=checklist(session, case) if case.has_procedure else [],
        to_file=to_file(session, case) if CaseVerb.close in service.lawful_verbs(case) else [],
        papers=papers_for(session, actor, case),
        form=need_form or BlankForm({"urgency": "routine", **draft}),
        opinion_form=opinion_form or BlankForm({"opinion": "relieve"}),
        decision_form=decision_form or BlankForm({"approve": "true", "granted_yuan": _suggested(session, case)}),
        payment_form=payment_form or BlankForm({"way": "transfer", "amount_yuan": granted}),
        notice_form=notice_form or BlankForm({"by_number": "false"}),
        objection_form=objection_form or BlankForm(),
        answer_form=answer_form or BlankForm({"upheld": "false", "recheck": "revisit"}),
        **_procedure(session, actor, case),
    )


def _suggested(session: Session, case: Case) -> str:
    """The amount that whoever visited suggests, for the decider to change."""
    found = latest_investigation(session, case) if case.state is CaseState.under_review else None
    yuan = InvestigationInput.model_validate_json(found.findings).suggested_yuan if found else 0
    return str(yuan) if yuan else ""


def _procedure(session: Session, actor: Actor, case: Case) -> dict[str, Any]:
    """What the page shows of a case under a rule with a procedure; of any other the rule alone."""
    if not case.has_procedure:
        return {"policy": policy_of(session, case), "due_status": None, "paused": None}
    steps = queries.steps_of(session, case)
    payments = payments_of(session, [case])[case.pk]
    fund = find_fund(session, case.region_code) if may(actor, Action.keep_funds) else None
    officers = officers_of(session, case.region_code) if may(actor, Action.record_cases) else []
    people = {case.recorded_by, *(each.by for each in steps)}
    people |= {each.prepared_by for each in payments} | {each.confirmed_by for each in payments}
    pauses, notice, conflicts = pauses_of(session, case), notice_of(session, case), conflicts_of(session, case)
    people |= {each.paused_by for each in pauses} | {each.user_id for each in conflicts}
    objections = objections_to(session, notice) if notice else []
    society = society_of(session, case.region_code)
    links = links_of(session, actor, case) if case.state not in ENDED_CASES else []
    people |= {each.answered_by for each in objections}
    return {
        "policy": policy_of(session, case),
        "steps": steps,
        "notice": notice,
        "notice_over": notice is None or notice.last_day < china_day(now()),
        "hung": notice_period_over(case),
        "objections": objections,
        "shown_name": shown_name(session, case, by_number=False),
        "payments": payments,
        "purses": earmarked_accounts_of(session, fund) if fund else [],
        "investigation": latest_investigation(session, case),
        "paused": next((each for each in pauses if each.to_day is None), None),
        "links": links,
        "conflicts": conflicts,
        "pauses": pauses,
        "uncounted": society is None or society.households is None,
        "chain_places": names(session, {each.region_code for each in links}),
        "times": times_of(session, case, notice.posted_on if notice else None),
        "days": handling_days_of(session, case, china_day(now())),
        "officers": [(user.pk, user.display_name) for user in officers],
        "people": names_of(session, people),
        "due_status": due_status(last_day(case.due_at), china_day(now()), calendar_of(session))
        if case.due_at
        else None,
    }


@router.post("/cases/{case_id}/needs")
def add_need(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = queries.get_case(session, actor, case_id)
    if "suggest" in form:
        return case_page(request, session, actor, case_id, need_form=advised(session, form))
    filled = fill(form, NeedInput)
    if filled.model is None:
        return case_page(request, session, actor, case_id, need_form=filled, status=422)
    need = service.add_need(session, actor, case, filled.model)
    service.discard_draft(session, actor, f"need-new-{case_id}")
    return redirect(request, f"/needs/{need.pk}/matches", _("The need is recorded. These projects fit."))


@router.post("/cases/{case_id}/{verb}")
def step(
    request: Request, session: WriteSession, actor: CurrentActor, case_id: int, verb: CaseVerb, form: Form
) -> Response:
    case = queries.get_case(session, actor, case_id)
    reason = str(form.get("reason", ""))[:500]
    if verb is CaseVerb.close:
        close_case(session, actor, case, reason=reason)
    else:
        service.step_case(session, actor, case, verb, reason=reason)
    return redirect(request, f"/cases/{case_id}", _("Done."))
