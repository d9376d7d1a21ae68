"""Who wears which hat in a call: given by its managers, one hat an account, none for who applies.

This is the scope `call` of the authorization matrix: an action with that scope reaches the calls in which the account
wears the hat of the action.
"""

from collections.abc import Mapping, Sequence

from pydantic import Field
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts import audit
from tuoju.accounts.errors import OutOfScope
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Action, Actor, require, require_in
from tuoju.funding.application_models import Application
from tuoju.funding.call_queries import get_call, locked
from tuoju.funding.errors import AccountNotUsable, AlreadyMember, CallNotFound, MemberNotFound, OtherHat
from tuoju.funding.models import Call, CallMember, FundingStep
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import ApplicationState, CallState, CallVerb, Hat
from tuoju_projects.lifecycles import CALL
from tuoju_text.inputs import Input

HAT_OF: Mapping[Action, Hat] = {
    Action.screen_applications: Hat.screener,
    Action.review_applications: Hat.reviewer,
}
"""The hat that an action with the scope `call` asks for."""
GIVEN_IN = frozenset({CallState.open, CallState.screening, CallState.review})
"""While a call is in one of these, managers give and take its hats."""


class MemberInput(Input):
    """Who is to wear which hat; the account by its name, as it is typed to sign in."""

    username: str = Field(min_length=3, max_length=64)
    hat: Hat


def calls_reached(actor: Actor, action: Action) -> SelectOfScalar[int]:
    """A subquery of the ids of the calls that an action with the scope `call` reaches. Raises NotPermitted."""
    require(actor, action)
    return select(CallMember.call_id).where(
        CallMember.user_id == actor.user_id, CallMember.hat == HAT_OF[action], col(CallMember.is_active)
    )


def require_hat(session: Session, actor: Actor, action: Action, call_id: int) -> None:
    """Raises NotPermitted, or OutOfScope if the actor does not wear the hat of the action in the call."""
    if session.exec(calls_reached(actor, action).where(CallMember.call_id == call_id)).first() is None:
        raise OutOfScope(action)


def wears_hat(session: Session, actor: Actor, call: Call) -> bool:
    """Whether an account wears any hat in a call now."""
    query = select(CallMember.id).where(
        CallMember.call_id == call.pk, CallMember.user_id == actor.user_id, col(CallMember.is_active)
    )
    return session.exec(query).first() is not None


def find_memberships(session: Session, actor: Actor) -> list[tuple[CallMember, Call]]:
    """The hats that an account wears now with their calls, latest first."""
    query = (
        select(CallMember, Call)
        .join(Call, col(Call.id) == CallMember.call_id)
        .where(CallMember.user_id == actor.user_id, col(CallMember.is_active))
        .order_by(col(CallMember.id).desc())
    )
    return list(session.exec(query))


def members_of(session: Session, call: Call, *hats: Hat) -> list[CallMember]:
    """The members of a call in the order in which they were added; of these hats only the active ones, of none all."""
    query = select(CallMember).where(CallMember.call_id == call.pk).order_by(col(CallMember.id))
    if hats:
        query = query.where(col(CallMember.hat).in_(hats), col(CallMember.is_active))
    return list(session.exec(query))


def get_member(session: Session, actor: Actor, member_id: int) -> tuple[CallMember, Call]:
    """A member and the call, of the manager's region. Raises NotPermitted, MemberNotFound."""
    require(actor, Action.manage_calls)
    member = session.get(CallMember, member_id)
    if member is None:
        raise MemberNotFound
    try:
        return member, get_call(session, actor, member.call_id)
    except CallNotFound:
        raise MemberNotFound from None


def add_member(session: Session, actor: Actor, call: Call, inputs: MemberInput) -> CallMember:
    """Give an account a hat in a call, and tell it.

    Raises NotPermitted, OutOfScope, IllegalStep once the review is closed, AccountNotUsable, AlreadyMember, OtherHat.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    # Locked against an application that begins at the same moment.
    call = locked(session, call.pk)
    _require_given(call)
    account = session.exec(select(User).where(User.username == inputs.username, col(User.is_active))).first()
    if account is None or inputs.hat not in HAT_OF.values():
        raise AccountNotUsable
    query = select(CallMember).where(CallMember.call_id == call.pk, CallMember.user_id == account.pk)
    member = session.exec(query).first()
    if member is not None and member.hat is inputs.hat and member.is_active:
        raise AlreadyMember
    if (member is not None and member.hat is not inputs.hat) or _has_another_part(session, call, account):
        raise OtherHat
    if member is None:
        member = CallMember(call_id=call.pk, user_id=account.pk, hat=inputs.hat, added_by=actor.user_id)
    member.is_active = True
    session.add(member)
    session.flush()
    _audit(session, actor, "add_call_member", call, member)
    values = {"number": call.number, "title": call.title}
    key = f"member:{member.pk}:{member.version}"
    post(session, NotificationKind.call_hat, recipient=user(account.pk), key=key, link="/duties", **values)
    return member


def _require_given(call: Call) -> None:
    if call.state not in GIVEN_IN:
        raise IllegalStep(CALL.name, call.state, CallVerb.start_review)


def _has_another_part(session: Session, call: Call, account: User) -> bool:
    """Whether an account acted as a manager of the call, or its organization applies to it."""
    if account.pk in (call.made_by, call.proposed_by, call.published_by, call.confirmed_by):
        return True
    acted = select(FundingStep.id).where(
        FundingStep.call_id == call.pk, FundingStep.machine == CALL.name, FundingStep.by == account.pk
    )
    applies = select(Application.id).where(
        Application.call_id == call.pk,
        or_(
            Application.made_by == account.pk,
            and_(
                col(Application.organization_id) == account.organization_id,
                col(Application.state) != ApplicationState.withdrawn,
            ),
        ),
    )
    return session.exec(acted.limit(1)).first() is not None or session.exec(applies.limit(1)).first() is not None


def end_member(session: Session, actor: Actor, call: Call, member: CallMember) -> CallMember:
    """Take a hat from an account; what was done with it stays. A second time changes nothing.

    Raises NotPermitted, OutOfScope, IllegalStep once the review is closed.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    _require_given(call)
    if member.is_active:
        member.is_active = False
        session.flush()
        _audit(session, actor, "end_call_member", call, member)
    return member


def staff_wear_hat(session: Session, call_id: int, organization_id: int) -> bool:
    """Whether somebody of the staff of an organization wears a hat in a call, so that the organization cannot apply."""
    query = (
        select(CallMember.id)
        .join(User, col(User.id) == CallMember.user_id)
        .where(CallMember.call_id == call_id, col(CallMember.is_active), User.organization_id == organization_id)
    )
    return session.exec(query.limit(1)).first() is not None


def usernames_of(session: Session, members: Sequence[CallMember]) -> dict[int, str]:
    """The names that members type to sign in, by account."""
    query = select(col(User.id), User.username).where(col(User.id).in_({member.user_id for member in members}))
    return {user_id: name for user_id, name in session.exec(query) if user_id is not None}


def _audit(session: Session, actor: Actor, verb: str, call: Call, member: CallMember) -> None:
    scope = county_of(session, call.region_code)
    audit.record(session, actor, verb, call, scope=scope, account=member.user_id, hat=member.hat.value)
