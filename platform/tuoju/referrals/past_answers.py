"""Past answers of projects, read from referrals as the plain records that matchmaking takes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.cases.models import Need
from tuoju.database.scopes import Escape, system_scope
from tuoju.matchmaking.past_answers import PastAnswer
from tuoju.referrals.models import Referral
from tuoju.referrals.status import HELPED, NOT_AGAIN, Outcome, ReferralState, RejectionReason
from tuoju.regions.calendar import china_day

_NOT_TAKEN = frozenset({ReferralState.rejected, ReferralState.expired, ReferralState.failed})
_ENDED_SERVICE = frozenset({ReferralState.completed, ReferralState.failed})


def answers_to_need(session: Session, need: Need) -> list[PastAnswer]:
    """All referrals of a need as past answers, answered or not, in one query."""
    with system_scope(session, Escape.past_answers):
        return _read(session, Referral.need_id == need.pk)


def answers_of_projects(session: Session, project_ids: Sequence[int]) -> list[PastAnswer]:
    """All answers that these projects ever gave, in one query."""
    with system_scope(session, Escape.past_answers):
        return _read(session, col(Referral.project_id).in_(project_ids), col(Referral.answered_at).is_not(None))


def all_refused_for_good(session: Session, need_ids: SelectOfScalar[int]) -> dict[int, frozenset[int]]:
    """For each need of a subquery the ids of the projects that refused it for a lasting reason, in one query.

    Needs that no project refused have no entry.
    """
    query = select(Referral.need_id, Referral.project_id).where(
        col(Referral.need_id).in_(need_ids),
        Referral.state == ReferralState.rejected,
        col(Referral.rejection_reason).in_(NOT_AGAIN),
    )
    projects_by_need: dict[int, set[int]] = {}
    for need_id, project_id in session.exec(query):
        projects_by_need.setdefault(need_id, set()).add(project_id)
    return {need_id: frozenset(projects) for need_id, projects in projects_by_need.items()}


def _read(session: Session, *conditions: ColumnElement[bool] | bool) -> list[PastAnswer]:
    query = select(  # type: ignore[call-overload]
        Referral.need_id,
        Referral.project_id,
        Referral.state,
        Referral.rejection_reason,
        Referral.requested_at,
        Referral.answered_at,
        Referral.outcome,
    ).where(*conditions)
    return [_past_answer(*row) for row in session.exec(query)]


def _past_answer(
    need_id: int,
    project_id: int,
    state: ReferralState,
    reason: RejectionReason | None,
    requested_at: datetime,
    answered_at: datetime | None,
    outcome: Outcome | None,
) -> PastAnswer:
    rejected = state == ReferralState.rejected
    return PastAnswer(
        need_id=need_id,
        project_id=project_id,
        requested_on=china_day(requested_at),
        answered_on=china_day(answered_at) if answered_at else None,
        accepted=answered_at is not None and not rejected,
        helped=outcome in HELPED if state in _ENDED_SERVICE else None,
        refused_for_good=rejected and reason in NOT_AGAIN,
        not_taken=state in _NOT_TAKEN and reason is not RejectionReason.missing_information,
    )
