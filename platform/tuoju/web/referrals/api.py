"""API of referrals: send, list, read, and one route for each step of the table."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_context import note_read
from tuoju.cases.models import Case
from tuoju.cases.queries import case_origin, get_need
from tuoju.plans.queries import prices_for
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.referrals import queries, service
from tuoju.referrals.confirmations import HelpState, OutcomeCheckInput, help_states, record_check
from tuoju.referrals.doubles import send_once
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import ReferralRow, referral_origin
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import HELPED, STEPS, Outcome, ReferralState, ReferralVerb, RejectionReason, Side
from tuoju.referrals.views import reader_of, referral_seen, referrals_seen, steps_seen
from tuoju.regions.queries import names
from tuoju.residents.disclosure import offer_masked
from tuoju.residents.linter import linters_of
from tuoju.residents.models import Resident, TextSource
from tuoju.visits.service import complete
from tuoju.web.kit.bounds import GREATEST, Id, PathId
from tuoju.web.kit.conditional_requests import Condition, IfMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf, Paging
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.residents import Revealed
from tuoju.web.kit.safety import check_api_texts
from tuoju.web.referrals.representations import ReferralListed, ReferralShown, referral_listed, referral_shown
from tuoju_projects.queries import get_project
from tuoju_text.inputs import Input

router = api_router("/referrals", "Referrals")

WAITING_FOR_ANSWER = (ReferralState.requested, ReferralState.waitlisted)
"""What an inbox holds."""


class ReferralInput(Input):
    """One need, referred to one project."""

    need_id: Id
    project_id: Id
    note: str = Field(default="", max_length=500, description="What the project should know. Do not include names.")
    repeat_reason: str = Field(
        default="",
        max_length=200,
        description="Why the person needs the same service or the same project a second time; a 409 asks for it.",
    )
    mask_note: bool = Field(default=True, description="Mask in the note what the service need not know of the person.")


class StepInput(Input):
    """A note on the step (optional)."""

    note: str = Field(default="", max_length=500)


class RejectInput(StepInput):
    """Why the referral is rejected. Explain `other` in `note`."""

    reason: RejectionReason


class CompleteInput(StepInput):
    """The outcome for the need. Met and partly met need at least one recorded visit."""

    outcome: Outcome


class ExplainedInput(StepInput):
    """The reason."""

    note: str = Field(min_length=1, max_length=500)


class SatisfactionInput(Input):
    """How satisfied the resident is, from 1 (very dissatisfied) to 5 (very satisfied)."""

    satisfaction: int = Field(ge=1, le=5)


def _shown(session: Session, actor: Actor, referral: Referral, status: int = 200, location: str = "") -> Response:
    row = queries.get_row(session, actor, referral.pk)
    reader = reader_of(session, actor, row)
    seen, steps = referral_seen(reader, row), steps_seen(session, reader, referral)
    help_known = _help_known(session, actor, [row]).get(referral.pk)
    shown = referral_shown(row, seen, steps, actor, names(session, [seen.region_code]), help_known)
    return represent(shown, status, version=referral.version, location=location)


def _help_known(session: Session, actor: Actor, rows: Sequence[ReferralRow]) -> dict[int, HelpState]:
    """How sure the help of each referral is, for those who may confirm it; never for an organization."""
    if not may(actor, Action.confirm_outcomes):
        return {}
    return help_states(session, [row.referral.pk for row in rows if row.referral.outcome in HELPED])


def _page(
    session: Session,
    actor: Actor,
    paging: Paging,
    states: tuple[ReferralState, ...],
    project_id: int | None = None,
    need_id: int | None = None,
) -> Page[ReferralListed]:
    rows = queries.find_referrals(
        session,
        actor,
        states=states,
        project_id=project_id,
        need_id=need_id,
        before_id=paging.after_id,
        limit=paging.fetch,
    )
    shown, following = paging.take(rows, lambda row: (row.referral.pk,))
    seen = referrals_seen(session, actor, shown)
    places = names(session, {view.region_code for view in seen})
    known = _help_known(session, actor, shown)
    items = [
        referral_listed(row, view, actor, places, known.get(row.referral.pk))
        for row, view in zip(shown, seen, strict=True)
    ]
    return Page(items=items, next=following)


@router.get("", summary="List referrals", dependencies=[needs(Action.read_referrals)])
def list_referrals(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    state: Annotated[list[ReferralState] | None, Query(description="Any of these states.")] = None,
    project_id: Annotated[int | None, Query(ge=1, le=GREATEST)] = None,
    need_id: Annotated[int | None, Query(ge=1, le=GREATEST)] = None,
) -> Page[ReferralListed]:
    """The referrals sent from your region or to your organization, latest first."""
    return _page(session, actor, paging, tuple(state or ()), project_id, need_id)


@router.get("/inbox", summary="List the referrals that wait for an answer", dependencies=[needs(Action.read_referrals)])
def list_inbox(session: ReadSession, actor: CurrentActor, paging: PageOf) -> Page[ReferralListed]:
    """Requested or on the waiting list, latest first."""
    return _page(session, actor, paging, WAITING_FOR_ANSWER)


@router.post(
    "",
    summary="Refer a need to a project",
    status_code=201,
    response_model=ReferralShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.answer_referrals, Action.send_referrals)],
)
def send_referral(session: WriteSession, actor: CurrentActor, inputs: ReferralInput, once: OnlyOnce) -> Response:
    """Holds a place in the project in the same transaction and notifies its staff. A 409 says what prevents it: no
    consent, no place left, a need that is already referred, or an eligibility rule that is not met."""

    def create() -> Response:
        need = get_need(session, actor, inputs.need_id)
        project = get_project(session, inputs.project_id)
        origin = case_origin(session.get_one(Case, need.case_id), TextSource.need)
        if stop := check_api_texts(session, actor, [inputs.note, inputs.repeat_reason], origin, is_referral=True):
            return stop
        resident = session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)
        people = linters_of(session, [resident])[resident.pk].people
        offer = offer_masked(inputs.note, people, need.category) if inputs.mask_note else None
        prices = prices_for(session, session.get_one(Case, need.case_id).region_code)
        note = offer.masked if offer else inputs.note
        options: dict[str, Any] = {"note": note, "prices": prices, "repeat_reason": inputs.repeat_reason}
        referral = send_once(session, actor, need, project, **options)
        return _shown(session, actor, referral, 201, f"/api/v1/referrals/{referral.pk}")

    return once(session, create)


@router.get(
    "/{referral_id}",
    summary="Get a referral",
    response_model=ReferralShown,
    responses=problems(404),
    dependencies=[needs(Action.read_referrals)],
)
def show_referral(session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Response:
    """A referral with its steps so far and the actions you can take now."""
    referral = queries.get_referral(session, actor, referral_id)
    note_read(referral)
    return _shown(session, actor, referral)


@router.post(
    "/{referral_id}/reveal",
    summary="View in full whom to serve and where",
    responses=problems(404, 409, 429),
    dependencies=[needs(Action.answer_referrals, Action.send_referrals)],
)
def reveal_referred(session: WriteSession, actor: CurrentActor, referral_id: PathId, body: PurposeInput) -> Revealed:
    """For the organization that has accepted. Every view is audited with its purpose and counts against a daily
    limit."""
    referral = queries.get_referral(session, actor, referral_id)
    purpose = state_purpose(session, actor, body)
    return Revealed.model_validate(service.reveal(session, actor, referral, purpose=purpose))


@router.post(
    "/{referral_id}/satisfaction",
    summary="Record how satisfied the resident is",
    response_model=ReferralShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.answer_referrals, Action.send_referrals)],
)
def rate_referral(
    session: WriteSession, actor: CurrentActor, referral_id: PathId, inputs: SatisfactionInput
) -> Response:
    """The social worker asks after completion, never the organization that served."""
    referral = queries.get_referral(session, actor, referral_id)
    return _shown(session, actor, record_satisfaction(session, actor, referral, inputs.satisfaction))


@router.post(
    "/{referral_id}/checks",
    summary="Record a call-back or a spot check",
    status_code=201,
    response_model=ReferralShown,
    responses=problems(404, 409),
    dependencies=[needs(Action.confirm_outcomes)],
)
def check_referral(
    session: WriteSession, actor: CurrentActor, referral_id: PathId, inputs: OutcomeCheckInput, once: OnlyOnce
) -> Response:
    """What the resident answered on the question whether the service helped. It answers a spot check that waits, unless
    you sent the referral. "Not helped" opens a complaint. Never for the organization that served."""

    def create() -> Response:
        referral = queries.get_referral(session, actor, referral_id)
        record_check(session, actor, referral, inputs)
        return _shown(session, actor, referral, 201, f"/api/v1/referrals/{referral.pk}")

    return once(session, create)


def _take_step(
    session: Session, actor: Actor, referral_id: int, verb: ReferralVerb, inputs: StepInput, match: Condition
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    match.check(referral.version)
    check_api_texts(session, actor, [inputs.note], referral_origin(session, referral, TextSource.note))
    if isinstance(inputs, CompleteInput):
        complete(session, actor, referral, outcome=inputs.outcome, note=inputs.note)
    else:
        reason = inputs.reason if isinstance(inputs, RejectInput) else None
        service.step(session, actor, referral, verb, reason=reason, note=inputs.note)
    return _shown(session, actor, referral)


_BODIES: dict[ReferralVerb, type[StepInput]] = {
    ReferralVerb.reject: RejectInput,
    ReferralVerb.complete: CompleteInput,
    ReferralVerb.fail: ExplainedInput,
    ReferralVerb.cancel: ExplainedInput,
}

_SUMMARIES: dict[ReferralVerb, str] = {
    ReferralVerb.accept: "Accept a referral",
    ReferralVerb.reject: "Reject a referral with a reason",
    ReferralVerb.waitlist: "Put a referral on the waiting list",
    ReferralVerb.start: "Start the service",
    ReferralVerb.hold: "Pause the service",
    ReferralVerb.resume: "Resume the service",
    ReferralVerb.complete: "Complete a referral with its outcome",
    ReferralVerb.fail: "Report that the service cannot continue",
    ReferralVerb.cancel: "Withdraw a referral",
    ReferralVerb.mark_in_error: "Mark a referral as entered in error",
    ReferralVerb.reopen: "Send a referral again that was not answered in time",
}


def _describe(verb: ReferralVerb) -> str:
    """Who may use the verb, from which states, and where it leads, as in the table."""
    steps = [(start, step) for (start, step_verb), step in STEPS.items() if step_verb is verb]
    who = {
        Side.receiver: "For the organization that received the referral.",
        Side.sender: "For the sender of the referral.",
    }
    moves = "; ".join(f"`{start}` → `{step.to}`" for start, step in steps)
    return f"{who[steps[0][1].side]} {moves}."


def _route_of(verb: ReferralVerb, body: type[StepInput]) -> Callable[..., Response]:
    def optional(
        session: WriteSession,
        actor: CurrentActor,
        referral_id: PathId,
        match: IfMatch,
        inputs: StepInput | None = None,
    ) -> Response:
        return _take_step(session, actor, referral_id, verb, inputs or StepInput(), match)

    def required(
        session: WriteSession, actor: CurrentActor, referral_id: PathId, match: IfMatch, inputs: StepInput
    ) -> Response:
        return _take_step(session, actor, referral_id, verb, inputs, match)

    if body is StepInput:
        return optional
    required.__annotations__["inputs"] = body  # FastAPI reads the model of the body from the signature
    return required


for _verb, _summary in _SUMMARIES.items():
    router.add_api_route(
        f"/{{referral_id}}/{_verb}",
        _route_of(_verb, _BODIES.get(_verb, StepInput)),
        methods=["POST"],
        name=f"{_verb}_referral",
        summary=_summary,
        description=_describe(_verb),
        response_model=ReferralShown,
        responses=problems(404, 409, 412),
        dependencies=[needs(Action.answer_referrals, Action.send_referrals)],
    )
