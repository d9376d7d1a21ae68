"""What the web room has to be told; launch reads it from the environment."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DemoSignIn:
    """A sign-in that the demo shows on its sign-in page."""

    username: str
    password: str
    role: str
    place: str


@dataclass(frozen=True)
class WebSettings:
    """`secret_key` signs cookies and form tokens; `secure_cookies` wherever there is HTTPS."""

    secret_key: str
    secure_cookies: bool = True
    demo_sign_ins: tuple[DemoSignIn, ...] = field(default=())
