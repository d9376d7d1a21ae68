"""What always holds of plans and their lines; see tuoju.database.rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import and_, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from tuoju.accounts.models import AuditEntry
from tuoju.database.rules import RowIds, Rule, follow, states_without_trace
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.status import PLAN_STEPS, UNDER_WAY, LineState, PlanState, PlanVerb
from tuoju.referrals.models import Referral

AUDITED = {
    "propose_plan": PlanVerb.finish,
    "retry_plan": PlanVerb.retry,
    "approve_plan": PlanVerb.approve,
    "discard_plan": PlanVerb.discard,
    "complete_plan": PlanVerb.complete,
}
"""The steps of a plan that the audit records, by its verb there."""
UNRECORDED = frozenset(PlanVerb) - frozenset(AUDITED.values())

_ENDED = frozenset(PlanState) - UNDER_WAY - {PlanState.proposed}
_DECIDED = frozenset({LineState.sent, LineState.waiting_for_consent, LineState.not_sent})
"""States of a line that an approved plan leads to."""


def plan_history(session: Session) -> Iterator[RowIds]:
    """Every plan went by lawful steps to the state that it has, by its entries in the audit; it has an end exactly if
    it ended, and a region has one plan under way at most."""
    steps: dict[str, list[PlanVerb]] = defaultdict(list)
    entries = (
        select(AuditEntry.subject_id, AuditEntry.action)
        .where(AuditEntry.subject_type == "Plan", col(AuditEntry.action).in_(AUDITED))
        .order_by(col(AuditEntry.scope), col(AuditEntry.sequence))
    )
    for plan_id, action in session.exec(entries):
        steps[plan_id].append(AUDITED[action])
    for plan in session.exec(select(Plan).order_by(col(Plan.id))):
        states = frozenset({PlanState.computing})
        for verb in steps[str(plan.pk)]:
            states = follow(PLAN_STEPS, states, verb, unrecorded=UNRECORDED)
        states = states_without_trace(PLAN_STEPS, states, UNRECORDED)
        if plan.state not in states or (plan.ended_at is not None) != (plan.state in _ENDED):
            yield {"plan": plan.pk}
    under_way = select(Plan.region_code).where(col(Plan.state).in_(UNDER_WAY)).group_by(col(Plan.region_code))
    for region_code in session.exec(under_way.having(func.count() > 1)):
        yield {"region": region_code}


def plan_lines(session: Session) -> Iterator[RowIds]:
    """A line has a project, a referral of its own need, and a reason exactly where its state says so; it is decided
    only in a plan that was approved, and is decided where that plan is completely sent."""
    state = col(PlanLine.state)
    without_project = state.in_((LineState.without, LineState.left_out))
    decided = state.in_(_DECIDED)
    of_other_need = and_(col(Referral.id).is_not(None), col(Referral.need_id) != col(PlanLine.need_id))
    query = (
        sql_select(col(PlanLine.id), col(PlanLine.plan_id))
        .join(Plan, col(Plan.id) == col(PlanLine.plan_id))
        .join(Referral, col(Referral.id) == col(PlanLine.referral_id), isouter=True)
        .where(
            or_(
                without_project != col(PlanLine.project_id).is_(None),
                (state == LineState.sent) != col(PlanLine.referral_id).is_not(None),
                (state == LineState.not_sent) != col(PlanLine.not_sent_reason).is_not(None),
                of_other_need,
                and_(decided, col(Plan.state).not_in((PlanState.sending, PlanState.approved))),
                and_(state == LineState.placed, col(Plan.state) == PlanState.approved),
            )
        )
        .order_by(col(PlanLine.id))
    )
    for line_id, plan_id in session.execute(query):
        yield {"plan": plan_id, "plan_line": line_id}


INVARIANTS: Mapping[str, Rule] = {"plan_history": plan_history, "plan_lines": plan_lines}
