"""The auction algorithm: the best total value of needs placed in projects, with prices that prove it.

Forward and backward auctions alternate while epsilon decreases from phase to phase. The result is within the last
epsilon a need of the optimum.
"""

from dataclasses import dataclass

import numpy as np

from tuoju_matching.auction_kernels import (
    WAITS,
    AuctionState,
    EdgeValues,
    PlaceHeaps,
    ProjectEdges,
    by_project,
    run_backward,
    run_forward,
)
from tuoju_matching.graph import Bools, Floats, Ints

FIRST_EPSILON, LAST_EPSILON = 0.25, 1e-9
"""As shares of the span of the values."""
EPSILON_STEP = 20.0
"""Epsilon is divided by this from phase to phase."""
PENALTY_GROWTH = 8.0
"""Growth of a penalty that turned out to be too small."""


@dataclass(frozen=True, eq=False)
class AuctionProblem:
    """Needs that bid for places.

    Attributes
    ----------
    edges : EdgeValues
        The edges of each need with their values.
    places : array of shape (n_projects,)
    must_place : bool array of shape (n_needs,)
        Needs that are placed in every plan.
    must_fill : bool array of shape (n_projects,)
        Projects that are full in every plan.
    outside : array of shape (n_needs,)
        The value of staying unplaced.
    """

    edges: EdgeValues
    places: Ints
    must_place: Bools
    must_fill: Bools
    outside: Floats

    @property
    def value_span(self) -> float:
        """The unit of epsilon and of the penalties: the range of the values, 1 if they are all equal."""
        values, outside = self.edges.values, self.outside
        range_of_values = values.max(initial=0.0) - min(0.0, values.min(initial=0.0))
        span = float(max(range_of_values, np.ptp(outside) if len(outside) else 0.0))
        return span if span > 0 else 1.0


def run_auction(
    problem: AuctionProblem,
    *,
    start_prices: Floats | None = None,
    max_price_fall: Floats | None = None,
    negative_prices: bool = False,
    first_epsilon: float = FIRST_EPSILON,
    last_epsilon: float = LAST_EPSILON,
) -> tuple[Ints, Floats]:
    """Solve the assignment to within `last_epsilon` a need.

    Needs that must be placed and projects that must be filled start with a moderate penalty, which grows until they
    are. This ends, because there is such a plan and no exchange loses more than the span of the values a project.

    Parameters
    ----------
    start_prices : array of shape (n_projects,), optional
        Prices of a similar problem, which shorten the search.
    max_price_fall : array of shape (n_projects,), optional
        How far each price may fall below its start, as a share of the span; there a project may stay unfilled.
    negative_prices : bool
        Whether some prices are expected to be negative, so that the first floor is negative too.
    first_epsilon, last_epsilon : float
        As shares of the span of the values.

    Returns
    -------
    chosen : array of shape (n_needs,)
        The edge of each need; negative if it stays unplaced.
    prices : array of shape (n_projects,)
    """
    span, must_place, must_fill = problem.value_span, problem.must_place, problem.must_fill
    start = np.concatenate([[0], np.cumsum(np.minimum(problem.places, len(problem.edges.indptr)))]).astype(np.int64)
    columns = by_project(problem.edges, len(problem.places))
    fill_penalty, place_penalty = span if negative_prices else 0.0, 4.0 * span
    prices = np.zeros(len(problem.places)) if start_prices is None else start_prices.astype(np.float64)
    closed = problem.places == 0
    prices[closed] = np.inf
    epsilon = first_epsilon * span
    lowest = None if max_price_fall is None else prices - max_price_fall * span
    while True:
        fill_floor, free_floor = (-fill_penalty, 0.0) if lowest is None else (lowest, np.maximum(0.0, lowest))
        floor = np.where(must_fill, fill_floor, free_floor)
        outside = np.where(must_place, -place_penalty, problem.outside)
        search = _Phases(problem.edges, columns, start, outside, floor, prices)
        chosen, held = search.run(epsilon, last_epsilon * span)
        unfilled = max_price_fall is None and bool((held[must_fill] < np.diff(start)[must_fill]).any())
        unplaced = bool((chosen[must_place] < 0).any())
        if not (unfilled or unplaced):
            prices[closed] = 0.0
            return chosen, prices
        fill_penalty = max(span, PENALTY_GROWTH * fill_penalty) if unfilled else fill_penalty
        place_penalty = PENALTY_GROWTH * place_penalty if unplaced else place_penalty
        epsilon = max(fill_penalty, place_penalty) / PENALTY_GROWTH


@dataclass(frozen=True, eq=False)
class _Phases:
    """Forward and backward auctions at fixed penalties; `prices` is changed in place."""

    edges: EdgeValues
    columns: ProjectEdges
    start: Ints
    outside: Floats
    floor: Floats
    prices: Floats

    def run(self, epsilon: float, last_epsilon: float) -> tuple[Ints, Ints]:
        """Decrease epsilon to the last one. Returns the edge of each need and the places held in each project."""
        n_needs, n_projects = len(self.outside), len(self.prices)
        heaps = PlaceHeaps(self.start, np.empty(self.start[-1], dtype=np.int32), np.empty(self.start[-1]))
        chosen, project_of = np.empty(n_needs, dtype=np.int32), np.empty(n_needs, dtype=np.int32)
        value_of = np.empty(n_needs)
        prices_and_outside = np.zeros(n_projects + 1)
        previous_epsilon = epsilon
        while True:
            prices_and_outside[:-1] = np.maximum(self.floor, self.prices - previous_epsilon)
            chosen.fill(WAITS)
            held = np.zeros(n_projects, dtype=np.int64)
            state = AuctionState(held, prices_and_outside, chosen, project_of, value_of)
            run_forward(self.edges, self.outside, heaps, state, epsilon)
            run_backward(self.columns, self.edges, self.floor, self.start, state, epsilon)
            self.prices[:] = prices_and_outside[:-1]
            if epsilon <= last_epsilon:
                return chosen.astype(np.int64), held
            previous_epsilon, epsilon = epsilon, max(last_epsilon, epsilon / EPSILON_STEP)
