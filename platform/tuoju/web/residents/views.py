"""View objects of the pages of residents. Persons are masked in all of them, except in `revealed`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.status import CaseState
from tuoju.residents.inputs import ConsentInput, ResidentInput
from tuoju.residents.masking import MaskedResident
from tuoju.residents.models import ConsentGiver, ConsentPurpose, ReportedTo
from tuoju.residents.protection import ReportInput
from tuoju.residents.queries import Reading
from tuoju.residents.service import Revealed
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View

ResidentForm = BlankForm | SubmittedForm[ResidentInput]
ConsentForm = BlankForm | SubmittedForm[ConsentInput]
ReportForm = BlankForm | SubmittedForm[ReportInput]


@dataclass(frozen=True)
class ResidentRow:
    """A resident in the list, with the name of the village."""

    person: MaskedResident
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
    """The name under which what is typed is kept as a draft; empty for corrections."""
    form: ResidentForm
    villages: Sequence[tuple[str, str]]
    is_resumed: bool
    """Whether the form starts from a draft."""
    is_minor: bool
    look_alikes: Sequence[MaskedResident]
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
class ConsentRow:
    """A consent; `receiver` is the organization of a consent to referrals, else empty."""

    consent_id: int
    purpose: ConsentPurpose
    receiver: str
    given_by: ConsentGiver
    method: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class ResidentPage(View):
    """One resident's file."""

    template: ClassVar[str] = "residents/show.html"
    resident: MaskedResident
    name: str
    id_number: str
    phone: str
    revealed: Revealed | None
    """The fields in full, on the answer to a reading for a purpose; name, number and telephone are in full too then."""
    place: str
    household: Sequence[MaskedResident]
    """The others of the household."""
    cases: Sequence[CaseLink]
    consents: Sequence[ConsentRow]
    organizations: Sequence[tuple[int, str]]
    """(id, name) of whoever may receive a consent."""
    readings: Sequence[Reading]
    reveal_form: BlankForm
    consent_form: ConsentForm


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
    """A report that a child may be being harmed; the last three fields are empty until it is followed up."""

    report_id: int
    place: str
    what: GatedText
    reported_at: datetime
    reported_to: ReportedTo
    reported_by: str
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
    form: ReportForm
    reports: Sequence[ReportRow]
