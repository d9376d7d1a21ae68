"""What may be done with cases, needs and drafts."""

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
from tuoju.residents.models import Resident
from tuoju.residents.telephone import call_off_news, hold

_ENDS = frozenset({NeedState.met, NeedState.partly_met, NeedState.unmet, NeedState.withdrawn})


def open_case(session: Session, actor: Actor, resident: Resident, given: CaseInput) -> Case:
    """Open a case for a resident whom the actor may read, under the rule in force today. The clock starts at the
    earlier of acceptance and discovery. Raises NoPolicy."""
    require(actor, Action.record_cases)
    accepted = now()
    policy = policy_for(session, given.scheme, resident.region_code, china_day(accepted))
    case = Case(
        **given.model_dump(exclude={"discovered_on"}),
        policy_id=policy.pk,
        has_procedure=policy.has_procedure,
        needs_notice=policy.notice_phase is NoticePhase.post_relief,
        accepted_at=accepted,
        started_at=_start(accepted, given),
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


def _start(accepted: datetime, given: CaseInput) -> datetime:
    """自受理(或主动发现)后: whichever came first."""
    if given.discovered_on is None:
        return accepted
    return min(accepted, datetime.combine(given.discovered_on, time(9), tzinfo=CHINA))


def _next_number(session: Session, region_code: str) -> str:
    """Village code, year and a sequence within both; the village's row is locked so that two desks differ."""
    session.exec(select(Region.code).where(Region.code == region_code).with_for_update(key_share=True)).one()
    prefix = f"{region_code}-{china_day(now()).year}-"
    last = session.exec(
        select(Case.number).where(col(Case.number).startswith(prefix)).order_by(col(Case.number).desc())
    ).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def add_need(session: Session, actor: Actor, case: Case, given: NeedInput) -> Need:
    """Add a need to a case under way. Raises IllegalCaseStep for one that has ended."""
    require(actor, Action.record_cases)
    if case.state in ENDED_CASES:
        raise IllegalCaseStep(case.state, CaseVerb.reopen)
    need = Need(**given.model_dump(mode="json"), case_id=case.pk)
    need.urgency = given.urgency
    session.add(need)
    session.flush()
    _audit(session, actor, "add_need", case, need=need.pk)
    return need


def step_need(session: Session, need: Need, verb: NeedVerb, *, by: Principal | None) -> Need:
    """Move a need along its table. Raises IllegalNeedStep. The caller has checked the permission.

    A need that comes back keeps `opened_at`, so its waiting time goes on.
    """
    target = NEED_STEPS.get((need.state, verb))
    if target is None:
        raise IllegalNeedStep(need.state, verb)
    need.state = target
    need.ended_at = now() if target in _ENDS else None
    session.flush()
    case = session.get_one(Case, need.case_id)
    _audit(session, by, f"need_{verb}", case, need=need.pk)
    return need


def set_care(session: Session, actor: Actor, case: Case, *, with_care: bool) -> Case:
    """Say whether this case is to be handled with care: then nothing is sent to the person's telephone."""
    require(actor, Action.record_cases)
    case.with_care = with_care
    session.flush()
    _audit(session, actor, "set_care", case, with_care=with_care)
    if with_care:
        handle_with_care(session, case)
    return case


def handle_with_care(session: Session, case: Case) -> None:
    """From now on nothing is sent to the person's telephone; what waits to be sent is called off. The caller has
    written the audit."""
    case.with_care = True
    session.flush()
    call_off_news(session, hold(session, case.resident_id), code="with_care")


def withdraw_need(session: Session, actor: Actor, need: Need) -> Need:
    """The resident no longer wants it. Raises IllegalNeedStep unless the need is open."""
    require(actor, Action.record_cases)
    return step_need(session, need, NeedVerb.withdraw, by=actor)


DESK_VERBS = frozenset({CaseVerb.close, CaseVerb.withdraw, CaseVerb.reopen, CaseVerb.mark_in_error})
"""What a desk may do with a case by itself; the other steps are `procedure` and relief."""


def step_case(session: Session, actor: Actor, case: Case, verb: CaseVerb, *, reason: str = "") -> Case:
    """Close, withdraw, reopen a case or mark it entered in error; all but closing with a reason. Raises
    IllegalCaseStep, NeedsStillLive, ConflictOfInterest, ReasonRequired, and ProcedureNotDone where the rule asks for more
    before it closes."""
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    if verb not in lawful_verbs(case):
        asked = verb is CaseVerb.close and (case.state, verb) in CASE_STEPS
        raise ProcedureNotDone if asked else IllegalCaseStep(case.state, verb)
    if verb is not CaseVerb.reopen and _live_need(session, case) is not None:
        raise NeedsStillLive
    if verb is not CaseVerb.close:
        require_reason(reason)
    if verb is CaseVerb.reopen:
        restart_case(case)
    return move(session, actor, case, verb, note=reason.strip())


def lawful_verbs(case: Case) -> list[CaseVerb]:
    """The desk's verbs that state and rule allow. What was relieved and closed is not opened again: new hardship is
    a new case, and money comes back by recovery."""
    asks = {
        (CaseState.recorded, CaseVerb.close): not case.has_procedure,
        (CaseState.relieved, CaseVerb.close): not case.needs_notice,
        (CaseState.publicised, CaseVerb.close): notice_period_over(case),
        (CaseState.closed, CaseVerb.reopen): case.relief_completed_at is None,
    }
    steps = [step for step in CASE_STEPS if step[0] is case.state and step[1] in DESK_VERBS]
    return [step[1] for step in steps if asks.get(step, True)]


def _live_need(session: Session, case: Case) -> int | None:
    query = select(Need.id).where(Need.case_id == case.pk, col(Need.state).in_(LIVE_NEEDS))
    return session.exec(query).first()


def save_draft(session: Session, actor: Actor, form: str, content: str) -> Draft:
    """Keep what a user has typed into a form; one draft a form."""
    draft = find_draft(session, actor, form)
    if draft is None:
        draft = Draft(user_id=actor.user_id, form=form, content=content)
        session.add(draft)
    draft.content, draft.saved_at = content, now()
    session.flush()
    return draft


def find_draft(session: Session, actor: Actor, form: str) -> Draft | None:
    query = select(Draft).where(Draft.user_id == actor.user_id, Draft.form == form)
    return session.exec(query).first()


def discard_draft(session: Session, actor: Actor, form: str) -> None:
    draft = find_draft(session, actor, form)
    if draft is not None:
        session.delete(draft)
        session.flush()


def _audit(session: Session, actor: Principal | None, verb: str, case: Case, **detail: Any) -> None:
    audit.record(session, actor, verb, case, scope=county_of(session, case.region_code), **detail)
