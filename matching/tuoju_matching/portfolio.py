"""Which applications to fund, and how much: the portfolio that lets most waiting needs be served (HiGHS)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from tuoju_matching.errors import PlanError
from tuoju_matching.graph import Floats, Ints
from tuoju_matching.lazy import lazy_module
from tuoju_matching.portfolio_problem import Application, PortfolioProblem
from tuoju_matching.profiles import Urgency

if TYPE_CHECKING:
    from scipy import optimize, sparse
else:
    optimize, sparse = lazy_module("scipy.optimize"), lazy_module("scipy.sparse")

GAP = 1e-5
"""Relative gap at which a stage without whole numbers counts as solved."""
SLACK = 1e-5
"""How far a later stage may fall below an earlier one: ten times the tolerance of the solver."""
MONEY_VALUE = 1.0
"""What all the money that may be awarded counts, in needs served, between portfolios that serve as many needs."""
_INFEASIBLE = 2
"""Status code of `scipy.optimize.milp`."""


@dataclass(frozen=True)
class Portfolio:
    """A choice of awards, and what it would serve. A proposal: the panel decides.

    Attributes
    ----------
    levels : dict of application id to int
        Level of each funded application.
    placed : dict of Urgency to int
        Needs served, by open projects too.
    value : float
        Sum of `PortfolioProblem.values` over the needs served.
    served : dict of project or application id to int
    counties : dict of county code to (served, waiting)
    missed_floor : float
        Needs short of the county floor, over all counties.
    money : int
        Sum of the awards in fen.
    score_value : float
        See `score_values`.
    """

    levels: dict[int, int]
    placed: dict[Urgency, int]
    value: float
    served: dict[int, int] = field(default_factory=dict)
    counties: dict[str, tuple[int, int]] = field(default_factory=dict)
    missed_floor: float = 0.0
    money: int = 0
    score_value: float = 0.0

    @property
    def total_placed(self) -> int:
        return sum(self.placed.values())

    @property
    def order(self) -> tuple[float, ...]:
        """Sort key: needs placed, the most urgent class first, then the value without what the solver cannot tell."""
        return (*(self.placed[urgency] for urgency in sorted(Urgency, reverse=True)), round(self.value, 3))

    @property
    def worst_county(self) -> float:
        """The smallest share of a county's waiting needs that is served; 1 without needs."""
        return min((served / waiting for served, waiting in self.counties.values() if waiting), default=1.0)


def solve_portfolio(
    problem: PortfolioProblem, *, fixed: Mapping[int, int | None] | None = None, least_score_value: float = 0.0
) -> Portfolio:
    """Find the awards with which most needs are served: the most urgent class first, then the next, as
    `assign.assign` places them; among such awards those with the highest `value`, less `MONEY_VALUE` for the money.

    Parameters
    ----------
    fixed : mapping of application id to level number or None, optional
        What the panel has decided: the level at which to fund an application, or None not to fund it.
    least_score_value : float, optional
        The portfolio has at least this `score_value`; from `portfolio_analysis.frontier`.

    Raises
    ------
    ValueError
        If `fixed` names an unknown application or level, or one below the pass mark.
    PlanError
        If the fixed awards break a limit, or the solver fails.

    Notes
    -----
    The needs are counted and not weighed by the chance that they are met, because the plan that follows the awards
    counts them, too: otherwise the portfolio would promise numbers that the plan does not keep.
    """
    program = _Program(problem)
    program.fix(fixed or {})
    if least_score_value > 0:
        program.require(np.append(score_values(problem), np.zeros(program.width - program.n_levels)), least_score_value)
    groups = problem.groups
    edge_urgency = groups.urgency[groups.edge_group]
    for stage, urgency in enumerate(np.unique(edge_urgency)[::-1]):
        program.maximise(program.goal((edge_urgency == urgency).astype(np.float64), floor=stage == 0), is_count=True)
    goal = program.goal(problem.values[groups.edge_row], floor=False) + program.money_goal
    return _portfolio(program, program.maximise(goal, is_count=False))


def best_score_value(problem: PortfolioProblem, fixed: Mapping[int, int | None] | None = None) -> float:
    """The highest `score_value` of any portfolio. Raises as `solve_portfolio`."""
    program = _Program(problem)
    program.fix(fixed or {})
    goal = np.append(score_values(problem), np.zeros(program.width - program.n_levels))
    return float(goal @ program.maximise(goal, is_count=False))


def score_values(problem: PortfolioProblem) -> Floats:
    """What each level adds to the score value of a portfolio, shape (n_levels,): the points above the pass mark, each
    weighed by its share of the money that may be awarded.

    The score value of a portfolio is thus its mean score above the pass mark, with unspent money counting 0.
    """
    limits = problem.limits
    values = [
        max(0.0, application.score - limits.pass_mark) * level.award / max(1, limits.available)
        for application in problem.applications
        for level in application.levels
    ]
    return np.array(values, dtype=np.float64)


def check_fixed(problem: PortfolioProblem, fixed: Mapping[int, int | None]) -> None:
    """Raises ValueError if a fixed line cannot be meant; see `solve_portfolio`."""
    by_id = {application.id: application for application in problem.applications}
    for application_id, level in fixed.items():
        application = by_id.get(application_id)
        if application is None:
            raise ValueError(f"fixed names the unknown application {application_id}")
        if level is None:
            continue
        if not 0 <= level < len(application.levels):
            raise ValueError(f"application {application_id} has no level {level}")
        if application.score < problem.limits.pass_mark:
            raise ValueError(f"application {application_id} is below the pass mark")


class _Program:
    """The mixed-integer program: one variable a level (funded or not), then one a group edge (needs served), then with
    a county floor one a county (needs short of the floor)."""

    def __init__(self, problem: PortfolioProblem) -> None:
        self.problem = problem
        self.groups = problem.groups
        self.n_levels = sum(len(application.levels) for application in problem.applications)
        self.n_edges = len(self.groups.edge_row)
        self.n_counties = len(self.groups.counties) if problem.limits.county_floor > 0 else 0
        self.width = self.n_levels + self.n_edges + self.n_counties
        counts = [len(application.levels) for application in problem.applications]
        self.level_application = np.repeat(np.arange(len(counts)), counts)
        self.awards = np.array([level.award for _, level in self._levels()], dtype=np.int64)
        self.money_unit = max(1, reduce(gcd, self.awards.tolist(), 0))
        self.constraints = [
            *self._choices(),
            *self._money(),
            self._projects(),
            self._needs(),
            *self._used_only_if_funded(),
            *self._floors(),
        ]
        passed = [application.score >= problem.limits.pass_mark for application, _ in self._levels()]
        self.lower = np.zeros(self.width)
        self.upper = np.concatenate(
            [
                np.array(passed, dtype=np.float64),
                self.groups.sizes[self.groups.edge_group].astype(np.float64),
                np.full(self.n_counties, np.inf),
            ]
        )

    def _levels(self) -> list[tuple[Application, Any]]:
        return [(application, level) for application in self.problem.applications for level in application.levels]

    @cached_property
    def _edge_columns(self) -> Ints:
        return self.n_levels + np.arange(self.n_edges)

    def _limit(self, rows: Any, columns: Any, values: Any, highest: Any, lowest: Any = -np.inf) -> Any:
        shape = (len(highest), self.width)
        matrix = sparse.csr_array((np.asarray(values, dtype=np.float64), (rows, columns)), shape=shape)
        return optimize.LinearConstraint(matrix, lb=lowest, ub=highest)

    def _choices(self) -> list[Any]:
        """One level an application; so many awards an organization."""
        applications, limits = self.problem.applications, self.problem.limits
        numbers = {
            name: row
            for row, name in enumerate(dict.fromkeys(application.organization for application in applications))
        }
        organization = np.array([numbers[application.organization] for application, _ in self._levels()], dtype=int)
        columns, ones = np.arange(self.n_levels), np.ones(self.n_levels)
        return [
            self._limit(self.level_application, columns, ones, np.ones(len(applications))),
            self._limit(organization, columns, ones, np.full(len(numbers), limits.awards_per_organization)),
        ]

    def _money(self) -> list[Any]:
        """The budget and the caps of topics, in the largest unit of money that divides all awards, so that the sums are
        exact in the solver."""
        limits, unit = self.problem.limits, self.money_unit
        rows, columns, highest = [np.zeros(self.n_levels, dtype=int)], [np.arange(self.n_levels)], [limits.available]
        topics = np.array([application.topic for application, _ in self._levels()], dtype=object)
        for topic, share in limits.topic_caps.items():
            members = np.flatnonzero(topics == topic)
            rows.append(np.full(len(members), len(highest)))
            columns.append(members)
            highest.append(int(round(share * limits.budget, 6)))
        all_columns = np.concatenate(columns)
        values = self.awards[all_columns] // unit
        return [self._limit(np.concatenate(rows), all_columns, values, np.array(highest) // unit)]

    def _projects(self) -> Any:
        """Needs served by a project: at most its places."""
        first = self.problem.first_application
        rows = np.concatenate([self.groups.edge_row, first + self.level_application])
        columns = np.concatenate([self._edge_columns, np.arange(self.n_levels)])
        places = np.array([level.places for _, level in self._levels()], dtype=np.float64)
        values = np.concatenate([np.ones(self.n_edges), -places])
        return self._limit(rows, columns, values, self.problem.places({}).astype(np.float64))

    def _needs(self) -> Any:
        """Each need is served once."""
        return self._limit(self.groups.edge_group, self._edge_columns, np.ones(self.n_edges), self.groups.sizes)

    def _used_only_if_funded(self) -> list[Any]:
        """The needs of one group that an application serves are at most the group times the award: implied for whole
        awards, and it brings the relaxation closer to them."""
        edges = np.flatnonzero(self.groups.edge_row >= self.problem.first_application)
        application = self.groups.edge_row[edges] - self.problem.first_application
        counts = np.bincount(self.level_application, minlength=len(self.problem.applications))
        starts = np.concatenate([[0], np.cumsum(counts)])
        repeats = counts[application]
        rows = np.repeat(np.arange(len(edges)), repeats)
        offsets = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        levels = starts[application][rows] + offsets
        sizes = self.groups.sizes[self.groups.edge_group[edges]]
        places = np.array([level.places for _, level in self._levels()], dtype=np.int64)
        values = -np.minimum(sizes[rows], places[levels]).astype(np.float64)
        return [
            self._limit(
                np.concatenate([np.arange(len(edges)), rows]),
                np.concatenate([self._edge_columns[edges], levels]),
                np.concatenate([np.ones(len(edges)), values]),
                np.zeros(len(edges)),
            )
        ]

    def _floors(self) -> list[Any]:
        """Served needs of a county and those short of the floor together reach the floor."""
        if not self.n_counties:
            return []
        county = self.groups.county
        waiting = np.bincount(county, weights=self.groups.sizes, minlength=self.n_counties)
        rows = np.concatenate([county[self.groups.edge_group], np.arange(self.n_counties)])
        short = self.n_levels + self.n_edges + np.arange(self.n_counties)
        columns = np.concatenate([self._edge_columns, short])
        lowest = self.problem.limits.county_floor * waiting
        return [self._limit(rows, columns, np.ones(len(rows)), np.full(self.n_counties, np.inf), lowest)]

    def fix(self, fixed: Mapping[int, int | None]) -> None:
        """Fix the level of applications; raises ValueError as `check_fixed`."""
        check_fixed(self.problem, fixed)
        first = self.problem.first_application
        for application_id, level in fixed.items():
            columns = np.flatnonzero(self.level_application == self.problem.row_of[application_id] - first)
            self.upper[columns] = 0.0
            if level is not None:
                self.lower[columns[level]] = self.upper[columns[level]] = 1.0

    def goal(self, edge_values: Floats, *, floor: bool) -> Floats:
        """Coefficients to maximise: of the edges, and with `floor` the price of needs short of it."""
        price = -self.problem.limits.floor_price if floor else 0.0
        return np.concatenate([np.zeros(self.n_levels), edge_values, np.full(self.n_counties, price)])

    @property
    def money_goal(self) -> Floats:
        """Coefficients that prefer the cheaper of two portfolios of nearly the same value."""
        share = self.awards / max(1, self.problem.limits.available)
        return np.concatenate([-MONEY_VALUE * share, np.zeros(self.width - self.n_levels)])

    def require(self, goal: Floats, least: float) -> None:
        """From now on `goal` must reach `least`."""
        row = sparse.csr_array(goal[np.newaxis, :])
        self.constraints.append(optimize.LinearConstraint(row, lb=least - SLACK, ub=np.inf))

    def maximise(self, goal: Floats, *, is_count: bool) -> Floats:
        """Maximise and require the maximum from then on; `is_count` if it is a whole number, so that a gap below one
        proves it. Raises PlanError."""
        if not self.width:
            return np.zeros(0)
        integrality = np.zeros(self.width, dtype=np.int64)
        integrality[: self.n_levels] = 1
        is_count = is_count and not (self.n_counties and goal[-1])
        highest = float(goal[self.n_levels : self.n_levels + self.n_edges] @ self.upper[self._edge_columns])
        gap = 0.9 / max(1.0, highest) if is_count else GAP
        result = optimize.milp(
            -goal,
            constraints=self.constraints,
            integrality=integrality,
            bounds=optimize.Bounds(self.lower, self.upper),
            options={"mip_rel_gap": gap},
        )
        if result.status == _INFEASIBLE:
            raise PlanError("the fixed awards break a limit of the call")
        if result.status != 0:
            raise PlanError(result.message)
        self.require(goal, round(-result.fun) if is_count else -result.fun)
        return np.asarray(result.x, dtype=np.float64)


def _portfolio(program: _Program, solution: Floats) -> Portfolio:
    problem, groups = program.problem, program.groups
    first = program.n_levels
    served = solution[first : first + program.n_edges]
    levels: dict[int, int] = {}
    for column in np.flatnonzero(solution[:first] > 0.5):
        application = problem.applications[program.level_application[column]]
        levels[application.id] = int(
            column - np.searchsorted(program.level_application, program.level_application[column])
        )
    by_row = np.bincount(groups.edge_row, weights=served, minlength=len(problem.values)).round().astype(np.int64)
    by_urgency = np.bincount(groups.urgency[groups.edge_group], weights=served, minlength=len(Urgency))
    by_county = np.bincount(groups.county[groups.edge_group], weights=served, minlength=len(groups.counties))
    waiting = np.bincount(groups.county, weights=groups.sizes, minlength=len(groups.counties))
    chosen = (solution[:first] > 0.5).astype(np.float64)
    return Portfolio(
        levels=levels,
        placed={urgency: round(by_urgency[urgency]) for urgency in Urgency},
        value=float(problem.values[groups.edge_row] @ served),
        served={
            project_id: round(count)
            for project_id, count in zip(problem.project_ids, by_row, strict=True)
            if round(count)
        },
        counties={code: (round(by_county[row]), round(waiting[row])) for row, code in enumerate(groups.counties)},
        missed_floor=float(solution[first + program.n_edges :].sum()),
        money=int(program.awards @ chosen.astype(np.int64)),
        score_value=float(score_values(problem) @ chosen),
    )
