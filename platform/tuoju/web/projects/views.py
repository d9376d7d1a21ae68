"""View objects of the pages of projects and organizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.referrals.contacts import ContactInput
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.inputs import OrganizationInput, PlacesInput, ProjectInput
from tuoju_projects.models import PlaceMove, RuleKind
from tuoju_projects.status import ProjectState

ProjectForm = BlankForm | SubmittedForm[ProjectInput]
OrganizationForm = BlankForm | SubmittedForm[OrganizationInput]
ContactForm = BlankForm | SubmittedForm[ContactInput]
PlacesForm = BlankForm | SubmittedForm[PlacesInput]


@dataclass(frozen=True)
class ProjectCard:
    """A project in the list; `services` and `areas` are words, of the areas only the first."""

    project_id: int
    name: str
    state: ProjectState
    organization: str
    services: str
    places_left: int
    places_total: int
    starts_on: date
    ends_on: date
    areas: str


@dataclass(frozen=True)
class ProjectListPage(View):
    """One page of the list of projects with its filters. `total` counts the projects on all pages; `previous_url` and
    `next_url` are empty on the first and on the last page."""

    template: ClassVar[str] = "projects/index.html"
    total: int
    projects: Sequence[ProjectCard]
    q: str
    category: str
    state: ProjectState | None
    states: Sequence[ProjectState]
    page: int
    last: int
    previous_url: str
    next_url: str


@dataclass(frozen=True)
class CategoryChoices:
    """The services of one class as a field of checkboxes; an error of the field is shown at the first class only."""

    form: ProjectForm
    title: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ProjectFormPage(View):
    """The form of a new project or, unless `is_new`, of a change. `organizations` are (id, name), `areas` (code, name)
    of the city and the counties in scope."""

    template: ClassVar[str] = "projects/form.html"
    form: ProjectForm
    is_new: bool
    action: str
    organizations: Sequence[tuple[int, str]]
    categories: Sequence[CategoryChoices]
    areas: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class StepButton:
    """A button that moves the project to another state; `confirm` is asked first, `kind` is go or stop."""

    url: str
    words: str
    confirm: str
    kind: str


@dataclass(frozen=True)
class RuleRow:
    """One hard condition; `values` are its alternatives in words."""

    kind: RuleKind
    values: str


@dataclass(frozen=True)
class PlaceRow:
    """One row of the capacity ledger; `change` has its sign."""

    at: datetime
    move: PlaceMove
    change: str


@dataclass(frozen=True)
class PlacesPanel:
    """The places of a project: `taken_width` is the part of the bar that is taken, as a percentage; `stated_days_ago`
    says how old the stated number is; `form` is None for who may not state it."""

    project_id: int
    left: int
    total: int
    taken_width: str
    stated_days_ago: int
    form: PlacesForm | None
    entries: Sequence[PlaceRow]


@dataclass(frozen=True)
class ProjectPage(View):
    """One project. `facts` are (term, value) in words; `invented` names the fields that were filled in for the demo;
    `edit_url` and `contact_url` are empty for who may not."""

    template: ClassVar[str] = "projects/show.html"
    name: str
    state: ProjectState
    organization: str
    contact_url: str
    edit_url: str
    steps: Sequence[StepButton]
    description: str
    facts: Sequence[tuple[str, str]]
    rules: Sequence[RuleRow]
    source: str
    invented: str
    places: PlacesPanel


@dataclass(frozen=True)
class OrganizationFormPage(View):
    """The form of a new organization."""

    template: ClassVar[str] = "projects/organizations/form.html"
    form: OrganizationForm


@dataclass(frozen=True)
class WaitingChange:
    """A proposed contact that waits to be confirmed. `proposed` is who proposed it and when."""

    name: str
    mobile: str
    email: str
    proposed: str
    may_confirm: bool
    is_own: bool
    """Whether the reader belongs to the organization."""


@dataclass(frozen=True)
class ContactPage(View):
    """Where an organization is reached; links to referrals are sent there."""

    template: ClassVar[str] = "projects/organizations/contact.html"
    organization_id: int
    organization: str
    form: ContactForm
    change: WaitingChange | None
    waits_for: Sequence[str]
    """The channels whose address is not confirmed yet, as codes."""


@dataclass(frozen=True)
class ContactChangePage(View):
    """A proposed contact, as the contact before it sees it from a message; masked, since messages are forwarded."""

    template: ClassVar[str] = "projects/organizations/contact_change.html"
    organization: str
    name: str
    mobile: str
    email: str
    token: str


@dataclass(frozen=True)
class AddressConfirmedPage(View):
    """The thanks after an address was confirmed by its link."""

    template: ClassVar[str] = "projects/organizations/address_confirmed.html"


@dataclass(frozen=True)
class ContactChangeAnsweredPage(View):
    """The thanks after a proposed contact was confirmed or refused."""

    template: ClassVar[str] = "projects/organizations/contact_change_answered.html"
    is_confirmed: bool
