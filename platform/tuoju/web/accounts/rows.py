"""Rows and choices of the pages of accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts.directory import regions_to_grant, states_of
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.proposals import pending_in_scope
from tuoju.accounts.queries import names_of
from tuoju.regions.queries import names
from tuoju.web.accounts.account_views import AccountRow, ProposalRow, RegionFinder
from tuoju_projects.queries import organizations_by_id

MAX_REGIONS = 20
"""Regions to choose from at once; a longer list is searched."""


def account_rows(session: Session, users: Sequence[User]) -> list[AccountRow]:
    """The rows of accounts that the caller has found in scope."""
    states, acts_for = states_of(session, users), places_of(session, users)
    return [
        AccountRow(
            user_id=user.pk,
            username=user.username,
            display_name=user.display_name,
            role=user.role,
            acts_for=acts_for[user.pk],
            state=states[user.pk][0],
            invited_until=states[user.pk][1],
            is_leader=user.is_leader,
        )
        for user in users
    ]


def places_of(session: Session, users: Sequence[User]) -> dict[int, str]:
    """By account, the name of the region or organization that it acts for."""
    places = names(session, {user.region_code for user in users if user.region_code})
    organizations = organizations_by_id(session, {user.organization_id for user in users if user.organization_id})
    return {
        user.pk: places.get(user.region_code or "", "")
        or (organizations[user.organization_id].name if user.organization_id else "")
        for user in users
    }


def proposal_rows(session: Session, actor: Actor) -> list[ProposalRow]:
    """The proposals that wait in the actor's scope."""
    waiting = pending_in_scope(session, actor)
    users = {
        user.pk: user for user in session.exec(select(User).where(col(User.id).in_([row.user_id for row in waiting])))
    }
    proposers = names_of(session, {proposal.proposed_by for proposal in waiting})
    places = names(session, {proposal.region_code for proposal in waiting})
    return [
        ProposalRow(
            proposal_id=proposal.pk,
            kind=proposal.kind,
            display_name=users[proposal.user_id].display_name,
            username=users[proposal.user_id].username,
            place=places[proposal.region_code],
            proposed_by=proposers[proposal.proposed_by],
            expires_at=proposal.expires_at,
            may_confirm=actor.user_id not in (proposal.proposed_by, proposal.user_id),
            is_own=actor.user_id == proposal.proposed_by,
        )
        for proposal in waiting
    ]


def find_regions(session: Session, actor: Actor, typed: Mapping[str, Any]) -> RegionFinder:
    """The regions that fit the role and the text that were typed, and the one that is chosen.

    Without a text only a short list is shown: the first of a thousand villages help nobody.
    """
    if actor.region_code is None:
        return RegionFinder([], has_more=False)
    role = next((role for role in Role if role == typed.get("role")), Role.social_worker)
    text, chosen = str(typed.get("region_text") or "").strip(), str(typed.get("region_code") or "")
    codes = regions_to_grant(session, actor, role, text, limit=MAX_REGIONS + 1)
    has_more = len(codes) > MAX_REGIONS
    shown = codes[:MAX_REGIONS] if text or not has_more else []
    if chosen and chosen not in shown:
        shown = [*regions_to_grant(session, actor, role, chosen, limit=1), *shown]
    words = names(session, shown)
    return RegionFinder([(code, words[code]) for code in shown], has_more=has_more)
