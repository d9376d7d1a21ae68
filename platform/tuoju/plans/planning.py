"""Planning the next places: what one more place adds, what a change would bring, and the draft of the next call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from tuoju.plans import solving
from tuoju.plans.errors import InvalidTrial
from tuoju.plans.models import Plan
from tuoju.plans.problem import Problem, load
from tuoju_matching.assign import Plan as Assignment
from tuoju_matching.planning import (
    BudgetRange,
    Change,
    Difference,
    Gain,
    GapGroup,
    best_by_category,
    best_by_township,
    gaps,
    what_if,
)
from tuoju_matching.profiles import ProjectProfile, Rule, RuleKind, Urgency
from tuoju_projects.models import Project

Key = TypeVar("Key", int, str)

NEW_PROJECT = -1
"""The id of a project that does not exist and is only tried out."""

MIN_NEEDS_IN_BRIEF = 3
"""A call is public: a topic of fewer needs could identify a person, so it is left out and only counted."""

MAX_TOPICS = 6


@dataclass(frozen=True)
class Baseline:
    """The open needs of a plan's region as they are now, and the best plan for them. Changes are compared with it."""

    problem: Problem
    best: Assignment


def baseline_of(session: Session, plan: Plan) -> Baseline:
    """The baseline of a plan's region, computed now."""
    problem = load(session, plan.region_code)
    return Baseline(problem, solving.solve(problem))


@dataclass(frozen=True)
class PlaceGains:
    """What one more place would add, by project id, service category and township; those where it adds nothing are left
    out."""

    by_project: Mapping[int, Gain]
    by_category: Mapping[str, Gain]
    by_township: Mapping[str, Gain]


def place_gains(plan: Plan, baseline: Baseline) -> PlaceGains:
    """What one more place would add, best first. The gains of projects were computed with the plan."""
    known = {int(project_id): _gain(data) for project_id, data in plan.gains.items()}
    nothing = Gain({}, 0.0)
    gains = {project.id: known.get(project.id, nothing) for project in baseline.problem.projects}
    return PlaceGains(
        by_project=_best_first({key: gain for key, gain in known.items() if key in gains}),
        by_category=_best_first(best_by_category(gains, baseline.problem.projects)),
        by_township=_best_first(best_by_township(gains, baseline.problem.needs, baseline.problem.projects)),
    )


def _gain(data: Mapping[str, Any]) -> Gain:
    """A gain from the JSON of service.as_json."""
    return Gain({Urgency[name]: count for name, count in data["placed"].items()}, data["quality"])


def _best_first(gains: Mapping[Key, Gain]) -> dict[Key, Gain]:
    positive = {key: gain for key, gain in gains.items() if any(gain.order)}
    return dict(sorted(positive.items(), key=lambda pair: pair[1].order, reverse=True))


def add_places(project_id: int, number: int) -> Change:
    """More places in a project; fewer, if `number` is negative."""
    return Change(add_places={project_id: number})


def open_project(baseline: Baseline, *, category: str, area: str, target: str, places: int) -> Change:
    """A new project of one service in one region. `target` is a vulnerable_tag or relief_category code, "" for
    everyone. It has no record yet, and its places are stated today."""
    today = baseline.problem.today
    profile = ProjectProfile(
        id=NEW_PROJECT,
        name="",
        categories=(category,),
        text="",
        areas=(area,),
        starts_on=today,
        ends_on=today.replace(year=today.year + 1, day=min(today.day, 28)),
        places_left=places,
        target_groups=(target,) if target else (),
        rules=_target_rules(baseline, target),
    )
    return Change(opened=(profile,))


def _target_rules(baseline: Baseline, target: str) -> tuple[Rule, ...]:
    if not target:
        return ()
    tagged = any(target in need.vulnerabilities for need in baseline.problem.needs)
    return (Rule(RuleKind.vulnerability if tagged else RuleKind.relief_category, (target,)),)


def change_rule(baseline: Baseline, project_id: int, kind: RuleKind, value: str) -> Change:
    """A project's condition with another value, or without it if `value` is "".

    Raises InvalidTrial for a project that is not open, or a value that this kind does not take.
    """
    project = next((project for project in baseline.problem.projects if project.id == project_id), None)
    numeric = kind in (RuleKind.min_age, RuleKind.max_age, RuleKind.disability_grade_at_most)
    if project is None or (value and numeric and not value.isdigit()):
        raise InvalidTrial
    others = tuple(rule for rule in project.rules if rule.kind is not kind)
    return Change(rules={project_id: (*others, Rule(kind, (value,))) if value else others})


def try_out(baseline: Baseline, change: Change) -> Difference:
    """The effect of a change on the best plan. Raises InvalidTrial for a project that is not open."""
    try:
        return what_if(baseline.problem.needs, baseline.problem.projects, baseline.problem.today, baseline.best, change)
    except ValueError as error:
        raise InvalidTrial from error


def newly_placed(baseline: Baseline, difference: Difference) -> list[int]:
    """Ids of the needs that would have a project and have none now, the most urgent first."""
    gained = [
        need
        for need in baseline.problem.needs
        if need.id in difference.plan.chosen and need.id not in baseline.best.chosen
    ]
    return [need.id for need in sorted(gained, key=lambda need: (-need.urgency, -need.waiting_days, need.id))]


@dataclass(frozen=True)
class Rates:
    """Cost and extent of past projects."""

    unit_costs: Mapping[str, Sequence[int]]
    """By service category: fen per person-time of each project."""
    times: Mapping[str, float]
    """By service category: person-times per place (median)."""
    usual_times: float
    """Person-times per place of all projects (median)."""
    projects: int
    """How many projects were counted."""
    invented: int
    """For how many of them the demo made up budget or extent."""

    def times_of(self, category: str) -> float:
        """Person-times per place of a service; of its class where the service has none, else of all services."""
        if category in self.times:
            return self.times[category]
        near = [times for other, times in self.times.items() if other[0] == category[0]]
        return median(near) if near else self.usual_times


def rates(session: Session) -> Rates:
    """The rates from budgets, targets and places of the registry's projects, including closed ones."""
    query = select(Project).where(
        col(Project.budget_fen) > 0, col(Project.target_person_times) > 0, col(Project.places_total) > 0
    )
    projects = list(session.exec(query.order_by(col(Project.id))))
    costs: dict[str, list[int]] = {}
    times: dict[str, list[float]] = {}
    for project in projects:
        for category in project.categories:
            costs.setdefault(category, []).append(round(project.budget_fen / project.target_person_times))
            times.setdefault(category, []).append(project.target_person_times / project.places_total)
    return Rates(
        unit_costs=costs,
        times={category: median(values) for category, values in times.items()},
        usual_times=median(project.target_person_times / project.places_total for project in projects)
        if projects
        else 1.0,
        projects=len(projects),
        invented=sum(bool({"budget", "target_person_times"} & set(project.invented)) for project in projects),
    )


def gap_groups(baseline: Baseline, known: Rates) -> list[GapGroup]:
    """The needs without a project, by service, township and target group, the largest group first."""
    times = {need.id: max(1, round(known.times_of(need.category))) for need in baseline.problem.needs}
    return gaps(baseline.problem.needs, baseline.best, person_times=times, unit_costs=known.unit_costs)


@dataclass(frozen=True)
class Topic:
    """A service for a target group that the next call should ask for."""

    category: str
    target_group: str
    """A vulnerable_tag or relief_category code; "" for everyone."""
    townships: tuple[str, ...]
    """Region codes, the township with most needs first."""
    needs: int
    """How many needs have no project."""
    person_times: int
    """How many person-times they would take."""
    budget: BudgetRange | None
    """None where the unit cost of a group is not known."""


@dataclass(frozen=True)
class Brief:
    """What the next venture-philanthropy call should ask for."""

    topics: tuple[Topic, ...]
    left_out: int
    """Needs of topics that are too small to publish."""
    rates: Rates


def brief(groups: Sequence[GapGroup], known: Rates) -> Brief:
    """The largest gaps as topics; townships are joined for each service and target group."""
    joined: dict[tuple[str, str], list[GapGroup]] = {}
    for group in groups:
        joined.setdefault((group.category, group.target_group), []).append(group)
    topics = [_topic(category, target, members) for (category, target), members in joined.items()]
    topics.sort(key=lambda topic: (-topic.needs, topic.category, topic.target_group))
    large = [topic for topic in topics if topic.needs >= MIN_NEEDS_IN_BRIEF][:MAX_TOPICS]
    return Brief(tuple(large), sum(topic.needs for topic in topics) - sum(topic.needs for topic in large), known)


def _topic(category: str, target: str, members: Sequence[GapGroup]) -> Topic:
    budgets = [group.budget for group in members if group.budget is not None]
    return Topic(
        category=category,
        target_group=target,
        townships=tuple(
            group.township for group in sorted(members, key=lambda group: (-len(group.needs), group.township))
        ),
        needs=sum(len(group.needs) for group in members),
        person_times=sum(group.person_times for group in members),
        budget=BudgetRange(
            sum(budget.low for budget in budgets),
            sum(budget.middle for budget in budgets),
            sum(budget.high for budget in budgets),
        )
        if len(budgets) == len(members)
        else None,
    )
