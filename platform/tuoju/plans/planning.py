"""Where the next place should go: what one more is worth, what a change would bring, and the next call's draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from tuoju.plans import solving
from tuoju.plans.errors import InvalidTrial
from tuoju.plans.models import Plan
from tuoju.plans.problem import Problem, load
from tuoju_matching.assign import Plan as Best
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
"""The id of a project that is only thought of."""

MIN_NEEDS_IN_BRIEF = 3
"""A call is public: a topic of fewer needs than this could point at a person, so it is left out and counted."""

TOPICS = 6


@dataclass(frozen=True)
class Baseline:
    """The open needs of a plan's region as they are now, and the best plan for them."""

    problem: Problem
    best: Best


def baseline_of(session: Session, plan: Plan) -> Baseline:
    problem = load(session, plan.region_code)
    return Baseline(problem, solving.solve(problem))


@dataclass(frozen=True)
class PlaceGains:
    """What one more place would add, by project, service category and township; what adds nothing is not named."""

    by_project: Mapping[int, Gain]
    by_category: Mapping[str, Gain]
    by_township: Mapping[str, Gain]


def worth(plan: Plan, baseline: Baseline) -> PlaceGains:
    """As the plan's worker has found it, project by project; best first."""
    known = {int(project_id): _gain(kept) for project_id, kept in plan.gains.items()}
    nothing = Gain({}, 0.0)
    gains = {project.id: known.get(project.id, nothing) for project in baseline.problem.projects}
    return PlaceGains(
        by_project=_best_first({key: gain for key, gain in known.items() if key in gains}),
        by_category=_best_first(best_by_category(gains, baseline.problem.projects)),
        by_township=_best_first(best_by_township(gains, baseline.problem.needs, baseline.problem.projects)),
    )


def _gain(kept: Mapping[str, Any]) -> Gain:
    """As service.as_json kept it."""
    return Gain({Urgency[name]: count for name, count in kept["placed"].items()}, kept["quality"])


def _best_first(gains: Mapping[Key, Gain]) -> dict[Key, Gain]:
    worthy = {key: gain for key, gain in gains.items() if any(gain.order)}
    return dict(sorted(worthy.items(), key=lambda pair: pair[1].order, reverse=True))


def add_places(project_id: int, number: int) -> Change:
    """Places more in a project (fewer, if negative)."""
    return Change(add_places={project_id: number})


def open_project(baseline: Baseline, *, category: str, area: str, target: str, places: int) -> Change:
    """A new project of one service in one division, for one target group ("" for everyone): a vulnerable_tag or
    relief_category code. It is imagined as good as others: no record, places stated today."""
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
        rules=_for_whom(baseline, target),
    )
    return Change(opened=(profile,))


def _for_whom(baseline: Baseline, target: str) -> tuple[Rule, ...]:
    if not target:
        return ()
    tagged = any(target in need.vulnerabilities for need in baseline.problem.needs)
    return (Rule(RuleKind.vulnerability if tagged else RuleKind.relief_category, (target,)),)


def change_rule(baseline: Baseline, project_id: int, kind: RuleKind, value: str) -> Change:
    """A project's condition set to another value, or given up ("").

    Raises InvalidTrial for a project that is not open, or a value that is none for this kind.
    """
    project = next((each for each in baseline.problem.projects if each.id == project_id), None)
    counted = kind in (RuleKind.min_age, RuleKind.max_age, RuleKind.disability_grade_at_most)
    if project is None or (value and counted and not value.isdigit()):
        raise InvalidTrial
    others = tuple(rule for rule in project.rules if rule.kind is not kind)
    return Change(rules={project_id: (*others, Rule(kind, (value,))) if value else others})


def try_out(baseline: Baseline, change: Change) -> Difference:
    """What the change would do to the best plan. Raises InvalidTrial for a project that is not open."""
    try:
        return what_if(baseline.problem.needs, baseline.problem.projects, baseline.problem.today, baseline.best, change)
    except ValueError as error:
        raise InvalidTrial from error


def newly_placed(baseline: Baseline, difference: Difference) -> list[int]:
    """The needs that would have a project and now have none, the most urgent first."""
    gained = [
        need
        for need in baseline.problem.needs
        if need.id in difference.plan.chosen and need.id not in baseline.best.chosen
    ]
    return [need.id for need in sorted(gained, key=lambda need: (-need.urgency, -need.waiting_days, need.id))]


@dataclass(frozen=True)
class Rates:
    """What past projects say of cost and extent, by service category: fen per person-time, and person-times per place.

    `projects` were counted; of `invented` the demo has made up budget or extent.
    """

    unit_costs: Mapping[str, Sequence[int]]
    times: Mapping[str, float]
    usual_times: float
    projects: int
    invented: int

    def times_of(self, category: str) -> float:
        """Person-times a place of this service takes; of its class, else of all, where none is known."""
        if category in self.times:
            return self.times[category]
        near = [times for other, times in self.times.items() if other[0] == category[0]]
        return median(near) if near else self.usual_times


def rates(session: Session) -> Rates:
    """From the budgets, targets and places of the registry's projects, closed ones included."""
    query = select(Project).where(
        col(Project.budget_fen) > 0, col(Project.target_person_times) > 0, col(Project.places_total) > 0
    )
    found = list(session.exec(query.order_by(col(Project.id))))
    costs: dict[str, list[int]] = {}
    times: dict[str, list[float]] = {}
    for project in found:
        for category in project.categories:
            costs.setdefault(category, []).append(round(project.budget_fen / project.target_person_times))
            times.setdefault(category, []).append(project.target_person_times / project.places_total)
    return Rates(
        unit_costs=costs,
        times={category: median(each) for category, each in times.items()},
        usual_times=median(project.target_person_times / project.places_total for project in found) if found else 1.0,
        projects=len(found),
        invented=sum(bool({"budget", "target_person_times"} & set(project.invented)) for project in found),
    )


def gap_groups(baseline: Baseline, known: Rates) -> list[GapGroup]:
    """Who has no project, by service, township and target group, the largest first."""
    times = {need.id: max(1, round(known.times_of(need.category))) for need in baseline.problem.needs}
    return gaps(baseline.problem.needs, baseline.best, person_times=times, unit_costs=known.unit_costs)


@dataclass(frozen=True)
class Topic:
    """One thing the next call should ask for."""

    category: str
    target_group: str
    townships: tuple[str, ...]
    needs: int
    person_times: int
    budget: BudgetRange | None


@dataclass(frozen=True)
class Brief:
    """What the next venture-philanthropy call should ask for; `left_out` needs are of topics too small to publish."""

    topics: tuple[Topic, ...]
    left_out: int
    rates: Rates


def brief(groups: Sequence[GapGroup], known: Rates) -> Brief:
    """The largest gaps as topics, townships of one service and target group together."""
    joined: dict[tuple[str, str], list[GapGroup]] = {}
    for group in groups:
        joined.setdefault((group.category, group.target_group), []).append(group)
    topics = [_topic(category, target, members) for (category, target), members in joined.items()]
    topics.sort(key=lambda topic: (-topic.needs, topic.category, topic.target_group))
    large = [topic for topic in topics if topic.needs >= MIN_NEEDS_IN_BRIEF][:TOPICS]
    return Brief(tuple(large), sum(topic.needs for topic in topics) - sum(topic.needs for topic in large), known)


def _topic(category: str, target: str, members: Sequence[GapGroup]) -> Topic:
    budgets = [group.budget for group in members if group.budget is not None]
    return Topic(
        category=category,
        target_group=target,
        townships=tuple(
            group.township for group in sorted(members, key=lambda each: (-len(each.needs), each.township))
        ),
        needs=sum(len(group.needs) for group in members),
        person_times=sum(group.person_times for group in members),
        budget=BudgetRange(
            sum(each.low for each in budgets), sum(each.middle for each in budgets), sum(each.high for each in budgets)
        )
        if len(budgets) == len(members)
        else None,
    )
