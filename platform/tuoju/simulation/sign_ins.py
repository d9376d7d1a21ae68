"""The sign-ins that the demo shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoSignIn:
    """A sign-in that the demo shows on its sign-in page."""

    username: str
    password: str
    role: str
    place: str
