"""View objects of the pages of alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.clock import DueStatus
from tuoju.cases.inputs import CaseInput, DismissalInput
from tuoju.cases.models import AlertSource, AlertState, DismissalReason
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.views import FilterLink, View

VerifyForm = BlankForm | SubmittedForm[CaseInput]
DismissForm = BlankForm | SubmittedForm[DismissalInput]


@dataclass(frozen=True)
class AlertRow:
    """An alert in the list; `due_status` is None once it is answered."""

    alert_id: int
    name: str
    place: str
    source: AlertSource
    raised_on: date
    state: AlertState
    due_at: datetime
    due_status: DueStatus | None
    dismissal: DismissalReason | None


@dataclass(frozen=True)
class PageTurner:
    """The page that is shown of a list, and its neighbours; urls are empty where there is none."""

    number: int
    last: int
    previous_url: str
    next_url: str


@dataclass(frozen=True)
class AlertListPage(View):
    """The alerts of one state; `pages` is None for a list of one page."""

    template: ClassVar[str] = "alerts/index.html"
    filters: Sequence[FilterLink]
    rows: Sequence[AlertRow]
    pages: PageTurner | None


@dataclass(frozen=True)
class AlertAnswer:
    """Who answered an alert, when and how; `dismissal` is None for one that became a case."""

    at: datetime
    by: str
    dismissal: DismissalReason | None
    note: GatedText


@dataclass(frozen=True)
class AlertPage(View):
    """One alert. Name, ID number and phone are masked unless `is_revealed`; `due_status` is None once it is answered.
    The forms are None where the reader may not answer it."""

    template: ClassVar[str] = "alerts/show.html"
    alert_id: int
    name: str
    id_number: str
    phone: str
    is_revealed: bool
    reveal_form: PurposeForm
    place: str
    source: AlertSource
    state: AlertState
    raised_on: date
    due_at: datetime
    due_status: DueStatus | None
    content: GatedText
    resident_id: int | None
    case_id: int | None
    recorded_at: datetime
    recorded_by: str
    answer: AlertAnswer | None
    verify_form: VerifyForm | None
    dismiss_form: DismissForm | None
