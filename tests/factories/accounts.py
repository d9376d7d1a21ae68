"""Users and actors for tests."""

import itertools

from sqlmodel import Session

from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import PASSWORDS

VILLAGE = "341124105205"
TOWNSHIP = "341124105000"
COUNTY = "341124000000"
CITY = "341100000000"
PASSWORD = "right horse battery"
PASSWORD_HASH = PASSWORDS.hash(PASSWORD)

_numbers = itertools.count(1)
_REGION_OF = {
    Role.social_worker: VILLAGE,
    Role.society_chair: VILLAGE,
    Role.township_officer: TOWNSHIP,
    Role.program_manager: CITY,
    Role.administrator: CITY,
    Role.administrator: CITY,
}


def make_user(
    session: Session,
    *,
    role: Role = Role.social_worker,
    region_code: str | None = None,
    organization_id: int | None = None,
    username: str | None = None,
    display_name: str = "测试员",
    is_leader: bool = False,
) -> User:
    """A flushed user whose password is PASSWORD, in the region usual for the role."""
    user = User(
        username=username or f"user{next(_numbers)}",
        password_hash=PASSWORD_HASH,
        display_name=display_name,
        role=role,
        region_code=region_code or _REGION_OF.get(role),
        organization_id=organization_id,
        is_leader=is_leader,
    )
    session.add(user)
    session.flush()
    return user


def make_actor(session: Session, **options: object) -> Actor:
    """The actor of a new user."""
    return actor_of(make_user(session, **options))  # type: ignore[arg-type]
