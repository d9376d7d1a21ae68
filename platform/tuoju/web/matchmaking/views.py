"""View objects of the list of needs and of the page of projects for one need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.cases.models import Urgency
from tuoju.cases.status import NeedState
from tuoju.referrals.status import ReferralState, RejectionReason
from tuoju.web.kit.views import FilterLink, View
from tuoju.words.reasons import NoProjectReasons


@dataclass(frozen=True)
class NeedRow:
    """A need in the list."""

    need_id: int
    category: str
    """A service_type code."""
    urgency: Urgency
    state: NeedState
    text: GatedText
    """Empty for an actor who may not read it."""
    name: str
    """Masked."""
    age: int | None
    place: str
    opened_at: datetime
    waiting_days: int | None
    """None for a need that no longer waits."""


@dataclass(frozen=True)
class NeedListPage(View):
    """Needs in one state, the most urgent first, then the longest waiting."""

    template: ClassVar[str] = "matchmaking/index.html"
    filters: Sequence[FilterLink]
    state: NeedState
    category: str
    """The service_type code that is chosen; empty for all."""
    rows: Sequence[NeedRow]


@dataclass(frozen=True)
class NeedSummary:
    """What the page of matches says of its need."""

    need_id: int
    case_id: int
    resident_id: int
    name: str
    """Masked."""
    age: int | None
    place: str
    category: str
    urgency: Urgency
    state: NeedState
    text: GatedText
    """Empty for an actor who may not read it."""
    wished_times: Sequence[str]
    constraints: Sequence[str]


@dataclass(frozen=True)
class Preview:
    """What a charity will see of the need until it accepts."""

    person: str
    """Surname and age band."""
    place: str
    """The township."""
    text: GatedText
    """Masked by the linter."""
    is_masked: bool
    """Whether anything of the text is masked."""
    wished_times: str
    """In words, as are the constraints."""
    constraints: str


@dataclass(frozen=True)
class EarlierReferral:
    """A referral of the need that was sent before."""

    referral_id: int
    project_name: str
    state: ReferralState
    rejection_reason: RejectionReason | None


@dataclass(frozen=True)
class ChancesShown:
    """What a learned ranking predicts, out of 100."""

    accepted: int
    met: int


@dataclass(frozen=True)
class MatchCard:
    """A project that is proposed for the need."""

    rank: int
    nearly_equal_to: int
    """The best rank that it is nearly equal to; its own if none."""
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    fit: int
    """Out of 100."""
    places_left: int
    places_stated_at: datetime
    reasons: Sequence[str]
    chances: ChancesShown | None
    """None where the rules rank."""
    lifts: Sequence[str]
    """What would have ranked it higher."""
    consented: bool
    """Whether the resident has agreed that the organization be told."""


@dataclass(frozen=True)
class WhyNotAnswer:
    """Why a project cannot take the need; or its rank, and what would have ranked it higher."""

    project_name: str
    obstacles: Sequence[str]
    refused: bool = False
    """Whether the project refused this need for good."""
    rank: int | None = None
    lifts: Sequence[str] = ()


@dataclass(frozen=True)
class MatchesPage(View):
    """The projects proposed for a need, best first."""

    template: ClassVar[str] = "matchmaking/matches.html"
    need: NeedSummary
    preview: Preview | None
    doubles: Sequence[str]
    """What the person has of this service already, in words."""
    """None for readers who send no referrals, and for a need that is not open."""
    earlier: Sequence[EarlierReferral]
    planned_project: str
    """Name of the project that an approved plan proposes while consent is missing; empty without one."""
    ranking_number: int | None
    """Number of the learned ranking in use; None for the rules."""
    compares_meaning: bool
    """Whether the need's text has a vector, so that the texts of projects are compared by meaning, too."""
    matches: Sequence[MatchCard]
    is_any_close: bool
    """Whether any project's text is close to what the need asks for."""
    may_refer: bool
    may_override: bool
    """Whether the need may be referred without consent, because a life is at risk."""
    other_projects: Sequence[tuple[int, str]]
    """(id, name) of the open projects that are not proposed."""
    answer: WhyNotAnswer | None
    """The answer on the project that was asked about."""
    no_project: NoProjectReasons | None
    """Why no project may take the need; None where one may."""
