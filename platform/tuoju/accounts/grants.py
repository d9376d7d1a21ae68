"""Who may give and change which accounts: never more than their own account has, in role or region.

Administrators give and change accounts within their region and of the organizations registered in it; the leaders of a
charity those of its staff.
"""

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from tuoju.accounts.errors import (
    GrantExceeded,
    LastAdministrator,
    LastLeader,
    NotPermitted,
    RegionLevelWrong,
    UserNotFound,
)
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import ROLE_LEVELS, Action, Actor, require, visible_regions
from tuoju.accounts.service import NO_PASSWORD
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.queries import RegionNotFound, ancestors, county_of, get_region, is_within
from tuoju_projects.models import Organization


def in_scope(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition on User for the accounts that the actor may see here. Raises NotPermitted."""
    require(actor, Action.manage_accounts)
    if actor.organization_id is not None:
        return and_(col(User.organization_id) == actor.organization_id, col(User.role) == Role.charity_staff)
    regions = visible_regions(session, actor)
    organizations = select(Organization.id).where(col(Organization.region_code).in_(regions))
    return or_(col(User.region_code).in_(regions), col(User.organization_id).in_(organizations))


def get_account(session: Session, actor: Actor, user_id: int) -> User:
    """An account in the actor's scope. Raises NotPermitted, UserNotFound."""
    user = session.exec(select(User).where(User.id == user_id, in_scope(session, actor))).first()
    if user is None:
        raise UserNotFound
    return user


def require_change(session: Session, actor: Actor, user: User) -> None:
    """Check that the actor may change this account. Raises NotPermitted, and UserNotFound out of scope."""
    get_account(session, actor, user.pk)
    if actor.organization_id is not None:
        _require_leader(session, actor)


def require_grant(
    session: Session, actor: Actor, role: Role, *, region_code: str | None, organization_id: int | None
) -> None:
    """Check that the actor may give this role in this region or organization.

    Raises NotPermitted, GrantExceeded, RegionLevelWrong.
    """
    require(actor, Action.manage_accounts)
    if role is Role.charity_staff:
        _require_organization(session, actor, organization_id)
        return
    if actor.organization_id is not None or actor.region_code is None:
        raise GrantExceeded
    if region_code is None or not _holds(session, actor.region_code, region_code):
        raise GrantExceeded
    if get_region(session, region_code).level not in ROLE_LEVELS[role]:
        raise RegionLevelWrong(level.value for level in ROLE_LEVELS[role])


def _require_organization(session: Session, actor: Actor, organization_id: int | None) -> None:
    """Raises NotPermitted for staff who are no leaders, GrantExceeded for an organization out of scope."""
    if actor.organization_id is not None:
        _require_leader(session, actor)
        if organization_id != actor.organization_id:
            raise GrantExceeded
        return
    organization = session.get(Organization, organization_id) if organization_id is not None else None
    if organization is None or actor.region_code is None:
        raise GrantExceeded
    if not _holds(session, actor.region_code, organization.region_code):
        raise GrantExceeded


def _require_leader(session: Session, actor: Actor) -> None:
    if not session.get_one(User, actor.user_id).is_leader:
        raise NotPermitted(Action.manage_accounts)


def may_change_accounts(session: Session, actor: Actor) -> bool:
    """Whether the actor may change accounts in scope; charity staff who are no leaders only see their colleagues."""
    return actor.organization_id is None or session.get_one(User, actor.user_id).is_leader


def _holds(session: Session, outer: str, inner: str) -> bool:
    """Whether a region holds another; False for one that does not exist."""
    try:
        return is_within(session, inner, outer)
    except RegionNotFound:
        return False


def grantable_roles(actor: Actor) -> list[Role]:
    """The roles that the actor may give, in the order of the enum."""
    return [Role.charity_staff] if actor.organization_id is not None else list(Role)


def organizations_in_scope(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """(id, name) of the active organizations whose staff an administrator may invite. Raises NotPermitted."""
    query = select(Organization).where(
        col(Organization.region_code).in_(visible_regions(session, actor)), col(Organization.is_active)
    )
    return [(row.id or 0, row.name) for row in session.exec(query.order_by(Organization.name))]


def require_other_administrator(session: Session, user: User) -> None:
    """Raises LastAdministrator if nobody else who can sign in administers the region of this administrator.

    Their rows are locked: of two administrators who stop each other at once, one is refused.
    """
    if user.role is not Role.administrator or not user.is_active or user.region_code is None:
        return
    above = [region.code for region in ancestors(session, user.region_code)]
    active = (
        select(User.id)
        .where(
            User.role == Role.administrator,
            col(User.is_active),
            User.password_hash != NO_PASSWORD,
            col(User.region_code).in_(above),
        )
        .order_by(col(User.id))
    )
    with system_scope(session, Escape.last_administrator):
        left = set(session.exec(active.with_for_update())) - {user.pk}
    if not left:
        raise LastAdministrator


def require_other_leader(session: Session, user: User) -> None:
    """Raises LastLeader if other staff of the organization would be left without a leader. Locks their rows."""
    if user.organization_id is None or not user.is_leader or not user.is_active:
        return
    staff = (
        select(User.id, User.is_leader)
        .where(User.organization_id == user.organization_id, col(User.is_active))
        .order_by(col(User.id))
    )
    others = [(user_id, leads) for user_id, leads in session.exec(staff.with_for_update()) if user_id != user.pk]
    if others and not any(leads for _user_id, leads in others):
        raise LastLeader


def has_leader(session: Session, organization_id: int) -> bool:
    """Whether an organization has an active leader."""
    query = select(User.id).where(User.organization_id == organization_id, col(User.is_active), col(User.is_leader))
    return session.exec(query).first() is not None


def audit_scope(session: Session, user: User) -> str:
    """The audit chain of what happens to an account: its county, or its organization."""
    if user.region_code is not None:
        return county_of(session, user.region_code)
    return f"organization:{user.organization_id}" if user.organization_id is not None else "accounts"
