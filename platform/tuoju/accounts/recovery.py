"""Accounts made on the command line, where nobody is signed in: by the same rules as on the pages.

The first administrator of an empty database is made by one operator. Afterwards every account is given in the name of
an administrator, an administrator in the name of two; and where no two are left, two operators name themselves.
"""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from tuoju.accounts import audit, invitations, proposals
from tuoju.accounts.administration import AccountInput, add_account
from tuoju.accounts.errors import GrantExceeded, RecoveryNotNeeded, RegionLevelWrong, SamePerson, UserNotFound
from tuoju.accounts.grants import audit_scope
from tuoju.accounts.invitations import IssuedInvitation
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import ROLE_LEVELS, Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.second_factors import remove_second_factors
from tuoju.accounts.service import NO_PASSWORD, create_user
from tuoju.regions.queries import ancestors, get_region


def find_by_username(session: Session, username: str) -> User:
    """Raises UserNotFound."""
    user = session.exec(select(User).where(User.username == username)).first()
    if user is None:
        raise UserNotFound
    return user


def add_first_administrator(
    session: Session, *, username: str, display_name: str, region_code: str
) -> IssuedInvitation:
    """Make the first administrator of a database that has none yet.

    Raises GrantExceeded if there is one, RegionLevelWrong, RegionNotFound, UsernameTaken.
    """
    if session.exec(select(User.id).where(User.role == Role.administrator)).first() is not None:
        raise GrantExceeded
    user = _make_administrator(session, username, display_name, region_code)
    audit.record(session, None, "create_first_administrator", user, scope=audit_scope(session, user))
    return invitations.issue(session, None, user)


def add_by_operator(session: Session, by: str, confirmed_by: str, inputs: AccountInput) -> IssuedInvitation:
    """Add an account in the name of the administrator `by`; another administrator also in that of `confirmed_by`.

    Raises UserNotFound, NotPermitted, GrantExceeded, RegionLevelWrong, UsernameTaken, SamePerson, OwnProposal.
    """
    actor = _acting(session, by)
    user = add_account(session, actor, inputs)
    audit.record(session, actor, "create_user_by_command", user, scope=audit_scope(session, user))
    proposal = proposals.find_pending(session, user)
    if proposal is None:
        return invitations.issue(session, None, user)
    if by == confirmed_by:
        raise SamePerson
    return proposals.confirm(session, _acting(session, confirmed_by), proposal) or invitations.issue(
        session, None, user
    )


def _acting(session: Session, username: str) -> Actor:
    """Raises UserNotFound unless the account is active and its person has chosen a password."""
    user = find_by_username(session, username)
    if not user.is_active or user.password_hash == NO_PASSWORD:
        raise UserNotFound
    return actor_of(user)


def recover(
    session: Session, *, username: str, region_code: str, display_name: str, operators: Sequence[str]
) -> IssuedInvitation:
    """Let an administrator in again, or make one of this name, where no two others are left who could do so.

    `operators` are two persons: user names, or names as typed. Both stand in the audit. Raises SamePerson,
    RecoveryNotNeeded, GrantExceeded for an account of another role or region, RegionLevelWrong, RegionNotFound.
    """
    first, second = (name.strip() for name in operators)
    if not first or not second or first.casefold() == second.casefold() or username in (first, second):
        raise SamePerson
    if len(_others_in_charge(session, region_code, username)) > 1:
        raise RecoveryNotNeeded
    user = session.exec(select(User).where(User.username == username)).first()
    if user is None:
        user = _make_administrator(session, username, display_name or username, region_code)
    elif user.role is not Role.administrator or user.region_code not in (None, region_code):
        raise GrantExceeded
    user.region_code, user.is_active = region_code, True
    session.flush()
    names = [_named(session, name) for name in (first, second)]
    audit.record(session, None, "recover_administrator", user, scope=audit_scope(session, user), operators=names)
    remove_second_factors(session, None, user)
    return invitations.issue(session, None, user)


def _others_in_charge(session: Session, region_code: str, username: str) -> list[int | None]:
    """The other administrators of the region, or of one above it, who can sign in."""
    above = [region.code for region in ancestors(session, region_code)]
    query = select(User.id).where(
        User.role == Role.administrator,
        col(User.is_active),
        User.password_hash != NO_PASSWORD,
        User.username != username,
        col(User.region_code).in_(above),
    )
    return list(session.exec(query))


def _named(session: Session, name: str) -> int | str:
    """The id of the account of this user name; the name itself for somebody without an account."""
    user = session.exec(select(User).where(User.username == name)).first()
    return user.pk if user is not None else name


def _make_administrator(session: Session, username: str, display_name: str, region_code: str) -> User:
    levels = ROLE_LEVELS[Role.administrator]
    if get_region(session, region_code).level not in levels:
        raise RegionLevelWrong(level.value for level in levels)
    return create_user(
        session, username=username, display_name=display_name, role=Role.administrator, region_code=region_code
    )
