"""View objects of the pages of accounts and of signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tuoju.accounts.models import Role
from tuoju.simulation.sign_ins import DemoSignIn
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class AccountRow:
    """An account; `acts_for` is the name of the region or organization it acts for."""

    user_id: int
    username: str
    display_name: str
    role: Role
    acts_for: str
    is_active: bool


@dataclass(frozen=True)
class AccountsPage(View):
    """All accounts, with the form of a new one; `organizations` are (id, name)."""

    template: ClassVar[str] = "accounts/index.html"
    accounts: Sequence[AccountRow]
    organizations: Sequence[tuple[int, str]]
    form: BlankForm | SubmittedForm[Any]


@dataclass(frozen=True)
class SignInPage(View):
    """Signing in; `demo_sign_ins` are empty outside a demo."""

    template: ClassVar[str] = "accounts/sign_in/show.html"
    form: BlankForm | SubmittedForm[Any]
    demo_sign_ins: Sequence[DemoSignIn]
