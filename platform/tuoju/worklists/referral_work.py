"""Referrals, first visits, complaints and feedback that wait, for the charity and for who sent them."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, may, require, visible_regions
from tuoju.cases.clock import last_day
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.referrals.complaints import waits_for_answer
from tuoju.referrals.confirmations import find_unconfirmed
from tuoju.referrals.models import Complaint, Referral
from tuoju.referrals.queries import ReferralRow, find_by_ids, find_referrals
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.worklists.case_work import MOST
from tuoju.worklists.kinds import WorkItem, WorkKind

_WAITING = (ReferralState.requested, ReferralState.accepted)


def charity_work(session: Session, actor: Actor) -> list[WorkItem]:
    """What an organization has to answer, and whom it has to visit first: on the promised day, else within the days
    that the policy of the case allows (domain rule R6). Raises NotPermitted."""
    require(actor, Action.answer_referrals)
    rows = find_referrals(session, actor, states=_WAITING, limit=MOST)
    wanted = {row.case.policy_id for row in rows}
    policies = {policy.pk: policy for policy in session.exec(select(Policy).where(col(Policy.id).in_(wanted)))}
    calendar, today = calendar_of(session), china_day(now())
    items = []
    for row in rows:
        if row.referral.state is ReferralState.requested:
            items.append(_answer(row, WorkKind.answer_referral))
        else:
            items.append(_first_visit(row, policies[row.case.policy_id], calendar, today))
    return items


def _answer(row: ReferralRow, kind: WorkKind) -> WorkItem:
    return WorkItem(
        kind,
        f"/referrals/{row.referral.pk}",
        due_on=last_day(row.referral.answer_due_at),
        provisional=row.referral.answer_due_provisional,
        region_code=row.referral.region_code,
        referral=row,
        category=row.need.category,
    )


def _first_visit(row: ReferralRow, policy: Policy, calendar: WorkingDays, today: date) -> WorkItem:
    promised = row.referral.first_visit_on
    accepted_on = china_day(row.referral.answered_at or row.referral.requested_at)
    is_now = promised is not None and promised <= today
    return WorkItem(
        WorkKind.promised_visit if is_now else WorkKind.first_visit,
        f"/referrals/{row.referral.pk}",
        due_on=promised or calendar.due(accepted_on, policy.first_visit_within).day,
        region_code=row.referral.region_code,
        referral=row,
        category=row.need.category,
    )


def sender_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Referrals of the officer's area without an answer, visits that charities promised for today or missed, and
    residents who were not asked yet how the service was. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    return list(_sent(session, actor, china_day(now())))


def _sent(session: Session, actor: Actor, today: date) -> Iterator[WorkItem]:
    for row in find_referrals(session, actor, states=_WAITING, limit=MOST):
        promised = row.referral.first_visit_on
        if row.referral.state is ReferralState.requested:
            yield _answer(row, WorkKind.unanswered)
        elif promised is not None and promised <= today:
            kind = WorkKind.promised_visit if promised == today else WorkKind.late_visit
            yield _about(row, kind, due_on=promised)
    if may(actor, Action.confirm_outcomes):
        for is_drawn in (True, False):
            for row in find_unconfirmed(session, actor, is_drawn=is_drawn, limit=MOST):
                yield _about(row, WorkKind.ask_feedback)


def _about(row: ReferralRow, kind: WorkKind, *, due_on: date | None = None) -> WorkItem:
    return WorkItem(
        kind,
        f"/referrals/{row.referral.pk}",
        due_on=due_on,
        region_code=row.referral.region_code,
        referral=row,
        category=row.need.category,
    )


def complaint_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Complaints of residents that wait for an answer, by the day on which it is due. Raises NotPermitted."""
    require(actor, Action.answer_complaints)
    complaints = _open_complaints(session, actor)
    of_referral = {complaint.referral_id: complaint for complaint in complaints}
    rows = find_by_ids(session, actor, of_referral.keys())
    return [
        WorkItem(
            WorkKind.answer_complaint,
            f"/referrals/{row.referral.pk}#complaint",
            due_on=last_day(of_referral[row.referral.pk].due_at),
            provisional=of_referral[row.referral.pk].due_provisional,
            region_code=row.referral.region_code,
            referral=row,
            category=row.need.category,
        )
        for row in rows
    ]


def _open_complaints(session: Session, actor: Actor) -> Sequence[Complaint]:
    query = (
        select(Complaint)
        .join(Referral, col(Referral.id) == col(Complaint.referral_id))
        .where(waits_for_answer(), col(Referral.region_code).in_(visible_regions(session, actor)))
    )
    return session.exec(query.order_by(col(Complaint.due_at), col(Complaint.id)).limit(MOST)).all()
