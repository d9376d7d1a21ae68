"""The optimal plan on arrays: urgency classes by augmenting paths, then the best total score by auction."""

from dataclasses import dataclass

import numpy as np

from tuoju_matching.auction import FIRST_EPSILON, AuctionProblem, run_auction
from tuoju_matching.auction_kernels import EdgeValues
from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Bools, EligibilityGraph, Floats, Ints, Rows, Solution
from tuoju_matching.tiers import urgency_levels

SAMPLING_MIN_NEEDS, SAMPLING_MIN_NEEDS_PER_PROJECT = 30_000, 50
"""Problems of this size start from the prices of a sample."""
SAMPLE_SHARE = 0.1
"""Share of the needs and of the places in the sample."""
SAMPLE_LAST_EPSILON, FIRST_EPSILON_AFTER_SAMPLE = 1e-3, 0.02


@dataclass(frozen=True, eq=False)
class Tiers:
    """What the urgency classes decide; see `tiers.urgency_levels`.

    Attributes
    ----------
    indptr, edges : arrays of shape (n_needs + 1,) and (n_permitted_edges,)
        By need, the numbers of the edges that a plan with the right urgency counts may use.
    must_place : bool array of shape (n_needs,)
        Needs placed in every such plan.
    levels : array of shape (n_projects,)
        As in `tiers.urgency_levels`, but as a class of the graph; meaningless where `must_fill` is not set.
    must_fill : bool array of shape (n_projects,)
        Projects full in every such plan: those with a level.
    """

    indptr: Ints
    edges: Rows
    must_place: Bools
    levels: Ints
    must_fill: Bools


def solve(graph: EligibilityGraph, *, prices: Floats | None = None) -> Solution:
    """Place as many needs as possible of the most urgent class, then of the next; among such plans maximise the score.

    Parameters
    ----------
    graph : EligibilityGraph
        Every need takes one place; for other sizes see `sizes.solve_with_sizes`.
    prices : array of shape (n_projects,), optional
        Prices of a similar problem, which shorten the search.

    Raises
    ------
    ValueError
        If a need takes more than one place.
    """
    if (graph.sizes != 1).any():
        raise ValueError("every need must take one place; use solve_with_sizes for other sizes")
    return solve_within_tiers(graph, compute_tiers(graph), prices=prices)


def compute_tiers(graph: EligibilityGraph) -> Tiers:
    """Find which edges, needs and projects the urgency classes decide."""
    rows = np.arange(graph.n_needs, dtype=np.int32)
    lowest = min(0, graph.urgency.min(initial=0))
    classes = graph.urgency - lowest
    levels, project = urgency_levels(graph.indptr, graph.indices, rows, classes, graph.places)
    indptr, edges, optional = _permitted_edges(graph.indptr, graph.indices, graph.places, classes, levels)
    return Tiers(indptr, edges, (project >= 0) & ~optional, levels + lowest, levels >= 0)


def solve_by_quality(graph: EligibilityGraph, must_place: Bools) -> Solution:
    """Find the plan of the highest total score, whatever the urgency and however few needs it places.

    `must_place` of shape (n_needs,) are needs that are placed all the same; there must be a plan that places them all.
    Every need takes one place.
    """
    edges = np.flatnonzero(graph.places[graph.indices] > 0).astype(np.int32)
    indptr = np.searchsorted(edges, graph.indptr).astype(np.int64)
    nothing = np.zeros(graph.n_projects, dtype=np.int64)
    return solve_within_tiers(graph, Tiers(indptr, edges, must_place, nothing, nothing.astype(bool)))


@compiled
def _permitted_edges(
    indptr: Ints, indices: Rows, places: Ints, urgency: Ints, levels: Ints
) -> tuple[Ints, Rows, Bools]:
    """Find the edges to projects of the lowest level open to each need, unless that level is above its class.

    The third array says whether the need is of exactly that class, so that it may or may not be placed.
    """
    n_needs = len(indptr) - 1
    permitted = np.empty(len(indices), dtype=np.int32)
    begin = np.zeros(n_needs + 1, dtype=np.int64)
    optional = np.zeros(n_needs, dtype=np.bool_)
    size = 0
    for need in range(n_needs):
        lowest = urgency[need] + 1
        for edge in range(indptr[need], indptr[need + 1]):
            if places[indices[edge]] > 0:
                lowest = min(lowest, levels[indices[edge]])
        optional[need] = lowest >= urgency[need]
        if lowest <= urgency[need]:
            for edge in range(indptr[need], indptr[need + 1]):
                if places[indices[edge]] > 0 and levels[indices[edge]] == lowest:
                    permitted[size] = edge
                    size += 1
        begin[need + 1] = size
    return begin, permitted[:size].copy(), optional


def solve_within_tiers(graph: EligibilityGraph, tiers: Tiers, *, prices: Floats | None = None) -> Solution:
    """Find the plan of the highest score that keeps to the tiers; `prices` as in `solve`."""
    all_permitted = len(tiers.edges) == len(graph.indices)
    indices = graph.indices if all_permitted else graph.indices[tiers.edges]
    scores = graph.scores if all_permitted else graph.scores[tiers.edges]
    edges = EdgeValues(tiers.indptr, indices, scores)
    problem = AuctionProblem(edges, graph.places, tiers.must_place, tiers.must_fill, np.zeros(graph.n_needs))
    first_epsilon = FIRST_EPSILON
    min_needs = max(SAMPLING_MIN_NEEDS, SAMPLING_MIN_NEEDS_PER_PROJECT * graph.n_projects)
    if prices is None and graph.n_needs >= min_needs:
        prices, first_epsilon = _sample_prices(edges, graph.places), FIRST_EPSILON_AFTER_SAMPLE
    chosen, final_prices = run_auction(problem, start_prices=prices, first_epsilon=first_epsilon)
    return _solution(graph, tiers, edges, chosen, final_prices)


def _sample_prices(edges: EdgeValues, places: Ints) -> Floats:
    """Compute prices for a sample of the needs and of the places.

    Most bids are then made on a problem that fits into the processor's cache.
    """
    indptr = edges.indptr
    n_needs = len(indptr) - 1
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(n_needs, int(SAMPLE_SHARE * n_needs), replace=False))
    sample_places = np.floor(SAMPLE_SHARE * places + random.random(len(places))).astype(np.int64)
    lengths = np.diff(indptr)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    kept = np.repeat(indptr[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
    problem = AuctionProblem(
        edges=EdgeValues(starts, edges.indices[kept], edges.values[kept]),
        places=sample_places,
        must_place=np.zeros(len(chosen), dtype=bool),
        must_fill=np.zeros(len(places), dtype=bool),
        outside=np.zeros(len(chosen)),
    )
    _, prices = run_auction(problem, last_epsilon=SAMPLE_LAST_EPSILON)
    has_places = sample_places > 0
    return np.where(has_places, prices, prices[has_places].mean() if has_places.any() else 0.0)


def _solution(graph: EligibilityGraph, tiers: Tiers, edges: EdgeValues, chosen: Ints, prices: Floats) -> Solution:
    has_edges = np.diff(tiers.indptr) > 0
    best = best_values(edges.indptr, edges.indices, edges.values, prices)
    worth = np.where(has_edges, np.where(tiers.must_place, best, np.maximum(best, 0.0)), 0.0)
    edge = np.where(chosen >= 0, tiers.edges[np.maximum(chosen, 0)] if len(tiers.edges) else -1, -1).astype(np.int64)
    quality = graph.quality(edge)
    bound = float(graph.places @ prices + worth.sum()) if edges.values.any() else 0.0
    return Solution(edge, quality, max(bound, quality), prices, worth)


@compiled
def best_values(indptr: Ints, indices: Rows, scores: Floats, prices: Floats) -> Floats:
    """Value of the best edge of each need at these prices, shape (n_needs,); minus infinity without edges."""
    best = np.full(len(indptr) - 1, -np.inf)
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            best[need] = max(best[need], scores[edge] - prices[indices[edge]])
    return best
