"""View objects of the pages of the pre-check."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.funding.application_inputs import Part
from tuoju.funding.check_inputs import CheckInput
from tuoju.web.funding.application_views import ApplicationCard
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.funding_status import ApplicationState

SHORT = 12
"""Characters that stand beside their words on a phone."""


@dataclass(frozen=True)
class FactRow:
    """One field of an application in words."""

    words: str
    typed: str

    @property
    def is_long(self) -> bool:
        """Whether the text needs the whole width of a phone."""
        return len(self.typed) > SHORT


@dataclass(frozen=True)
class LineRow:
    """One line of its budget in words."""

    head: str
    spent_on: str
    price: str
    count: int
    total: str
    award: str


@dataclass(frozen=True)
class PartText:
    """One part of an application as it is read; `lines` for the budget alone."""

    part: Part
    facts: Sequence[FactRow]
    lines: Sequence[LineRow]


@dataclass(frozen=True)
class CheckListPage(View):
    """The applications to a call, for its screeners."""

    template: ClassVar[str] = "funding/checks.html"
    call_title: str
    is_screening: bool
    applications: Sequence[ApplicationCard]


@dataclass(frozen=True)
class Ruling:
    """What was proposed or decided, and by whom."""

    cause: str
    ruling: str
    by: str


@dataclass(frozen=True)
class CheckPage(View):
    """One application with its pre-check, and the steps that are possible."""

    template: ClassVar[str] = "funding/check.html"
    application_id: int
    back: str
    call_title: str
    organization: str
    receipt: str
    state: ApplicationState
    hints: Sequence[str]
    """What the program knows for an item."""
    parts: Sequence[PartText]
    items: Sequence[tuple[str, str]]
    """(field, words) of the items."""
    form: BlankForm | SubmittedForm[CheckInput]
    may_record: bool
    may_accept: bool
    asked: str
    """What was asked for; "" if nothing was."""
    asked_parts: str
    due: str
    askable: Sequence[tuple[Part, str]]
    """The parts that may be asked for; empty if that is not possible."""
    proposal: Ruling | None
    may_confirm: bool
    may_fail: bool
