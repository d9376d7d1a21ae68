"""Reading users."""

from sqlmodel import Session, col, select

from tuoju.accounts.errors import UserNotFound
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.regions.queries import ancestors


def actor_of(user: User) -> Actor:
    """The user as the rules see them."""
    return Actor(
        user_id=user.pk,
        display_name=user.display_name,
        role=user.role,
        region_code=user.region_code,
        organization_id=user.organization_id,
        language=user.language,
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


def get_user(session: Session, user_id: int) -> User:
    """Raises UserNotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound
    return user
