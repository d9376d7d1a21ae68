"""Referrals: the list, one referral with the steps that the reader may take, for both sides."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.request_context import note_read
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.referrals import complaints, messages, queries, service
from tuoju.referrals.complaints import ComplaintAnswerInput
from tuoju.referrals.confirmations import OutcomeCheckInput, record_check
from tuoju.referrals.errors import FirstVisitImpossible, NothingWritten
from tuoju.referrals.models import ComplaintCause, Referral
from tuoju.referrals.queries import ReferralRow, referral_origin
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.referrals.views import ReferralSeen, referrals_seen
from tuoju.regions.queries import names
from tuoju.residents.models import TextSource
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.disclosure import stop_for_disclosure
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.kit.views import FilterLink
from tuoju.web.referrals.inputs import TypedRating, TypedStep, first_visit_of
from tuoju.web.referrals.panels import sex_and_age
from tuoju.web.referrals.referral_page import RefilledForms, referral_page
from tuoju.web.referrals.steps import STEP_ERRORS, RefusedStep, confirmation_of, take_step
from tuoju.web.referrals.views import ReferralCard, ReferralListPage
from tuoju.words.formats import due_day
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
PAGE = 50


@router.get("/referrals", dependencies=[needs(Action.read_referrals)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[ReferralState | None, Query()] = None,
    before: OptionalQueryId = None,
) -> Response:
    """Referrals in scope, or those of one state, a page at a time; the filters say how many there are."""
    fetched = queries.find_referrals(session, actor, states=[state] if state else (), before_id=before, limit=PAGE + 1)
    rows = fetched[:PAGE]
    here = f"/referrals?state={state}&" if state else "/referrals?"
    seen = referrals_seen(session, actor, rows)
    places = names(session, {view.region_code for view in seen})
    view = ReferralListPage(
        title=_("Referrals") if actor.organization_id is None else _("Inbox"),
        filters=_filters(queries.count_referrals(session, actor), state),
        cards=[_card(actor, row, view, places[view.region_code]) for row, view in zip(rows, seen, strict=True)],
        older_url=f"{here}before={rows[-1].referral.pk}" if len(fetched) > PAGE else "",
    )
    return render(request, view)


def _filters(counts: dict[ReferralState, int], current: ReferralState | None) -> list[FilterLink]:
    """All, and every state that has referrals or is being looked at."""
    every = FilterLink(_("All") + f" {sum(counts.values())}", "/referrals", current is None)
    return [every] + [
        FilterLink(
            f"{label('referral_state', state)} {counts.get(state, 0)}", f"/referrals?state={state}", state is current
        )
        for state in ReferralState
        if counts.get(state) or state is current
    ]


def _card(actor: Actor, row: ReferralRow, seen: ReferralSeen, place: str) -> ReferralCard:
    referral = row.referral
    is_receiver = actor.organization_id is not None
    return ReferralCard(
        url=f"/referrals/{referral.pk}",
        category=row.need.category,
        urgency=row.need.urgency,
        state=referral.state,
        need_text=seen.need.text,
        person=" · ".join(filter(None, (seen.person.name, sex_and_age(seen.person)))),
        place=place,
        project=row.project.name if is_receiver else f"{row.project.name} · {row.organization.name}",
        answer_due=_answer_due(referral),
    )


def _answer_due(referral: Referral) -> str:
    if referral.state is not ReferralState.requested:
        return ""
    words = _("answer by %(day)s") % {"day": due_day(referral.answer_due_at)}
    return words + _(" (") + _("provisional") + _(")") if referral.answer_due_provisional else words


@router.get("/inbox", dependencies=[needs(Action.read_referrals)])
def inbox(request: Request, actor: CurrentActor) -> Response:
    """The referrals that wait for an answer, at an address that is easy to remember."""
    return redirect(request, f"/referrals?state={ReferralState.requested}")


@router.get("/referrals/{referral_id}", dependencies=[needs(Action.read_referrals)])
def show(request: Request, session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    note_read(referral)
    return referral_page(request, session, actor, referral)


@router.post("/referrals/{referral_id}/reveal", dependencies=[needs(Action.read_referrals), repeatable(READS)])
def reveal(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: BareForm
) -> Response:
    """After acceptance the charity reads whom to serve, and where; each reading is audited."""
    referral = queries.get_referral(session, actor, referral_id)
    purpose = fill(form, PurposeInput)
    if purpose.model is None:
        return referral_page(request, session, actor, referral, refilled=RefilledForms(purpose=purpose))
    stated = state_purpose(session, actor, purpose.model)
    revealed = service.reveal(session, actor, referral, purpose=stated)
    return referral_page(request, session, actor, referral, revealed=revealed)


@router.post("/referrals/{referral_id}/messages", dependencies=[needs(Action.answer_referrals, Action.send_referrals)])
def write(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    texts, origin = texts_of(form, "text"), referral_origin(session, referral, TextSource.message)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    row = queries.row_of(session, referral)
    if actor.organization_id is None and (
        stop := stop_for_disclosure(request, session, actor, form, ("text",), row.resident, row.need.category)
    ):
        return stop
    try:
        messages.write(session, actor, referral, str(form.get("text", "")))
    except NothingWritten as error:
        return redirect(request, f"/referrals/{referral_id}", _(TABLE[type(error)].sentence))
    return redirect(request, f"/referrals/{referral_id}", _("Sent."))


@router.post("/referrals/{referral_id}/first-visit", dependencies=[needs(Action.answer_referrals)])
def plan_first_visit(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    try:
        service.plan_first_visit(session, actor, referral, first_visit_of(form))
    except FirstVisitImpossible as error:
        return redirect(request, f"/referrals/{referral_id}", _(TABLE[type(error)].sentence))
    return redirect(
        request, f"/referrals/{referral_id}", _("Saved. The social worker and the resident will know this date.")
    )


@router.post("/referrals/{referral_id}/satisfaction", dependencies=[needs(Action.send_referrals)])
def satisfaction(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    rating = TypedRating.of(form)
    if rating.satisfaction is None:
        return redirect(request, f"/referrals/{referral_id}", _("Choose an option from the list."))
    texts, origin = [rating.comment], referral_origin(session, referral, TextSource.feedback)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    record_satisfaction(
        session,
        actor,
        referral,
        rating.satisfaction,
        solved=rating.solved,
        by=rating.by,
        asked_by=rating.asked_by,
        comment=rating.comment,
    )
    if form.get("safety") == "danger":
        complaints.open_complaint(session, actor, referral, ComplaintCause.worrying_words)
    return redirect(request, f"/referrals/{referral_id}", _("Thank you. Your feedback is recorded."))


@router.post("/referrals/{referral_id}/complaint", dependencies=[needs(Action.answer_complaints)])
def answer_complaint(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    """Answer what the resident complains about; they read the answer on their page."""
    referral = queries.get_referral(session, actor, referral_id)
    texts, origin = texts_of(form, "answer"), referral_origin(session, referral, TextSource.note)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    filled = fill(form, ComplaintAnswerInput)
    if filled.model is None:
        return referral_page(request, session, actor, referral, refilled=RefilledForms(complaint=filled))
    complaints.answer_complaint(session, actor, referral, filled.model)
    return redirect(request, f"/referrals/{referral_id}#complaint", _("Answered. The resident can read it."))


@router.post("/referrals/{referral_id}/check", dependencies=[needs(Action.confirm_outcomes)])
def check_outcome(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    """Record what the resident answered on a call-back or a spot check."""
    referral = queries.get_referral(session, actor, referral_id)
    filled = fill(form, OutcomeCheckInput)
    if filled.model is None:
        return referral_page(request, session, actor, referral, refilled=RefilledForms(check=filled))
    record_check(session, actor, referral, filled.model)
    return redirect(request, "/confirmations", _("Recorded: referral %(number)s.") % {"number": referral.number})


def _step_route(verb: ReferralVerb) -> Callable[..., Response]:
    def take(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
        referral = queries.get_referral(session, actor, referral_id)
        typed = TypedStep.of(form)
        origin = referral_origin(session, referral, TextSource.note)
        if stop := stop_for_danger(request, session, actor, form, [typed.note], origin):
            return stop
        try:
            take_step(session, actor, referral, verb, typed)
        except STEP_ERRORS as error:
            return referral_page(request, session, actor, referral, refused=RefusedStep.of(error, typed))
        return redirect(request, f"/referrals/{referral_id}", confirmation_of(verb))

    return take


for _verb in ReferralVerb:
    router.add_api_route(
        f"/referrals/{{referral_id}}/{_verb}",
        _step_route(_verb),
        methods=["POST"],
        dependencies=[needs(Action.answer_referrals, Action.send_referrals)],
        name=f"{_verb}_referral_page",
    )
