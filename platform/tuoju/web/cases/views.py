"""View objects of the pages of cases, except the page of one case (case_views.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.clock import DueStatus
from tuoju.cases.inputs import CaseInput, InvestigationInput, NeedInput
from tuoju.cases.models import AttachmentKind, ClockStep
from tuoju.cases.status import CaseState, NeedState
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import FilterLink, View

CaseForm = BlankForm | SubmittedForm[CaseInput]
NeedForm = BlankForm | SubmittedForm[NeedInput]
InvestigationForm = BlankForm | SubmittedForm[InvestigationInput]


@dataclass(frozen=True)
class NeedFact:
    """A need in the row of its case: `category` is a service_type code."""

    category: str
    state: NeedState


@dataclass(frozen=True)
class CaseRow:
    """A case in the list; `name` is masked, `hardship_cause` a code of that list."""

    case_id: int
    name: str
    place: str
    state: CaseState
    accepted_at: datetime
    hardship_cause: str
    needs: Sequence[NeedFact]


@dataclass(frozen=True)
class CaseListPage(View):
    """The list of cases, latest first; `older_url` is empty on the last page."""

    template: ClassVar[str] = "cases/index.html"
    filters: Sequence[FilterLink]
    rows: Sequence[CaseRow]
    older_url: str


@dataclass(frozen=True)
class NewCasePage(View):
    """The form of a new case with its first need; `is_urgent_open` opens the fields for an emergency."""

    template: ClassVar[str] = "cases/form.html"
    resident_id: int
    name: str
    place: str
    case_form: CaseForm
    need_form: NeedForm
    has_errors: bool
    is_urgent_open: bool


@dataclass(frozen=True)
class ServiceField(View):
    """The field of the service alone, which replaces itself in the form of a need."""

    template: ClassVar[str] = "cases/service.html"
    form: BlankForm


@dataclass(frozen=True)
class DueRow:
    """A case whose clock runs; `is_provisional` when the working days of that year are not published."""

    case_id: int
    name: str
    place: str
    step: ClockStep
    due_at: datetime
    is_provisional: bool
    status: DueStatus


@dataclass(frozen=True)
class PausedRow:
    """A case whose clock is paused since `since`."""

    case_id: int
    name: str
    place: str
    since: date
    reason: GatedText


@dataclass(frozen=True)
class DeadlinesPage(View):
    """Cases by their deadline; `within` is the name of the region the list is limited to, or empty."""

    template: ClassVar[str] = "cases/deadlines.html"
    within: str
    filters: Sequence[FilterLink]
    due: Sequence[DueRow]
    is_cut: bool
    """Whether there may be more, with later deadlines."""
    paused: Sequence[PausedRow]


@dataclass(frozen=True)
class AttachmentRow:
    """A paper or photo in the file."""

    attachment_id: int
    kind: AttachmentKind
    name: GatedText
    added_at: datetime
    kilobytes: int


@dataclass(frozen=True)
class AttachmentsPanel:
    """Papers and photos of a case with the form for more; `back` names the page to come back to;
    `preselected` is the kind that the form starts with, None for the first of the list."""

    case_id: int
    rows: Sequence[AttachmentRow]
    back: str
    preselected: AttachmentKind | None


@dataclass(frozen=True)
class MemberCell:
    """One cell of the household table: `field` is its name in the form, `inputmode` the keyboard of a phone."""

    field: str
    label: str
    value: str
    inputmode: str


@dataclass(frozen=True)
class VisitSection:
    """A folded part of the form: whether it starts open, and how many of its questions are answered."""

    is_open: bool
    answered: int
    total: int


@dataclass(frozen=True)
class InvestigationPage(View):
    """The form of a household visit. `officers` are (account, name) of who else may have gone; `members` are the rows
    of the household table; `sections` are the folded parts by name."""

    template: ClassVar[str] = "cases/investigation.html"
    case_id: int
    number: str
    name: str
    place: str
    investigators_at_least: int
    officers: Sequence[tuple[int, str]]
    members: Sequence[Sequence[MemberCell]]
    attachments: AttachmentsPanel
    form: InvestigationForm
    is_resumed: bool
    sections: Mapping[str, VisitSection]
