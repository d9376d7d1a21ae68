"""The sign-ins that the demo shows."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from tuoju.accounts.models import Role, User
from tuoju.regions.queries import names
from tuoju_projects.models import Organization

PASSWORD = "tuoju-demo"  # noqa: S105 - shown on the demo's sign-in page
USERNAMES = ("worker", "chair", "township", "charity", "manager", "admin")
"""One account of each role, in the order in which the demo shows them."""


@dataclass(frozen=True)
class DemoSignIn:
    """A sign-in that the demo shows on its sign-in page."""

    username: str
    password: str
    role: Role
    place: str


def demo_sign_ins(session: Session) -> tuple[DemoSignIn, ...]:
    """The sign-ins of the demo in the database, of whichever city it is; none where there is no demo."""
    users = {user.username: user for user in session.exec(select(User).where(col(User.username).in_(USERNAMES)))}
    region_names = names(session, {user.region_code for user in users.values() if user.region_code})

    def place_of(user: User) -> str:
        if user.region_code is not None:
            return region_names[user.region_code]
        organization = session.get(Organization, user.organization_id)
        return organization.name if organization is not None else ""

    shown = [users[username] for username in USERNAMES if username in users]
    return tuple(DemoSignIn(user.username, PASSWORD, user.role, place_of(user)) for user in shown)
