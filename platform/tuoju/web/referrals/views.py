"""View objects of the pages of referrals: what each page shows, in words that are ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.models import Urgency
from tuoju.referrals.complaints import ComplaintAnswerInput
from tuoju.referrals.confirmations import HelpState, OutcomeCheckInput
from tuoju.referrals.models import ComplaintCause
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import VisitMode
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.views import FilterLink, View
from tuoju.web.referrals.inputs import TypedStep
from tuoju.web.referrals.resident_readings import OwnReading

VisitForm = BlankForm | SubmittedForm[VisitInput]


@dataclass(frozen=True)
class ReferralCard:
    """A referral in the list. `category` is a service_type code; `need_text` and `answer_due` may be empty."""

    url: str
    category: str
    urgency: Urgency
    state: ReferralState
    need_text: GatedText
    person: str
    """Masked name, sex and age or age band."""
    place: str
    project: str
    """The project; for the sending side with its organization."""
    answer_due: str
    """By when an answer is due; empty once it is answered."""


@dataclass(frozen=True)
class ReferralListPage(View):
    """The list of referrals, latest first: those of a region, or the inbox of an organization."""

    template: ClassVar[str] = "referrals/index.html"
    title: str
    filters: Sequence[FilterLink]
    cards: Sequence[ReferralCard]
    older_url: str
    """The next page; empty on the last."""


@dataclass(frozen=True)
class FullContact:
    """How to reach the person, for the organization that accepted; empty where unknown."""

    phone: str
    address: str
    guardian: str
    """Name and telephone of the guardian."""


@dataclass(frozen=True)
class WhoAndWhat:
    """Who is to be served and what is wanted, as far as the reader may know. Every text may be empty."""

    need_text: GatedText
    name: str
    """Masked, or in full once `contact` is shown."""
    person_url: str
    """The page of the person; empty for readers who may not open it."""
    sex_and_age: str
    place: str
    contact: FullContact | None
    """None until the organization asks for it, after acceptance."""
    wished_times: str
    constraints: str
    self_care: str


@dataclass(frozen=True)
class StepButton:
    """A step that takes one tap; `kind` is go or quiet."""

    verb: ReferralVerb
    kind: str


@dataclass(frozen=True)
class AnswerPanel:
    """The steps that the reader may take now, each with its form."""

    may_accept: bool
    may_record_visit: bool
    buttons: Sequence[StepButton]
    first_visit: date | None
    """The day that the form of the first visit starts with; None while none can be promised."""
    today: date
    may_complete: bool
    may_reject: bool
    with_reason: Sequence[ReferralVerb]
    """The steps that need a reason in words: fail, cancel."""
    may_mark_in_error: bool
    asks_name: bool
    """Whether the forms ask for a name: through a link, until one is given."""
    is_open: bool
    """Whether the folded forms start open: a step was refused, and its form is shown again."""
    typed: TypedStep


@dataclass(frozen=True)
class MessageEntry:
    """A question or an answer; `holder_name` is the name that the user of a link gave, or empty."""

    author: str
    holder_name: GatedText
    text: GatedText
    at: datetime


@dataclass(frozen=True)
class ThreadPanel:
    """Questions and answers between the charity and the worker; `is_open` if the last one is the other side's."""

    messages: Sequence[MessageEntry]
    may_write: bool
    is_open: bool


@dataclass(frozen=True)
class VisitEntry:
    """One visit with the masked names of the people served."""

    visit_id: int
    served_on: date
    minutes: int
    mode: VisitMode
    names: str
    content: GatedText
    problems: GatedText
    in_error: bool
    in_error_reason: GatedText


@dataclass(frozen=True)
class VisitsPanel:
    """The visits of a referral, latest first; the counts leave out those entered in error."""

    person_times: int
    counted_visits: int
    visits: Sequence[VisitEntry]
    may_mark_in_error: bool


@dataclass(frozen=True)
class TimelineEntry:
    """One step of the referral; `by_link` says that it was taken through the link, and by whom, or is empty."""

    title: str
    at: datetime
    by_link: str
    note: GatedText


@dataclass(frozen=True)
class NextProject:
    """The best project not tried yet; `has_consent` if the resident already agreed to its organization."""

    project_id: int
    name: str
    organization: str
    places_left: int
    reasons: Sequence[str]
    has_consent: bool
    consent_url: str
    """The form of a consent for this organization and need."""
    givers: Sequence[tuple[str, str]]
    """(code, words) of who can consent here without more to fill in."""
    methods: Sequence[tuple[str, str]]
    """(code, words) of the ways to consent that need no witness."""


@dataclass(frozen=True)
class OfferPanel:
    """What may be done with a need that was not taken. Without a project, `is_stuck` says whether the allowed number
    of tries is reached, or no project is left."""

    need_id: int
    project: NextProject | None
    is_stuck: bool
    tries: int


@dataclass(frozen=True)
class SatisfactionPanel:
    """What the resident said of the service, or the form that asks. `rating` is empty until asked."""

    rating: str
    comment: GatedText
    ways_of_asking: Sequence[tuple[str, str]]
    """(code, words)"""


ComplaintForm = BlankForm | SubmittedForm[ComplaintAnswerInput]


@dataclass(frozen=True)
class ComplaintEntry:
    """A complaint of the resident; `reply` is empty until it is answered."""

    cause: ComplaintCause
    opened_at: datetime
    due: str
    is_open: bool
    reply: GatedText
    helped: bool | None
    answered_by: str


@dataclass(frozen=True)
class ComplaintPanel:
    """What the resident complained about, the latest first, and the form of the answer if one waits."""

    entries: Sequence[ComplaintEntry]
    form: ComplaintForm | None


OutcomeCheckForm = BlankForm | SubmittedForm[OutcomeCheckInput]


@dataclass(frozen=True)
class OutcomeCheckEntry:
    """A call-back or a spot check: what the resident answered, and who asked."""

    kind: str
    result: str
    asked: str
    """Who answered, and how they were asked."""
    checked_at: datetime
    checked_by: str


@dataclass(frozen=True)
class ConfirmationPanel:
    """How sure it is that the service helped, every check with the latest first, and the form of the next."""

    state: HelpState
    explanation: str
    entries: Sequence[OutcomeCheckEntry]
    form: OutcomeCheckForm
    answerers: Sequence[tuple[str, str]]
    ways_of_asking: Sequence[tuple[str, str]]
    """(code, words)"""


@dataclass(frozen=True)
class ConfirmationCard:
    """A referral that somebody has to ask about."""

    url: str
    category: str
    person: str
    place: str
    project: str
    ended_on: str


@dataclass(frozen=True)
class DrawRow:
    """A draw of spot checks, with what is needed to draw it again."""

    place: str
    month: str
    words: str
    """How many of how many, and by whom."""
    seed: str


@dataclass(frozen=True)
class ConfirmationsPage(View):
    """Call-backs and spot checks: what is confirmed, what waits, and the draws."""

    template: ClassVar[str] = "referrals/confirmations.html"
    counts: Sequence[tuple[int, HelpState]]
    draw_month: str
    """The month that the reader may draw now; empty where it is drawn, or for readers who may not."""
    draw_percent: int
    draws: Sequence[DrawRow]
    spot_checks: Sequence[ConfirmationCard]
    call_backs: Sequence[ConfirmationCard]
    older_url: str
    """The way to further call-backs; empty on the last page."""


@dataclass(frozen=True)
class UpdateEntry:
    """What the resident has to learn, in words to read aloud, and whether it was received."""

    words: str
    status: str


@dataclass(frozen=True)
class UpdatesPanel:
    """What the officer tells the resident, first to last."""

    entries: Sequence[UpdateEntry]
    has_to_be_told: bool
    """Whether an entry is left for an officer to tell."""
    with_care: bool


@dataclass(frozen=True)
class ReferralFacts:
    """Where a referral was sent and what became of it; empty where there is nothing to say."""

    project_url: str
    project: str
    organization: str
    note: GatedText
    """What the sender wrote."""
    repeat_reason: GatedText
    """Why the person gets this service or project a second time."""
    rejection: str
    """The reason of a rejection, with its note."""
    outcome: str
    """The outcome, with its note."""


@dataclass(frozen=True)
class ReferralPage(View):
    """A referral as either side sees it when signed in; a panel is None where the reader has no use for it."""

    template: ClassVar[str] = "referrals/show.html"
    at: str
    """The path of this page, under which its forms post."""
    number: str
    category: str
    urgency: Urgency
    state: ReferralState
    wrong: str
    """What was wrong with the form just sent."""
    deadline: str
    """By when the charity has to answer; empty once it did."""
    who: WhoAndWhat
    facts: ReferralFacts
    awaits_acceptance: bool
    """Whether the contact is shown once the reader accepts."""
    reveal_form: PurposeForm | None
    """Of the reading of whom to serve; None for readers who may not or have just read it."""
    offer: OfferPanel | None
    answer: AnswerPanel | None
    thread: ThreadPanel | None
    satisfaction: SatisfactionPanel | None
    complaints: ComplaintPanel | None
    """None for readers who may not read complaints, and where there is none."""
    confirmation: ConfirmationPanel | None
    """None for organizations, and where no help is reported."""
    link_state: str
    """How the charity's link is doing; empty for readers who may not hand it on."""
    updates: UpdatesPanel | None
    visits: VisitsPanel
    timeline: Sequence[TimelineEntry]


@dataclass(frozen=True)
class AnswerPage(View):
    """The one referral that a link opens, for the charity without an account."""

    template: ClassVar[str] = "referrals/answers/show.html"
    at: str
    """The path of this page, under which its forms post."""
    number: str
    category: str
    urgency: Urgency
    state: ReferralState
    addressee: str
    """The organization and the project that are asked."""
    wrong: str
    who: WhoAndWhat
    first_visit_on: date | None
    sent_by: str
    """Who sent it, and when."""
    note: GatedText
    deadline: str
    reveal_form: PurposeForm | None
    """Of the reading of whom to serve; None for readers who may not or have just read it."""
    answer: AnswerPanel | None
    thread: ThreadPanel | None
    visits: VisitsPanel | None
    """None until the referral is accepted."""
    timeline: Sequence[TimelineEntry]


@dataclass(frozen=True)
class ClosedLinkPage(View):
    """A link that opens nothing any more; `is_requested` once a new one was asked for."""

    template: ClassVar[str] = "referrals/answers/closed.html"
    is_requested: bool


@dataclass(frozen=True)
class AnsweredPage(View):
    """The thanks after the last step through a link."""

    template: ClassVar[str] = "referrals/answers/done.html"


@dataclass(frozen=True)
class CurrentLink:
    """The link that is open now: `message` is the text to copy, `qr` its code as SVG."""

    message: str
    qr: str
    expires_at: datetime
    uses: int


@dataclass(frozen=True)
class LinkPage(View):
    """The charity's link, to copy or to scan; None if none is open."""

    template: ClassVar[str] = "referrals/link.html"
    at: str
    """The path of the referral."""
    number: str
    organization: str
    link: CurrentLink | None
    may_renew: bool


@dataclass(frozen=True)
class VisitFormPage(View):
    """The form of a visit. `draft` is the key under which it is kept while typed; empty through a link."""

    template: ClassVar[str] = "referrals/visits/form.html"
    at: str
    """The path of the referral."""
    number: str
    draft: str
    form: VisitForm
    members: Sequence[tuple[int, str]]
    """(resident id, masked name) of the household."""


@dataclass(frozen=True)
class OwnConsent:
    """A consent as its giver reads it, with what a withdrawal ends and what stays."""

    permits: str
    until: str
    ends: Sequence[str]
    stays: str
    withdraw_url: str


@dataclass(frozen=True)
class ResidentPage(View):
    """The resident's own page of one referral: no name, no number, no kind of need."""

    template: ClassVar[str] = "referrals/resident/mine.html"
    sentences: Sequence[str]
    consents: Sequence[OwnConsent]
    """What the resident can withdraw here."""
    readings: Sequence[OwnReading]
    """Who opened the file."""
    rating_url: str
    """Where a rating is posted; empty if none is wanted now."""
    is_rated: bool
    replies: Sequence[str]
    """What was answered to their complaints, the latest first."""
    wrong: str
