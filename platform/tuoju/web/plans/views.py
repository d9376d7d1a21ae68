"""View objects of the pages of plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.cases.models import Urgency
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan
from tuoju.plans.status import UNDER_WAY, LineState, PlanStage, PlanState
from tuoju.web.kit.maps import HEIGHT, WIDTH
from tuoju.web.kit.views import FilterLink, View
from tuoju.web.plans.flow_diagram import FlowDiagram
from tuoju.web.plans.mode_chart import ModeChart
from tuoju.words.reasons import ranked_by

FAIRNESS_BOUNDS = (5, 10, 20, 30)
"""The differences between groups that a person may choose, in percentage points."""

USUAL_FAIRNESS_BOUND = FAIRNESS_BOUNDS[1]


@dataclass(frozen=True)
class PlanHead:
    """A plan and where it stands, as every page of it shows."""

    plan_id: int
    place: str
    """The county or city."""
    state: PlanState
    stage: PlanStage
    """What the worker is doing."""
    progress: int
    """Percent of what the worker is doing."""
    made_by: str
    made_at: datetime
    fair_by: Grouping | None
    fair_within: int
    """In percentage points."""
    ranked_by: str
    """Which ranking scored it, in words; empty until computed."""

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in UNDER_WAY

    @classmethod
    def of(cls, plan: Plan, place: str, made_by: str = "") -> "PlanHead":
        """The head of a plan by its row."""
        return cls(
            plan_id=plan.pk,
            place=place,
            state=plan.state,
            stage=plan.stage,
            progress=plan.progress,
            made_by=made_by,
            made_at=plan.made_at,
            fair_by=plan.fair_by,
            fair_within=plan.fair_within,
            ranked_by=ranked_by(plan.ranker) if plan.ranker else "",
        )


@dataclass(frozen=True)
class PlanListPage(View):
    """The plans in scope, latest first, and the form of a new plan."""

    template: ClassVar[str] = "plans/index.html"
    plans: Sequence[PlanHead]
    regions: Sequence[tuple[str, str]]
    """(code, name) of the county or city that the actor stands in, and of its counties."""
    groupings: Sequence[Grouping]
    bounds: Sequence[int] = FAIRNESS_BOUNDS
    usual_bound: int = USUAL_FAIRNESS_BOUND


@dataclass(frozen=True)
class ProgressPart(View):
    """The part of the plan's page that says what the worker is doing; it replaces itself every two seconds."""

    template: ClassVar[str] = "plans/progress.html"
    plan: PlanHead


@dataclass(frozen=True)
class MovedRow:
    """A need that a repair sends elsewhere; the names of its projects."""

    need_id: int
    before: str
    after: str


@dataclass(frozen=True)
class RepairSummary:
    """What a repair changed; `rows` holds the first of the moved needs."""

    unchanged: int
    moved: int
    added: int
    removed: int
    rows: Sequence[MovedRow]


@dataclass(frozen=True)
class Tile:
    """A number with what it counts; `url` is empty for a tile that opens nothing."""

    value: str
    words: str
    note: str
    url: str


@dataclass(frozen=True)
class CountyShape:
    """A county on the map; `text` is empty for a county without needs."""

    path: str
    is_known: bool
    """Whether the plan has needs there."""
    opacity: float
    """The deeper, the larger the share with a project."""
    text: str
    text_x: float
    text_y: float


@dataclass(frozen=True)
class CountyMap:
    """The counties of the city, by the share of needs that have a project."""

    counties: Sequence[CountyShape]
    width: float = WIDTH
    height: float = HEIGHT
    view_box: str = f"-4 -4 {WIDTH + 8} {HEIGHT + 8}"


@dataclass(frozen=True)
class ShareRow:
    """How many needs of a group have a project."""

    words: str
    placed: int
    total: int
    percent: int
    bar_width: float
    """In pixels, of 160."""


@dataclass(frozen=True)
class CoverageTable:
    """The groups under one grouping."""

    words: str
    is_open: bool
    """Whether it is shown without a tap."""
    rows: Sequence[ShareRow]


@dataclass(frozen=True)
class ModeRow:
    """One way of giving the places, beside this plan."""

    words: str
    counts: Sequence[int]
    """Needs placed, by the urgencies of the table."""
    total: int
    fit: str
    against_plan: str
    """The differences to this plan; a dash for the plan itself."""


@dataclass(frozen=True)
class ModeTable:
    """Ways of giving the places on the same needs; the first row is this plan."""

    urgencies: Sequence[str]
    rows: Sequence[ModeRow]
    chart: ModeChart
    legend: Sequence[tuple[str, str]]
    """(colour, words) of each urgency."""


@dataclass(frozen=True)
class PlanResult:
    """The numbers of a computed plan."""

    tiles: Sequence[Tile]
    flow: FlowDiagram | None
    """None for a plan without needs."""
    map: CountyMap
    by_urgency: Sequence[ShareRow]
    obstacles: Sequence[tuple[str, int]]
    """(words, needs) why needs have no project, the most common first; empty if every need has one."""
    modes: ModeTable
    fairness_cost: str
    """Percent of the total fit given up for an even plan; empty without a bound."""
    coverage: Sequence[CoverageTable]


@dataclass(frozen=True)
class Failure:
    """A plan that could not be computed; with the bound that is possible, if it was not even enough."""

    region_code: str
    fair_by: Grouping | None
    fair_least: int | None


@dataclass(frozen=True)
class PlanPage(View):
    """One plan with its numbers, and what may be done with it."""

    template: ClassVar[str] = "plans/show.html"
    plan: PlanHead
    failure: Failure | None
    changes: Sequence[str]
    """Sentences on what has changed since it was computed."""
    repair: RepairSummary | None
    """What it changed of the plan that it repairs."""
    result: PlanResult | None
    """None until it is computed."""
    may_repair: bool
    may_approve: bool
    may_discard: bool
    may_retry: bool


@dataclass(frozen=True)
class FilterOption:
    """One choice of a filter."""

    value: str
    words: str
    is_selected: bool


@dataclass(frozen=True)
class SelectFilter:
    """A filter of the lines as a select box; `any_words` stand for no filter."""

    name: str
    label: str
    any_words: str
    options: Sequence[FilterOption]


@dataclass(frozen=True)
class LineRow:
    """One need of the plan in the list of lines."""

    need_id: int
    category: str
    """A service_type code."""
    urgency: Urgency
    place: str
    waiting_days: int
    goes_to: str
    """The name of its project, or why it has none."""
    fit: int | None
    """Out of 100."""
    state: LineState
    referral_id: int | None
    notes: Sequence[str]


@dataclass(frozen=True)
class LinesPage(View):
    """The lines of a plan, a page at a time."""

    template: ClassVar[str] = "plans/lines.html"
    plan: PlanHead
    total: int
    """How many lines the filters leave."""
    states: Sequence[FilterLink]
    state: str
    """The state that is chosen; empty for all."""
    filters: Sequence[SelectFilter]
    lines: Sequence[LineRow]
    page: int
    pages: int
    back_url: str
    """Empty on the first page."""
    next_url: str
    """Empty on the last page."""


@dataclass(frozen=True)
class LineSummary:
    """What the page of a line says of its need, which it does not name."""

    need_id: int
    category: str
    urgency: Urgency
    state: LineState
    place: str
    waiting_days: int
    sex: str
    age_group: str
    hardship: str
    goes_to: str
    """The name of its project."""
    remarks: Sequence[str]


@dataclass(frozen=True)
class ProjectChoice:
    """A project that the need could go to instead."""

    project_id: int
    name: str
    organization_name: str
    fit: int
    """Out of 100."""
    places_left: int
    """Places that this plan leaves; not above 0 if someone would have to give way."""
    reasons: Sequence[str]
    is_current: bool
    is_selected: bool


@dataclass(frozen=True)
class LineChoices:
    """Where the need could go: a project, nowhere, or where the computation puts it."""

    projects: Sequence[ProjectChoice]
    is_left_out: bool
    leave_out_selected: bool
    automatic_selected: bool


@dataclass(frozen=True)
class CostRow:
    """A number without and with the change, written out."""

    words: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class ShiftRow:
    """A need that the change sends elsewhere; the names of its projects."""

    need_id: int
    category: str
    urgency: Urgency
    before: str
    after: str


@dataclass(frozen=True)
class ChangeCost:
    """What the chosen change does to the plan; `shifts` holds the first of the lines that change."""

    rows: Sequence[CostRow]
    shift_count: int
    shifts: Sequence[ShiftRow]
    to: str
    """The choice, as the form has it."""
    version: int
    """The version of the plan that was looked at."""


@dataclass(frozen=True)
class LinePage(View):
    """One line of a plan: its need, where else it could go, and what that would cost."""

    template: ClassVar[str] = "plans/line.html"
    plan: PlanHead
    line: LineSummary
    ranking_changed: bool
    """Whether the plan must be repaired before it may be changed."""
    may_repair: bool
    choices: LineChoices | None
    """None where the line may not be changed."""
    cost: ChangeCost | None
    """None until a choice is made."""
