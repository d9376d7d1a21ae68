"""View objects of the pages of accounts, invitations and proposals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from markupsafe import Markup

from tuoju.accounts.directory import AccountState
from tuoju.accounts.models import GrantKind, Role
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class AccountRow:
    """An account; `acts_for` is the name of its region or organization, `invited_until` the end of its invitation."""

    user_id: int
    username: str
    display_name: str
    role: Role
    acts_for: str
    state: AccountState
    invited_until: datetime | None
    is_leader: bool


@dataclass(frozen=True)
class ProposalRow:
    """A proposal that waits for a second administrator; `may_confirm` for everybody but the two it concerns."""

    proposal_id: int
    kind: GrantKind
    display_name: str
    username: str
    place: str
    proposed_by: str
    expires_at: datetime
    may_confirm: bool
    is_own: bool


@dataclass(frozen=True)
class AccountsPage(View):
    """The accounts in scope, of which the filter `form` shows some. `is_charity`: of an organization, by its staff;
    `to_print` accounts have no invitation yet."""

    template: ClassVar[str] = "accounts/index.html"
    accounts: Sequence[AccountRow]
    proposals: Sequence[ProposalRow]
    form: BlankForm
    next_url: str | None
    is_charity: bool
    may_change: bool
    organization: str
    to_print: int


@dataclass(frozen=True)
class RegionFinder:
    """Regions to choose from, as (code, name); `has_more` if only the first are shown."""

    choices: Sequence[tuple[str, str]]
    has_more: bool


@dataclass(frozen=True)
class NewAccountPage(View):
    """The form of a new account; charity staff have no `roles` to choose from, and no `regions`."""

    template: ClassVar[str] = "accounts/new.html"
    form: BlankForm | SubmittedForm[Any]
    roles: Sequence[tuple[str, str]]
    organizations: Sequence[tuple[int, str]]
    regions: RegionFinder
    organization: str


@dataclass(frozen=True)
class AccountPage(View):
    """One account and what the reader may do with it. `waits` if a second administrator has to confirm a proposal."""

    template: ClassVar[str] = "accounts/show.html"
    account: AccountRow
    may_change: bool
    needs_two: bool
    waits: bool
    form: BlankForm | SubmittedForm[Any]
    roles: Sequence[tuple[str, str]]
    regions: RegionFinder


@dataclass(frozen=True)
class IssuedPage(View):
    """A new invitation, shown once: its link to copy and to scan."""

    template: ClassVar[str] = "accounts/issued.html"
    user_id: int
    username: str
    display_name: str
    message: str
    qr: Markup
    expires_at: datetime
    is_sent: bool


@dataclass(frozen=True)
class OpenInvitationPage(View):
    """Where the link of an invitation leads: a button that posts the token, since opening the link must change nothing
    and show nothing."""

    template: ClassVar[str] = "accounts/invitation/open.html"
    token: str


@dataclass(frozen=True)
class PasswordPage(View):
    """The invited person chooses their password."""

    template: ClassVar[str] = "accounts/invitation/password.html"
    token: str
    username: str
    display_name: str
    role: Role
    acts_for: str
    shortest: int
    form: BlankForm | SubmittedForm[Any]
