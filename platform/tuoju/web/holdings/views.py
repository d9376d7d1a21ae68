"""View objects of the copy and the erasure of personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.holdings.inputs import ErasureRequestInput, KeepInput
from tuoju.holdings.status import ErasureState
from tuoju.residents.views import ResidentSeen
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View

RequestForm = BlankForm | SubmittedForm[ErasureRequestInput]
KeepForm = BlankForm | SubmittedForm[KeepInput]


@dataclass(frozen=True)
class HoldingsPage(View):
    """What a person can ask for: a copy of all that is held, and its erasure."""

    template: ClassVar[str] = "holdings/person.html"
    resident: ResidentSeen
    place: str
    counts: Sequence[tuple[str, int]]
    """(what, how many rows) of what is held."""
    purposes: Sequence[tuple[str, str]]
    copy_form: BlankForm
    request_form: RequestForm
    may_export: bool
    may_request: bool
    state: str
    """How the erasure under way stands; empty without one."""
    blocks: Sequence[str]
    """What stands against an erasure today, in words."""


@dataclass(frozen=True)
class ErasureRow:
    """An erasure: what, why, since when due, how it stands, and what the reader can do with it."""

    erasure_id: int
    title: str
    place: str
    person_url: str
    """The page of the person, for whoever may read it; empty otherwise."""
    ground: str
    state: ErasureState
    reason: GatedText
    """Who asked, when and how; why the data are kept, once that is decided."""
    facts: Sequence[str]
    source: str
    """The policy whose period is over, with its source; empty for a request."""
    blocks: Sequence[str]
    steps: Sequence[tuple[str, str, str]]
    """(address, words, kind) of the buttons."""
    may_keep: bool
    keep_form: KeepForm
    waits_for_another: bool
    """Whether the reader was the first of the two persons."""


@dataclass(frozen=True)
class ErasureListPage(View):
    """Erasures that wait for a decision, and those that ended."""

    template: ClassVar[str] = "holdings/erasures.html"
    waiting: Sequence[ErasureRow]
    ended: Sequence[ErasureRow]
