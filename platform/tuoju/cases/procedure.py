"""The procedure of a case: investigation, opinion, decision, and their deadlines.

Every step goes through `move`, which checks the state, records step and audit, and sets the next deadline.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import UserNotFound
from tuoju.accounts.models import SOCIETY_ROLES, Role, User
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import actor_of, officers_of
from tuoju.accounts.service import NO_PASSWORD
from tuoju.cases import clock
from tuoju.cases.errors import (
    CaseError,
    ChairDecides,
    ClockPaused,
    CompanionNotAllowed,
    ConflictOfInterest,
    ForOthers,
    GrantTooHigh,
    IllegalCaseStep,
    NoInvestigation,
    OwnInvestigation,
    PublicNoticeRequiredFirst,
    ReasonRequired,
)
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import (
    Case,
    CaseConflict,
    CasePause,
    CaseStep,
    ClockStep,
    Investigation,
    Opinion,
)
from tuoju.cases.policies import DayUnit, NoticePhase, Policy
from tuoju.cases.status import CASE_STEPS, ENDED_CASES, CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import DueDay, calendar_of, china_day
from tuoju.regions.queries import county_of, current_code, is_within
from tuoju.residents.models import Resident, SelfCare

_DUE_STEPS = {
    CaseState.recorded: ClockStep.opinion,
    CaseState.investigating: ClockStep.opinion,
    CaseState.under_review: ClockStep.relief,
    CaseState.announced: ClockStep.relief,
    CaseState.approved: ClockStep.relief,
    CaseState.relieved: ClockStep.notice,
    CaseState.objected: ClockStep.objection,
}
"""The step that is due in a state; where nothing is due the state is missing."""


def policy_of(session: Session, case: Case) -> Policy:
    """The policy that the case started under, whatever has come into force since."""
    policy = session.get_one(Policy, case.policy_id)
    session.info.setdefault("policies", {})[policy.pk] = policy  # keeps it in the identity map: every step asks for it
    return policy


def move(session: Session, actor: Actor | None, case: Case, verb: CaseVerb, *, note: str = "") -> Case:
    """Take a step of a case: state, step, next deadline and audit; `actor` is None for the system.

    The caller has checked the permission and what the policy requires. Raises IllegalCaseStep.
    """
    target = CASE_STEPS.get((case.state, verb))
    if target is None:
        raise IllegalCaseStep(case.state, verb)
    case.state = target
    case.closed_at = now() if target in ENDED_CASES else None
    step = CaseStep(
        case_id=case.pk, verb=verb, to_state=target, by=actor.user_id if actor else None, note=note, at=now()
    )
    match verb:
        case CaseVerb.give_opinion:
            step.opinion = case.opinion
        case CaseVerb.approve:
            step.granted_fen = case.granted_fen
        case CaseVerb.refuse:
            step.refusal_reason = case.refusal_reason
    with session.no_autoflush:
        set_next_deadline(session, case)
    session.add(step)
    session.flush()
    audit.record(session, actor, f"case_{verb}", case, scope=county_of(session, case.region_code))
    return case


def set_next_deadline(session: Session, case: Case) -> None:
    """Set what is due next and when, from state, policy, calendar and pauses. Does not flush."""
    next_due = _due(session, case)
    case.due_step, case.due_at, case.due_provisional = None, None, False
    if next_due is not None:
        step, day = next_due
        case.due_step, case.due_at, case.due_provisional = step, day.ends_at, day.provisional


def _due(session: Session, case: Case) -> tuple[ClockStep, DueDay] | None:
    """What is due next and its last day; None where nothing is due or the clock is paused."""
    policy, step = policy_of(session, case), _DUE_STEPS.get(case.state)
    if step is None or not policy.has_procedure:
        return None
    if case.state is CaseState.under_review and policy.notice_phase is NoticePhase.pre_decision:
        step = ClockStep.notice
    if step is ClockStep.notice and policy.notice_phase is NoticePhase.none:
        return None
    start, amount, unit = {
        ClockStep.opinion: (case.started_at, policy.opinion_within, policy.handling_unit),
        ClockStep.relief: (case.reviewed_at, policy.relief_within, policy.handling_unit),
        ClockStep.notice: (case.relief_completed_at or case.reviewed_at, policy.notice_within, DayUnit.working_day),
        ClockStep.objection: (case.objected_at, policy.objection_within, DayUnit.working_day),
    }[step]
    day = clock.due(
        china_day(start or case.started_at), amount, unit, calendar_of(session), pauses_in_days(session, case)
    )
    return (step, day) if day else None


def pauses_in_days(session: Session, case: Case) -> list[clock.Pause]:
    """The pauses of a case as the clock counts them."""
    return [clock.Pause(pause.from_day, pause.to_day) for pause in pauses_of(session, case)]


def pauses_of(session: Session, case: Case) -> list[CasePause]:
    """The pauses of a case, earliest first."""
    if case.id is None:
        return []
    return list(session.exec(select(CasePause).where(CasePause.case_id == case.pk).order_by(col(CasePause.id))))


def pause(session: Session, actor: Actor, case: Case, *, reason: str) -> Case:
    """Pause the clock with a reason, for instance: person unreachable, in hospital, wrong village.

    Raises NotPermitted, ConflictOfInterest, ReasonRequired, ClockPaused, and IllegalCaseStep where nothing is due.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    require_reason(reason)
    if any(known.to_day is None for known in pauses_of(session, case)):
        raise ClockPaused
    if case.due_step is None:
        raise IllegalCaseStep(case.state, CaseVerb.investigate)
    session.add(CasePause(case_id=case.pk, reason=reason.strip(), from_day=china_day(now()), paused_by=actor.user_id))
    session.flush()
    return _clock_changed(session, actor, case, "pause_clock")


def resume(session: Session, actor: Actor, case: Case) -> Case:
    """Let the clock run from today. Raises NotPermitted, ConflictOfInterest, and ClockPaused if it is not paused."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    under_way = [known for known in pauses_of(session, case) if known.to_day is None]
    if not under_way:
        raise ClockPaused
    under_way[0].to_day, under_way[0].resumed_by = china_day(now()), actor.user_id
    session.flush()
    return _clock_changed(session, actor, case, "resume_clock")


def _clock_changed(session: Session, actor: Actor, case: Case, verb: str) -> Case:
    set_next_deadline(session, case)
    session.flush()
    audit.record(session, actor, verb, case, scope=county_of(session, case.region_code))
    return case


def declare_conflict(session: Session, actor: Actor, case: Case, user: User, *, relation: str) -> CaseConflict:
    """Record that an officer is kin of the person; from then on they take no part (低保办法 art. 11).

    A second declaration of the same officer changes nothing. Raises NotPermitted, ReasonRequired, UserNotFound for an
    account that has no part in the village's cases.
    """
    require(actor, Action.record_cases)
    require_reason(relation)
    if user.region_code is None or not is_within(session, case.region_code, user.region_code):
        raise UserNotFound
    known = session.exec(
        select(CaseConflict).where(CaseConflict.case_id == case.pk, CaseConflict.user_id == user.pk)
    ).first()
    if known is not None:
        return known
    conflict = CaseConflict(case_id=case.pk, user_id=user.pk, relation=relation.strip(), declared_by=actor.user_id)
    session.add(conflict)
    session.flush()
    audit.record(session, actor, "declare_conflict", case, scope=county_of(session, case.region_code), user=user.pk)
    return conflict


def conflicts_of(session: Session, case: Case) -> list[CaseConflict]:
    """The officers who are on record as kin of the person."""
    return list(
        session.exec(select(CaseConflict).where(CaseConflict.case_id == case.pk).order_by(col(CaseConflict.id)))
    )


def require_no_conflict_of_interest(session: Session, actor: Actor, case: Case) -> None:
    """Raises ConflictOfInterest for an actor who is on record as kin."""
    if actor.user_id in _kin_of(session, case):
        raise ConflictOfInterest(others_who_may(session, actor, case, Action.record_cases))


def _kin_of(session: Session, case: Case) -> set[int]:
    return set(session.exec(select(CaseConflict.user_id).where(CaseConflict.case_id == case.pk)).all())


def others_who_may(session: Session, actor: Actor, case: Case, action: Action) -> list[str]:
    """The names of the other officers of the region who may do the action on the case: whom to ask."""
    without = _kin_of(session, case) | {actor.user_id}
    officers = [user for user in officers_of(session, case.region_code) if user.pk not in without]
    return [user.display_name for user in officers if may(actor_of(user), action)]


def self_care_of(inputs: InvestigationInput) -> SelfCare:
    """The self-care grade from the six items (特困人员认定办法 art. 22).

    Without help in all six: able; help needed in 1 to 3: partly unable; in 4 to 6: unable.
    """
    items = ("eats", "dresses", "gets_up", "toilets", "walks", "bathes")
    fails = sum(not getattr(inputs, f"{item}_alone") for item in items)
    if fails == 0:
        return SelfCare.able
    return SelfCare.partly_unable if fails <= 3 else SelfCare.unable


def record_investigation(session: Session, actor: Actor, case: Case, inputs: InvestigationInput) -> Investigation:
    """Record a household visit as a further edition, and the self-care grade in the person's file.

    While an objection is open, it is the visit that looks into it. Raises NotPermitted, ConflictOfInterest,
    CompanionNotAllowed, and IllegalCaseStep once an opinion is given.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    _require_allowed_companions(session, case, inputs.companions)
    if case.state is CaseState.recorded:
        move(session, actor, case, CaseVerb.investigate)
    if case.state not in (CaseState.investigating, CaseState.objected):
        raise IllegalCaseStep(case.state, CaseVerb.investigate)
    last = latest_investigation(session, case)
    investigation = Investigation(
        case_id=case.pk,
        edition=last.edition + 1 if last else 1,
        visited_on=inputs.visited_on,
        investigator_ids=sorted({actor.user_id, *inputs.companions}),
        findings=inputs.model_dump_json(),
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    session.add(investigation)
    session.get_one(Resident, case.resident_id).self_care = self_care_of(inputs)
    session.flush()
    scope = county_of(session, case.region_code)
    audit.record(session, actor, "record_investigation", case, scope=scope, edition=investigation.edition)
    return investigation


def _require_allowed_companions(session: Session, case: Case, companions: Sequence[int]) -> None:
    """Raises CompanionNotAllowed unless all are officers of the region and none is kin."""
    if not companions:
        return
    kin = _kin_of(session, case)
    officers = {user.pk for user in officers_of(session, case.region_code)}
    if not (officers - kin).issuperset(companions):
        raise CompanionNotAllowed


def investigators_of(session: Session, case: Case) -> set[int]:
    """The accounts of all who went on any visit of the case."""
    query = select(Investigation.investigator_ids).where(Investigation.case_id == case.pk)
    return {user_id for user_ids in session.exec(query) for user_id in user_ids}


def latest_investigation(session: Session, case: Case) -> Investigation | None:
    """The latest edition of the findings of a case."""
    query = select(Investigation).where(Investigation.case_id == case.pk)
    return session.exec(query.order_by(col(Investigation.edition).desc())).first()


def has_enough_visitors(investigation: Investigation | None, policy: Policy) -> bool:
    """Whether as many people went on the household visit as the policy requires before an opinion."""
    return investigation is not None and len(investigation.investigator_ids) >= policy.investigators_at_least


def give_opinion(session: Session, actor: Actor, case: Case, inputs: OpinionInput) -> Case:
    """Give the review opinion on the findings; the term for relief starts here.

    Raises NotPermitted, ConflictOfInterest, NoInvestigation, IllegalCaseStep.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    if case.state is CaseState.investigating:
        if not has_enough_visitors(latest_investigation(session, case), policy_of(session, case)):
            raise NoInvestigation
        case.reviewed_by, case.reviewed_at, case.opinion = actor.user_id, now(), inputs.opinion
    return move(session, actor, case, CaseVerb.give_opinion, note=inputs.note)


def return_back(session: Session, actor: Actor, case: Case, *, reason: str) -> Case:
    """Send a case back to be investigated again; its clock is not restarted.

    Raises NotPermitted, ConflictOfInterest, ReasonRequired, IllegalCaseStep.
    """
    require(actor, Action.decide_cases)
    require_no_conflict_of_interest(session, actor, case)
    require_reason(reason)
    if (case.state, CaseVerb.return_back) in CASE_STEPS:
        case.reviewed_by, case.reviewed_at, case.opinion, case.notice_ends_on = None, None, None, None
    return move(session, actor, case, CaseVerb.return_back, note=reason.strip())


def decide(session: Session, actor: Actor, case: Case, inputs: DecisionInput) -> Case:
    """Approve an amount (0 grants services only) or refuse with a reason.

    The only officer of a society may decide on their own investigation where the policy allows it; the case then says
    so. Raises NotPermitted, ConflictOfInterest, ChairDecides, OwnInvestigation, GrantTooHigh, IllegalCaseStep, and
    PublicNoticeRequiredFirst where the policy requires the public notice before an approval.
    """
    require(actor, Action.decide_cases)
    require_no_conflict_of_interest(session, actor, case)
    if chair_decides(session, actor, case):
        raise ChairDecides
    verb = CaseVerb.approve if inputs.approve else CaseVerb.refuse
    if (case.state, verb) not in CASE_STEPS:
        raise IllegalCaseStep(case.state, verb)
    policy = policy_of(session, case)
    if inputs.approve and policy.notice_phase is NoticePhase.pre_decision and not notice_period_over(case):
        raise PublicNoticeRequiredFirst
    alone, fen = _decides_alone(session, actor, case, policy), int(inputs.granted_yuan * 100)
    if inputs.approve and policy.payment_cap_fen is not None and fen > policy.payment_cap_fen:
        raise GrantTooHigh(policy.payment_cap_fen)
    case.decided_alone, case.decided_by, case.decided_at = alone, actor.user_id, now()
    if inputs.approve:
        case.granted_fen = 0 if case.opinion is Opinion.services_only else fen
    else:
        case.refusal_reason = inputs.refusal_reason
    return move(session, actor, case, verb, note=inputs.note)


def notice_period_over(case: Case) -> bool:
    """Whether all days of the public notice have passed."""
    return case.notice_ends_on is not None and case.notice_ends_on < china_day(now())


def why_not_decide(session: Session, actor: Actor, case: Case) -> CaseError | None:
    """What keeps this actor from deciding the case, whatever the decision; None if nothing does."""
    try:
        require_no_conflict_of_interest(session, actor, case)
        _decides_alone(session, actor, case, policy_of(session, case))
    except ForOthers as error:
        return error
    return ChairDecides() if chair_decides(session, actor, case) else None


def _decides_alone(session: Session, actor: Actor, case: Case, policy: Policy) -> bool:
    """Whether the actor decides on their own findings or opinion. Raises OwnInvestigation where that is not allowed."""
    if actor.user_id not in investigators_of(session, case) | {case.reviewed_by}:
        return False
    if not policy.sole_officer_may_decide or not is_only_officer(session, actor, case):
        raise OwnInvestigation(others_who_may(session, actor, case, Action.decide_cases))
    return True


def chair_decides(session: Session, actor: Actor, case: Case) -> bool:
    """Whether decisions and payments are the chair's and not this aide's (domain sections 1 and 17(7)).

    A society without a chair's account, or whose chair has not signed in for the first time, keeps working: there the
    aide decides, as the policy allows.
    """
    if actor.role is not Role.social_worker:
        return False
    chairs = select(User.id).where(
        User.region_code == current_code(session, case.region_code),
        User.role == Role.society_chair,
        col(User.is_active),
        User.password_hash != NO_PASSWORD,
    )
    return session.exec(chairs).first() is not None


def is_only_officer(session: Session, actor: Actor, case: Case) -> bool:
    """Whether the actor is the only active officer of the society of the case."""
    officers = select(User).where(
        User.region_code == current_code(session, case.region_code),
        col(User.role).in_(SOCIETY_ROLES),
        col(User.is_active),
    )
    return [officer.pk for officer in session.exec(officers)] == [actor.user_id]


def complete_relief(session: Session, actor: Actor, case: Case) -> Case:
    """Record that all that was granted is paid, or the service need reported; the term for the notice starts here.

    The caller (relief) has checked that nothing is left to pay. Raises IllegalCaseStep.
    """
    if case.state is CaseState.approved:
        case.relief_completed_at = now()
    return move(session, actor, case, CaseVerb.complete_relief)


def restart_case(case: Case) -> None:
    """Clear opinion and decision of an ended case and restart its clock; the earlier ones are kept on its steps.

    The caller takes the step.
    """
    case.started_at = now()
    case.reviewed_by, case.reviewed_at, case.opinion, case.notice_ends_on = None, None, None, None
    case.decided_by, case.decided_at, case.decided_alone = None, None, False
    case.granted_fen, case.refusal_reason = None, None


def handling_days_of(session: Session, case: Case, until: date | None = None) -> float | None:
    """Working days from the start to the relief, or to `until` before that; None where there is neither."""
    end = china_day(case.relief_completed_at) if case.relief_completed_at else until
    return None if end is None else clock.handling_days(china_day(case.started_at), end, calendar_of(session))


def require_reason(reason: str) -> None:
    """Raises ReasonRequired for fewer than two characters."""
    if len(reason.strip()) < 2:
        raise ReasonRequired
