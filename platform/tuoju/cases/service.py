"""The verbs of cases, needs and drafts."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, Principal, require
from tuoju.cases.errors import IllegalCaseStep, IllegalNeedStep, NeedsStillLive, ProcedureNotDone
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import Case, Draft, Need
from tuoju.cases.policies import NoticePhase, policy_for
from tuoju.cases.procedure import (
    move,
    notice_period_over,
    require_no_conflict_of_interest,
    require_reason,
    restart_case,
    set_next_deadline,
)
from tuoju.cases.status import CASE_STEPS, ENDED_CASES, LIVE_NEEDS, NEED_STEPS, CaseState, CaseVerb, NeedState, NeedVerb
from tuoju.database.records import now
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import county_of
from tuoju.residents.life import require_use
from tuoju.residents.models import Resident
from tuoju.residents.telephone import call_off_news, lock_resident

_ENDED_NEEDS = frozenset({NeedState.met, NeedState.partly_met, NeedState.unmet, NeedState.withdrawn})


def open_case(session: Session, actor: Actor, resident: Resident, inputs: CaseInput) -> Case:
    """Open a case for a resident whom the actor may read, under the policy in force today.

    The clock starts at the earlier of acceptance and discovery. Raises NotPermitted, NoPolicy, ResidentErased,
    ProcessingRestricted.
    """
    require(actor, Action.record_cases)
    require_use(resident)
    accepted = now()
    policy = policy_for(session, inputs.scheme, resident.region_code, china_day(accepted))
    case = Case(
        **inputs.model_dump(exclude={"discovered_on"}),
        policy_id=policy.pk,
        has_procedure=policy.has_procedure,
        needs_notice=policy.notice_phase is NoticePhase.post_relief,
        accepted_at=accepted,
        started_at=_start(accepted, inputs),
        number=_next_number(session, resident.region_code),
        resident_id=resident.pk,
        region_code=resident.region_code,
        recorded_by=actor.user_id,
    )
    session.add(case)
    set_next_deadline(session, case)
    session.flush()
    _audit(session, actor, "open_case", case)
    return case


def _start(accepted: datetime, inputs: CaseInput) -> datetime:
    """The earlier of acceptance and discovery (自受理或主动发现后); a day of discovery counts from 9:00."""
    if inputs.discovered_on is None:
        return accepted
    return min(accepted, datetime.combine(inputs.discovered_on, time(9), tzinfo=CHINA))


def _next_number(session: Session, region_code: str) -> str:
    """Village code, year and a sequence within both; the village is locked, so that no number is given twice."""
    if session.connection().dialect.name == "postgresql":  # SQLite has one writer
        session.exec(select(Region.code).where(Region.code == region_code).with_for_update(key_share=True)).one()
    prefix = f"{region_code}-{china_day(now()).year}-"
    last = session.exec(
        select(Case.number).where(col(Case.number).startswith(prefix)).order_by(col(Case.number).desc())
    ).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def add_need(session: Session, actor: Actor, case: Case, inputs: NeedInput) -> Need:
    """Add a need to a case under way. Raises NotPermitted, ProcessingRestricted, and IllegalCaseStep for a case that
    has ended."""
    require(actor, Action.record_cases)
    require_use(session.get_one(Resident, case.resident_id))
    if case.state in ENDED_CASES:
        raise IllegalCaseStep(case.state, CaseVerb.reopen)
    need = Need(**inputs.model_dump(mode="json"), case_id=case.pk)
    need.urgency = inputs.urgency
    session.add(need)
    session.flush()
    _audit(session, actor, "add_need", case, need=need.pk)
    return need


def step_need(session: Session, need: Need, verb: NeedVerb, *, by: Principal | None) -> Need:
    """Take a step of a need; `by` is None for the system. The caller has checked the permission.

    A need that comes back keeps `opened_at`, so its waiting time goes on. Raises IllegalNeedStep.
    """
    target = NEED_STEPS.get((need.state, verb))
    if target is None:
        raise IllegalNeedStep(need.state, verb)
    need.state = target
    need.ended_at = now() if target in _ENDED_NEEDS else None
    session.flush()
    case = session.get_one(Case, need.case_id)
    _audit(session, by, f"need_{verb}", case, need=need.pk)
    return need


def set_care(session: Session, actor: Actor, case: Case, *, with_care: bool) -> Case:
    """Say whether the case is handled with care, so that no message is sent to the phone. Raises NotPermitted."""
    require(actor, Action.record_cases)
    case.with_care = with_care
    session.flush()
    _audit(session, actor, "set_care", case, with_care=with_care)
    if with_care:
        handle_with_care(session, case)
    return case


def handle_with_care(session: Session, case: Case) -> None:
    """Send no more messages to the person's phone and cancel those that wait. The caller has written the audit."""
    case.with_care = True
    session.flush()
    call_off_news(session, lock_resident(session, case.resident_id), code="with_care")


def withdraw_need(session: Session, actor: Actor, need: Need) -> Need:
    """Withdraw a need that the resident no longer has. Raises NotPermitted, and IllegalNeedStep unless it is open."""
    require(actor, Action.record_cases)
    return step_need(session, need, NeedVerb.withdraw, by=actor)


DESK_VERBS = frozenset({CaseVerb.close, CaseVerb.withdraw, CaseVerb.reopen, CaseVerb.mark_in_error})
"""The steps of `step_case`; the others are taken in `procedure` and in relief."""


def step_case(session: Session, actor: Actor, case: Case, verb: CaseVerb, *, reason: str = "") -> Case:
    """Close, withdraw or reopen a case, or mark it as entered in error; all but closing require a reason.

    Raises NotPermitted, IllegalCaseStep, NeedsStillLive, ConflictOfInterest, ReasonRequired, and ProcedureNotDone where
    the policy requires more before the case closes.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    if verb not in lawful_verbs(case):
        is_too_early = verb is CaseVerb.close and (case.state, verb) in CASE_STEPS
        raise ProcedureNotDone if is_too_early else IllegalCaseStep(case.state, verb)
    if verb is not CaseVerb.reopen and _has_live_need(session, case):
        raise NeedsStillLive
    if verb is not CaseVerb.close:
        require_reason(reason)
    if verb is CaseVerb.reopen:
        require_use(session.get_one(Resident, case.resident_id))
        restart_case(case)
    return move(session, actor, case, verb, note=reason.strip())


def lawful_verbs(case: Case) -> list[CaseVerb]:
    """Which of DESK_VERBS state and policy allow.

    A case closed after relief is not reopened: new hardship is a new case, and money comes back by recovery.
    """
    conditions = {
        (CaseState.recorded, CaseVerb.close): not case.has_procedure,
        (CaseState.relieved, CaseVerb.close): not case.needs_notice,
        (CaseState.publicised, CaseVerb.close): notice_period_over(case),
        (CaseState.closed, CaseVerb.reopen): case.relief_completed_at is None,
    }
    steps = [step for step in CASE_STEPS if step[0] is case.state and step[1] in DESK_VERBS]
    return [step[1] for step in steps if conditions.get(step, True)]


def _has_live_need(session: Session, case: Case) -> bool:
    query = select(Need.id).where(Need.case_id == case.pk, col(Need.state).in_(LIVE_NEEDS))
    return session.exec(query).first() is not None


def save_draft(session: Session, actor: Actor, form: str, content: str) -> Draft:
    """Keep what a user has typed into a form, in place of an earlier draft of that form."""
    draft = find_draft(session, actor, form)
    if draft is None:
        draft = Draft(user_id=actor.user_id, form=form, content=content)
        session.add(draft)
    draft.content, draft.saved_at = content, now()
    session.flush()
    return draft


def find_draft(session: Session, actor: Actor, form: str) -> Draft | None:
    """The actor's draft of a form."""
    query = select(Draft).where(Draft.user_id == actor.user_id, Draft.form == form)
    return session.exec(query).first()


def find_drafts(session: Session, actor: Actor) -> Sequence[Draft]:
    """All drafts of the actor, the latest first."""
    query = select(Draft).where(Draft.user_id == actor.user_id)
    return session.exec(query.order_by(col(Draft.saved_at).desc(), col(Draft.id).desc())).all()


def discard_draft(session: Session, actor: Actor, form: str) -> None:
    """Delete the actor's draft of a form, if there is one."""
    draft = find_draft(session, actor, form)
    if draft is not None:
        session.delete(draft)
        session.flush()


def _audit(session: Session, actor: Principal | None, verb: str, case: Case, **detail: Any) -> None:
    audit.record(session, actor, verb, case, scope=county_of(session, case.region_code), **detail)
