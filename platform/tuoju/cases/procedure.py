"""The procedure around a case: investigation, opinion, decision, and the clock over them.

Every step goes through `move`: one guarded change of state with its step, clock and audit in one transaction.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import officers_of
from tuoju.cases import clock
from tuoju.cases.errors import (
    ClockPaused,
    CompanionNotAllowed,
    ConflictOfInterest,
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
from tuoju.regions.queries import county_of
from tuoju.residents.models import Resident, SelfCare

_WAITS_FOR = {
    CaseState.recorded: ClockStep.opinion,
    CaseState.investigating: ClockStep.opinion,
    CaseState.under_review: ClockStep.relief,
    CaseState.announced: ClockStep.relief,
    CaseState.approved: ClockStep.relief,
    CaseState.relieved: ClockStep.notice,
    CaseState.objected: ClockStep.objection,
}


def policy_of(session: Session, case: Case) -> Policy:
    """The rule the case started under, whatever has come into force since."""
    policy = session.get_one(Policy, case.policy_id)
    session.info.setdefault("policies", {})[policy.pk] = policy  # held, since every step asks for it
    return policy


def move(session: Session, actor: Actor | None, case: Case, verb: CaseVerb, *, note: str = "") -> Case:
    """Move a case along its table, with its step, its clock and its audit entry. Raises IllegalCaseStep. The
    caller has checked the permission and what the rule asks."""
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
    """Set what is due next and when, from the state, the rule, the calendar and the pauses."""
    found = _due(session, case)
    case.due_step, case.due_at, case.due_provisional = None, None, False
    if found is not None:
        step, day = found
        case.due_step, case.due_at, case.due_provisional = step, day.ends_at, day.provisional


def _due(session: Session, case: Case) -> tuple[ClockStep, DueDay] | None:
    policy, step = policy_of(session, case), _WAITS_FOR.get(case.state)
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
    """The stretches of days in which the clock stood still."""
    return [clock.Pause(each.from_day, each.to_day) for each in pauses_of(session, case)]


def pauses_of(session: Session, case: Case) -> list[CasePause]:
    if case.id is None:
        return []
    return list(session.exec(select(CasePause).where(CasePause.case_id == case.pk).order_by(col(CasePause.id))))


def pause(session: Session, actor: Actor, case: Case, *, reason: str) -> Case:
    """Stop the clock with a reason: person unreachable, in hospital, wrong village. Raises ClockPaused,
    ReasonRequired, IllegalCaseStep where nothing is due."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    require_reason(reason)
    if any(each.to_day is None for each in pauses_of(session, case)):
        raise ClockPaused
    if case.due_step is None:
        raise IllegalCaseStep(case.state, CaseVerb.investigate)
    session.add(CasePause(case_id=case.pk, reason=reason.strip(), from_day=china_day(now()), paused_by=actor.user_id))
    session.flush()
    return _wound(session, actor, case, "pause_clock")


def resume(session: Session, actor: Actor, case: Case) -> Case:
    """Let the clock go on from today. Raises ClockPaused if it is not paused."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    running = [each for each in pauses_of(session, case) if each.to_day is None]
    if not running:
        raise ClockPaused
    running[0].to_day, running[0].resumed_by = china_day(now()), actor.user_id
    session.flush()
    return _wound(session, actor, case, "resume_clock")


def _wound(session: Session, actor: Actor, case: Case, verb: str) -> Case:
    set_next_deadline(session, case)
    session.flush()
    audit.record(session, actor, verb, case, scope=county_of(session, case.region_code))
    return case


def declare_conflict(session: Session, actor: Actor, case: Case, user: User, *, relation: str) -> CaseConflict:
    """Put on record that an officer is kin of the person; from then on they take no part (低保办法 art. 11)."""
    require(actor, Action.record_cases)
    require_reason(relation)
    found = session.exec(
        select(CaseConflict).where(CaseConflict.case_id == case.pk, CaseConflict.user_id == user.pk)
    ).first()
    if found is not None:
        return found
    made = CaseConflict(case_id=case.pk, user_id=user.pk, relation=relation.strip(), declared_by=actor.user_id)
    session.add(made)
    session.flush()
    audit.record(session, actor, "declare_conflict", case, scope=county_of(session, case.region_code), user=user.pk)
    return made


def conflicts_of(session: Session, case: Case) -> list[CaseConflict]:
    """Whoever is on record as kin of the person."""
    return list(
        session.exec(select(CaseConflict).where(CaseConflict.case_id == case.pk).order_by(col(CaseConflict.id)))
    )


def require_no_conflict_of_interest(session: Session, actor: Actor, case: Case) -> None:
    """Raises ConflictOfInterest for an actor who is on record as kin."""
    query = select(CaseConflict.id).where(CaseConflict.case_id == case.pk, CaseConflict.user_id == actor.user_id)
    if session.exec(query).first() is not None:
        raise ConflictOfInterest


def self_care_of(given: InvestigationInput) -> SelfCare:
    """The grade from the six items: 0 fails able, 1-3 partly unable, 4-6 unable (特困人员认定办法 art. 22)."""
    items = ("eats", "dresses", "gets_up", "toilets", "walks", "bathes")
    fails = sum(not getattr(given, f"{item}_alone") for item in items)
    if fails == 0:
        return SelfCare.able
    return SelfCare.partly_unable if fails <= 3 else SelfCare.unable


def record_investigation(session: Session, actor: Actor, case: Case, given: InvestigationInput) -> Investigation:
    """Record a household visit; a later one is a new edition, the earlier stays. While an objection is open it is the
    visit that looks into it. The self-care grade goes into the person's file. Raises IllegalCaseStep once an opinion
    was given, ConflictOfInterest, CompanionNotAllowed."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    _check_companions(session, case, given.companions)
    if case.state is CaseState.recorded:
        move(session, actor, case, CaseVerb.investigate)
    if case.state not in (CaseState.investigating, CaseState.objected):
        raise IllegalCaseStep(case.state, CaseVerb.investigate)
    last = latest_investigation(session, case)
    made = Investigation(
        case_id=case.pk,
        edition=last.edition + 1 if last else 1,
        visited_on=given.visited_on,
        investigator_ids=sorted({actor.user_id, *given.companions}),
        findings=given.model_dump_json(),
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    session.add(made)
    session.get_one(Resident, case.resident_id).self_care = self_care_of(given)
    session.flush()
    scope = county_of(session, case.region_code)
    audit.record(session, actor, "record_investigation", case, scope=scope, edition=made.edition)
    return made


def _check_companions(session: Session, case: Case, companions: Sequence[int]) -> None:
    if not companions:
        return
    query = select(CaseConflict.user_id).where(CaseConflict.case_id == case.pk)
    kin = set(session.exec(query).all())
    officers = {each.pk for each in officers_of(session, case.region_code)}
    if not (officers - kin).issuperset(companions):
        raise CompanionNotAllowed


def investigators_of(session: Session, case: Case) -> set[int]:
    """Whoever went on any visit of the case."""
    query = select(Investigation.investigator_ids).where(Investigation.case_id == case.pk)
    return {each for ids in session.exec(query) for each in ids}


def latest_investigation(session: Session, case: Case) -> Investigation | None:
    query = select(Investigation).where(Investigation.case_id == case.pk)
    return session.exec(query.order_by(col(Investigation.edition).desc())).first()


def give_opinion(session: Session, actor: Actor, case: Case, given: OpinionInput) -> Case:
    """The review opinion on what was found; the time to relieve runs from here. Raises NoInvestigation,
    ConflictOfInterest, IllegalCaseStep."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    found = latest_investigation(session, case)
    if case.state is CaseState.investigating and (
        found is None or len(found.investigator_ids) < policy_of(session, case).investigators_at_least
    ):
        raise NoInvestigation
    if case.state is CaseState.investigating:
        case.reviewed_by, case.reviewed_at, case.opinion = actor.user_id, now(), given.opinion
    return move(session, actor, case, CaseVerb.give_opinion, note=given.note)


def return_back(session: Session, actor: Actor, case: Case, *, reason: str) -> Case:
    """Send a case back to be investigated again; its clock goes on from the start. Raises ReasonRequired."""
    require(actor, Action.decide_cases)
    require_no_conflict_of_interest(session, actor, case)
    require_reason(reason)
    if (case.state, CaseVerb.return_back) in CASE_STEPS:
        case.reviewed_by, case.reviewed_at, case.opinion, case.notice_ends_on = None, None, None, None
    return move(session, actor, case, CaseVerb.return_back, note=reason.strip())


def decide(session: Session, actor: Actor, case: Case, given: DecisionInput) -> Case:
    """Approve an amount (0: services only) or refuse with reasons. Raises OwnInvestigation unless the society
    has one officer only and its rule lets them, which then shows; PublicNoticeRequiredFirst where the rule wants the public notice
    before an approval; GrantTooHigh, ConflictOfInterest, IllegalCaseStep."""
    require(actor, Action.decide_cases)
    require_no_conflict_of_interest(session, actor, case)
    verb = CaseVerb.approve if given.approve else CaseVerb.refuse
    if (case.state, verb) not in CASE_STEPS:
        raise IllegalCaseStep(case.state, verb)
    policy = policy_of(session, case)
    if given.approve and policy.notice_phase is NoticePhase.pre_decision and not notice_period_over(case):
        raise PublicNoticeRequiredFirst
    alone, fen = _decides_alone(session, actor, case, policy), int(given.granted_yuan * 100)
    if given.approve and policy.payment_cap_fen is not None and fen > policy.payment_cap_fen:
        raise GrantTooHigh(policy.payment_cap_fen)
    case.decided_alone, case.decided_by, case.decided_at = alone, actor.user_id, now()
    if given.approve:
        case.granted_fen = 0 if case.opinion is Opinion.services_only else fen
    else:
        case.refusal_reason = given.refusal_reason
    return move(session, actor, case, verb, note=given.note)


def notice_period_over(case: Case) -> bool:
    """Whether the public notice of the case has hung all its days."""
    return case.notice_ends_on is not None and case.notice_ends_on < china_day(now())


def _decides_alone(session: Session, actor: Actor, case: Case, policy: Policy) -> bool:
    """Whether the actor decides on their own findings or opinion. Raises OwnInvestigation where that is not
    allowed."""
    if actor.user_id not in investigators_of(session, case) | {case.reviewed_by}:
        return False
    if not policy.sole_officer_may_decide or not is_only_officer(session, actor, case):
        raise OwnInvestigation
    return True


def is_only_officer(session: Session, actor: Actor, case: Case) -> bool:
    """Whether the society of the case has one active officer, and that is the actor."""
    officers = select(User).where(
        User.region_code == case.region_code, User.role == Role.social_worker, col(User.is_active)
    )
    return [each.pk for each in session.exec(officers)] == [actor.user_id]


def complete_relief(session: Session, actor: Actor, case: Case) -> Case:
    """All that was granted is paid, or the service need is reported: the time for the notice runs from here.
    The caller (relief) has checked that nothing is left to pay."""
    if case.state is CaseState.approved:
        case.relief_completed_at = now()
    return move(session, actor, case, CaseVerb.complete_relief)


def restart_case(case: Case) -> None:
    """What was ended is opened again: a new acceptance with its own clock, opinion and decision; the earlier ones
    stand on the steps. The caller moves it."""
    case.started_at = now()
    case.reviewed_by, case.reviewed_at, case.opinion, case.notice_ends_on = None, None, None, None
    case.decided_by, case.decided_at, case.decided_alone = None, None, False
    case.granted_fen, case.refusal_reason = None, None


def handling_days_of(session: Session, case: Case, until: date | None = None) -> float | None:
    """Working days from the start to the relief, or to `until` while it is under way; None for neither."""
    end = china_day(case.relief_completed_at) if case.relief_completed_at else until
    return None if end is None else clock.handling_days(china_day(case.started_at), end, calendar_of(session))


def require_reason(reason: str) -> None:
    """Raises ReasonRequired for fewer than two signs."""
    if len(reason.strip()) < 2:
        raise ReasonRequired
