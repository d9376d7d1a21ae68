"""What the web room has to be told; launch reads it from the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from tuoju.accounts.models import Role
from tuoju.accounts.request_limits import RequestLimits
from tuoju.database.installation import Environment
from tuoju.database.keys import derive_key
from tuoju.simulation.sign_ins import DemoSignIn
from tuoju.web.kit.load_limits import Capacity
from tuoju.web.kit.proxies import Network
from tuoju_notifications.channels.base import ReceiptReader


@dataclass(frozen=True)
class ReceiptGate:
    """Where one gateway reports to: the token it has to give, and what understands its reports."""

    token: str
    reader: ReceiptReader


@dataclass(frozen=True)
class WebSettings:
    """`secret_key` signs cookies and form tokens; `secure_cookies` wherever there is HTTPS.

    Users of `second_factor_roles` must set up a second factor to sign in. Only `trusted_proxies` say where a request
    comes from. Requests for another host than `hosts` are refused, and links begin with `public_address`.
    """

    secret_key: str
    """The master of the keys that sign cookies, cursors and form tokens; it signs nothing itself."""
    secure_cookies: bool = True
    demo_sign_ins: tuple[DemoSignIn, ...] = field(default=())
    environment: Environment = Environment.production
    broker_problem: Callable[[], str] = str
    """Why the broker does not answer; empty if it does."""
    damaged_messages: Callable[[], int] = int
    """How many messages of the embedded queue could not be read and were moved aside."""
    metrics_token: str = ""
    metrics_of_all_processes: bool = False
    """Whether the processes of this machine share their metrics in PROMETHEUS_MULTIPROC_DIR."""
    second_factor_roles: frozenset[Role] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    hosts: frozenset[str] | None = None
    """Names of this site; None to take any, and then links lead to the name that was asked for."""
    public_address: str = ""
    """What links in pages and papers begin with; empty: the address of the request."""
    audit_anchor_minutes: int = 60
    capacity: Capacity = field(default_factory=Capacity)
    """How many requests are worked on at once, and how many wait."""
    body_seconds: float = 20
    """How long a body may take to begin with (body_limits)."""
    request_limits: RequestLimits | None = None
    """How many requests an account may send; None for any number."""
    receipt_gates: Mapping[str, ReceiptGate] = field(default_factory=dict)

    def key_for(self, purpose: str) -> bytes:
        """The key of one purpose."""
        return derive_key(self.secret_key.encode(), f"web/{purpose}")

    def signer(self, purpose: str, salt: str) -> URLSafeSerializer:
        """Signs values that a browser hands back, with HMAC-SHA-256; the library's default is SHA-1."""
        return URLSafeSerializer(self.key_for(purpose), salt=salt, signer_kwargs={"digest_method": sha256})

    def timed_signer(self, purpose: str, salt: str) -> URLSafeTimedSerializer:
        """As `signer`, for values that are taken for a limited time only."""
        return URLSafeTimedSerializer(self.key_for(purpose), salt=salt, signer_kwargs={"digest_method": sha256})
