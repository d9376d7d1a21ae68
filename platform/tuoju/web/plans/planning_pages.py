"""Planning: what one more place is worth, what a change would bring, where the gaps are, the draft of the next call."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.database.records import now
from tuoju.documents.papers.brief_paper import brief_paper, draft
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.plans import planning, queries
from tuoju.plans.errors import InvalidTrial
from tuoju.plans.models import Plan
from tuoju.plans.planning import Baseline
from tuoju.regions.calendar import china_day
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import county_of, find_children, full_name, get_region, names
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import render
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext
from tuoju.words.reasons import ranked_by
from tuoju_matching.planning import Change, Difference, Gain, GapGroup
from tuoju_matching.profiles import RuleKind, Urgency

router = APIRouter()
ROWS_SHOWN = 12
MOST_PLACES = 40
LONGEST_BRIEF = 6000


@dataclass(frozen=True)
class Trial:
    """What is to be tried, as the form says it: "places", "open", "rule", or "" for nothing."""

    kind: str = ""
    project: int = 0
    places: int = 0
    category: str = ""
    area: str = ""
    target: str = ""
    rule: RuleKind = RuleKind.min_age
    value: str = ""

    def change(self, baseline: Baseline) -> Change | None:
        """Raises InvalidTrial."""
        if self.kind == "places":
            return planning.add_places(self.project, self.places)
        if self.kind == "open":
            if not (self.category and self.area):
                raise InvalidTrial
            return planning.open_project(
                baseline, category=self.category, area=self.area, target=self.target, places=self.places
            )
        return planning.change_rule(baseline, self.project, self.rule, self.value) if self.kind == "rule" else None


def _trial(
    kind: Annotated[str, Query(alias="try", pattern="^(places|open|rule)?$")] = "",
    project: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    places: Annotated[int, Query(ge=-MOST_PLACES, le=MOST_PLACES)] = 5,
    category: Annotated[str, Query(max_length=3)] = "",
    area: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
    target: Annotated[str, Query(max_length=20)] = "",
    rule: RuleKind = RuleKind.min_age,
    value: Annotated[str, Query(max_length=20)] = "",
) -> Trial:
    return Trial(kind, project, places, category, area, target, rule, value.strip())


Tried = Annotated[Trial, Depends(_trial)]


@router.get("/plans/{plan_id}/planning")
def show(request: Request, session: ReadSession, actor: CurrentActor, plan_id: int, trial: Tried) -> Response:
    plan = queries.get_plan(session, actor, plan_id)
    baseline = planning.baseline_of(session, plan)
    change = trial.change(baseline)
    outcome = planning.try_out(baseline, change) if change else None
    groups = planning.gap_groups(baseline, planning.rates(session))
    townships = {group.township for group in groups}
    areas = _areas(session, plan)
    worth = planning.place_gains(plan, baseline)
    return render(
        request,
        "plans/planning.html",
        plan=plan,
        place=full_name(session, plan.region_code),
        baseline=baseline,
        worth=worth,
        most=ROWS_SHOWN,
        words=gain_words,
        ranked_by=ranked_by,
        projects={project.id: project for project in baseline.problem.projects},
        places=names(session, townships | worth.by_township.keys() | {code for code, _name in areas}),
        short=dict(areas),
        trial=trial,
        outcome=outcome,
        placed=planning.newly_placed(baseline, outcome)[:20] if outcome else [],
        before=_by_urgency(baseline, None),
        after=_by_urgency(baseline, outcome) if outcome else {},
        grid=_grid(groups),
        areas=areas,
        targets=[*options("vulnerable_tag"), *options("relief_category")],
        kinds=[RuleKind.min_age, RuleKind.max_age, RuleKind.sex, RuleKind.vulnerability, RuleKind.self_care],
        most_places=MOST_PLACES,
    )


def _areas(session: Session, plan: Plan) -> list[tuple[str, str]]:
    """The plan's region and its townships or counties."""
    region = get_region(session, plan.region_code)
    below = find_children(session, region.code)
    return [(each.code, each.name) for each in (region, *below) if each.level is not RegionLevel.village]


def _by_urgency(baseline: Baseline, outcome: Difference | None) -> Counter[str]:
    chosen = outcome.plan.chosen if outcome else baseline.best.chosen
    return Counter(need.urgency.name for need in baseline.problem.needs if need.id in chosen)


def gain_words(gain: Gain) -> str:
    """What one more place would do, in plain words: whom it would let be met, the most urgent first."""
    said = []
    for urgency in sorted(Urgency, reverse=True):
        count = gain.placed.get(urgency, 0)
        if count > 0:
            sentence = ngettext(
                "would meet %(num)s more need (%(urgency)s)", "would meet %(num)s more needs (%(urgency)s)", count
            )
            said.append(sentence % {"num": count, "urgency": label("urgency", urgency.name)})
    return _("; ").join(said) if said else _("would give someone a better fit")


@dataclass(frozen=True)
class Grid:
    """Needs without a project: services down, townships across, the largest first."""

    categories: list[str]
    townships: list[str]
    cells: Counter[tuple[str, str]]

    @property
    def most(self) -> int:
        return max(self.cells.values(), default=0)

    def down(self, category: str) -> int:
        return sum(number for (each, _township), number in self.cells.items() if each == category)


def _grid(groups: list[GapGroup]) -> Grid:
    cells: Counter[tuple[str, str]] = Counter()
    for group in groups:
        cells[group.category, group.township] += len(group.needs)
    down: Counter[str] = Counter()
    across: Counter[str] = Counter()
    for (category, township), number in cells.items():
        down[category] += number
        across[township] += number
    return Grid(_largest(down), _largest(across), cells)


def _largest(sums: Counter[str]) -> list[str]:
    return sorted(sums, key=lambda key: (-sums[key], key))


@router.get("/plans/{plan_id}/brief")
def show_brief(request: Request, session: ReadSession, actor: CurrentActor, plan_id: int) -> Response:
    """The draft of the next call, to be edited."""
    plan = queries.get_plan(session, actor, plan_id)
    found, places = _brief(session, plan)
    place = full_name(session, plan.region_code)
    return render(
        request,
        "plans/brief.html",
        plan=plan,
        place=place,
        brief=found,
        places=places,
        text=draft(place, found, places),
    )


def _brief(session: Session, plan: Plan) -> tuple[planning.Brief, dict[str, str]]:
    known = planning.rates(session)
    found = planning.brief(planning.gap_groups(planning.baseline_of(session, plan), known), known)
    return found, names(session, {code for topic in found.topics for code in topic.townships})


@router.post("/plans/{plan_id}/brief.{ending}")
def take_brief(
    request: Request, session: WriteSession, actor: CurrentActor, plan_id: int, ending: str, form: Form
) -> Response:
    """The text as it was edited, as PDF or as a text file; that it was taken out is on record."""
    plan = queries.get_plan(session, actor, plan_id)
    text = str(form.get("text", ""))[:LONGEST_BRIEF].replace("\r\n", "\n")
    audit.record(session, actor, "take_brief", plan, scope=county_of(session, plan.region_code), ending=ending)
    if ending != "pdf":
        return _file(text.encode(), "text/plain; charset=utf-8", "txt")
    found, places = _brief(session, plan)
    foot = f"{actor.display_name} · {china_day(now()).isoformat()}"
    return _file(
        to_pdf(brief_paper(full_name(session, plan.region_code), text, found, places, foot)), "application/pdf", "pdf"
    )


def _file(content: bytes, kind: str, ending: str) -> Response:
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="tuoju-call.{ending}"'}
    )
