"""Reading users."""

from collections.abc import Iterable

from sqlalchemy.orm import object_session
from sqlmodel import Session, col, select

from tuoju.accounts.errors import UserNotFound
from tuoju.accounts.models import SOCIETY_ROLES, Role, User
from tuoju.accounts.permissions import Actor, visible_regions
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import ancestors, is_current, names


def actor_of(user: User) -> Actor:
    """The user, attached to a session, as the rules see them."""
    session = object_session(user)
    region = session.get(Region, user.region_code) if session and user.region_code else None
    return Actor(
        user_id=user.pk,
        display_name=user.display_name,
        role=user.role,
        region_code=user.region_code,
        organization_id=user.organization_id,
        language=user.language,
        covers_city=region is not None and region.parent_code is None,
    )


def staff_of_organization(session: Session, organization_id: int) -> list[User]:
    """The active charity staff of an organization."""
    return list(
        session.exec(
            select(User).where(
                User.organization_id == organization_id,
                User.role == Role.charity_staff,
                col(User.is_active),
            )
        )
    )


def officers_above(session: Session, region_code: str) -> list[User]:
    """The active township officers whose region holds `region_code`."""
    codes = [region.code for region in ancestors(session, region_code)]
    return list(
        session.exec(
            select(User).where(
                col(User.region_code).in_(codes),
                User.role == Role.township_officer,
                col(User.is_active),
            )
        )
    )


def officers_of(session: Session, region_code: str) -> list[User]:
    """The active field staff whose region holds `region_code`: the society's officers, then the township's."""
    codes = [region.code for region in ancestors(session, region_code)]
    query = select(User).where(
        col(User.region_code).in_(codes),
        col(User.role).in_([*SOCIETY_ROLES, Role.township_officer]),
        col(User.is_active),
    )
    return sorted(session.exec(query), key=lambda user: (-codes.index(user.region_code or ""), user.pk))


def managers_of(session: Session, region_code: str) -> list[User]:
    """The managers of the county; those of the city where the county has none."""
    codes = [region.code for region in ancestors(session, region_code)]
    query = select(User).where(col(User.region_code).in_(codes), User.role == Role.program_manager, col(User.is_active))
    managers = list(session.exec(query))
    nearest = max((codes.index(manager.region_code or "") for manager in managers), default=0)
    return [manager for manager in managers if codes.index(manager.region_code or "") == nearest]


def names_of(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Display names by id, in one query."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {user.pk: user.display_name for user in session.exec(select(User).where(col(User.id).in_(wanted)))}


def get_user(session: Session, user_id: int) -> User:
    """Raises UserNotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound
    return user


def villages_of(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(code, township and village) of every village in the actor's scope."""
    codes = session.exec(
        select(Region.code)
        .where(col(Region.code).in_(visible_regions(session, actor)), Region.level == RegionLevel.village, is_current())
        .order_by(Region.code)
    ).all()
    return list(names(session, codes).items())
