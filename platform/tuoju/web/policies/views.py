"""View objects of the pages of policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from tuoju.cases.policies import Scheme
from tuoju.residents.data_policies import DataKind, DataPolicyInput
from tuoju.web.kit.forms import BlankForm, SubmittedForm
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
    missing: Sequence[Scheme]
    """Schemes without any policy, for whoever may make one."""


@dataclass(frozen=True)
class PolicyFormPage(View):
    """The form of a policy, the first one or one that follows another; amounts in yuan, `regions` are (code, name)."""

    template: ClassVar[str] = "policies/form.html"
    action: str
    scheme: Scheme
    title: str
    """Of the policy that it follows; "" for the first one."""
    regions: Sequence[tuple[str, str]]
    form: BlankForm


@dataclass(frozen=True)
class DataPolicyRow:
    """How long one kind of consent lasts or one kind of record is kept."""

    policy_id: int
    kind: DataKind
    place: str
    valid_from: date
    valid_to: date | None
    length: str
    citation: str
    source: str
    is_past: bool
    may_follow: bool


@dataclass(frozen=True)
class DataPolicyListPage(View):
    """The policies on consents and records of the reader's region and of those above it."""

    template: ClassVar[str] = "policies/data.html"
    rows: Sequence[DataPolicyRow]
    missing: Sequence[DataKind]
    """Kinds without any policy, for whoever may make one."""


@dataclass(frozen=True)
class DataPolicyFormPage(View):
    """The form of a policy, the first one or one that follows another; `event` is from when its months count."""

    template: ClassVar[str] = "policies/data_form.html"
    action: str
    kind: DataKind
    event: str
    reminds: bool
    """Whether the officer is reminded before the end."""
    regions: Sequence[tuple[str, str]]
    form: BlankForm | SubmittedForm[DataPolicyInput]
