"""Portfolios made without a solver, and the plan that follows awards: what `portfolio` is compared with."""

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from tuoju_matching.graph import Ints
from tuoju_matching.optimum import solve
from tuoju_matching.portfolio import Portfolio, check_fixed, score_values
from tuoju_matching.portfolio_problem import Application, PortfolioProblem, county_of
from tuoju_matching.profiles import Urgency
from tuoju_matching.tiers import urgency_levels

CLASS_WEIGHT = 10
"""How many needs of a class the greedy portfolio gives for one of the class above."""


def assign_to_awards(problem: PortfolioProblem, levels: Mapping[int, int]) -> Portfolio:
    """The portfolio of these awards, with the needs placed by the assignment core. The limits are not checked.

    Raises ValueError if an application or level is unknown.
    """
    check_fixed(problem, levels)
    graph = problem.graph(problem.places(levels))
    solution = solve(graph)
    ids = problem.project_ids
    placed: Counter[Urgency] = Counter(dict.fromkeys(Urgency, 0))
    counties: dict[str, tuple[int, int]] = {}
    served: Counter[int] = Counter()
    for need, edge in zip(problem.needs, solution.edge.tolist(), strict=True):
        county, before = county_of(need), counties.get(county_of(need), (0, 0))
        counties[county] = (before[0] + (edge >= 0), before[1] + 1)
        if edge >= 0:
            placed[need.urgency] += 1
            served[ids[problem.rows[edge]]] += 1
    floor = problem.limits.county_floor
    return Portfolio(
        levels=dict(levels),
        placed=dict(placed),
        value=solution.quality,
        served=dict(served),
        counties=dict(sorted(counties.items())),
        missed_floor=sum(max(0.0, floor * waiting - count) for count, waiting in counties.values()),
        money=sum(_award(problem, application_id, level) for application_id, level in levels.items()),
        score_value=_score_value(problem, levels),
    )


def rank_by_score(problem: PortfolioProblem) -> Portfolio:
    """Fund the full ask down the list of scores wherever the limits allow it: what a panel without needs would do."""
    ranked = sorted(problem.applications, key=lambda application: (-application.score, application.id))
    levels: dict[int, int] = {}
    for application in ranked:
        if _allowed(problem, levels, application, 0):
            levels[application.id] = 0
    return assign_to_awards(problem, levels)


def fund_greedily(problem: PortfolioProblem) -> Portfolio:
    """Fund again and again the level that adds most needs per yuan, the most urgent weighed by `CLASS_WEIGHT`, until
    nothing more is added. Close to the optimum, never above it; the fallback, and the oracle of the tests."""
    counter = _PlacementCounter(problem)
    levels: dict[int, int] = {}
    current = counter.count(levels)
    while True:
        candidates = [
            ((counter.count({**levels, application.id: level}) - current) / award.award, application.id, level)
            for application in problem.applications
            for level, award in enumerate(application.levels)
            if application.id not in levels and _allowed(problem, levels, application, level)
        ]
        gain, application_id, level = max(candidates, default=(0.0, 0, 0))
        if gain <= 0:
            return assign_to_awards(problem, levels)
        levels[application_id] = level
        current = counter.count(levels)


def weigh(placed: Mapping[Urgency, int]) -> int:
    """Needs placed as one number, each class `CLASS_WEIGHT` times the class below."""
    return sum(count * CLASS_WEIGHT**urgency for urgency, count in placed.items())


def _allowed(problem: PortfolioProblem, levels: Mapping[int, int], application: Application, level: int) -> bool:
    """Whether the level can be funded beside the others within the limits."""
    limits, award = problem.limits, application.levels[level].award
    funded = [other for other in problem.applications if other.id in levels]
    if application.score < limits.pass_mark or award + _money(problem, levels, funded) > limits.available:
        return False
    siblings = [other for other in funded if other.organization == application.organization]
    if len(siblings) >= limits.awards_per_organization:
        return False
    cap = limits.topic_caps.get(application.topic)
    same_topic = [other for other in funded if other.topic == application.topic]
    return cap is None or award + _money(problem, levels, same_topic) <= round(cap * limits.budget, 6)


def _money(problem: PortfolioProblem, levels: Mapping[int, int], funded: Iterable[Application]) -> int:
    return sum(_award(problem, application.id, levels[application.id]) for application in funded)


def _award(problem: PortfolioProblem, application_id: int, level: int) -> int:
    row = problem.row_of[application_id] - problem.first_application
    return problem.applications[row].levels[level].award


def _score_value(problem: PortfolioProblem, levels: Mapping[int, int]) -> float:
    numbers = [(item.id, level) for item in problem.applications for level in range(len(item.levels))]
    values = zip(numbers, score_values(problem).tolist(), strict=True)
    return float(sum(value for (application_id, level), value in values if levels.get(application_id) == level))


class _PlacementCounter:
    """Counts placed needs by urgency class for many sets of awards."""

    def __init__(self, problem: PortfolioProblem) -> None:
        groups = problem.groups
        self.problem = problem
        counts = np.bincount(groups.edge_group, minlength=len(groups.sizes))
        self.indptr: Ints = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.indices = groups.edge_row[np.argsort(groups.edge_group, kind="stable")].astype(np.int32)
        self.row_of = groups.of_need.astype(np.int32)
        self.urgency = np.array([need.urgency for need in problem.needs], dtype=np.int64)

    def count(self, levels: Mapping[int, int]) -> int:
        """The needs placed, weighed by class."""
        places = self.problem.places(levels)
        _, project = urgency_levels(self.indptr, self.indices, self.row_of, self.urgency, places)
        counts = np.bincount(self.urgency[project >= 0], minlength=len(Urgency))
        return weigh({urgency: int(counts[urgency]) for urgency in Urgency})
