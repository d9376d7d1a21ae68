"""View objects of the pages of signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tuoju.accounts.models import Role, SessionKind, SessionStage
from tuoju.simulation.sign_ins import DemoSignIn
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju.words.permission_table import PermissionRow


@dataclass(frozen=True)
class SignInPage(View):
    """Signing in; `demo_sign_ins` are empty outside a demo."""

    template: ClassVar[str] = "accounts/sign_in/show.html"
    form: BlankForm | SubmittedForm[Any]
    demo_sign_ins: Sequence[DemoSignIn]


@dataclass(frozen=True)
class CodePage(View):
    """The second step of signing in."""

    template: ClassVar[str] = "accounts/sign_in/code.html"
    form: BlankForm | SubmittedForm[Any]


@dataclass(frozen=True)
class AuthenticatorPage(View):
    """Setting up an authenticator app: `qr` is an SVG, `secret` the same to type. `is_required`: signing in waits for
    it."""

    template: ClassVar[str] = "accounts/account/authenticator.html"
    form: BlankForm | SubmittedForm[Any]
    qr: str
    secret: str
    is_required: bool


@dataclass(frozen=True)
class RecoveryCodesPage(View):
    """New recovery codes, shown once."""

    template: ClassVar[str] = "accounts/account/codes.html"
    codes: Sequence[str]
    is_signing_in: bool


@dataclass(frozen=True)
class PasskeyRow:
    """A passkey of the account."""

    passkey_id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class SessionRow:
    """A browser or program that is signed in; `is_this` for the one that shows the page."""

    session_id: int
    kind: SessionKind
    stage: SessionStage
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    is_this: bool


@dataclass(frozen=True)
class AccountPage(View):
    """One's own account: how to sign in, and where one is signed in."""

    template: ClassVar[str] = "accounts/account/show.html"
    username: str
    role: Role
    has_app: bool
    codes_left: int
    passkeys: Sequence[PasskeyRow]
    sessions: Sequence[SessionRow]


@dataclass(frozen=True)
class PasswordPage(View):
    """Another password for one's own account."""

    template: ClassVar[str] = "accounts/account/password.html"
    form: BlankForm | SubmittedForm[Any]


@dataclass(frozen=True)
class ConfirmPage(View):
    """Asks for the password again."""

    template: ClassVar[str] = "accounts/account/confirm.html"
    form: BlankForm | SubmittedForm[Any]
    next_page: str
    has_passkey: bool


@dataclass(frozen=True)
class PermissionsPage(View):
    """The authorization matrix; `columns` are the roles and the link, in the order of each row's `reach`."""

    template: ClassVar[str] = "accounts/permissions/show.html"
    columns: Sequence[str]
    rows: Sequence[PermissionRow]
