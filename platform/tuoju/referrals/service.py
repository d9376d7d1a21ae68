"""Verbs of referrals: send, take a step, read in full, promise a first visit."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.fields import ConsentData, Stage
from tuoju.accounts.permissions import Action, Actor, LinkHolder, Principal, require
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Policy
from tuoju.cases.procedure import require_no_conflict_of_interest
from tuoju.cases.service import handle_with_care, step_need
from tuoju.cases.status import NeedState, NeedVerb
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.database.sealing import reserve_ids
from tuoju.matchmaking.gaps import close_gap
from tuoju.matchmaking.models import Match
from tuoju.matchmaking.profiles import why_not
from tuoju.readings.models import Budget
from tuoju.readings.service import record_reading
from tuoju.referrals.errors import (
    AlreadyReferred,
    FirstVisitImpossible,
    IllegalReferralStep,
    NoConsent,
    NotEligible,
    NotServing,
    NoVisitYet,
    OutcomeMissing,
    ReasonMissing,
)
from tuoju.referrals.links import find_current_link, issue, issue_first
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.notifications import (
    NOTIFIED,
    notify_charity,
    notify_of_step,
    notify_region_subscribers,
    notify_sender,
)
from tuoju.referrals.proposing import keep_match
from tuoju.referrals.queries import MINIMUM_ONLY, answers_for
from tuoju.referrals.reopened_needs import handle_reopened_need
from tuoju.referrals.resident_updates import inform_resident
from tuoju.referrals.status import (
    NEED_VERB_OF,
    STEPS,
    Outcome,
    PlaceEffect,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
    Step,
    UpdateKind,
)
from tuoju.regions.calendar import DueDay, calendar_of, china_day
from tuoju.regions.queries import county_of
from tuoju.residents.consents import permission_to_share, receivers_of
from tuoju.residents.life import require_not_erased, require_use
from tuoju.residents.models import Consent, EmergencyOverride, Resident
from tuoju.residents.service import Revealed, full
from tuoju.residents.views import revealed_to
from tuoju_matching.eligibility import ObstacleKind
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects import capacity
from tuoju_projects.models import Organization, PlaceEntry, Project

_ENDED = frozenset(
    {
        ReferralState.completed,
        ReferralState.failed,
        ReferralState.rejected,
        ReferralState.expired,
        ReferralState.cancelled,
        ReferralState.entered_in_error,
    }
)
"""States in which a referral has ended; only an expired one can be reopened."""

_UPDATE_KINDS = {
    ReferralVerb.accept: UpdateKind.accepted,
    ReferralVerb.complete: UpdateKind.closed,
    ReferralVerb.fail: UpdateKind.closed,
}
"""The steps that a resident is told about."""

_NEED_CONSENT = frozenset({ReferralVerb.accept, ReferralVerb.start, ReferralVerb.resume, ReferralVerb.reopen})
"""The steps that only a consent permits which stands on that day; ending a service is always possible."""

_REPEATED = frozenset({ReferralVerb.expire, ReferralVerb.reopen})
"""The steps that a referral can take more than once: it is reopened after it has expired."""

_ANSWERS = frozenset({ReferralVerb.accept, ReferralVerb.reject, ReferralVerb.waitlist})
"""The steps that answer a request."""


def send(
    session: Session,
    actor: Actor,
    need: Need,
    project: Project,
    *,
    note: str = "",
    under: Action = Action.send_referrals,
    prices: Mapping[int, float] | None = None,
    from_list: bool = True,
) -> Referral:
    """Send one need to one project and hold a place there.

    `prices` (project id to price) are those of the list the sender chose from, if any. `from_list` is False if the
    sender was offered one project only.
    `under` is the permission to check: Action.send_referrals, or the action of approving plans. For a plan the
    referral's sender is who recorded the case, because that person receives the answer and can act on it; the event
    and the audit entry name who approved the plan.

    Raises NotPermitted, AlreadyReferred, NotEligible, ConflictOfInterest, NoConsent, ProcessingRestricted, and what
    tuoju_projects.capacity.hold raises.
    """
    require(actor, under)
    if need.state is not NeedState.open:
        raise AlreadyReferred
    case = _load_scene(session, need.pk, project.organization_id)
    obstacles = why_not(session, need, project)
    # capacity.hold below refuses a full project, with an error of its own.
    if any(obstacle.kind is not ObstacleKind.no_place for obstacle in obstacles):
        raise NotEligible
    require_no_conflict_of_interest(session, actor, case)
    require_use(session.get_one(Resident, case.resident_id))
    grant = permission_to_share(
        session, case.resident_id, project.organization_id, need_id=need.pk, category=need.category
    )
    if grant is None:
        raise NoConsent(case.resident_id, project.organization_id)
    match = keep_match(session, need, project, prices, from_list=from_list and under is Action.send_referrals)
    sender_id = actor.user_id if under is Action.send_referrals else case.recorded_by
    referral = _new_referral(session, need, case, project, sender_id=sender_id, note=note, match=match, grant=grant)
    # Lock the project before the audit chain, as `step` does: one order of locks prevents deadlocks.
    capacity.hold(session, project.pk, referral.pk, by=actor.user_id, is_new=True)
    step_need(session, need, NeedVerb.refer, by=actor)
    close_gap(session, need)
    _add_event(session, referral, None, actor)
    _audit(session, actor, "send_referral", referral)
    issue_first(session, actor if under is Action.send_referrals else None, referral)
    notify_charity(session, NotificationKind.referral_received, referral, "sent", is_new=True)
    notify_region_subscribers(session, NotificationKind.referral_received, referral, "sent")
    inform_resident(session, referral, UpdateKind.referred, is_first=True)
    return referral


def _load_scene(session: Session, need_id: int, organization_id: int) -> Case:
    """A need's case, read in one query with what a step asks for after it: the need, the resident, the policy and the
    organization, which the session holds."""
    query = (
        sql_select(Case, Need, Resident, Policy, Organization)
        .join(Need, col(Need.case_id) == col(Case.id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .join(Policy, col(Policy.id) == col(Case.policy_id))
        .join(Organization, col(Organization.id) == organization_id)
        .where(col(Need.id) == need_id)
    )
    case: Case = session.execute(query).one()[0]
    return case


def _new_referral(
    session: Session,
    need: Need,
    case: Case,
    project: Project,
    *,
    sender_id: int,
    note: str,
    match: Match | None,
    grant: Consent | EmergencyOverride,
) -> Referral:
    due = _answer_due(session, case)
    of_need = select(Referral.id).where(Referral.need_id == need.pk)
    earlier = session.exec(of_need.order_by(col(Referral.id).desc())).all()
    reserve_ids(session, Referral, PlaceEntry, ReferralEvent, Notification)
    referral = Referral(
        number=f"{case.region_code[:_TOWNSHIP_DIGITS]}-{need.pk}-{len(earlier) + 1}",
        need_id=need.pk,
        project_id=project.pk,
        organization_id=project.organization_id,
        region_code=case.region_code,
        match_id=match.pk if match else None,
        previous_id=earlier[0] if earlier else None,
        consent_id=grant.pk if isinstance(grant, Consent) else None,
        override_id=grant.pk if isinstance(grant, EmergencyOverride) else None,
        note=note,
        sent_by=sender_id,
        answer_due_at=due.ends_at,
        answer_due_provisional=due.provisional,
    )
    session.add(referral)
    session.flush()
    return referral


def _answer_due(session: Session, case: Case) -> DueDay:
    """When a request that is sent today has to be answered."""
    return calendar_of(session).due(china_day(now()), session.get_one(Policy, case.policy_id).answer_within)


def step(
    session: Session,
    actor: Principal | None,
    referral: Referral,
    verb: ReferralVerb,
    *,
    reason: RejectionReason | None = None,
    note: str = "",
    outcome: Outcome | None = None,
    visits: int | None = None,
) -> Referral:
    """Take one step of the table, and with it move the place and the need, write the event and the audit entry, and
    notify the other side and the resident.

    `actor` is None for the clock. `visits` is the number of visits recorded; only `complete` needs it.

    Raises IllegalReferralStep, NotPermitted, ReasonMissing, OutcomeMissing, NoVisitYet, NoPlaceLeft, and NoConsent for
    a step that begins or resumes the service after the consent has expired. `reopen` also raises AlreadyReferred,
    NotEligible, ConflictOfInterest and ProcessingRestricted.
    """
    taken = STEPS.get((referral.state, verb))
    _check_side(actor, referral, Side.clock if actor is None else (taken.side if taken else None))
    if taken is None:
        raise IllegalReferralStep(referral.state, verb)
    _check_inputs(verb, reason, note, outcome, visits)
    if verb in _NEED_CONSENT:
        _load_scene(session, referral.need_id, referral.organization_id)
        shared_data(session, referral)
    if verb is ReferralVerb.reopen:
        _require_reopenable(session, actor, referral)
    _set_state(referral, verb, taken, reason=reason, note=note, outcome=outcome)
    session.flush()
    if verb in NOTIFIED:
        reserve_ids(session, PlaceEntry, ReferralEvent, Notification)
    _move_place(session, referral, verb, taken, reason, by=actor.user_id if actor else None)
    need = session.get_one(Need, referral.need_id)
    need_verb = NEED_VERB_OF[outcome] if outcome is not None else taken.need
    if need_verb is not None:
        step_need(session, need, need_verb, by=actor)
    if verb is ReferralVerb.reopen:
        _renew_request(session, referral, need)
    _add_event(session, referral, verb, actor, note)
    _audit(session, actor, f"referral_{verb}", referral, reason=reason.value if reason else "")
    if verb in NOTIFIED:
        notify_of_step(session, actor, referral, verb, times=_times_taken(session, referral, verb))
    if reason is RejectionReason.safety:
        handle_with_care(session, session.get_one(Case, need.case_id))
    if verb in _UPDATE_KINDS:
        inform_resident(session, referral, _UPDATE_KINDS[verb], is_first=True)  # none of these steps is taken twice
    if need_verb is NeedVerb.come_back:
        with system_scope(session, Escape.offer_again):
            handle_reopened_need(session, need)
    return referral


def _require_reopenable(session: Session, actor: Principal | None, referral: Referral) -> None:
    """Check that the request could be sent today."""
    need = session.get_one(Need, referral.need_id)
    if need.state is not NeedState.open:
        raise AlreadyReferred
    obstacles = why_not(session, need, session.get_one(Project, referral.project_id))
    if any(obstacle.kind is not ObstacleKind.no_place for obstacle in obstacles):
        raise NotEligible
    case = session.get_one(Case, need.case_id)
    if isinstance(actor, Actor):
        require_no_conflict_of_interest(session, actor, case)
    require_use(session.get_one(Resident, case.resident_id))


def _renew_request(session: Session, referral: Referral, need: Need) -> None:
    """Give a reopened request a new deadline and a new link; nobody has answered it yet."""
    due = _answer_due(session, session.get_one(Case, need.case_id))
    referral.answer_due_at, referral.answer_due_provisional = due.ends_at, due.provisional
    session.flush()
    close_gap(session, need)
    issue(session, None, referral)


def _times_taken(session: Session, referral: Referral, verb: ReferralVerb) -> int:
    """How often a referral has taken this step; only one that was reopened takes any step again."""
    if verb not in _REPEATED:
        return 1
    query = select(func.count()).where(ReferralEvent.referral_id == referral.pk, ReferralEvent.verb == verb)
    return session.exec(query).one()


def _check_side(actor: Principal | None, referral: Referral, side: Side | None) -> None:
    """Check that the actor is on the side that takes the step. A receiver has to act for the organization the referral
    went to. The scope of a sender was checked by the query that read the referral. Raises NotPermitted."""
    if actor is None:
        if side is not Side.clock:
            raise NotPermitted("clock")
        return
    if actor.organization_id is not None:
        require(actor, Action.answer_referrals)
        if not answers_for(actor, referral) or side in (Side.sender, Side.clock):
            raise NotPermitted(Action.answer_referrals)
    else:
        require(actor, Action.send_referrals)
        if side in (Side.receiver, Side.clock):
            raise NotPermitted(Action.send_referrals)


def _check_inputs(
    verb: ReferralVerb,
    reason: RejectionReason | None,
    note: str,
    outcome: Outcome | None,
    visits: int | None,
) -> None:
    if verb is ReferralVerb.reject and reason is None:
        raise ReasonMissing
    note_missing = not note.strip()
    if note_missing and (reason is RejectionReason.other or verb in (ReferralVerb.fail, ReferralVerb.cancel)):
        raise ReasonMissing
    if verb is ReferralVerb.complete and outcome is None:
        raise OutcomeMissing
    if outcome in (Outcome.met, Outcome.partly_met) and not visits:
        raise NoVisitYet


def _set_state(
    referral: Referral,
    verb: ReferralVerb,
    taken: Step,
    *,
    reason: RejectionReason | None,
    note: str,
    outcome: Outcome | None,
) -> None:
    referral.state = taken.to
    if verb in _ANSWERS and referral.answered_at is None:
        referral.answered_at = now()
    if verb is ReferralVerb.reject:
        referral.rejection_reason = reason
    if taken.to in _ENDED:
        referral.ended_at, referral.end_note, referral.outcome = now(), note, outcome
    elif verb is ReferralVerb.reopen:
        referral.ended_at, referral.end_note = None, ""


def _move_place(
    session: Session,
    referral: Referral,
    verb: ReferralVerb,
    taken: Step,
    reason: RejectionReason | None,
    *,
    by: int | None,
) -> None:
    if taken.place is PlaceEffect.use:
        if verb is ReferralVerb.accept:  # waitlisting freed the place, so it may have to be held again
            capacity.use_or_hold(session, referral.project_id, referral.pk, by=by)
        else:
            capacity.use(session, referral.project_id, referral.pk, by=by)
    elif taken.place is PlaceEffect.hold:
        capacity.hold(session, referral.project_id, referral.pk, by=by)
    elif taken.place is PlaceEffect.free:
        capacity.free(session, referral.project_id, referral.pk, by=by)
    if reason is RejectionReason.no_capacity:
        capacity.no_capacity(session, referral.project_id, by=by)


def recompute_answer_deadlines(session: Session) -> int:
    """Compute every answer deadline again after the calendar changed, and with it when the link expires.

    Returns how many deadlines changed.
    """
    with system_scope(session, Escape.deadlines):
        return _recompute_answer_deadlines(session)


def _recompute_answer_deadlines(session: Session) -> int:
    query = select(Referral).where(Referral.state == ReferralState.requested).order_by(col(Referral.id))
    changed = 0
    for referral in session.exec(query).all():
        case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
        within = session.get_one(Policy, case.policy_id).answer_within
        due = calendar_of(session).due(china_day(referral.requested_at), within)
        if (referral.answer_due_at, referral.answer_due_provisional) == (due.ends_at, due.provisional):
            continue
        changed += 1
        referral.answer_due_at, referral.answer_due_provisional = due.ends_at, due.provisional
        link = find_current_link(session, referral)
        if link is not None:
            link.expires_at = due.ends_at
    session.flush()
    return changed


def shared_data(session: Session, referral: Referral) -> frozenset[ConsentData]:
    """Which data the organization may be given today. Raises NoConsent if nothing permits it, or no longer."""
    need = session.get_one(Need, referral.need_id)
    resident_id = session.get_one(Case, need.case_id).resident_id
    organization_id = referral.organization_id
    allowed = receivers_of(session, [resident_id]).shared(resident_id, organization_id, need.pk, need.category)
    if not allowed:
        raise NoConsent(resident_id, organization_id)
    return allowed


def reveal(
    session: Session, actor: Principal, referral: Referral, *, purpose: str, budget: Budget = Budget.reveal
) -> Revealed:
    """Name, telephone, address and guardian of the resident, for the organization that accepted, without number and
    birth date. The reading is audited.

    Telephone, address and guardian are left out where the consent does not name the contact. Raises NotPermitted for
    anyone else, NotServing before acceptance and after cancellation, NoConsent after the consent has expired,
    PurposeMissing, BudgetSpent.
    """
    require(actor, Action.answer_referrals)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.answer_referrals)
    if referral.state in MINIMUM_ONLY:
        raise NotServing(referral.state)
    allowed = shared_data(session, referral)
    case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
    resident = session.get_one(Resident, case.resident_id)
    require_not_erased(resident)
    scope = county_of(session, referral.region_code)
    record_reading(session, actor, resident, scope=scope, purpose=purpose, budget=budget, referral=referral.pk)
    return revealed_to(actor, full(resident), stage=Stage.serving, shared=allowed)


_TOWNSHIP_DIGITS = 9
"""Of a region code, those that say the township (docs/decisions/0014)."""

FIRST_VISIT_WITHIN_DAYS = 60
"""How many days ahead a first visit may be promised."""


def plan_first_visit(session: Session, actor: Principal, referral: Referral, day: date) -> Referral:
    """Set the day on which the charity promises to come first; a new day replaces the old one.

    Raises NotPermitted, FirstVisitImpossible, and IllegalReferralStep unless the referral is accepted and not started.
    """
    require(actor, Action.record_visits)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.record_visits)
    if referral.state is not ReferralState.accepted:
        raise IllegalReferralStep(referral.state, ReferralVerb.start)
    today = china_day(now())
    if not today <= day <= today + timedelta(days=FIRST_VISIT_WITHIN_DAYS):
        raise FirstVisitImpossible
    referral.first_visit_on = day
    session.flush()
    _audit(session, actor, "plan_first_visit", referral, day=day.isoformat())
    notify_sender(session, NotificationKind.first_visit_planned, referral, f"first_visit:{day.isoformat()}")
    inform_resident(session, referral, UpdateKind.visit, day=day.isoformat())
    return referral


def _add_event(
    session: Session, referral: Referral, verb: ReferralVerb | None, actor: Principal | None, note: str = ""
) -> None:
    session.add(
        ReferralEvent(
            referral_id=referral.pk,
            verb=verb,
            state=referral.state,
            by=actor.user_id if actor else None,
            link_id=actor.link_id if isinstance(actor, LinkHolder) else None,
            holder_name=actor.name or None if isinstance(actor, LinkHolder) else None,
            note=note or (referral.note if verb is None else ""),
        )
    )


def _audit(session: Session, actor: Principal | None, verb: str, referral: Referral, **detail: Any) -> None:
    audit.record(session, actor, verb, referral, scope=county_of(session, referral.region_code), **detail)
