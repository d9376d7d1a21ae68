"""What always holds of referrals, of the places that they hold and of the needs that they serve; see
tuoju.database.rules."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from tuoju.cases.models import Need
from tuoju.cases.status import NEED_STEPS, NeedState, NeedVerb
from tuoju.database.rules import RowIds, Rule
from tuoju.referrals.models import Complaint, Referral, ReferralEvent, SpotCheck, SpotCheckDraw
from tuoju.referrals.spot_checks import sample
from tuoju.referrals.status import (
    LIVE,
    NEED_VERB_OF,
    STEPS,
    Outcome,
    ReferralState,
    ReferralVerb,
)
from tuoju_projects.models import PlaceEntry, Project

HOLDING = LIVE - {ReferralState.waitlisted}
"""A referral in these states holds or uses a place."""


def one_live_referral(session: Session) -> Iterator[RowIds]:
    """A need has at most one live referral."""
    query = (
        select(Referral.need_id)
        .where(col(Referral.state).in_(LIVE))
        .group_by(col(Referral.need_id))
        .having(func.count() > 1)
        .order_by(col(Referral.need_id))
    )
    for need_id in session.exec(query):
        yield {"need": need_id}


def places_equal_referrals(session: Session) -> Iterator[RowIds]:
    """The places that a project has given are its referrals that need one: each of these holds one, no other does."""
    holding = sql_select(col(Referral.project_id), func.count()).where(col(Referral.state).in_(HOLDING))
    counted = dict(session.execute(holding.group_by(col(Referral.project_id))).all())
    for project_id, places_taken in session.exec(select(Project.id, Project.places_taken).order_by(col(Project.id))):
        if places_taken != counted.get(project_id or 0, 0):
            yield {"project": project_id or 0}
    entries = (
        sql_select(
            col(PlaceEntry.referral_id), col(PlaceEntry.project_id), func.sum(PlaceEntry.change).label("places_left")
        )
        .where(col(PlaceEntry.referral_id).is_not(None))
        .group_by(col(PlaceEntry.referral_id), col(PlaceEntry.project_id))
    )
    held = {(referral, project): places_left for referral, project, places_left in session.execute(entries)}
    referrals = sql_select(col(Referral.id), col(Referral.project_id), col(Referral.state)).order_by(col(Referral.id))
    for referral_id, project_id, state in session.execute(referrals, execution_options={"yield_per": 5000}):
        if held.pop((referral_id, project_id), 0) != (-1 if state in HOLDING else 0):
            yield {"referral": referral_id, "project": project_id}
    for (referral_id, project_id), places_left in held.items():
        if places_left:
            yield {"referral": referral_id, "project": project_id}


def referral_history(session: Session) -> Iterator[RowIds]:
    """Every referral was sent, and went by lawful steps to the state that it has."""
    events = sql_select(
        col(ReferralEvent.referral_id), col(ReferralEvent.id), col(ReferralEvent.verb), col(ReferralEvent.state)
    ).order_by(col(ReferralEvent.referral_id), col(ReferralEvent.id))
    last: dict[int, ReferralState] = {}
    rows = session.execute(events, execution_options={"yield_per": 5000})
    for referral_id, history in groupby(rows, key=lambda row: row[0]):
        state: ReferralState | None = None
        for _, event_id, verb, to in history:
            if not _is_lawful(state, verb, to):
                yield {"referral": referral_id, "referral_event": event_id}
            state = to
        if state is not None:
            last[referral_id] = state
    states = sql_select(col(Referral.id), col(Referral.state)).order_by(col(Referral.id))
    for referral_id, state in session.execute(states, execution_options={"yield_per": 5000}):
        if last.get(referral_id) is not state:
            yield {"referral": referral_id}


def _is_lawful(state: ReferralState | None, verb: ReferralVerb | None, to: ReferralState) -> bool:
    if state is None or verb is None:
        return state is None and verb is None and to is ReferralState.requested
    step = STEPS.get((state, verb))
    return step is not None and step.to is to


def need_history(session: Session) -> Iterator[RowIds]:
    """Every need is where the steps of its referrals have led it by lawful steps, or was withdrawn from there."""
    events = (
        sql_select(
            col(Referral.need_id),
            col(ReferralEvent.id),
            col(ReferralEvent.referral_id),
            col(ReferralEvent.verb),
            col(ReferralEvent.state),
            col(Referral.outcome),
        )
        .join(Referral, col(Referral.id) == col(ReferralEvent.referral_id))
        .order_by(col(Referral.need_id), col(ReferralEvent.id))
    )
    last: dict[int, NeedState | None] = {}
    rows = session.execute(events, execution_options={"yield_per": 5000})
    for need_id, history in groupby(rows, key=lambda row: row[0]):
        need_state: NeedState | None = NeedState.open
        states: dict[int, ReferralState] = {}
        for _, _event_id, referral_id, verb, to, outcome in history:
            need_verb = _need_verb(states.get(referral_id), verb, outcome)
            states[referral_id] = to
            if need_verb is not None and need_state is not None:
                need_state = NEED_STEPS.get((need_state, need_verb))
        last[need_id] = need_state
    needs = sql_select(col(Need.id), col(Need.state)).order_by(col(Need.id))
    for need_id, state in session.execute(needs, execution_options={"yield_per": 5000}):
        reached = last.get(need_id, NeedState.open)
        withdrawn = NEED_STEPS.get((reached, NeedVerb.withdraw)) if reached is not None else None
        if state not in (reached, withdrawn):
            yield {"need": need_id}


def _need_verb(state: ReferralState | None, verb: ReferralVerb | None, outcome: Outcome | None) -> NeedVerb | None:
    """The step of the need that goes with a step of its referral; None where there is none. A step that is not lawful
    is reported by `referral_history`."""
    if verb is None or state is None:
        return NeedVerb.refer if verb is None else None
    if verb is ReferralVerb.complete:
        return NEED_VERB_OF.get(outcome) if outcome is not None else None
    step = STEPS.get((state, verb))
    return step.need if step is not None else None


def complaints_of_ended_services(session: Session) -> Iterator[RowIds]:
    """A complaint is about a completed referral, and an answered one says by whom, what, and whether it helped."""
    answer = (Complaint.answered_at, Complaint.answered_by, Complaint.helped)
    query = select(Complaint.id, Referral.state, *answer).join(Referral, col(Referral.id) == col(Complaint.referral_id))  # type: ignore[call-overload]
    for complaint_id, state, *parts in session.execute(query.order_by(col(Complaint.id))):
        is_whole = len({part is None for part in parts}) == 1
        if not is_whole or state not in _RATED:
            yield {"complaint": complaint_id}


def spot_checks_equal_draws(session: Session) -> Iterator[RowIds]:
    """The spot checks of a draw are the sample that its seed, population and share determine."""
    drawn: dict[int, list[int]] = {}
    for draw_id, referral_id in session.exec(select(SpotCheck.draw_id, SpotCheck.referral_id)):
        drawn.setdefault(draw_id, []).append(referral_id)
    for draw in session.exec(select(SpotCheckDraw).order_by(col(SpotCheckDraw.id))):
        if sorted(drawn.get(draw.pk, [])) != sample(draw.seed, draw.population, draw.percent):
            yield {"spot_check_draw": draw.pk}


_RATED = frozenset({ReferralState.completed, ReferralState.entered_in_error})


INVARIANTS: Mapping[str, Rule] = {
    "one_live_referral": one_live_referral,
    "places_equal_referrals": places_equal_referrals,
    "referral_history": referral_history,
    "need_history": need_history,
    "complaints_of_ended_services": complaints_of_ended_services,
    "spot_checks_equal_draws": spot_checks_equal_draws,
}
