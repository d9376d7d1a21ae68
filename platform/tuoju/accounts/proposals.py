"""Administrators are made by two persons: one administrator proposes, another one confirms within a week.

The same holds for a new invitation of an administrator, which ends their password. Nobody confirms a proposal of their
own or about themselves.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from tuoju.accounts import audit, invitations
from tuoju.accounts.errors import GrantExceeded, OwnProposal, ProposalClosed, ProposalNotFound
from tuoju.accounts.grants import require_grant, require_other_administrator
from tuoju.accounts.invitations import IssuedInvitation
from tuoju.accounts.models import GrantKind, GrantProposal, GrantState, Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.queries import actor_of
from tuoju.accounts.second_factors import remove_second_factors
from tuoju.accounts.service import NO_PASSWORD
from tuoju.accounts.sessions import end_all
from tuoju.database.records import now
from tuoju.regions.queries import ancestors, county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user as recipient_of

LIFETIME = timedelta(days=7)
"""After this time a proposal can no longer be confirmed."""


def propose(session: Session, actor: Actor, user: User, kind: GrantKind, region_code: str) -> GrantProposal:
    """Propose that an account becomes an administrator of a region, or that an administrator is invited again.

    The other administrators in charge of the region are notified. Raises NotPermitted, GrantExceeded,
    RegionLevelWrong, and ProposalClosed while another proposal about the account waits.
    """
    require_grant(session, actor, Role.administrator, region_code=region_code, organization_id=None)
    earlier = find_pending(session, user)
    if earlier is not None:
        raise ProposalClosed
    _expire(session, user)
    proposal = GrantProposal(
        user_id=user.pk,
        kind=kind,
        region_code=region_code,
        proposed_by=actor.user_id,
        proposed_at=now(),
        expires_at=now() + LIFETIME,
    )
    session.add(proposal)
    session.flush()
    _audit(session, actor, "propose_grant", proposal)
    _notify(session, proposal)
    return proposal


def confirm(session: Session, actor: Actor, proposal: GrantProposal) -> IssuedInvitation | None:
    """Let a proposal take effect; returns the invitation if the account needs one to sign in.

    The proposer must still be in charge too. Raises NotPermitted, GrantExceeded, OwnProposal, ProposalClosed,
    LastAdministrator.
    """
    if actor.user_id in (proposal.proposed_by, proposal.user_id):
        raise OwnProposal
    require_grant(session, actor, Role.administrator, region_code=proposal.region_code, organization_id=None)
    _close(session, actor, proposal, GrantState.confirmed)
    proposer = session.get_one(User, proposal.proposed_by)
    if not proposer.is_active:
        raise GrantExceeded
    grantor = actor_of(proposer)
    require_grant(session, grantor, Role.administrator, region_code=proposal.region_code, organization_id=None)
    user = session.get_one(User, proposal.user_id)
    if proposal.kind is GrantKind.administrator:
        _make_administrator(session, user, proposal.region_code)
    _audit(session, actor, "confirm_grant", proposal)
    if proposal.kind is GrantKind.invitation:
        remove_second_factors(session, actor, user)
    if proposal.kind is GrantKind.invitation or user.password_hash == NO_PASSWORD:
        return invitations.issue(session, actor, user)
    return None


def _make_administrator(session: Session, user: User, region_code: str) -> None:
    if user.region_code != region_code:
        require_other_administrator(session, user)
    user.role, user.region_code, user.organization_id, user.is_leader = Role.administrator, region_code, None, False
    user.is_active = True
    end_all(session, user)
    session.flush()


def refuse(session: Session, actor: Actor, proposal: GrantProposal) -> None:
    """Refuse a proposal; its proposer may withdraw it so. Raises NotPermitted, GrantExceeded, ProposalClosed."""
    require_grant(session, actor, Role.administrator, region_code=proposal.region_code, organization_id=None)
    _close(session, actor, proposal, GrantState.refused)
    _audit(session, actor, "refuse_grant", proposal)


def _close(session: Session, actor: Actor, proposal: GrantProposal, state: GrantState) -> None:
    """Raises ProposalClosed. The row is locked, so that two administrators at once do not decide twice."""
    query = select(GrantProposal).where(GrantProposal.id == proposal.pk).with_for_update()
    session.exec(query.execution_options(populate_existing=True)).one()
    if proposal.state is not GrantState.pending or proposal.expires_at <= now():
        raise ProposalClosed
    proposal.state, proposal.decided_by, proposal.decided_at = state, actor.user_id, now()
    session.flush()


def _expire(session: Session, user: User) -> None:
    """Mark the proposal about an account whose time is over, so that a new one can be made."""
    query = select(GrantProposal).where(GrantProposal.user_id == user.pk, GrantProposal.state == GrantState.pending)
    for proposal in session.exec(query):
        proposal.state = GrantState.expired
    session.flush()


def find_pending(session: Session, user: User) -> GrantProposal | None:
    """The proposal about an account that can still be confirmed."""
    query = select(GrantProposal).where(GrantProposal.user_id == user.pk, _waits())
    return session.exec(query).first()


def pending_in_scope(session: Session, actor: Actor) -> list[GrantProposal]:
    """The proposals that wait in the regions of an administrator, oldest first; none for charity staff."""
    require(actor, Action.manage_accounts)
    if actor.region_code is None:
        return []
    regions = visible_regions(session, actor)
    query = select(GrantProposal).where(_waits(), col(GrantProposal.region_code).in_(regions))
    return list(session.exec(query.order_by(col(GrantProposal.id))))


def get_proposal(session: Session, actor: Actor, proposal_id: int) -> GrantProposal:
    """Raises NotPermitted, and ProposalNotFound out of scope."""
    require(actor, Action.manage_accounts)
    query = select(GrantProposal).where(
        GrantProposal.id == proposal_id, col(GrantProposal.region_code).in_(visible_regions(session, actor))
    )
    proposal = session.exec(query).first()
    if proposal is None:
        raise ProposalNotFound
    return proposal


def _waits() -> ColumnElement[bool]:
    return (col(GrantProposal.state) == GrantState.pending) & (col(GrantProposal.expires_at) > now())


def _notify(session: Session, proposal: GrantProposal) -> None:
    """Tell the other administrators who could confirm it."""
    above = [region.code for region in ancestors(session, proposal.region_code)]
    query = select(User).where(
        User.role == Role.administrator,
        col(User.is_active),
        col(User.region_code).in_(above),
        col(User.id).not_in([proposal.proposed_by, proposal.user_id]),
    )
    for administrator in session.exec(query):
        recipient, key = recipient_of(administrator.pk), f"grant:{proposal.pk}"
        post(session, NotificationKind.grant_to_confirm, recipient=recipient, key=key, link="/accounts")


def _audit(session: Session, actor: Actor, verb: str, proposal: GrantProposal) -> None:
    audit.record(
        session,
        actor,
        verb,
        session.get_one(User, proposal.user_id),
        scope=county_of(session, proposal.region_code),
        proposal=proposal.pk,
        kind=proposal.kind.value,
        region=proposal.region_code,
    )
