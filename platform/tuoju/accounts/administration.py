"""Verbs over accounts of others: add, invite again, stop, start, give a role, make a leader. Each is audited.

For administrators the verbs that give power only propose: another administrator confirms (see proposals).
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session

from tuoju.accounts import audit, invitations, proposals
from tuoju.accounts.address_confirmations import set_addresses
from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.contact_preferences import get_contact_preferences
from tuoju.accounts.directory import accounts_to_invite
from tuoju.accounts.errors import AccountStopped, GrantExceeded, OwnAccount
from tuoju.accounts.grants import (
    audit_scope,
    has_leader,
    require_change,
    require_grant,
    require_other_administrator,
    require_other_leader,
)
from tuoju.accounts.invitations import IssuedInvitation
from tuoju.accounts.models import GrantKind, Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.second_factors import remove_second_factors
from tuoju.accounts.service import create_user, set_active
from tuoju.accounts.sessions import end_all
from tuoju_text.inputs import Input, PersonName

_USERNAME = re.compile(r"[A-Za-z0-9._-]{3,64}")


def _username(value: str) -> str:
    if _USERNAME.fullmatch(value) is None:
        raise PydanticCustomError("username", "Not a user name")
    return value


Username = Annotated[str, AfterValidator(_username)]
"""3 to 64 letters, digits, dots, hyphens and underscores, which every keyboard has."""


class AccountInput(Input):
    """A new account as typed. Charity staff work for an organization, everyone else in a region."""

    username: Username
    display_name: PersonName = Field(min_length=1, max_length=60)
    role: Role
    region_code: str | None = Field(default=None, max_length=12)
    organization_id: int | None = Field(default=None, ge=1, lt=2**31)
    email: Email = ""
    """Where the invitation is sent; empty if it is handed over."""
    mobile: Mobile = ""

    @field_validator("region_code", "organization_id", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value


def add_account(session: Session, actor: Actor, inputs: AccountInput) -> User:
    """Add an account without a password and without an invitation; of an administrator stopped, with a proposal.

    The first account of an organization is its leader. Raises NotPermitted, GrantExceeded, RegionLevelWrong,
    UsernameTaken.
    """
    is_charity = inputs.role is Role.charity_staff
    region_code = None if is_charity else inputs.region_code
    organization_id = inputs.organization_id if is_charity else None
    require_grant(session, actor, inputs.role, region_code=region_code, organization_id=organization_id)
    is_first = organization_id is not None and not has_leader(session, organization_id)
    user = create_user(
        session,
        username=inputs.username,
        display_name=inputs.display_name,
        role=inputs.role,
        region_code=region_code,
        organization_id=organization_id,
    )
    user.is_leader, user.is_active = is_first, inputs.role is not Role.administrator
    session.flush()
    if inputs.email or inputs.mobile:
        reach = get_contact_preferences(session, user.pk)
        set_addresses(reach, email=inputs.email, mobile=inputs.mobile)
        session.add(reach)
        session.flush()
    _audit(session, actor, "create_user", user, role=user.role.value)
    if inputs.role is Role.administrator and region_code is not None:
        proposals.propose(session, actor, user, GrantKind.administrator, region_code)
    return user


def add_and_invite(session: Session, actor: Actor, inputs: AccountInput) -> tuple[User, IssuedInvitation | None]:
    """Add an account and invite its person; None for an administrator, who is invited when a second one confirms.

    Raises what `add_account` raises.
    """
    user = add_account(session, actor, inputs)
    return user, invitations.issue(session, actor, user) if user.is_active else None


def invite_again(
    session: Session, actor: Actor, user: User, *, second_factor_lost: bool = False
) -> IssuedInvitation | None:
    """Issue a new invitation, which ends password and sessions; of an administrator only propose it, and return None.

    Second factors stay unless they are lost; those of an administrator go when the second administrator confirms.
    Raises NotPermitted, UserNotFound, OwnAccount, AccountStopped, ProposalClosed.
    """
    _require_other(session, actor, user)
    if not user.is_active:
        raise AccountStopped
    if user.role is Role.administrator:
        proposals.propose(session, actor, user, GrantKind.invitation, user.region_code or "")
        return None
    if second_factor_lost:
        remove_second_factors(session, actor, user)
    return invitations.issue(session, actor, user)


def invite_for_cards(session: Session, actor: Actor, *, again: bool, limit: int) -> list[tuple[User, IssuedInvitation]]:
    """Invite the persons of accounts that have no password, for printed cards, in the order of regions.

    With `again` also those with an invitation that was not used: their earlier cards no longer work. Administrators are
    left out. Raises NotPermitted.
    """
    users = accounts_to_invite(session, actor, again=again, limit=limit)
    for user in users[:1]:
        require_change(session, actor, user)
    return [(user, invitations.issue(session, actor, user, lifetime=invitations.CARD_LIFETIME)) for user in users]


def stop(session: Session, actor: Actor, user: User) -> None:
    """Stop an account: it is signed out everywhere, and its invitation opens nothing any more.

    Raises NotPermitted, UserNotFound, OwnAccount, LastAdministrator, LastLeader.
    """
    _require_other(session, actor, user)
    require_other_administrator(session, user)
    require_other_leader(session, user)
    set_active(session, user, active=False)
    invitations.close(session, user)
    _audit(session, actor, "stop_user", user)


def start(session: Session, actor: Actor, user: User) -> bool:
    """Let a stopped account sign in again; of an administrator only propose it, and return False.

    The grant is checked anew. Raises NotPermitted, UserNotFound, OwnAccount, GrantExceeded, RegionLevelWrong,
    ProposalClosed.
    """
    _require_other(session, actor, user)
    if user.role is Role.administrator:
        proposals.propose(session, actor, user, GrantKind.administrator, user.region_code or "")
        return False
    require_grant(session, actor, user.role, region_code=user.region_code, organization_id=user.organization_id)
    set_active(session, user, active=True)
    _audit(session, actor, "start_user", user)
    return True


def assign_role(session: Session, actor: Actor, user: User, role: Role, region_code: str) -> bool:
    """Give an officer another role or region; a new administrator is only proposed, and False returned.

    Staff of a charity stay with their organization: officers get an account of their own. Raises NotPermitted,
    UserNotFound, OwnAccount, GrantExceeded, RegionLevelWrong, LastAdministrator, ProposalClosed.
    """
    _require_other(session, actor, user)
    if user.organization_id is not None or role is Role.charity_staff:
        raise GrantExceeded
    if role is Role.administrator:
        proposals.propose(session, actor, user, GrantKind.administrator, region_code)
        return False
    require_grant(session, actor, role, region_code=region_code, organization_id=None)
    require_other_administrator(session, user)
    before, scope = user.role, audit_scope(session, user)
    user.role, user.region_code = role, region_code
    end_all(session, user)
    session.flush()
    audit.record(
        session, actor, "assign_role", user, scope=scope, role=role.value, before=before.value, region=region_code
    )
    return True


def set_leader(session: Session, actor: Actor, user: User, *, is_leader: bool) -> None:
    """Make an account of a charity one of its leaders, or no longer.

    Raises NotPermitted, UserNotFound, OwnAccount, LastLeader, and GrantExceeded for an officer.
    """
    _require_other(session, actor, user)
    if user.organization_id is None:
        raise GrantExceeded
    if not is_leader:
        require_other_leader(session, user)
    user.is_leader = is_leader
    session.flush()
    _audit(session, actor, "set_leader", user, leader=is_leader)


def _require_other(session: Session, actor: Actor, user: User) -> None:
    """Raises UserNotFound out of scope, OwnAccount, and NotPermitted for charity staff who are no leaders."""
    require_change(session, actor, user)
    if user.pk == actor.user_id:
        raise OwnAccount


def _audit(session: Session, actor: Actor, verb: str, user: User, **detail: Any) -> None:
    audit.record(session, actor, verb, user, scope=audit_scope(session, user), **detail)
