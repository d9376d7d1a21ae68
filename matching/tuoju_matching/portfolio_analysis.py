"""What a panel asks of a portfolio: other mixes of score and need, what each line costs, and how sure each line is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tuoju_matching.errors import PlanError
from tuoju_matching.optimum import solve
from tuoju_matching.portfolio import Portfolio, best_score_value, solve_portfolio
from tuoju_matching.portfolio_problem import Application, Level, PortfolioProblem
from tuoju_matching.profiles import Urgency

FRONTIER_WEIGHTS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""From score only to need only."""
AWARD_STEP = 100_000
"""To how many fen a break-even award is found: 1,000 yuan."""
MOST_RIVALS = 3
"""How many projects are named that serve the needs of an application without an award."""
SAFE, OUT = 0.8, 0.2
"""Shares of draws above and below which a line does not depend on chance."""

Fixed = Mapping[int, int | None]
"""Lines that the panel has decided: the level of an application, or None for no award."""


@dataclass(frozen=True)
class FrontierPoint:
    """One mix of score and need.

    Attributes
    ----------
    weight : float
        1 for score only, 0 for need only.
    mean_score : float
        Of the funded applications; 0 without any.
    new_organizations : int
        Funded organizations without a record of ended services.
    """

    weight: float
    portfolio: Portfolio
    mean_score: float
    new_organizations: int


@dataclass(frozen=True)
class ForcedLine:
    """What forcing one application in or out of a portfolio changes; exact, since the portfolio is solved again.

    Attributes
    ----------
    portfolio : Portfolio or None
        The best one with the line forced; None if the limits and the fixed lines leave none.
    gained : mapping of Urgency to int
        Needs placed more than before; negative for fewer.
    joined, left : tuples of application ids
        Other applications that are funded then, and those that no longer are.
    rivals : tuple of (project or application id, needs)
        For an application without an award: who now serves most of the needs it could serve, at most `MOST_RIVALS`.
    """

    portfolio: Portfolio | None
    gained: Mapping[Urgency, int]
    joined: tuple[int, ...]
    left: tuple[int, ...]
    rivals: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BudgetEffect:
    """What more or less money would change: exact, by solving again."""

    budget: int
    portfolio: Portfolio
    gained: Mapping[Urgency, int]


def frontier(problem: PortfolioProblem, fixed: Fixed | None = None) -> tuple[FrontierPoint, ...]:
    """Five portfolios from score only to need only.

    A weight is a floor: of the way from the score value of the need-only portfolio to the highest score value, this
    share must be kept; under the floor most needs are served. With a lower weight no fewer needs of the most urgent
    class are served.

    Raises ValueError or PlanError as `solve_portfolio`.
    """
    need_only = solve_portfolio(problem, fixed=fixed)
    highest = best_score_value(problem, fixed)
    points = []
    for weight in FRONTIER_WEIGHTS:
        floor = need_only.score_value + weight * (highest - need_only.score_value)
        portfolio = solve_portfolio(problem, fixed=fixed, least_score_value=floor) if weight else need_only
        points.append(_point(problem, weight, portfolio))
    return tuple(points)


def at_weight(problem: PortfolioProblem, weight: float, fixed: Fixed | None = None) -> Portfolio:
    """The portfolio of one weight of the frontier, in [0, 1]. Raises as `solve_portfolio`."""
    need_only = solve_portfolio(problem, fixed=fixed)
    if weight <= 0:
        return need_only
    floor = need_only.score_value + weight * (best_score_value(problem, fixed) - need_only.score_value)
    return solve_portfolio(problem, fixed=fixed, least_score_value=floor)


def force(
    problem: PortfolioProblem,
    portfolio: Portfolio,
    application_id: int,
    *,
    fixed: Fixed | None = None,
    least_score_value: float = 0.0,
) -> ForcedLine:
    """Why, or why not: force an application out of the portfolio if it is funded, else in at its best level.

    Parameters
    ----------
    fixed, least_score_value
        As the portfolio was solved with.

    Raises
    ------
    ValueError
        If the application is unknown, or below the pass mark.
    """
    application = _application(problem, application_id)
    funded = application_id in portfolio.levels
    choices: list[int | None] = [None] if funded else list(range(len(application.levels)))
    candidates = []
    for level in choices:
        lines = {**(fixed or {}), application_id: level}
        try:
            candidates.append(solve_portfolio(problem, fixed=lines, least_score_value=least_score_value))
        except PlanError:
            continue
    best = max(candidates, key=lambda candidate: candidate.order, default=None)
    rivals = () if funded else _rivals(problem, portfolio, application_id)
    if best is None:
        return ForcedLine(None, {}, (), (), rivals)
    before, after = set(portfolio.levels) - {application_id}, set(best.levels) - {application_id}
    gained = _gained(portfolio, best)
    return ForcedLine(best, gained, tuple(sorted(after - before)), tuple(sorted(before - after)), rivals)


def break_even_award(
    problem: PortfolioProblem, application_id: int, *, fixed: Fixed | None = None, step: int = AWARD_STEP
) -> int:
    """The largest award in fen, to the next `step` below, at which funding the full places of the application serves no
    fewer needs than leaving it out; 0 if there is none.

    By bisection, because a higher award leaves less for the others. Raises as `solve_portfolio`.
    """
    application = _application(problem, application_id)
    without = solve_portfolio(problem, fixed={**(fixed or {}), application_id: None})

    def keeps_up(award: int) -> bool:
        changed = _with_award(problem, application, award)
        try:
            forced = solve_portfolio(changed, fixed={**(fixed or {}), application_id: 0})
        except PlanError:
            return False
        return forced.order[:-1] >= without.order[:-1]

    low, high = 0, problem.limits.available // step
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if keeps_up(middle * step) else (low, middle - 1)
    return low * step


def draw_robustness(
    problem: PortfolioProblem, *, weight: float, fixed: Fixed | None = None, draws: int = 50, seed: int = 0
) -> dict[int, float]:
    """Share of draws in which each application is funded, by id.

    Each draw has other scores (normal, with their standard errors) and other chances (beta, with the records). Lines
    that are fixed stay fixed, even if a drawn score falls below the pass mark.
    """
    generator = np.random.default_rng(seed)
    funded: Counter[int] = Counter()
    for _ in range(draws):
        funded.update(list(at_weight(_drawn(problem, generator, fixed or {}), weight, fixed).levels))
    return {application.id: funded[application.id] / draws for application in problem.applications}


def to_discuss(shares: Mapping[int, float]) -> tuple[int, ...]:
    """The applications whose funding depends on chance: neither above `SAFE` nor below `OUT`.

    >>> to_discuss({1: 1.0, 2: 0.8, 3: 0.5, 4: 0.1})
    (2, 3)
    """
    return tuple(application_id for application_id, share in shares.items() if OUT <= share <= SAFE)


def change_budget(
    problem: PortfolioProblem, portfolio: Portfolio, budget: int, *, fixed: Fixed | None = None
) -> BudgetEffect:
    """What another budget in fen would change, at need only. Raises as `solve_portfolio`."""
    limits = replace(problem.limits, budget=budget)
    after = solve_portfolio(replace(problem, limits=limits), fixed=fixed)
    return BudgetEffect(budget, after, _gained(portfolio, after))


def _point(problem: PortfolioProblem, weight: float, portfolio: Portfolio) -> FrontierPoint:
    chosen = [application for application in problem.applications if application.id in portfolio.levels]
    mean_score = sum(application.score for application in chosen) / len(chosen) if chosen else 0.0
    new = {application.organization for application in chosen if application.profile.ended == 0}
    return FrontierPoint(weight, portfolio, mean_score, len(new))


def _gained(before: Portfolio, after: Portfolio) -> dict[Urgency, int]:
    return {urgency: after.placed[urgency] - before.placed[urgency] for urgency in Urgency}


def _application(problem: PortfolioProblem, application_id: int) -> Application:
    if application_id not in problem.row_of:
        raise ValueError(f"there is no application {application_id}")
    return problem.applications[problem.row_of[application_id] - problem.first_application]


def _rivals(problem: PortfolioProblem, portfolio: Portfolio, application_id: int) -> tuple[tuple[int, int], ...]:
    """Who serves the needs that the application could serve, in the plan that follows the portfolio."""
    edge = solve(problem.graph(problem.places(portfolio.levels))).edge
    needs_of_edges = np.repeat(np.arange(len(problem.needs)), np.diff(problem.starts))
    could = np.unique(needs_of_edges[problem.rows == problem.row_of[application_id]])
    rows = problem.rows[edge[could][edge[could] >= 0]]
    counts = Counter(problem.project_ids[row] for row in rows.tolist())
    return tuple(sorted(counts.items(), key=lambda rival: (-rival[1], rival[0]))[:MOST_RIVALS])


def _with_award(problem: PortfolioProblem, application: Application, award: int) -> PortfolioProblem:
    changed = replace(application, levels=(Level(award, application.levels[0].places),))
    others = tuple(changed if other.id == application.id else other for other in problem.applications)
    return replace(problem, applications=others)


def _drawn(problem: PortfolioProblem, generator: np.random.Generator, fixed: Fixed) -> PortfolioProblem:
    weights, chances = problem.chance_weights, np.clip(problem.chances, 1e-6, 1 - 1e-6)
    applications = []
    for application in problem.applications:
        least = problem.limits.pass_mark if fixed.get(application.id) is not None else 0.0
        score = generator.normal(application.score, application.score_error)
        applications.append(replace(application, score=float(np.clip(score, least, 100.0))))
    drawn = generator.beta(chances * weights, (1 - chances) * weights)
    return replace(problem, applications=tuple(applications), chances=drawn)
