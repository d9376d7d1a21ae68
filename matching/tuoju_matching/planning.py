"""Where the next place should go: what one more is worth, what a change would bring, and whom nobody serves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import quantiles

import numpy as np

from tuoju_matching.assign import Plan, plan_on
from tuoju_matching.exchange import one_more
from tuoju_matching.graph import Ints
from tuoju_matching.ground import Ground, Mode, lay
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, Urgency

TOWNSHIP = 2
"""Where the township stands in a region path: after the city and the county."""


@dataclass(frozen=True)
class Gain:
    """What a plan would gain: more needs placed by urgency class (less, if negative), and more quality."""

    placed: Mapping[Urgency, int]
    quality: float

    @property
    def order(self) -> tuple[float, ...]:
        """For sorting: the most urgent class first, quality last."""
        return (*(self.placed.get(each, 0) for each in sorted(Urgency, reverse=True)), self.quality)


@dataclass(frozen=True)
class Change:
    """Something a program manager may try.

    Attributes
    ----------
    add_places : mapping of project id to int
        Places more (or less, if negative).
    opened : tuple of ProjectProfile
        New projects, with ids of their own.
    rules : mapping of project id to tuple of Rule
        The rules a project has instead.
    """

    add_places: Mapping[int, int] = field(default_factory=dict)
    opened: tuple[ProjectProfile, ...] = ()
    rules: Mapping[int, tuple[Rule, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """What a change does to the plan: the gain, and the plan there would be."""

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
    """Needs without a project that belong together.

    Attributes
    ----------
    target_group : str
        The vulnerability most frequent among those without, or else the category of hardship.
    needs : tuple of int
        Their ids.
    person_times : int
        Occasions of service wanted, each counted per person.
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
    """What one more place in each project would add to the plan, by project id; exact.

    By shortest paths for an optimal plan of needs of one place; by solving again for any other.
    """
    ground = plan.ground or lay(needs, projects, today, plan.terms)
    plain = plan.terms.fairness is None and plan.terms.mode is Mode.optimum and (ground.waiting.sizes == 1).all()
    if not plain:
        known = replace(plan, ground=ground)
        return {
            each.id: what_if(needs, projects, today, known, Change(add_places={each.id: 1})).gain for each in projects
        }
    urgency, quality = one_more(ground.waiting, edges_of(ground, plan))
    return {
        each.id: Gain({level: int(level == urgency[row]) for level in Urgency}, float(quality[row]))
        for row, each in enumerate(projects)
    }


def edges_of(ground: Ground, plan: Plan) -> Ints:
    """The edge of each need in the plan, -1 for none."""
    waiting, row_of = ground.waiting, {each.id: row for row, each in enumerate(ground.projects)}
    target = np.array(
        [row_of[plan.chosen[need.id].project.id] if need.id in plan.chosen else -1 for need in ground.needs],
        dtype=np.int64,
    )
    edge = np.full(waiting.n_needs, -1, dtype=np.int64)
    rows = waiting.rows
    hit = np.flatnonzero(waiting.indices == target[rows])
    edge[rows[hit]] = hit
    return edge


def best_by_category(gains: Mapping[int, Gain], projects: Sequence[ProjectProfile]) -> dict[str, Gain]:
    """What one more place for each service category would add, put where it adds most."""
    return _best((category, gains[each.id]) for each in projects for category in each.categories)


def best_by_township(
    gains: Mapping[int, Gain], needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile]
) -> dict[str, Gain]:
    """What one more place open to each township would add, put where it adds most."""
    paths = {need.region_path[: TOWNSHIP + 1] for need in needs if len(need.region_path) > TOWNSHIP}
    return _best(
        (path[TOWNSHIP], gains[each.id]) for each in projects for path in paths if not set(path).isdisjoint(each.areas)
    )


def _best(found: Iterable[tuple[str, Gain]]) -> dict[str, Gain]:
    best: dict[str, Gain] = {}
    for key, gain in found:
        if key not in best or gain.order > best[key].order:
            best[key] = gain
    return dict(sorted(best.items()))


def what_if(
    needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], today: date, plan: Plan, change: Change
) -> Difference:
    """What the plan would be after a change, under the same terms, started from its prices.

    Scores stay as they are: a place more does not make a project fit better. If only places change and the plan
    has its ground, nothing is judged anew.

    Raises ValueError for projects that are not there, and what `assign` raises.
    """
    terms, prices = plan.terms, plan.prices
    after = changed(projects, change)
    ground = plan.ground
    if ground is None or change.opened or change.rules:
        judged = changed(projects, replace(change, add_places={}))
        ground = lay(needs, judged, today, terms)
    start = np.array([prices.get(each.id, 0.0) for each in after])
    found = plan_on(ground.with_places([max(0, each.places_left) for each in after]), today, prices=start)
    before = plan
    if change.opened:
        # A new text changes a little how rare every word is: compare on the same scores.
        closed = [max(0, each.places_left) for each in projects] + [0] * len(change.opened)
        if change.rules:
            ground = lay(needs, [*projects, *change.opened], today, terms)
        before = plan_on(ground.with_places(closed), today, prices=start)
    before_count, after_count = _by_urgency(needs, before), _by_urgency(needs, found)
    placed = {each: after_count[each] - before_count[each] for each in Urgency}
    return Difference(Gain(placed, found.quality - before.quality), found)


def changed(projects: Sequence[ProjectProfile], change: Change) -> list[ProjectProfile]:
    """The projects after the change. Raises ValueError for a project that is not there."""
    ids = {each.id for each in projects}
    if unknown := sorted((set(change.add_places) | set(change.rules)) - ids):
        raise ValueError(f"the change names projects that are not there: {unknown}")
    after = [
        replace(
            each,
            places_left=max(0, max(0, each.places_left) + change.add_places[each.id])
            if each.id in change.add_places
            else each.places_left,
            rules=change.rules.get(each.id, each.rules),
        )
        for each in projects
    ]
    return [*after, *change.opened]


def _by_urgency(needs: Sequence[NeedProfile], plan: Plan) -> Counter[Urgency]:
    return Counter(need.urgency for need in needs if need.id in plan.chosen)


def gaps(
    needs: Sequence[NeedProfile],
    plan: Plan,
    *,
    person_times: Mapping[int, int] | None = None,
    unit_costs: Mapping[str, Sequence[int]] | None = None,
) -> list[GapGroup]:
    """Needs without a project, together by category, township and target group, the largest groups first.

    Parameters
    ----------
    person_times : mapping of need id to int, optional
        Person-times a need asks for; 1 where not given.
    unit_costs : mapping of service category to sequence of int, optional
        What one person-time cost in past projects, in fen.
    """
    times, costs = person_times or {}, unit_costs or {}
    without = set(plan.without)
    unmet = [need for need in needs if need.id in without]
    frequent = Counter(each for need in unmet for each in need.vulnerabilities)
    groups: dict[tuple[str, str, str], list[NeedProfile]] = {}
    for need in unmet:
        township = need.region_path[TOWNSHIP] if len(need.region_path) > TOWNSHIP else ""
        target = min(need.vulnerabilities, key=lambda each: (-frequent[each], each), default=need.relief_category)
        groups.setdefault((need.category, township, target), []).append(need)
    found = []
    for key, members in groups.items():
        wanted = sum(times.get(need.id, 1) for need in members)
        budget = _budget(costs.get(key[0], ()), wanted)
        found.append(GapGroup(*key, tuple(need.id for need in members), wanted, budget))
    return sorted(found, key=lambda each: (-len(each.needs), each.category, each.township, each.target_group))


def _budget(costs: Sequence[int], person_times: int) -> BudgetRange | None:
    if not costs:
        return None
    quartiles = quantiles(costs, n=4, method="inclusive") if len(costs) > 1 else [float(costs[0])] * 3
    return BudgetRange(*(round(each * person_times) for each in quartiles))
