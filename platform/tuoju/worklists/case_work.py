"""The next steps of cases, and whose turn each is. Bounded: the cases of a scope in one query, what belongs to them in
one query a table."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from tuoju.accounts.models import SOCIETY_ROLES, Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.service import NO_PASSWORD
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.models import Case, CaseConflict, CasePause, Investigation, Need
from tuoju.cases.policies import NoticePhase, Policy
from tuoju.cases.procedure import notice_period_over
from tuoju.cases.queries import find_needs
from tuoju.cases.service import lawful_verbs
from tuoju.cases.status import AWAITING_DECISION, LIVE_NEEDS, CaseState, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import current_code, townships_of
from tuoju.relief.models import Payment, PaymentState
from tuoju.worklists.kinds import WorkItem, WorkKind
from tuoju.worklists.turns import Officer, Officers, to_answer_objection, to_decide, to_prepare

MOST = 500
"""Cases, needs or referrals of one kind that are looked at, those due first; pages say where there may be more."""

_UNDER_WAY = (
    CaseState.recorded,
    CaseState.investigating,
    CaseState.under_review,
    CaseState.announced,
    CaseState.approved,
    CaseState.relieved,
    CaseState.publicised,
    CaseState.objected,
)

CASE_KINDS = frozenset(
    {
        WorkKind.investigate,
        WorkKind.give_opinion,
        WorkKind.decide,
        WorkKind.confirm_payment,
        WorkKind.give_relief,
        WorkKind.post_notice,
        WorkKind.answer_objection,
        WorkKind.close_case,
        WorkKind.with_others,
    }
)


@dataclass(frozen=True)
class _Records:
    """What belongs to the cases, by case id; officers by village."""

    policies: Mapping[int, Policy]
    kin: Mapping[int, set[int]]
    investigators: Mapping[int, set[int]]
    payments: Mapping[int, Sequence[Payment]]
    with_needs: Collection[int]
    """Cases of which a need still waits or is being served: they cannot be closed."""
    officers: Mapping[str, Officers]

    def involved(self, case: Case) -> set[int | None]:
        """Who investigated the case or gave the opinion."""
        return {case.reviewed_by, *self.investigators[case.pk]}

    def acted(self, case: Case) -> set[int | None]:
        """Who had any part in the case so far."""
        payers = {user for payment in self.payments[case.pk] for user in (payment.prepared_by, payment.confirmed_by)}
        return self.involved(case) | {case.decided_by} | payers

    def prepared(self, case: Case) -> list[Payment]:
        """Payments that wait for the second person."""
        return [payment for payment in self.payments[case.pk] if payment.state is PaymentState.prepared]

    def committed_fen(self, case: Case) -> int:
        """Fen paid or prepared."""
        counted = (PaymentState.prepared, PaymentState.paid)
        return sum(payment.amount_fen for payment in self.payments[case.pk] if payment.state in counted)


def case_work(session: Session, actor: Actor) -> list[WorkItem]:
    """The steps of cases that await the actor, and those of others that are late or due by the next working day.

    Cases whose clock is paused wait for nobody. Eight queries. Raises NotPermitted.
    """
    require(actor, Action.record_cases)
    cases = _cases(session, actor)
    records = _records(session, cases)
    calendar, today = calendar_of(session), china_day(now())
    items: list[WorkItem] = []
    for case in cases:
        steps = list(_steps(case, records))
        own = [kind for kind, turn in steps if actor.user_id in turn]
        items += [_item(case, kind) for kind in own]
        if not own and case.due_at is not None:
            status = due_status(last_day(case.due_at), today, calendar)
            if status is not DueStatus.later:
                items.append(_item(case, WorkKind.with_others))
    return items


def _cases(session: Session, actor: Actor) -> list[Case]:
    paused = select(CasePause.case_id).where(col(CasePause.to_day).is_(None))
    query = select(Case).where(
        col(Case.state).in_(_UNDER_WAY),
        col(Case.has_procedure),
        col(Case.region_code).in_(visible_regions(session, actor)),
        col(Case.id).not_in(paused),
    )
    return list(session.exec(query.order_by(col(Case.due_at).is_(None), col(Case.due_at), col(Case.id)).limit(MOST)))


def _item(case: Case, kind: WorkKind) -> WorkItem:
    return WorkItem(
        kind,
        f"/cases/{case.pk}",
        due_on=last_day(case.due_at) if case.due_at else None,
        provisional=case.due_provisional,
        region_code=case.region_code,
        resident_id=case.resident_id,
        step=case.due_step if kind is WorkKind.with_others else None,
    )


def _steps(case: Case, records: _Records) -> Iterator[tuple[WorkKind, set[int]]]:
    """The steps that are lawful next, each with the accounts whose turn it is."""
    policy, officers, kin = records.policies[case.policy_id], records.officers[case.region_code], records.kin[case.pk]
    kind = _preparing(case, policy, records)
    if kind is not None:
        yield kind, to_prepare(officers, kin)
    if case.state is CaseState.objected:
        yield WorkKind.answer_objection, to_answer_objection(officers, kin, records.acted(case))
        return
    if case.state in AWAITING_DECISION and (policy.notice_phase is not NoticePhase.pre_decision or _shown(case)):
        alone = policy.sole_officer_may_decide
        yield WorkKind.decide, to_decide(officers, kin, records.involved(case), alone_allowed=alone)
    for payment in records.prepared(case):
        if payment.first_help or case.state is CaseState.approved:
            one_is_enough = policy.persons_per_payment < 2
            prepared_by = set() if one_is_enough else {payment.prepared_by}
            alone = policy.sole_officer_may_decide
            yield WorkKind.confirm_payment, to_decide(officers, kin, prepared_by, alone_allowed=alone)


def _shown(case: Case) -> bool:
    """Whether the public notice before the decision has ended."""
    return case.state is CaseState.announced and notice_period_over(case)


def _preparing(case: Case, policy: Policy, records: _Records) -> WorkKind | None:
    """The step that prepares what another person decides or confirms, or ends the case."""
    before_decision = policy.notice_phase is NoticePhase.pre_decision
    match case.state:
        case CaseState.recorded:
            return WorkKind.investigate
        case CaseState.investigating:
            return WorkKind.give_opinion
        case CaseState.under_review if before_decision:
            return WorkKind.post_notice
        case CaseState.approved if not case.granted_fen or records.committed_fen(case) < case.granted_fen:
            return WorkKind.give_relief
        case CaseState.relieved if case.needs_notice:
            return WorkKind.post_notice
    may_close = CaseVerb.close in lawful_verbs(case) and case.pk not in records.with_needs
    return WorkKind.close_case if may_close else None


def _records(session: Session, cases: Sequence[Case]) -> _Records:
    ids = {case.pk for case in cases}
    kin: dict[int, set[int]] = defaultdict(set)
    for conflict in session.exec(select(CaseConflict).where(col(CaseConflict.case_id).in_(ids))):
        kin[conflict.case_id].add(conflict.user_id)
    investigators: dict[int, set[int]] = defaultdict(set)
    visits = select(Investigation.case_id, Investigation.investigator_ids).where(col(Investigation.case_id).in_(ids))
    for case_id, user_ids in session.exec(visits):
        investigators[case_id].update(user_ids)
    payments: dict[int, list[Payment]] = defaultdict(list)
    for payment in session.exec(select(Payment).where(col(Payment.case_id).in_(ids))):
        payments[payment.case_id].append(payment)
    wanted = {case.policy_id for case in cases}
    policies = {policy.pk: policy for policy in session.exec(select(Policy).where(col(Policy.id).in_(wanted)))}
    live = select(Need.case_id).where(col(Need.case_id).in_(ids), col(Need.state).in_(LIVE_NEEDS))
    with_needs = set(session.exec(live))
    officers = _officers(session, {case.region_code for case in cases})
    return _Records(policies, kin, investigators, payments, with_needs, officers)


def _officers(session: Session, villages: set[str]) -> dict[str, Officers]:
    """Who is there for each village: of one that ended, the officers of the village that followed it."""
    townships = townships_of(session, villages)
    current = {village: current_code(session, village) for village in villages}
    codes = {*current.values(), *townships.values()}
    query = select(User).where(
        col(User.region_code).in_(codes),
        col(User.role).in_([*SOCIETY_ROLES, Role.township_officer]),
        col(User.is_active),
    )
    by_region: dict[str | None, list[Officer]] = defaultdict(list)
    for user in session.exec(query.order_by(col(User.id))):
        by_region[user.region_code].append(Officer(user.pk, user.role, user.password_hash != NO_PASSWORD))
    return {village: Officers(by_region[current[village]], by_region[townships[village]]) for village in villages}


def need_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Needs that wait for a project: the most urgent first, then the longest waiting. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    return [
        WorkItem(
            WorkKind.find_project,
            f"/needs/{need.pk}/matches",
            region_code=case.region_code,
            resident_id=resident.pk,
            category=need.category,
            detail=need.urgency.value,
        )
        for need, case, resident in find_needs(session, actor, limit=MOST)
    ]


def prepares(session: Session, actor: Actor) -> bool:
    """Whether what aides do falls to the actor: to everybody but the chair of a society that has an aide."""
    if actor.role is not Role.society_chair:
        return True
    aides = select(User.id).where(
        User.region_code == actor.region_code,
        User.role == Role.social_worker,
        col(User.is_active),
        User.password_hash != NO_PASSWORD,
    )
    return session.exec(aides.limit(1)).first() is None
