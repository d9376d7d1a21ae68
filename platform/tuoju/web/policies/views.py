"""View objects of the pages of policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from tuoju.cases.policies import Scheme
from tuoju.web.kit.forms import BlankForm
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class PolicyRow:
    """A policy with what it asks, in words; `may_follow` when the reader may put another after it."""

    policy_id: int
    title: str
    place: str
    valid_from: date
    valid_to: date | None
    citation: str
    source: str
    facts: Sequence[str]
    is_past: bool
    may_follow: bool


@dataclass(frozen=True)
class PolicyListPage(View):
    """The policies of the reader's region and of those above it."""

    template: ClassVar[str] = "policies/index.html"
    rows: Sequence[PolicyRow]


@dataclass(frozen=True)
class PolicyFormPage(View):
    """The form of the policy that follows another; amounts in yuan, `regions` are (code, name)."""

    template: ClassVar[str] = "policies/form.html"
    policy_id: int
    scheme: Scheme
    title: str
    regions: Sequence[tuple[str, str]]
    form: BlankForm
