"""View objects of the pages of planning: what one more place adds, changes tried out, gaps, and the next call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.web.kit.views import View
from tuoju.web.plans.views import CostRow, FilterOption

MAX_PLACES = 40
"""The largest number of places that may be tried out."""


@dataclass(frozen=True)
class GainRow:
    """A project, service or area, and in words what one more place adds or what a place is worth; `url` is empty where
    there is no page."""

    words: str
    gain: str
    url: str = ""


@dataclass(frozen=True)
class PlaceGainLists:
    """What one more place adds, best first; projects and services are cut short."""

    by_project: Sequence[GainRow]
    by_category: Sequence[GainRow]
    by_township: Sequence[GainRow]


@dataclass(frozen=True)
class TrialForms:
    """The forms of changes to try out, as they were sent last."""

    projects: Sequence[FilterOption]
    category: str
    """The service_type code that is chosen."""
    areas: Sequence[FilterOption]
    targets: Sequence[FilterOption]
    rules: Sequence[FilterOption]
    more_places: int
    new_places: int
    """Of a project that is opened."""
    value: str
    """Of the condition."""
    max_places: int = MAX_PLACES


@dataclass(frozen=True)
class TrialOutcome:
    """What a change would bring; `newly_placed` are the first needs that would get a project."""

    rows: Sequence[CostRow]
    total: CostRow
    newly_placed: Sequence[int]


@dataclass(frozen=True)
class GapCell:
    """How many needs of a service in a township have no project; `heat` from 0 to 4."""

    number: int
    heat: int


@dataclass(frozen=True)
class GapRow:
    """A service in the table of gaps."""

    words: str
    total: int
    cells: Sequence[GapCell]
    """By the townships of the table."""


@dataclass(frozen=True)
class GapTable:
    """Needs without a project: services down, townships across, the largest first."""

    townships: Sequence[str]
    rows: Sequence[GapRow]


@dataclass(frozen=True)
class PlanningPage(View):
    """Where the next place should go."""

    template: ClassVar[str] = "plans/planning.html"
    plan_id: int
    place: str
    open_needs: int
    placed_needs: int
    """How many of the open needs could have a project now."""
    ranking_note: str
    """Says that another ranking than the plan's is in use; empty otherwise."""
    gains: PlaceGainLists
    worth: Sequence[GainRow]
    """What a place is worth to the needs that are expected, the dearest first; empty before it is computed."""
    trial_forms: TrialForms
    outcome: TrialOutcome | None
    """None until a change is tried out."""
    gaps: GapTable | None
    """None where every need has a project."""


@dataclass(frozen=True)
class BriefPage(View):
    """The draft of the next call, to be edited."""

    template: ClassVar[str] = "plans/brief.html"
    plan_id: int
    place: str
    projects_counted: int
    """From which the costs come."""
    projects_invented: int
    """For how many of them the demo made up budget or extent."""
    needs_left_out: int
    text: str
    max_length: int
