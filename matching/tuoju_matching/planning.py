"""Plan capacity: what one more place is worth, what a change would bring, and which needs no project serves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import quantiles

import numpy as np

from tuoju_matching.assign import Plan, solve_problem
from tuoju_matching.exchange_graph import gain_of_one_more_place
from tuoju_matching.graph import Ints
from tuoju_matching.problem import AssignmentProblem, Mode, build_problem
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, Urgency

TOWNSHIP = 2
"""Position of the township in a region path: after the city and the county."""


@dataclass(frozen=True)
class Gain:
    """What a plan would gain.

    Attributes
    ----------
    placed : mapping of Urgency to int
        Needs placed in addition; negative for fewer.
    quality : float
    """

    placed: Mapping[Urgency, int]
    quality: float

    @property
    def order(self) -> tuple[float, ...]:
        """Sort key: the most urgent class first, quality last."""
        return (*(self.placed.get(level, 0) for level in sorted(Urgency, reverse=True)), self.quality)


@dataclass(frozen=True)
class Change:
    """A change that a program manager may try.

    Attributes
    ----------
    add_places : mapping of project id to int
        Additional places; negative for fewer.
    opened : tuple of ProjectProfile
        New projects with new ids.
    rules : mapping of project id to tuple of Rule
        Rules that replace those of a project.
    """

    add_places: Mapping[int, int] = field(default_factory=dict)
    opened: tuple[ProjectProfile, ...] = ()
    rules: Mapping[int, tuple[Rule, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """The effect of a change: the gain, and the plan after the change."""

    gain: Gain
    plan: Plan


@dataclass(frozen=True)
class BudgetRange:
    """Money in fen: lower quartile, median and upper quartile of past unit costs, times the person-times."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True)
class GapGroup:
    """Needs without a project, of the same category, township and target group.

    Attributes
    ----------
    target_group : str
        The vulnerability that is most frequent among the unplaced needs, else the category of hardship.
    needs : tuple of int
        Their ids.
    person_times : int
        Requested occasions of service, each counted per person.
    budget : BudgetRange or None
        None where no unit cost is known for the category.
    """

    category: str
    township: str
    target_group: str
    needs: tuple[int, ...]
    person_times: int
    budget: BudgetRange | None


def one_more_place(
    needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date, plan: Plan
) -> dict[int, Gain]:
    """Compute exactly what one more place in each project would add to the plan, by project id.

    Uses longest paths for an optimal plan of needs of one place each; solves again for every other plan.
    """
    problem = plan.problem or build_problem(needs, projects, today, plan.options)
    options = plan.options
    optimal = options.fairness is None and options.mode is Mode.optimum and (problem.graph.sizes == 1).all()
    if not optimal:
        with_problem = replace(plan, problem=problem)
        changes = {project.id: Change(add_places={project.id: 1}) for project in projects}
        return {
            project_id: what_if(needs, projects, today, with_problem, change).gain
            for project_id, change in changes.items()
        }
    urgency, quality = gain_of_one_more_place(problem.graph, edges_of(problem, plan))
    return {
        project.id: Gain({level: int(level == urgency[row]) for level in Urgency}, float(quality[row]))
        for row, project in enumerate(projects)
    }


def edges_of(problem: AssignmentProblem, plan: Plan) -> Ints:
    """The edge of each need in the plan, shape (n_needs,), -1 for none."""
    graph, row_of = problem.graph, {project.id: row for row, project in enumerate(problem.projects)}
    project_rows = np.array(
        [row_of[plan.chosen[need.id].project.id] if need.id in plan.chosen else -1 for need in problem.needs],
        dtype=np.int64,
    )
    edge = np.full(graph.n_needs, -1, dtype=np.int64)
    edge_needs = graph.edge_needs
    chosen = np.flatnonzero(graph.indices == project_rows[edge_needs])
    edge[edge_needs[chosen]] = chosen
    return edge


def best_by_category(gains: Mapping[int, Gain], projects: Sequence[ProjectProfile]) -> dict[str, Gain]:
    """What one more place for each service category would add, in the project where it adds most."""
    return _best((category, gains[project.id]) for project in projects for category in project.categories)


def best_by_township(
    gains: Mapping[int, Gain], needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile]
) -> dict[str, Gain]:
    """What one more place open to each township would add, in the project where it adds most."""
    paths = {need.region_path[: TOWNSHIP + 1] for need in needs if len(need.region_path) > TOWNSHIP}
    return _best(
        (path[TOWNSHIP], gains[project.id])
        for project in projects
        for path in paths
        if not set(path).isdisjoint(project.areas)
    )


def _best(gains: Iterable[tuple[str, Gain]]) -> dict[str, Gain]:
    best: dict[str, Gain] = {}
    for key, gain in gains:
        if key not in best or gain.order > best[key].order:
            best[key] = gain
    return dict(sorted(best.items()))


def what_if(
    needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date, plan: Plan, change: Change
) -> Difference:
    """Compute the plan after a change, under the same options and starting from the plan's prices.

    More places do not change scores. If only places change and the plan has its problem, eligibility is not checked
    again.

    Raises
    ------
    ValueError
        If the change names an unknown project; also what `assign` raises.
    """
    options, problem = plan.options, plan.problem
    projects_after = changed(projects, change)
    if problem is None or change.opened or change.rules:
        problem = build_problem(needs, changed(projects, replace(change, add_places={})), today, options)
    start_prices = np.array([plan.prices.get(project.id, 0.0) for project in projects_after])
    places_after = [max(0, project.places_left) for project in projects_after]
    after = solve_problem(problem.with_places(places_after), today, prices=start_prices)
    before = plan
    if change.opened:
        # A new text slightly changes how rare every word is: compare on the same scores.
        closed = [max(0, project.places_left) for project in projects] + [0] * len(change.opened)
        if change.rules:
            problem = build_problem(needs, [*projects, *change.opened], today, options)
        before = solve_problem(problem.with_places(closed), today, prices=start_prices)
    before_count, after_count = _count_by_urgency(needs, before), _count_by_urgency(needs, after)
    placed = {level: after_count[level] - before_count[level] for level in Urgency}
    return Difference(Gain(placed, after.quality - before.quality), after)


def changed(projects: Sequence[ProjectProfile], change: Change) -> list[ProjectProfile]:
    """The projects after the change. Raises ValueError if the change names an unknown project."""
    ids = {project.id for project in projects}
    if unknown := sorted((set(change.add_places) | set(change.rules)) - ids):
        raise ValueError(f"the change names unknown projects: {unknown}")
    after = []
    for project in projects:
        places = project.places_left
        if project.id in change.add_places:
            places = max(0, max(0, places) + change.add_places[project.id])
        after.append(replace(project, places_left=places, rules=change.rules.get(project.id, project.rules)))
    return [*after, *change.opened]


def _count_by_urgency(needs: Sequence[NeedProfile], plan: Plan) -> Counter[Urgency]:
    return Counter(need.urgency for need in needs if need.id in plan.chosen)


def gaps(
    needs: Sequence[NeedProfile],
    plan: Plan,
    *,
    person_times: Mapping[int, int] | None = None,
    unit_costs: Mapping[str, Sequence[int]] | None = None,
) -> list[GapGroup]:
    """Group the needs without a project by category, township and target group, the largest groups first.

    Parameters
    ----------
    person_times : mapping of need id to int, optional
        Person-times a need asks for; 1 where not listed.
    unit_costs : mapping of service category to sequence of int, optional
        Costs of one person-time in past projects, in fen.
    """
    times, costs = person_times or {}, unit_costs or {}
    without = set(plan.without)
    unmet = [need for need in needs if need.id in without]
    frequency = Counter(tag for need in unmet for tag in need.vulnerabilities)
    groups: dict[tuple[str, str, str], list[NeedProfile]] = {}
    for need in unmet:
        township = need.region_path[TOWNSHIP] if len(need.region_path) > TOWNSHIP else ""
        target = min(need.vulnerabilities, key=lambda tag: (-frequency[tag], tag), default=need.relief_category)
        groups.setdefault((need.category, township, target), []).append(need)
    result = []
    for key, members in groups.items():
        total_times = sum(times.get(need.id, 1) for need in members)
        budget = _budget(costs.get(key[0], ()), total_times)
        result.append(GapGroup(*key, tuple(need.id for need in members), total_times, budget))
    return sorted(result, key=lambda group: (-len(group.needs), group.category, group.township, group.target_group))


def _budget(costs: Sequence[int], person_times: int) -> BudgetRange | None:
    if not costs:
        return None
    quartiles = quantiles(costs, n=4, method="inclusive") if len(costs) > 1 else [float(costs[0])] * 3
    return BudgetRange(*(round(cost * person_times) for cost in quartiles))
