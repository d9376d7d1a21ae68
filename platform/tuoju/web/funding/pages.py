"""Pages of calls for their managers: drafted from the gaps of a plan, published by two persons, extended, answered."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.funding import call_queries as queries
from tuoju.funding import calls
from tuoju.funding.application_queries import applications_to
from tuoju.funding.call_rules import call_rules_for
from tuoju.funding.calls import PROPOSED, Gap
from tuoju.funding.criteria import USUAL_POINTS, Criterion
from tuoju.funding.errors import CallNumberTaken, TopicMissing
from tuoju.funding.inputs import AnswerInput, CallInput, ExtensionInput, ReasonInput
from tuoju.funding.models import Call
from tuoju.funding.money import from_fen
from tuoju.plans import planning
from tuoju.plans.models import Plan
from tuoju.plans.queries import find_plans, get_plan
from tuoju.plans.status import PlanState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.web.funding.application_pages import card_of as application_card
from tuoju.web.funding.application_views import ApplicationCard
from tuoju.web.funding.call_words import card_of, facts_of, gap_rows, topic_rows
from tuoju.web.funding.views import CallFormPage, CallListPage, CallPage, QuestionRow, StepRow
from tuoju.web.kit.bounds import PathId, QueryId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.edits import filled_from, merged
from tuoju.web.kit.forms import WHOLE_FORM, BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import china_time
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.funding_status import CallState, CallVerb, Hat
from tuoju_projects.lifecycles import CALL
from tuoju_projects.models import FundingType

router = APIRouter(prefix="/funding", dependencies=[needs(Action.manage_calls)])

USUAL_PREPARATION = timedelta(days=60)
"""From the last day for applications to the start of the projects: review, notice, agreements."""
COMPUTED = frozenset({PlanState.proposed, PlanState.approved, PlanState.sending})
"""Plans whose gaps are known."""


@router.get("/calls")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The calls of the region, and the plans from which another can be drafted."""
    rows = queries.find_calls(session, actor)
    plans = [plan for plan in find_plans(session, actor, limit=10) if plan.state in COMPUTED]
    places = names(session, {row.region_code for row in rows} | {plan.region_code for plan in plans})
    page = CallListPage(
        calls=[card_of(call, places[call.region_code], f"/funding/calls/{call.pk}", _proposal(call)) for call in rows],
        plans=[
            (
                f"/funding/calls/new?plan={plan.pk}",
                _("Gaps of plan %(number)s, %(place)s") % {"number": plan.pk, "place": places[plan.region_code]},
            )
            for plan in plans
        ],
    )
    return render(request, page)


def gaps_of(session: Session, plan: Plan) -> list[Gap]:
    """The gaps of a plan that are large enough to be published."""
    rates = planning.rates(session)
    brief = planning.brief(planning.gap_groups(planning.baseline_of(session, plan), rates), rates)
    return [
        Gap(
            category=topic.category,
            target_group=topic.target_group,
            townships=topic.townships,
            needs=topic.needs,
            person_times=topic.person_times,
            budget_fen=(topic.budget.low, topic.budget.middle, topic.budget.high) if topic.budget else None,
        )
        for topic in brief.topics
    ]


@router.get("/calls/new", dependencies=[costs(Expense.plan)])
def new(request: Request, session: ReadSession, actor: CurrentActor, plan: QueryId) -> Response:
    """The form of a call, with the gaps of a plan to choose from."""
    chosen_plan = get_plan(session, actor, plan)
    today = china_day(now())
    closes_on = today + timedelta(days=call_rules_for(session, chosen_plan.region_code, today)[CallRuleName.open_days])
    starts_on = closes_on + USUAL_PREPARATION
    gaps = gaps_of(session, chosen_plan)
    start: dict[str, Any] = {
        "funding_type": FundingType.venture_philanthropy,
        "closes_on": closes_on.isoformat(),
        "starts_on": starts_on.isoformat(),
        "ends_on": (starts_on + timedelta(days=304)).isoformat(),
        "topics": [gap.key for gap in gaps],
        **{f"points_{criterion}": points for criterion, points in USUAL_POINTS.items()},
    }
    return render(request, _new_page(session, chosen_plan, gaps, BlankForm(start, required=required_of(CallInput))))


def _new_page(
    session: Session, plan: Plan, gaps: list[Gap], form: BlankForm | SubmittedForm[CallInput]
) -> CallFormPage:
    return CallFormPage(
        action=f"/funding/calls?plan={plan.pk}",
        back="/funding/calls",
        topics=gap_rows(session, gaps),
        is_new=True,
        form=form,
        criteria=_criteria(),
    )


def _criteria() -> list[tuple[str, str]]:
    return [(f"points_{criterion}", label("criterion", criterion)) for criterion in Criterion]


@router.post("/calls", dependencies=[costs(Expense.plan)])
def create(request: Request, session: WriteSession, actor: CurrentActor, plan: QueryId, form: Form) -> Response:
    """Draft a call."""
    chosen_plan = get_plan(session, actor, plan)
    gaps, chosen = gaps_of(session, chosen_plan), [key for key in form.getlist("topics") if isinstance(key, str)]
    filled = fill(form, CallInput)
    if filled.model is not None:
        try:
            call = calls.draft_call(
                session, actor, (chosen_plan.pk, chosen_plan.region_code), gaps, chosen, filled.model
            )
            message = _("The draft is saved. Check it, then propose its publication; another manager confirms.")
            return redirect(request, f"/funding/calls/{call.pk}", message)
        except CallNumberTaken:
            filled.add("number", _("Another call has this number."))
        except TopicMissing:
            filled.add("topics", _("Choose at least one topic."))
    filled.typed = {**filled.typed, "topics": chosen}
    return render(request, _new_page(session, chosen_plan, gaps, filled), 422)


@router.get("/calls/{call_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """One call, with what waits and what is possible."""
    return render(request, _page(session, actor, queries.get_call(session, actor, call_id)))


def _page(session: Session, actor: Actor, call: Call) -> CallPage:
    steps = queries.steps_of(session, call)
    people = names_of(session, {step.by for step in steps} | {call.proposed_by})
    questions = [QuestionRow(row.pk, row.question, row.answer) for row in queries.questions_of(session, call)]
    possible = [verb for verb in CALL.verbs_from(call.state, Hat.manager) if verb in PROPOSED]
    return CallPage(
        call_id=call.pk,
        facts=facts_of(session, call),
        proposal=_proposal(call, people.get(call.proposed_by or 0, "")),
        proposed_verb=call.proposed_verb or "",
        may_confirm=call.proposed_verb is not None and call.proposed_by != actor.user_id,
        may_propose=[(verb, label("call_verb", verb)) for verb in possible] if call.proposed_verb is None else [],
        may_edit=call.state is CallState.draft,
        may_extend=queries.is_open(call),
        public_url=f"/calls/{call.pk}" if call.published_at else "",
        applications=_applications(session, actor, call),
        organizations=_organizations(session, call),
        unanswered=[row for row in questions if not row.answered],
        answered=[row for row in questions if row.answered],
        steps=[
            StepRow(
                label("call_verb", step.verb),
                china_time(step.at),
                people.get(step.by or 0, _("The system, on the day")),
            )
            for step in steps
        ],
    )


def _applications(session: Session, actor: Actor, call: Call) -> list[ApplicationCard]:
    """Which applications there are; what they say only where the office typed them in."""
    return [
        application_card(call, row, organization, url=f"/applications/{row.pk}" if row.is_from_paper else "")
        for row, organization in applications_to(session, actor, call)
    ]


def _organizations(session: Session, call: Call) -> list[tuple[str, str]]:
    if not queries.is_open(call):
        return []
    return [(str(row.id), row.name) for row in queries.organizations_of(session, call.region_code)]


def _proposal(call: Call, name: str = "") -> str:
    if call.proposed_verb is None:
        return ""
    words = {"step": label("call_verb", call.proposed_verb), "name": name}
    if name:
        return _("%(name)s proposes: %(step)s. Another manager confirms.") % words
    return _("Waits for a second person: %(step)s") % words


def _stored(call: Call) -> dict[str, Any]:
    """A call as its form is filled with it."""
    values = call.model_dump(mode="json", include=set(CallInput.model_fields))
    values |= {"budget_yuan": from_fen(call.budget_fen), "closes_on": queries.last_day_of(call).isoformat()}
    return values | {f"points_{criterion}": call.criteria.get(criterion, 0) for criterion in Criterion}


@router.get("/calls/{call_id}/edit")
def edit(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """The form of a draft."""
    call = queries.get_call(session, actor, call_id)
    return render(request, _edit_page(session, call, filled_from(_stored(call), CallInput)))


def _edit_page(session: Session, call: Call, form: BlankForm | SubmittedForm[CallInput]) -> CallFormPage:
    return CallFormPage(
        action=f"/funding/calls/{call.pk}/edit",
        back=f"/funding/calls/{call.pk}",
        topics=topic_rows(session, queries.topics_of(session, call)),
        is_new=False,
        form=form,
        criteria=_criteria(),
    )


@router.post("/calls/{call_id}/edit")
def change(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Change a draft."""
    call = queries.get_call(session, actor, call_id)
    merging = merged(form, _stored(call), fill(form, CallInput).model)
    filled = merging.back(fill(merging.form, CallInput))
    if filled.model is not None:
        try:
            calls.change_call(session, actor, call, filled.model)
            return redirect(request, f"/funding/calls/{call.pk}", _("Done."))
        except CallNumberTaken:
            filled.add("number", _("Another call has this number."))
    return render(request, _edit_page(session, call, filled), 409 if merging.conflicts else 422)


@router.post("/calls/{call_id}/propose-publish")
def propose_publication(
    request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form
) -> Response:
    """Propose to publish; another manager confirms."""
    calls.propose(session, actor, queries.get_call(session, actor, call_id), CallVerb.publish)
    return redirect(request, f"/funding/calls/{call_id}", _("Another manager was asked to confirm."))


@router.post("/calls/{call_id}/propose-cancel")
def propose_cancellation(
    request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form
) -> Response:
    """Propose to cancel, with the reason that is published; another manager confirms."""
    call, filled = queries.get_call(session, actor, call_id), fill(form, ReasonInput)
    if filled.model is None:
        message = _("Give a reason of at least 4 characters.")
        return redirect(request, f"/funding/calls/{call_id}", message)
    calls.propose(session, actor, call, CallVerb.cancel, filled.model.reason)
    return redirect(request, f"/funding/calls/{call_id}", _("Another manager was asked to confirm."))


@router.post("/calls/{call_id}/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Confirm, as the second person, the step that the page showed."""
    call = queries.get_call(session, actor, call_id)
    verb = CallVerb.cancel if form.get("to") == CallVerb.cancel else CallVerb.publish
    calls.confirm(session, actor, call, verb)
    message = _("The call is published.") if verb is CallVerb.publish else _("The call is cancelled.")
    return redirect(request, f"/funding/calls/{call_id}", message)


@router.post("/calls/{call_id}/drop-proposal")
def drop_proposal(
    request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form
) -> Response:
    """Take back or refuse what waits for a second person."""
    calls.drop_proposal(session, actor, queries.get_call(session, actor, call_id))
    return redirect(request, f"/funding/calls/{call_id}", _("Nothing waits for a second person any more."))


@router.post("/calls/{call_id}/extend")
def extend(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Take applications until a later day, for all."""
    call, filled = queries.get_call(session, actor, call_id), fill(form, ExtensionInput)
    if filled.model is None:
        return redirect(
            request, f"/funding/calls/{call_id}", filled.errors.get("closes_on") or filled.errors[WHOLE_FORM]
        )
    calls.extend(session, actor, call, filled.model)
    return redirect(request, f"/funding/calls/{call_id}", _("The call is extended for all. Applicants were told."))


@router.post("/questions/{question_id}")
def answer(request: Request, session: WriteSession, actor: CurrentActor, question_id: PathId, form: Form) -> Response:
    """Answer a question for all."""
    question, call = queries.get_question(session, actor, question_id)
    filled = fill(form, AnswerInput)
    if filled.model is None:
        return redirect(request, f"/funding/calls/{call.pk}", _("Write the answer."))
    calls.answer(session, actor, call, question, filled.model)
    return redirect(request, f"/funding/calls/{call.pk}", _("The answer is published."))
