"""View objects of the pages of applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from tuoju.funding.application_inputs import Part
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.funding_status import ApplicationState
from tuoju_text.inputs import Input


@dataclass(frozen=True)
class ApplicationCard:
    """An application in a list: `url` is empty where the reader may not open it."""

    url: str
    title: str
    state: ApplicationState
    receipt: str
    organization: str
    ask: str
    at: str
    is_from_paper: bool


@dataclass(frozen=True)
class OwnApplicationsPage(View):
    """The applications of an organization."""

    template: ClassVar[str] = "funding/applications.html"
    applications: Sequence[ApplicationCard]


@dataclass(frozen=True)
class PartRow:
    """One of the six parts, whether it is filled in, and whether it can be changed now."""

    part: Part
    url: str
    is_done: bool
    may_edit: bool


@dataclass(frozen=True)
class ClueRow:
    """What in the blind parts tells who wrote them."""

    kind: str
    where: str
    typed: str


@dataclass(frozen=True)
class ApplicationPage(View):
    """One application: its parts, its sums, what keeps it from being submitted, and the steps that are possible."""

    template: ClassVar[str] = "funding/application.html"
    application_id: int
    card: ApplicationCard
    call_title: str
    call_url: str
    closes: str
    parts: Sequence[PartRow]
    total: str
    ask: str
    matching: str
    unit_cost: str
    excesses: Sequence[str]
    clues: Sequence[ClueRow]
    sha256: str
    asked: str
    """What the office asked for once; "" if it asked for nothing."""
    asked_until: str
    may_complete: bool
    failed: str
    """Why it did not pass the pre-check; "" if it did."""
    ruling: str
    objection_until: date | None
    may_submit: bool
    may_reopen: bool
    may_withdraw: bool


@dataclass(frozen=True)
class PartPage(View):
    """The form of one part. `choices` are topics and townships, `rows` the lines of the budget."""

    template: ClassVar[str] = "funding/part.html"
    action: str
    back: str
    part: Part
    number: int
    call_title: str
    closes: str
    form: BlankForm | SubmittedForm[Input]
    topics: Sequence[tuple[str, str]]
    townships: Sequence[tuple[str, str]]
    rows: Sequence[int]
    heads: Sequence[tuple[str, str]]
    caps: Sequence[str]
    parts: Sequence[PartRow]
