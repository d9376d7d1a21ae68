"""Whether help is confirmed: a service cannot close itself alone.

What the charity reports as met is unconfirmed until the resident has said so, the village has called back, or a spot
check has asked (domain sections 5.8 and 17(14)). A complaint that stands un-counts it.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, literal, or_
from sqlalchemy import case as sql_case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.referrals.complaints import LOW, is_contested, open_complaint
from tuoju.referrals.errors import NothingToConfirm
from tuoju.referrals.models import ComplaintCause, OutcomeCheck, Referral, SpotCheck
from tuoju.referrals.queries import ReferralRow, rows_where
from tuoju.referrals.status import HELPED, Answerer, AskedBy, ReferralState
from tuoju.regions.queries import county_of
from tuoju_text.inputs import Input


class HelpState(StrEnum):
    """How sure it is that a completed referral helped."""

    confirmed = "confirmed"
    unconfirmed = "unconfirmed"
    contested = "contested"


class OutcomeCheckInput(Input):
    """What the resident answered on the question whether the service helped."""

    helped: bool
    answered_by: Answerer
    asked_by: AskedBy = Field(description="In person or by telephone. A link is the resident's own word.")


def record_check(session: Session, actor: Actor, referral: Referral, inputs: OutcomeCheckInput) -> OutcomeCheck:
    """Record a call-back; it answers a spot check that waits, unless the actor sent the referral.

    "Not helped" opens a complaint. Raises NotPermitted, and NothingToConfirm for a referral that is not completed with
    the outcome met or partly met, and for a link as the way of asking.
    """
    require(actor, Action.confirm_outcomes)
    is_helped = referral.state is ReferralState.completed and referral.outcome in HELPED
    if not is_helped or inputs.asked_by is AskedBy.link:
        raise NothingToConfirm
    spot_check = None if referral.sent_by == actor.user_id else waiting_spot_check(session, referral)
    check = OutcomeCheck(
        referral_id=referral.pk,
        spot_check_id=spot_check.pk if spot_check else None,
        checked_by=actor.user_id,
        **inputs.model_dump(),
    )
    session.add(check)
    session.flush()
    scope = county_of(session, referral.region_code)
    verb = "check_outcome" if spot_check else "call_back"
    audit.record(session, actor, verb, referral, scope=scope, helped=inputs.helped)
    if not inputs.helped:
        open_complaint(session, actor, referral, ComplaintCause.not_solved)
    return check


def checks_of(session: Session, referral: Referral) -> list[OutcomeCheck]:
    """All call-backs and spot checks of a referral, the latest first. The caller has checked that they may be read."""
    query = select(OutcomeCheck).where(OutcomeCheck.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(OutcomeCheck.id).desc())))


def waiting_spot_check(session: Session, referral: Referral) -> SpotCheck | None:
    """The spot check for which the referral was drawn and that nobody has made."""
    query = select(SpotCheck).where(SpotCheck.referral_id == referral.pk, _is_unanswered())
    return session.exec(query.order_by(col(SpotCheck.id))).first()


def _is_unanswered() -> ColumnElement[bool]:
    return ~sql_select(col(OutcomeCheck.id)).where(col(OutcomeCheck.spot_check_id) == col(SpotCheck.id)).exists()


def is_helped() -> ColumnElement[bool]:
    """The condition that the charity reports help."""
    return and_(col(Referral.state) == ReferralState.completed, col(Referral.outcome).in_(HELPED))


def help_state(as_of: datetime | None = None) -> ColumnElement[str | None]:
    """The HelpState of a referral as an expression, as it stood at `as_of` or stands now; NULL without help."""
    return sql_case(
        (~is_helped(), None),
        (is_contested(as_of), literal(HelpState.contested.value)),
        (or_(_resident_said_so(as_of), _check_said_so(as_of)), literal(HelpState.confirmed.value)),
        else_=literal(HelpState.unconfirmed.value),
    )


def _resident_said_so(as_of: datetime | None) -> ColumnElement[bool]:
    """The resident was content: better than LOW, and not "not solved"."""
    content = and_(col(Referral.satisfaction) > LOW, func.coalesce(col(Referral.solved), True))
    if as_of is None:
        return content
    return and_(content, func.coalesce(col(Referral.satisfaction_at), col(Referral.ended_at)) <= as_of)


def _check_said_so(as_of: datetime | None) -> ColumnElement[bool]:
    """The latest call-back or spot check says that it helped."""
    latest = sql_select(col(OutcomeCheck.helped)).where(col(OutcomeCheck.referral_id) == col(Referral.id))
    if as_of is not None:
        latest = latest.where(col(OutcomeCheck.checked_at) <= as_of)
    latest = latest.order_by(col(OutcomeCheck.id).desc()).limit(1)
    return func.coalesce(latest.scalar_subquery(), False)


def help_states(session: Session, referral_ids: Iterable[int]) -> dict[int, HelpState]:
    """The state of each referral that reports help, in one query. The caller has checked that they may be read."""
    state = help_state()
    query = sql_select(col(Referral.id), state).where(col(Referral.id).in_(set(referral_ids)), state.is_not(None))
    return {referral_id: HelpState(code) for referral_id, code in session.execute(query)}


def count_unconfirmed(session: Session, actor: Actor) -> int:
    """The number of referrals in scope that report help which nobody has confirmed. Raises NotPermitted."""
    return count_help(session, actor).get(HelpState.unconfirmed, 0)


def count_help(session: Session, actor: Actor) -> dict[HelpState, int]:
    """The number of referrals in scope that report help, by how sure it is. Raises NotPermitted."""
    require(actor, Action.confirm_outcomes)
    state = help_state().label("help")
    query = (
        sql_select(state, func.count())
        .where(is_helped(), col(Referral.region_code).in_(visible_regions(session, actor)))
        .group_by(state)
    )
    return {HelpState(code): count for code, count in session.execute(query)}


def find_unconfirmed(
    session: Session, actor: Actor, *, is_drawn: bool, after_id: int = 0, limit: int = 50
) -> list[ReferralRow]:
    """Referrals in scope to ask about, the oldest first: drawn for a spot check that waits, or the others whose help is
    unconfirmed. Raises NotPermitted."""
    require(actor, Action.confirm_outcomes)
    drawn = sql_select(col(SpotCheck.id)).where(col(SpotCheck.referral_id) == col(Referral.id), _is_unanswered())
    wanted = drawn.exists() if is_drawn else and_(help_state() == HelpState.unconfirmed.value, ~drawn.exists())
    visible = col(Referral.region_code).in_(visible_regions(session, actor))
    return rows_where(session, and_(is_helped(), wanted, visible, col(Referral.id) > after_id), limit=limit)
