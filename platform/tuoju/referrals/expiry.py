"""Requests that nobody answered in time expire, each in a transaction of its own."""

from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.models import Referral
from tuoju.referrals.service import step
from tuoju.referrals.status import ReferralState, ReferralVerb

log = structlog.get_logger()


def expire_due(unit_of_work: UnitOfWork, at: datetime, *, limit: int = 2000) -> int:
    """Expire the requests whose answer was due at `at` or earlier, at most `limit`, the longest overdue first; their
    needs are open again. Returns how many expired.

    One that cannot expire is logged and blocks no other; the next run tries it again.
    """
    with unit_of_work.read(SYSTEM) as session:
        due = find_due(session, at, limit=limit)
    expired = 0
    for referral_id in due:
        try:
            with unit_of_work.write(SYSTEM) as session:
                expired += expire(session, referral_id, at) is not None
        except Exception as error:
            log.exception("referral_not_expired", referral=referral_id, error=type(error).__name__, exc_info=False)
    return expired


def find_due(session: Session, at: datetime, *, limit: int) -> list[int]:
    """The ids of the requests whose answer was due, the longest overdue first."""
    query = (
        select(Referral.id)
        .where(Referral.state == ReferralState.requested, col(Referral.answer_due_at) <= at)
        .order_by(col(Referral.answer_due_at), col(Referral.id))
        .limit(limit)
    )
    return [referral_id for referral_id in session.exec(query) if referral_id is not None]


def expire(session: Session, referral_id: int, at: datetime) -> Referral | None:
    """Expire one request; None if it was answered meanwhile, or another transaction has it locked right now."""
    query = (
        select(Referral)
        .where(
            Referral.id == referral_id,
            Referral.state == ReferralState.requested,
            col(Referral.answer_due_at) <= at,
        )
        .with_for_update(skip_locked=True)
    )
    referral = session.exec(query).first()
    return step(session, None, referral, ReferralVerb.expire) if referral is not None else None
