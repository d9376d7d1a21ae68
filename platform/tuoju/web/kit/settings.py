"""What the web room has to be told; launch reads it from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuoju.simulation.sign_ins import DemoSignIn
from tuoju_notifications.channels.base import ReceiptReader


@dataclass(frozen=True)
class ReceiptGate:
    """Where one gateway reports to: the token it has to give, and what understands its reports."""

    token: str
    reader: ReceiptReader


@dataclass(frozen=True)
class WebSettings:
    """`secret_key` signs cookies and form tokens; `secure_cookies` wherever there is HTTPS."""

    secret_key: str
    secure_cookies: bool = True
    demo_sign_ins: tuple[DemoSignIn, ...] = field(default=())
    metrics_token: str = ""
    receipt_gates: Mapping[str, ReceiptGate] = field(default_factory=dict)
