"""Keep the placed shares of several groups close together, without placing fewer needs of any urgency class.

Staying unplaced is modelled as two more projects a group, one that must be full and one that may be: so many of the
group must stay unplaced, and so many more may. The price of a place there is the group's price: it favours a group
that is behind, and holds back a group that is ahead. For a given floor, the lowest share of any group, the plan is
then an ordinary assignment, solved exactly. The floor itself is found by bisection.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tuoju_matching.auction import AuctionProblem, run_auction
from tuoju_matching.auction_kernels import EdgeValues
from tuoju_matching.errors import FairnessNotFeasible
from tuoju_matching.graph import EligibilityGraph, Floats, Ints, Solution
from tuoju_matching.lazy import lazy_module
from tuoju_matching.optimum import Tiers, best_values
from tuoju_matching.tiers import urgency_levels

if TYPE_CHECKING:
    from scipy import optimize
else:
    optimize = lazy_module("scipy.optimize")

MAX_FLOORS_TRIED, MAX_BISECTIONS = 12, 5
"""Up to so many floors are all tried; with more, only those that a bisection by the group prices visits."""
TOLERANCE = 1e-9
BISECTION_WIDTH = 10 * TOLERANCE


def solve_with_fairness(graph: EligibilityGraph, tiers: Tiers, free: Solution, groups: Ints, within: float) -> Solution:
    """Find the best plan with the same urgency counts in which no two groups' placed shares differ by over `within`.

    Parameters
    ----------
    free : Solution
        The optimal plan without groups.
    groups : array of shape (n_needs,)
        Group of each need; -1 for none.
    within : float
        In [0, 1].

    Raises
    ------
    FairnessNotFeasible
        With the smallest feasible difference.

    Notes
    -----
    The bound holds for every floor: it is the Lagrangian dual at the group prices found.
    """
    market = _Market(graph, tiers, groups, free)
    if market.spread(free.edge) <= within + TOLERANCE:
        return free
    floors = market.floors(*market.bracket(within), within)
    if len(floors) <= MAX_FLOORS_TRIED:
        solutions = [solution for floor in floors if (solution := market.solve(floor, within)) is not None]
    else:
        solutions = _bisect(market, floors, within)
    if not solutions:
        raise FairnessNotFeasible(market.smallest_difference())
    best = max(solutions, key=lambda solution: solution.quality)
    bound = min(free.bound, *(solution.bound for solution in solutions))
    return replace(best, bound=max(bound, best.quality))


def _bisect(market: "_Market", floors: list[float], within: float) -> list[Solution]:
    """The plans at the floors that a bisection visits, led by feasibility and by the group prices."""
    solutions: list[Solution] = []
    first, last = 0, len(floors) - 1
    while first <= last and len(solutions) < MAX_BISECTIONS:
        middle = (first + last) // 2
        raise_floor = market.must_raise_floor(floors[middle], floors[middle] + within)
        if raise_floor is None and (solution := market.solve(floors[middle], within)) is not None:
            solutions.append(solution)
            raise_floor = market.improves_with_higher_floor(floors[middle], within)
        first, last = (middle + 1, last) if raise_floor else (first, middle - 1)
    return solutions


class _Market:
    """The permitted edges, and two more edges for each need that may stay unplaced: to the places that its group must
    take and to those that it may take.

    Attributes
    ----------
    members, placed_always, placed_sometimes : arrays of shape (n_groups,)
        Needs of the group; those placed in every plan with the right urgency counts; those placed in some.
    optional : bool array of shape (n_needs,)
        Needs of a group that may stay unplaced.
    settled : bool array of shape (n_needs,)
        Needs that get a place or one of the group's unplaced places in every plan.
    edges : EdgeValues
        Projects come first, then the groups' mandatory unplaced places, then their optional ones.
    graph_edge : array of shape (n_edges,)
        The edge's number in the graph, -1 for an edge to an unplaced place.
    prices : array of shape (n_projects + 2 * n_groups,)
        Prices of the last solution.
    unplaced_value : array of shape (n_groups,)
        What staying unplaced is worth to each group at the last prices.
    """

    def __init__(self, graph: EligibilityGraph, tiers: Tiers, groups: Ints, free: Solution) -> None:
        self.graph, self.tiers, self.groups = graph, tiers, groups
        self.n_placed = int((free.edge >= 0).sum())
        n_groups = int(groups.max(initial=-1)) + 1
        self.prices = np.concatenate([free.prices, np.zeros(2 * n_groups)])
        self.unplaced_value = np.zeros(n_groups)
        inside = groups >= 0
        self.optional = inside & (np.diff(tiers.indptr) > 0) & ~tiers.must_place
        self.settled = self.optional | tiers.must_place
        self.members = np.bincount(groups[inside], minlength=n_groups)
        self.placed_always = np.bincount(groups[inside & tiers.must_place], minlength=n_groups)
        self.placed_sometimes = np.bincount(groups[self.optional], minlength=n_groups)
        self.edges, self.graph_edge = self._build_edges(n_groups)

    def _build_edges(self, n_groups: int) -> tuple[EdgeValues, Ints]:
        graph, tiers, optional = self.graph, self.tiers, self.optional
        lengths = np.diff(tiers.indptr) + 2 * optional
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        n_edges = int(indptr[-1])
        to_project = np.ones(n_edges, dtype=bool)
        last = indptr[1:][optional]
        to_project[last - 1] = to_project[last - 2] = False
        indices = np.empty(n_edges, dtype=np.int32)
        scores = np.zeros(n_edges)
        graph_edge = np.full(n_edges, -1, dtype=np.int64)
        graph_edge[to_project] = tiers.edges
        indices[to_project] = graph.indices[tiers.edges]
        scores[to_project] = graph.scores[tiers.edges]
        indices[last - 2] = graph.n_projects + self.groups[optional]
        indices[last - 1] = graph.n_projects + n_groups + self.groups[optional]
        return EdgeValues(indptr, indices, scores), graph_edge

    def spread(self, edge: Ints) -> float:
        """The largest difference between two groups' placed shares in a plan."""
        present = self.members > 0
        placed = np.bincount(self.groups[(edge >= 0) & (self.groups >= 0)], minlength=len(self.members))
        return float(np.ptp(placed[present] / self.members[present])) if present.any() else 0.0

    def unplaced_counts(self, floor: float, ceiling: float) -> tuple[Ints, Ints] | None:
        """How many of each group must stay unplaced, and how many more may; None if the urgency classes forbid it."""
        highest = self._highest_counts(ceiling)
        lowest = np.ceil(max(0.0, floor) * self.members - TOLERANCE).astype(np.int64)
        total = self.placed_always + self.placed_sometimes
        if (self.placed_always > highest).any() or (lowest > total).any():
            return None
        mandatory = np.maximum(0, total - highest)
        optional = np.minimum(self.placed_sometimes, total - lowest) - mandatory
        return (mandatory, optional) if (optional >= 0).all() else None

    def _highest_counts(self, ceiling: float) -> Ints:
        return np.asarray(np.floor(min(1.0, ceiling) * self.members + TOLERANCE), dtype=np.int64)

    def bracket(self, within: float) -> tuple[float, float]:
        """The range of the floor: the mean share is neither below the floor nor above it plus `within`."""
        always, sometimes = self._counts_outside_groups()
        members = max(1, int(self.members.sum()))
        highest, lowest = self.n_placed - always, self.n_placed - always - sometimes
        return max(0.0, lowest / members - within), min(1.0, highest / members)

    def _counts_outside_groups(self) -> tuple[int, int]:
        """Of the needs in no group, how many are placed in every plan and how many in some."""
        outside = (self.groups < 0) & (np.diff(self.tiers.indptr) > 0)
        return int((self.tiers.must_place & outside).sum()), int((~self.tiers.must_place & outside).sum())

    def is_feasible(self, floor: float, ceiling: float) -> bool:
        """Whether a plan exists in which every group's share is between the two."""
        return self.must_raise_floor(floor, ceiling) is None

    def must_raise_floor(self, floor: float, ceiling: float) -> bool | None:
        """None if a plan is feasible; True if too many must stay unplaced, so that places stay empty; False if too
        few may.

        If all needs can be settled, and all projects that must be full can be filled, then both are possible at once
        (Mendelsohn and Dulmage 1958).
        """
        counts = self.unplaced_counts(floor, ceiling)
        if counts is None:
            return bool((self.placed_always > self._highest_counts(ceiling)).any())
        mandatory, optional = counts
        if mandatory.any():
            filled = np.where(self.tiers.must_fill, self.graph.places, 0)
            placed = self._place(np.concatenate([filled, mandatory, 0 * optional]))
            if int((placed >= 0).sum()) < int(filled.sum() + mandatory.sum()):
                return True
        placed = self._place(np.concatenate([self.graph.places, mandatory, optional]))
        return None if bool((placed[self.settled] >= 0).all()) else False

    def improves_with_higher_floor(self, floor: float, within: float) -> bool:
        """Whether the last group prices promise more for a higher floor."""
        step = max(TOLERANCE * 100, within / 1000)
        return self._max_unplaced_value(within, floor + step) > self._max_unplaced_value(within, floor)

    def _place(self, places: Ints) -> Ints:
        """The project of each need when as many settled needs as possible are placed; -1 for none."""
        rows = np.arange(self.graph.n_needs, dtype=np.int32)
        classes = self.settled.astype(np.int64)
        return urgency_levels(self.edges.indptr, self.edges.indices, rows, classes, places)[1]

    def _highest_floor(self) -> float:
        """The largest share that every group can reach at once."""
        low, high = 0.0, 1.0
        while high - low > BISECTION_WIDTH:
            middle = (low + high) / 2
            low, high = (middle, high) if self.is_feasible(middle, 1.0) else (low, middle)
        return self._nearest_share(high)

    def _lowest_ceiling(self, floor: float, low: float, high: float) -> float:
        """The smallest share that no group has to exceed at this floor, found between the two by bisection."""
        while high - low > BISECTION_WIDTH:
            middle = (low + high) / 2
            low, high = (low, middle) if self.is_feasible(floor, middle) else (middle, high)
        return self._nearest_share(high)

    def _nearest_share(self, share: float) -> float:
        """The share of a whole number of needs that is nearest to one found by bisection."""
        members = self.members[self.members > 0]
        shares = np.round(share * members) / members
        return float(shares[np.abs(shares - share).argmin()])

    def floors(self, first: float, last: float, within: float) -> list[float]:
        """The floors between two at which a whole number of needs changes, in rising order."""
        candidates = {first, last}
        for size in np.unique(self.members[self.members > 0]).tolist():
            shares = np.arange(size + 1) / size
            candidates.update(np.concatenate([shares, shares - within]).tolist())
        inside = sorted(floor for floor in candidates if first - TOLERANCE <= floor <= last + TOLERANCE)
        return [floor for at, floor in enumerate(inside) if at == 0 or floor - inside[at - 1] > TOLERANCE]

    def smallest_difference(self) -> float:
        """The smallest feasible difference between two groups' shares."""
        lowest = self._lowest_ceiling(0.0, 0.0, 1.0)
        best = np.inf
        for floor in reversed(self.floors(0.0, self._highest_floor(), 0.0)):
            if lowest - floor >= best - TOLERANCE:
                break
            low = max(floor, lowest)
            if not self.is_feasible(floor, 1.0):
                continue
            high = low if self.is_feasible(floor, low) else 1.0
            best = min(best, self._lowest_ceiling(floor, low, high) - floor)
        return best

    def solve(self, floor: float, within: float) -> Solution | None:
        """The best plan with every group's share between the floor and the floor plus `within`; None if infeasible."""
        counts = self.unplaced_counts(floor, floor + within)
        if counts is None or not self.is_feasible(floor, floor + within):
            return None
        graph, tiers = self.graph, self.tiers
        mandatory, optional = counts
        problem = AuctionProblem(
            edges=self.edges,
            places=np.concatenate([graph.places, mandatory, optional]),
            must_place=self.settled,
            must_fill=np.concatenate([tiers.must_fill, mandatory > 0, np.zeros(len(optional), dtype=bool)]),
            outside=np.zeros(graph.n_needs),
        )
        chosen, self.prices = run_auction(problem, start_prices=self.prices, negative_prices=True)
        edge = np.where(chosen >= 0, self.graph_edge[np.maximum(chosen, 0)], -1).astype(np.int64)
        quality = graph.quality(edge)
        project_prices = self.prices[: graph.n_projects]
        self.unplaced_value = self._unplaced_values(mandatory, optional)
        worth = self._worth(project_prices)
        bound = float(graph.places @ project_prices + worth.sum()) + self._max_unplaced_value(within)
        return Solution(edge, quality, max(bound, quality), project_prices, worth)

    def _unplaced_values(self, mandatory: Ints, optional: Ints) -> Floats:
        """What staying unplaced is worth to each group at the current prices."""
        n_groups = len(mandatory)
        group_prices = self.prices[self.graph.n_projects :]
        must_stay = np.where(mandatory > 0, -group_prices[:n_groups], -np.inf)
        may_stay = np.where(optional > 0, -group_prices[n_groups:], -np.inf)
        best = np.maximum(must_stay, may_stay)
        return np.where(np.isfinite(best), best, -float(self.graph.scores.max(initial=0.0)))

    def _worth(self, prices: Floats) -> Floats:
        """Each need's part of the bound, shape (n_needs,)."""
        edges, values = self.tiers.edges, self.unplaced_value
        best = best_values(self.tiers.indptr, self.graph.indices[edges], self.graph.scores[edges], prices)
        unplaced = np.where(self.optional, values[np.maximum(self.groups, 0)] if len(values) else 0.0, 0.0)
        worth = np.where(self.tiers.must_place, best, np.maximum(best, unplaced))
        return np.where(np.diff(self.tiers.indptr) > 0, worth, 0.0)

    def _max_unplaced_value(self, within: float, floor: float | None = None) -> float:
        """The largest negated total of what staying unplaced is worth, over all plans that are fair enough.

        A linear program in the placed counts of the groups and in the floor, which may be given. Without a solution
        it is minus infinity for a given floor, else infinity.
        """
        present = np.flatnonzero(self.members > 0)
        values, members = self.unplaced_value[present], self.members[present].astype(float)
        total, width = (self.placed_always + self.placed_sometimes)[present], len(present)
        always, sometimes = self._counts_outside_groups()
        all_groups = np.append(np.ones(width), 0.0)
        rows = np.vstack(
            [
                np.hstack([-np.eye(width), members[:, np.newaxis]]),
                np.hstack([np.eye(width), -members[:, np.newaxis]]),
                all_groups,
                -all_groups,
            ]
        )
        counts = [self.n_placed - always, always + sometimes - self.n_placed]
        limits = np.concatenate([np.zeros(width), within * members, counts]) + TOLERANCE * (1 + self.n_placed)
        floor_bounds = (0.0, 1.0) if floor is None else (floor, floor)
        bounds = [*zip(self.placed_always[present].tolist(), total.tolist(), strict=True), floor_bounds]
        result = optimize.linprog(np.append(-values, 0.0), A_ub=rows, b_ub=limits, bounds=bounds)
        if result.status != 0 or result.fun is None:
            return -np.inf if floor is not None else np.inf
        return -float(result.fun) - float(values @ total)
