"""Builds the page of planning."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from sqlmodel import Session

from tuoju.cases.queries import URGENCY_ORDER
from tuoju.plans import planning
from tuoju.plans.errors import InvalidTrial
from tuoju.plans.forward_pricing import ForwardPrices
from tuoju.plans.models import Plan
from tuoju.plans.planning import Baseline, PlaceGains
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, full_name, get_region, names
from tuoju.web.plans.plan_page import signed
from tuoju.web.plans.planning_views import (
    GainRow,
    GapCell,
    GapRow,
    GapTable,
    PlaceGainLists,
    PlanningPage,
    TrialForms,
    TrialOutcome,
)
from tuoju.web.plans.views import CostRow, FilterOption
from tuoju.words.formats import china_date
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext
from tuoju.words.reasons import ranked_by
from tuoju_matching.planning import Change, Difference, Gain, GapGroup
from tuoju_matching.profiles import RuleKind, Urgency

MAX_GAIN_ROWS = 12
"""How many projects and services are listed by what one more place adds."""

MAX_NEWLY_PLACED = 20
"""How many of the needs that a change lets be met are listed."""

TRIED_RULES = (RuleKind.min_age, RuleKind.max_age, RuleKind.sex, RuleKind.vulnerability, RuleKind.self_care)
"""The conditions that may be tried out."""

USUAL_MORE_PLACES, USUAL_NEW_PLACES = 5, 10
HEAT_LEVELS = 4


@dataclass(frozen=True)
class Trial:
    """A change to try out, as the form says it; the fields that a kind does not use are ignored."""

    kind: str = ""
    """"places", "open", "rule", or "" for no change."""
    project: int = 0
    places: int = 0
    category: str = ""
    area: str = ""
    target: str = ""
    rule: RuleKind = RuleKind.min_age
    value: str = ""

    def change(self, baseline: Baseline) -> Change | None:
        """The change for the matching core; None for no change. Raises InvalidTrial."""
        if self.kind == "places":
            return planning.add_places(self.project, self.places)
        if self.kind == "open":
            if not (self.category and self.area):
                raise InvalidTrial
            return planning.open_project(
                baseline, category=self.category, area=self.area, target=self.target, places=self.places
            )
        return planning.change_rule(baseline, self.project, self.rule, self.value) if self.kind == "rule" else None


def planning_page(session: Session, plan: Plan, trial: Trial) -> PlanningPage:
    """The page of planning for the region of a plan. Raises InvalidTrial."""
    baseline = planning.baseline_of(session, plan)
    change = trial.change(baseline)
    outcome = planning.try_out(baseline, change) if change else None
    groups = planning.gap_groups(baseline, planning.rates(session))
    gains = planning.place_gains(plan, baseline)
    areas = _areas(session, plan)
    places = names(session, {group.township for group in groups} | gains.by_township.keys())
    gaps = _gap_counts(groups)
    return PlanningPage(
        plan_id=plan.pk,
        place=full_name(session, plan.region_code),
        open_needs=len(baseline.problem.needs),
        placed_needs=len(baseline.best.chosen),
        ranking_note=_ranking_note(plan, baseline),
        gains=_gain_lists(baseline, gains, places),
        worth=_worth_rows(plan, baseline),
        trial_forms=_forms(baseline, trial, gains, gaps, areas),
        outcome=_outcome(baseline, outcome) if outcome is not None else None,
        gaps=_gap_table(gaps, {**places, **areas}) if gaps else None,
    )


def _areas(session: Session, plan: Plan) -> dict[str, str]:
    """By code the names of the plan's region and its townships or counties."""
    region = get_region(session, plan.region_code)
    regions = (region, *find_children(session, region.code))
    return {area.code: area.name for area in regions if area.level is not RegionLevel.village}


def _ranking_note(plan: Plan, baseline: Baseline) -> str:
    signature = baseline.problem.ranking.signature
    if plan.ranker == signature:
        return ""
    sentence = _("The plan was %(before)s. The trials below are %(now)s, the ranking in use.")
    return sentence % {"before": ranked_by(plan.ranker), "now": ranked_by(signature)}


def _gain_lists(baseline: Baseline, gains: PlaceGains, places: Mapping[str, str]) -> PlaceGainLists:
    projects = {project.id: project.name for project in baseline.problem.projects}
    by_project, by_category = list(gains.by_project.items()), list(gains.by_category.items())
    return PlaceGainLists(
        by_project=[
            GainRow(projects[project_id], gain_words(gain), f"/projects/{project_id}")
            for project_id, gain in by_project[:MAX_GAIN_ROWS]
        ],
        by_category=[
            GainRow(label("service_type", code), gain_words(gain)) for code, gain in by_category[:MAX_GAIN_ROWS]
        ],
        by_township=[GainRow(places[code], gain_words(gain)) for code, gain in gains.by_township.items()],
    )


def _worth_rows(plan: Plan, baseline: Baseline) -> list[GainRow]:
    """What a place of each project is worth to the needs that are expected, the dearest first."""
    forward = ForwardPrices.of(plan)
    if forward is None:
        return []
    projects = {str(project.id): project.name for project in baseline.problem.projects}
    dearest = sorted(forward.prices.items(), key=lambda price: (-price[1], int(price[0])))
    return [
        GainRow(projects[key], _worth_words(price, forward.expected[key], forward.until), f"/projects/{key}")
        for key, price in dearest
        if key in projects
    ][:MAX_GAIN_ROWS]


def _worth_words(price: float, expected: int, until: str) -> str:
    sentence = ngettext(
        "each place is worth %(price)s of fit, since about %(num)s need that fits is expected before %(day)s",
        "each place is worth %(price)s of fit, since about %(num)s needs that fit are expected before %(day)s",
        expected,
    )
    return sentence % {"price": f"{price:.2f}", "num": expected, "day": china_date(date.fromisoformat(until))}


def gain_words(gain: Gain) -> str:
    """What one more place adds, in words: how many more needs are met, the most urgent first."""
    sentences = []
    for urgency in sorted(Urgency, reverse=True):
        count = gain.placed.get(urgency, 0)
        if count > 0:
            sentence = ngettext(
                "would meet %(num)s more need (%(urgency)s)", "would meet %(num)s more needs (%(urgency)s)", count
            )
            sentences.append(sentence % {"num": count, "urgency": label("urgency", urgency.name)})
    return _("; ").join(sentences) if sentences else _("would give someone a better fit")


GapCounts = Counter[tuple[str, str]]
"""By service category and township: how many needs have no project."""


def _gap_counts(groups: Sequence[GapGroup]) -> GapCounts:
    counts: GapCounts = Counter()
    for group in groups:
        counts[group.category, group.township] += len(group.needs)
    return counts


def _largest_categories(gaps: GapCounts) -> list[str]:
    return _largest_first(Counter(), [(category, number) for (category, _township), number in gaps.items()])


def _largest_first(sums: Counter[str], rows: Sequence[tuple[str, int]]) -> list[str]:
    """The keys of (key, number) rows by their sum."""
    for key, number in rows:
        sums[key] += number
    return sorted(sums, key=lambda key: (-sums[key], key))


def _gap_table(gaps: GapCounts, places: Mapping[str, str]) -> GapTable:
    largest = max(gaps.values())
    townships = _largest_first(Counter(), [(township, number) for (_category, township), number in gaps.items()])
    rows = []
    for category in _largest_categories(gaps):
        numbers = [gaps[category, township] for township in townships]
        cells = [GapCell(number, ceil(HEAT_LEVELS * number / largest)) for number in numbers]
        rows.append(GapRow(label("service_type", category), sum(numbers), cells))
    return GapTable([places[township] for township in townships], rows)


def _forms(
    baseline: Baseline, trial: Trial, gains: PlaceGains, gaps: GapCounts, areas: Mapping[str, str]
) -> TrialForms:
    """The forms with what was tried; at first with the project and service that would gain most."""
    project_id = trial.project or next(iter(gains.by_project), 0)
    targets = [*options("vulnerable_tag"), *options("relief_category")]
    categories = _largest_categories(gaps)
    return TrialForms(
        projects=[
            FilterOption(
                str(project.id), f"{project.name}{_(' (')}{project.places_left}{_(')')}", project.id == project_id
            )
            for project in baseline.problem.projects
        ],
        category=trial.category or (categories[0] if categories else ""),
        areas=[FilterOption(code, name, trial.area == code) for code, name in areas.items()],
        targets=[FilterOption(code, words, trial.target == code) for code, words in targets],
        rules=[FilterOption(kind, label("rule_kind", kind), trial.rule == kind) for kind in TRIED_RULES],
        more_places=trial.places if trial.kind == "places" else USUAL_MORE_PLACES,
        new_places=trial.places if trial.kind == "open" else USUAL_NEW_PLACES,
        value=trial.value,
    )


def _outcome(baseline: Baseline, difference: Difference) -> TrialOutcome:
    before, after = _placed(baseline, baseline.best.chosen), _placed(baseline, difference.plan.chosen)
    rows = [
        _row(label("urgency", urgency), before[urgency.value], after[urgency.value])
        for urgency in URGENCY_ORDER
        if before[urgency.value] or after[urgency.value]
    ]
    total = _row(_("All"), len(baseline.best.chosen), len(difference.plan.chosen))
    return TrialOutcome(rows, total, planning.newly_placed(baseline, difference)[:MAX_NEWLY_PLACED])


def _placed(baseline: Baseline, chosen: Mapping[int, object]) -> Counter[str]:
    """Needs with a project, by name of the urgency."""
    return Counter(need.urgency.name for need in baseline.problem.needs if need.id in chosen)


def _row(words: str, before: int, after: int) -> CostRow:
    return CostRow(words, str(before), str(after), signed(after - before))
