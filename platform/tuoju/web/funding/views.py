"""View objects of the pages of calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from markupsafe import Markup

from tuoju.funding.inputs import CallInput, QuestionInput
from tuoju.web.funding.application_views import ApplicationCard
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.funding_status import CallState


@dataclass(frozen=True)
class CallCard:
    """A call in a list."""

    url: str
    number: str
    title: str
    place: str
    state: CallState
    last_day: date
    budget: str
    waiting: str = ""
    """What waits for the reader."""


@dataclass(frozen=True)
class CallListPage(View):
    """The calls of a manager's region."""

    template: ClassVar[str] = "funding/index.html"
    calls: Sequence[CallCard]
    plans: Sequence[tuple[str, str]]
    """(address, words) of the plans from whose gaps a call can be drafted."""


@dataclass(frozen=True)
class PublicCallListPage(View):
    """The published calls, for everybody."""

    template: ClassVar[str] = "funding/public_index.html"
    calls: Sequence[CallCard]


@dataclass(frozen=True)
class TopicRow:
    """A topic in words."""

    key: str
    title: str
    townships: str
    needs: int
    person_times: int
    budget: str
    unit_cost: str


@dataclass(frozen=True)
class CallFormPage(View):
    """The form of a call. `topics` are to be chosen from where it is new, and are fixed after."""

    template: ClassVar[str] = "funding/form.html"
    action: str
    back: str
    topics: Sequence[TopicRow]
    is_new: bool
    form: BlankForm | SubmittedForm[CallInput]
    criteria: Sequence[tuple[str, str]]
    """(field, words) of the points."""


@dataclass(frozen=True)
class QuestionRow:
    """A question with its answer, "" before."""

    question_id: int
    question: str
    answered: str


@dataclass(frozen=True)
class CallFacts:
    """What everybody may know of a call."""

    number: str
    title: str
    place: str
    state: CallState
    funding: str
    budget: str
    closes: str
    last_day: date
    starts_on: date
    ends_on: date
    introduction: str
    telephone: str
    cancel_reason: str
    topics: Sequence[TopicRow]
    criteria: Sequence[tuple[str, int]]
    rules: Sequence[tuple[str, str, str]]
    """(rule, value with its unit, source)."""


@dataclass(frozen=True)
class StepRow:
    """A step that a call took."""

    words: str
    at: str
    by: str


@dataclass(frozen=True)
class CallPage(View):
    """A call for its manager, with the steps that are possible."""

    template: ClassVar[str] = "funding/show.html"
    call_id: int
    facts: CallFacts
    proposal: str
    """What waits for a second person, in words; "" if nothing does."""
    proposed_verb: str
    may_confirm: bool
    may_propose: Sequence[tuple[str, str]]
    """(verb, words) of the steps that a manager may propose."""
    may_edit: bool
    may_extend: bool
    public_url: str
    applications: Sequence[ApplicationCard]
    organizations: Sequence[tuple[str, str]]
    """Whose application can be typed in from paper; empty if the call is not open."""
    unanswered: Sequence[QuestionRow]
    answered: Sequence[QuestionRow]
    steps: Sequence[StepRow]


@dataclass(frozen=True)
class PublicCallPage(View):
    """A published call, for everybody."""

    template: ClassVar[str] = "funding/public.html"
    call_id: int
    facts: CallFacts
    address: str
    qr: Markup
    questions: Sequence[QuestionRow]
    """Those that are answered."""
    may_ask: bool
    is_open: bool
    duty_url: str
    """The work of a reader who wears a hat in the call."""
    form: BlankForm | SubmittedForm[QuestionInput]
