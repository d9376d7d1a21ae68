"""View objects of the pages of residents. Persons are masked in all of them, except in `revealed`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.status import CaseState
from tuoju.residents.inputs import ConsentInput, ResidentInput, SettlementInput
from tuoju.residents.models import ConsentPurpose, ReportedTo, TextSource
from tuoju.residents.protection import ReportInput
from tuoju.residents.service import Revealed
from tuoju.residents.views import ResidentSeen
from tuoju.web.kit.drafts import DraftRow
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.views import View

ResidentForm = BlankForm | SubmittedForm[ResidentInput]
ConsentForm = BlankForm | SubmittedForm[ConsentInput]
SettlementForm = BlankForm | SubmittedForm[SettlementInput]
ReportForm = BlankForm | SubmittedForm[ReportInput]


@dataclass(frozen=True)
class ResidentRow:
    """A resident in the list, with the name of the village."""

    person: ResidentSeen
    place: str


@dataclass(frozen=True)
class ResidentListPage(View):
    """Residents, latest first: all, of one village, or those that a search found."""

    template: ClassVar[str] = "residents/index.html"
    rows: Sequence[ResidentRow]
    total: int
    """How many there are on all pages."""
    villages: Sequence[tuple[str, str]]
    """(code, name) of the villages in scope; the list may be limited to one of them if there are several."""
    village: str
    """The code of the village that the list is limited to, or empty."""
    q: str
    """What was searched for, or empty."""
    older_url: str
    """The next page, or empty."""


@dataclass(frozen=True)
class FindResidentPage(View):
    """Look for a person by ID number before entering one."""

    template: ClassVar[str] = "residents/find.html"
    form: ResidentForm
    drafts: Sequence[DraftRow]
    """The files that were begun and not sent."""


@dataclass(frozen=True)
class FileElsewherePage(View):
    """The person has a file in another township, named by `place`."""

    template: ClassVar[str] = "residents/elsewhere.html"
    place: str


@dataclass(frozen=True)
class ResidentFormPage(View):
    """The form of a new file, or of the corrections to one."""

    template: ClassVar[str] = "residents/form.html"
    title: str
    save_words: str
    action: str
    draft: str
    """The key under which what is typed is kept as a draft of this person; empty for corrections."""
    form: ResidentForm
    villages: Sequence[tuple[str, str]]
    is_resumed: bool
    """Whether the form starts from a draft."""
    is_minor: bool
    look_alikes: Sequence[ResidentSeen]
    """Files that may be this person's already."""


@dataclass(frozen=True)
class CaseLink:
    """A case of the resident."""

    case_id: int
    number: str
    state: CaseState
    accepted_at: datetime
    hardship_cause: str


@dataclass(frozen=True)
class PaperLink:
    """A page of the signed paper of a consent."""

    paper_id: int
    added_at: datetime
    kilobytes: int


@dataclass(frozen=True)
class ConsentRow:
    """A consent; `receiver` is the organization of a consent to referrals, else empty."""

    consent_id: int
    purpose: ConsentPurpose
    receiver: str
    facts: Sequence[str]
    """Who agreed and how, and the witness."""
    scope: Sequence[str]
    """What may be shared and for which needs."""
    given_at: datetime
    state: str
    """The look of the chip."""
    state_words: str
    """Until when it is in force, or since when no longer."""
    may_withdraw: bool
    may_add_paper: bool
    papers: Sequence[PaperLink]


@dataclass(frozen=True)
class ConsentFormPage(View):
    """The form of a consent."""

    template: ClassVar[str] = "residents/consents/form.html"
    resident: ResidentSeen
    place: str
    form: ConsentForm
    back: str
    """The id of the need whose matches it returns to, or empty."""
    organizations: Sequence[tuple[int, str]]
    """(id, name) of whoever may receive a consent."""
    needs: Sequence[tuple[int, str]]
    """(id, service) of the needs that it may be limited to."""
    witnesses: Sequence[tuple[int, str]]
    """(id, name) of the other officers."""
    longest: Sequence[str]
    """Until when a consent of each purpose may last."""


@dataclass(frozen=True)
class ReadingRow:
    """One opening of the file or of a case: the verb of the audit, and what its reader wrote about the purpose."""

    at: datetime
    reader: str
    action: str
    purpose: str
    note: GatedText


@dataclass(frozen=True)
class ResidentPage(View):
    """One resident's file."""

    template: ClassVar[str] = "residents/show.html"
    resident: ResidentSeen
    name: str
    id_number: str
    phone: str
    revealed: Revealed | None
    """The fields in full, on the answer to a reading for a purpose; name, number and telephone are in full too then."""
    place: str
    household: Sequence[ResidentSeen]
    """The others of the household."""
    cases: Sequence[CaseLink]
    consents: Sequence[ConsentRow]
    readings: Sequence[ReadingRow]
    reveal_form: PurposeForm
    erasure: str
    """How an erasure under way stands, in words; empty without one."""


@dataclass(frozen=True)
class OverrideRow:
    """An emergency referral that waits for review."""

    override_id: int
    resident_id: int
    name: str
    receiver: str
    reason: GatedText
    made_at: datetime


@dataclass(frozen=True)
class OverridesPage(View):
    """Emergency referrals to review, oldest first."""

    template: ClassVar[str] = "residents/overrides.html"
    overrides: Sequence[OverrideRow]


@dataclass(frozen=True)
class ReportRow:
    """A report that somebody may be in danger; the last three fields are empty until it is followed up."""

    report_id: int
    place: str
    dangers: Sequence[str]
    """Codes of `danger`."""
    denied_because: GatedText
    """Why whoever typed the words says that they mean no danger; empty if they did not."""
    what: GatedText
    reported_at: datetime
    reported_to: ReportedTo
    reported_by: str
    """Empty for a link of a charity and for the resident."""
    source: TextSource
    is_question: bool
    is_escalated: bool
    """Whether the county has been told."""
    may_follow_up: bool
    followed_up_at: datetime | None
    followed_up_by: str
    followed_up: GatedText


@dataclass(frozen=True)
class ProtectionPage(View):
    """Whom to call when a child may be being harmed, the form of the report, and the reports."""

    template: ClassVar[str] = "residents/protection/show.html"
    action: str
    place: str
    form: ReportForm | None
    """None for the county, which only reads what nobody has handled in time."""
    reports: Sequence[ReportRow]


@dataclass(frozen=True)
class ComparedFile:
    """One of two files with the same ID number, masked."""

    person: ResidentSeen
    place: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True)
class DuplicateRow:
    """The question whether two files are one person's, and the form of the decision."""

    duplicate_id: int
    known: ComparedFile
    held: ComparedFile
    form: SettlementForm


@dataclass(frozen=True)
class DuplicatesPage(View):
    """Open questions about two files that are both in the reader's area, the oldest first."""

    template: ClassVar[str] = "residents/duplicates.html"
    rows: Sequence[DuplicateRow]
