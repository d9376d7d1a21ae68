"""The accounts that somebody may see, with whether their person can sign in yet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.grants import in_scope
from tuoju.accounts.models import Invitation, Role, User
from tuoju.accounts.permissions import ROLE_LEVELS, Actor, visible_regions
from tuoju.accounts.service import NO_PASSWORD
from tuoju.database.records import now
from tuoju.regions.models import Region
from tuoju.regions.queries import is_current, within


class AccountState(StrEnum):
    """Whether the person of an account can sign in."""

    active = "active"
    invited = "invited"
    """They have an invitation that they have not used."""
    uninvited = "uninvited"
    """They have no password, and no invitation that can still be used."""
    stopped = "stopped"


@dataclass(frozen=True)
class AccountFilter:
    """What is looked for; empty values take every account in scope."""

    text: str = ""
    """A part of the user name."""
    role: Role | None = None
    state: AccountState | None = None
    region_code: str = ""
    """A region in scope: accounts in it and below."""


def find_accounts(
    session: Session, actor: Actor, wanted: AccountFilter, *, after: str = "", limit: int = 50
) -> list[User]:
    """Accounts in scope in the order of user names, from behind the user name `after`. Raises NotPermitted."""
    query = select(User).where(in_scope(session, actor), col(User.username) > after)
    if wanted.text:
        query = query.where(col(User.username).contains(wanted.text, autoescape=True))
    if wanted.role is not None:
        query = query.where(User.role == wanted.role)
    if wanted.state is not None:
        query = query.where(_has_state(wanted.state))
    if wanted.region_code:
        query = query.where(col(User.region_code).in_(within(session, wanted.region_code)))
    return list(session.exec(query.order_by(User.username).limit(limit)))


def accounts_to_invite(session: Session, actor: Actor, *, again: bool, limit: int) -> list[User]:
    """Accounts in scope without a password, in the order of regions; with `again` also those whose invitation waits.

    Administrators are left out: two persons invite them. Raises NotPermitted.
    """
    state = _has_state(AccountState.uninvited)
    if again:
        state |= _has_state(AccountState.invited)
    query = select(User).where(in_scope(session, actor), state, User.role != Role.administrator)
    return list(session.exec(query.order_by(col(User.region_code), User.username).limit(limit)))


def count_to_invite(session: Session, actor: Actor) -> int:
    """How many accounts in scope have no password and no invitation, administrators left out. Raises NotPermitted."""
    query = select(func.count()).where(
        in_scope(session, actor), _has_state(AccountState.uninvited), User.role != Role.administrator
    )
    return session.exec(query).one()


def states_of(session: Session, users: Collection[User]) -> dict[int, tuple[AccountState, datetime | None]]:
    """By account, its state and until when its open invitation can be used."""
    ids = [user.pk for user in users]
    query = select(Invitation.user_id, Invitation.expires_at).where(col(Invitation.user_id).in_(ids), _is_open())
    until = dict(session.exec(query).all())
    return {user.pk: _state(user, until.get(user.pk)) for user in users}


def _state(user: User, until: datetime | None) -> tuple[AccountState, datetime | None]:
    if not user.is_active:
        return AccountState.stopped, None
    if user.password_hash != NO_PASSWORD:
        return AccountState.active, None
    return (AccountState.invited, until) if until is not None else (AccountState.uninvited, None)


def _has_state(state: AccountState) -> ColumnElement[bool]:
    """The condition on User."""
    if state is AccountState.stopped:
        return ~col(User.is_active)
    has_password = col(User.password_hash) != NO_PASSWORD
    if state is AccountState.active:
        return col(User.is_active) & has_password
    is_invited = col(User.id).in_(_invited())
    return col(User.is_active) & ~has_password & (is_invited if state is AccountState.invited else ~is_invited)


def _invited() -> SelectOfScalar[int]:
    return select(Invitation.user_id).where(_is_open())


def _is_open() -> ColumnElement[bool]:
    return (
        col(Invitation.used_at).is_(None) & col(Invitation.replaced_at).is_(None) & (col(Invitation.expires_at) > now())
    )


def regions_to_grant(session: Session, actor: Actor, role: Role, text: str, *, limit: int) -> list[str]:
    """The codes of regions in scope in which an account of this role may work, and whose name contains `text`.

    The name of a village is looked for with its township's before it (马厂镇黄庵). Raises NotPermitted.
    """
    above = aliased(Region)
    query = (
        select(Region.code)
        .join(above, col(above.code) == col(Region.parent_code), isouter=True)
        .where(
            col(Region.code).in_(visible_regions(session, actor)),
            col(Region.level).in_(ROLE_LEVELS[role]),
            is_current(),
        )
    )
    if text:
        full_name = func.coalesce(above.name, "").concat(col(Region.name))
        query = query.where(full_name.contains(text, autoescape=True) | (col(Region.code) == text))
    return list(session.exec(query.order_by(Region.code).limit(limit)))
