"""View objects of the page of one case: a panel is None where it is not shown to this reader in this state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.clock import DueStatus
from tuoju.cases.inputs import DecisionInput, NeedInput, OpinionInput
from tuoju.cases.models import ClockStep, OpenedBy, Opinion, RefusalReason, Urgency
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.cases.times import StepTime
from tuoju.referrals.status import ReferralState
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput, PaymentInput
from tuoju.relief.models import PaymentState
from tuoju.web.cases.views import AttachmentsPanel, NeedForm
from tuoju.web.kit.checklists import ChecklistRow
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View

OpinionForm = BlankForm | SubmittedForm[OpinionInput]
DecisionForm = BlankForm | SubmittedForm[DecisionInput]
PaymentForm = BlankForm | SubmittedForm[PaymentInput]
NoticeForm = BlankForm | SubmittedForm[NoticeInput]
ObjectionForm = BlankForm | SubmittedForm[ObjectionInput]
AnswerForm = BlankForm | SubmittedForm[AnswerInput]


@dataclass(frozen=True)
class CaseForms:
    """The forms of the page that came back with what was typed; None for a form that is not sent yet."""

    need: BlankForm | SubmittedForm[NeedInput] | None = None
    opinion: OpinionForm | None = None
    decision: DecisionForm | None = None
    payment: PaymentForm | None = None
    notice: NoticeForm | None = None
    objection: ObjectionForm | None = None
    answer: AnswerForm | None = None


@dataclass(frozen=True)
class Deadline:
    """What is due next; `note` is the CSS class of its note."""

    step: ClockStep
    due_at: datetime
    is_provisional: bool
    status: DueStatus
    note: str


@dataclass(frozen=True)
class PauseRow:
    """Days on which the clock was paused, by whom and why; `last` is None while it still is."""

    first: date
    last: date | None
    reason: GatedText
    paused_by: str


@dataclass(frozen=True)
class OtherHelp:
    """What else the person or the household gets; `url` is empty for a case the reader may not open."""

    url: str
    on: date
    what: str
    is_same_person: bool
    place: str


@dataclass(frozen=True)
class OpinionPanel:
    """Visit and opinion; without a visit the form is not shown, nor if it is `barred`: why an opinion has to wait."""

    barred: str
    visited_on: date | None
    edition: int
    form: OpinionForm


@dataclass(frozen=True)
class DecisionPanel:
    """The decision. `notice_hint` says what the policy asks of the public notice first, or is empty; `barred` why this
    reader may not decide, and who may."""

    barred: str
    opinion: Opinion | None
    notice_hint: str
    amount_hint: str
    form: DecisionForm


@dataclass(frozen=True)
class PaymentRow:
    """A payment of the case; names of persons, amount in fen."""

    payment_id: int
    amount_fen: int
    state: PaymentState
    how: str
    prepared_by: str
    confirmed_by: str
    paid_at: datetime | None
    is_first_help: bool
    may_recover: bool
    may_answer: bool
    barred: str
    """Why this reader may not confirm it, and who may; empty for whoever may."""


@dataclass(frozen=True)
class PaymentPanel:
    """The form of a payment; `accounts` are (id, words) of the fund's accounts, none where there is no fund."""

    heading: str
    accounts: Sequence[tuple[int, str]]
    form: PaymentForm


@dataclass(frozen=True)
class NoticeFormPanel:
    """The form of the public notice; `is_uncounted` when the households of the village are not recorded."""

    shown_name: str
    is_uncounted: bool
    form: NoticeForm


@dataclass(frozen=True)
class ObjectionRow:
    """An objection; `result` is empty until it is answered."""

    objection_id: int
    received_at: datetime
    content: GatedText
    result: str
    answer: GatedText
    answered_by: str
    due_at: datetime


@dataclass(frozen=True)
class NoticePanel:
    """The latest public notice of the case with its objections."""

    notice_id: int
    shown_name: str
    first_day: date
    last_day: date
    is_taken_down: bool
    objections: Sequence[ObjectionRow]
    may_object: bool
    objection_form: ObjectionForm
    answer_form: AnswerForm


@dataclass(frozen=True)
class ClockPanel:
    """Pausing the clock and declaring kinship; `officers` are (account, name)."""

    is_paused: bool
    officers: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class NextStep:
    """What whoever records cases may do now in the procedure. Where `chair_decides`, the decision and the confirmation
    of payments are not this reader's but the society's chair's; `barred` says why this reader takes no part at all."""

    barred: str
    chair_decides: bool
    opinion: OpinionPanel | None
    decision: DecisionPanel | None
    payments: Sequence[PaymentRow]
    payment: PaymentPanel | None
    may_report_services: bool
    notice_form: NoticeFormPanel | None
    notice: NoticePanel | None
    clock: ClockPanel | None


@dataclass(frozen=True)
class ConflictRow:
    """An officer who is on record as kin of the person."""

    name: str
    relation: GatedText


@dataclass(frozen=True)
class CaseFacts:
    """What is on record about the case; `summary` is empty for who may not read it."""

    accepted_at: datetime
    opened_by: OpenedBy
    hardship_cause: str
    policy_title: str
    policy_citation: str
    policy_source: str
    policy_from: date
    policy_to: date | None
    summary: GatedText
    granted_fen: int | None
    refusal_reason: RefusalReason | None
    conflicts: Sequence[ConflictRow]
    pauses: Sequence[PauseRow]


@dataclass(frozen=True)
class ReferralLink:
    """A referral of a need."""

    referral_id: int
    project: str
    state: ReferralState


@dataclass(frozen=True)
class NeedRow:
    """A need of the case; `text` is empty for who may not read it."""

    need_id: int
    category: str
    urgency: Urgency
    state: NeedState
    text: GatedText
    referrals: Sequence[ReferralLink]
    is_open: bool
    may_withdraw: bool


@dataclass(frozen=True)
class NeedFormPanel:
    """The form of a further need."""

    form: NeedForm
    is_open: bool


@dataclass(frozen=True)
class PrintLink:
    """A public notice that can be printed now."""

    url: str
    text: str


@dataclass(frozen=True)
class TimesPanel:
    """How long each step took and the case as a whole; `days` are working days up to the relief, or to today."""

    rows: Sequence[StepTime]
    days: float | None
    started_at: datetime
    relieved_at: datetime | None
    is_any_late: bool


@dataclass(frozen=True)
class TimelineEntry:
    """One step of the case and who took it; `note` is empty for who may not read it."""

    at: datetime
    what: str
    by: str
    note: GatedText


@dataclass(frozen=True)
class ClosingPanel:
    """Closing the case; `papers_to_file` are the words of what the file still lacks, or empty."""

    label: str
    papers_to_file: str


@dataclass(frozen=True)
class EndPanel:
    """A further step of the desk, with a reason; `kind` is the kind of its button."""

    verb: CaseVerb
    label: str
    kind: str


@dataclass(frozen=True)
class CasePage(View):
    """The page of one case. `name` is masked; `resident_url` is empty for who may not read residents."""

    template: ClassVar[str] = "cases/show.html"
    case_id: int
    number: str
    state: CaseState
    region_code: str
    name: str
    resident_url: str
    place: str
    deadline: Deadline | None
    pause: PauseRow | None
    first_help_reason: GatedText
    is_decided_alone: bool
    other_help: Sequence[OtherHelp]
    next_step: NextStep | None
    facts: CaseFacts
    needs: Sequence[NeedRow]
    need_form: NeedFormPanel | None
    papers: Sequence[tuple[str, str]]
    """(address, words) of the papers that name the person in full; empty for readers who may not."""
    notices: Sequence[PrintLink]
    checklist: Sequence[ChecklistRow]
    attachments: AttachmentsPanel | None
    times: TimesPanel | None
    timeline: Sequence[TimelineEntry]
    closing: ClosingPanel | None
    ends: Sequence[EndPanel]
    ends_barred: str
    """Why the case cannot end now, empty if it can."""
