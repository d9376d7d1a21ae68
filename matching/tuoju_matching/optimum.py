"""The optimal plan as arrays: urgency classes by augmenting paths, then the best total score by auction."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.auction import WAITS, bid, lower, transpose
from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Floats, Ints, Rows, Solution, Waiting
from tuoju_matching.tiers import levels_of

FINEST = 1e-9
"""The last epsilon, as a share of the largest score: the plan is within this, times the needs, of the optimum."""
COARSEST, STEP = 0.25, 20.0
"""The first epsilon, and by how much it falls from phase to phase."""
WIDEN = 8.0
LARGE, SHARE, NEEDS_A_PROJECT = 30_000, 0.1, 50
"""From so many needs on, if there are enough for each project, the first prices are those of a share of them."""
SAMPLE_FINEST, SAMPLE_COARSEST = 1e-3, 0.02
"""How fine the sample is solved, and how coarse the whole then begins."""


@dataclass(frozen=True, eq=False)
class Tiers:
    """What the urgency classes leave open; see `tiers.levels_of`.

    Attributes
    ----------
    edges : array
        Numbers of the edges that a plan of the right counts may use, by need.
    must : bool array of shape (n_needs,)
        Placed in every such plan.
    filled : bool array of shape (n_projects,)
        Full in every such plan.
    """

    indptr: Ints
    edges: Rows
    must: NDArray[np.bool_]
    filled: NDArray[np.bool_]


def solve(waiting: Waiting, *, prices: Floats | None = None) -> Solution:
    """As many as possible of the most urgent class, then of the next, and among all such plans the highest score.

    Parameters
    ----------
    waiting : Waiting
        Every need takes one place; for others see `exact.solve_whole`.
    prices : array of shape (n_projects,), optional
        Prices of a similar problem, to start near the end.
    """
    if (waiting.sizes != 1).any():
        raise ValueError("every need must take one place; solve_whole takes others")
    return settle(waiting, tiers_of(waiting), prices=prices)


def tiers_of(waiting: Waiting) -> Tiers:
    """Which edges, needs and projects the urgency classes decide."""
    rows = np.arange(waiting.n_needs, dtype=np.int32)
    classes = waiting.urgency - min(0, waiting.urgency.min(initial=0))
    levels, project = levels_of(waiting.indptr, waiting.indices, rows, classes, waiting.places)
    indptr, edges, optional = _permitted(waiting.indptr, waiting.indices, waiting.places, classes, levels)
    return Tiers(indptr, edges, (project >= 0) & ~optional, levels >= 0)


@compiled
def _permitted(
    indptr: Ints, indices: Rows, places: Ints, urgency: Ints, levels: Ints
) -> tuple[Ints, Rows, NDArray[np.bool_]]:
    """The edges to projects of the lowest level open to each need, if that is not above its class; and whether
    the need is of that very class, so that it may or may not be placed."""
    n_needs = len(indptr) - 1
    kept = np.empty(len(indices), dtype=np.int32)
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
                    kept[size] = edge
                    size += 1
        begin[need + 1] = size
    return begin, kept[:size].copy(), optional


def settle(waiting: Waiting, tiers: Tiers, *, prices: Floats | None = None) -> Solution:
    """The best plan that keeps to the tiers."""
    whole = len(tiers.edges) == len(waiting.indices)
    indices = waiting.indices if whole else waiting.indices[tiers.edges]
    scores = waiting.scores if whole else waiting.scores[tiers.edges]
    outside = np.zeros(waiting.n_needs)
    coarsest = COARSEST
    if prices is None and waiting.n_needs >= max(LARGE, NEEDS_A_PROJECT * waiting.n_projects):
        prices, coarsest = _sampled(tiers.indptr, indices, scores, waiting.places), SAMPLE_COARSEST
    chosen, found = auction(
        tiers.indptr,
        indices,
        scores,
        waiting.places,
        tiers.must,
        tiers.filled,
        outside,
        start_prices=prices,
        coarsest=coarsest,
    )
    return _solution(waiting, tiers, indices, scores, chosen, found)


def _sampled(indptr: Ints, indices: Rows, scores: Floats, places: Ints) -> Floats:
    """Prices for a share of the needs and of the places; most bids are then made where everything lies in the cache."""
    draw = np.random.default_rng(0)
    chosen = np.sort(draw.choice(len(indptr) - 1, int(SHARE * (len(indptr) - 1)), replace=False))
    left = np.floor(SHARE * places + draw.random(len(places))).astype(np.int64)
    lengths = np.diff(indptr)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    edges = np.repeat(indptr[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
    nobody, nothing = np.zeros(len(chosen), dtype=bool), np.zeros(len(places), dtype=bool)
    outside = np.zeros(len(chosen))
    _, prices = auction(starts, indices[edges], scores[edges], left, nobody, nothing, outside, finest=SAMPLE_FINEST)
    return np.where(left > 0, prices, prices[left > 0].mean() if (left > 0).any() else 0.0)


def auction(
    indptr: Ints,
    indices: Rows,
    values: Floats,
    places: Ints,
    must: NDArray[np.bool_],
    filled: NDArray[np.bool_],
    outside: Floats,
    *,
    start_prices: Floats | None = None,
    fall: Floats | None = None,
    debt: bool = False,
    coarsest: float = COARSEST,
    finest: float = FINEST,
) -> tuple[Ints, Floats]:
    """Edge of each need (OUT for none) and price of each project, within `finest` a need of the best.

    Needs that must be placed and projects that must be filled start with a moderate penalty; it widens until
    they are, which ends since there is such a plan (no exchange loses more than the span of scores a project).
    `debt` says that some of these places will surely cost less than nothing. With `fall`, how far each price may
    fall below where it starts, projects are left unfilled there.
    """
    span = float(
        max(values.max(initial=0.0) - min(0.0, values.min(initial=0.0)), np.ptp(outside) if len(outside) else 0.0)
    )
    span = span if span > 0 else 1.0
    start = np.concatenate([[0], np.cumsum(np.minimum(places, len(indptr)))]).astype(np.int64)
    columns = transpose(indptr, indices, values, len(places))
    deep, wide = span if debt else 0.0, 4.0 * span
    prices = np.zeros(len(places)) if start_prices is None else start_prices.astype(np.float64)
    shut = places == 0
    prices[shut] = np.inf
    epsilon = coarsest * span
    lowest = None if fall is None else prices - fall * span
    while True:
        free, bound = (-deep, 0.0) if lowest is None else (lowest, np.maximum(0.0, lowest))
        floor = np.where(filled, free, bound)
        beyond = np.where(must, -wide, outside)
        chosen, held = _phases(indptr, indices, values, beyond, floor, start, columns, prices, epsilon, finest * span)
        unfilled = fall is None and bool((held[filled] < np.diff(start)[filled]).any())
        unplaced = bool((chosen[must] < 0).any())
        if not (unfilled or unplaced):
            prices[shut] = 0.0
            return chosen, prices
        deep = max(span, WIDEN * deep) if unfilled else deep
        wide = WIDEN * wide if unplaced else wide
        epsilon = max(deep, wide) / WIDEN


def _phases(
    indptr: Ints,
    indices: Rows,
    values: Floats,
    outside: Floats,
    floor: Floats,
    start: Ints,
    columns: tuple[Ints, Rows, Floats],
    prices: Floats,
    epsilon: float,
    finest: float,
) -> tuple[Ints, Ints]:
    """Forward and backward, epsilon falling; `prices` in place. Edge of each need, and places held."""
    n_needs, n_projects = len(indptr) - 1, len(prices)
    heap, bids = np.empty(start[-1], dtype=np.int32), np.empty(start[-1])
    chosen, project_of = np.empty(n_needs, dtype=np.int32), np.empty(n_needs, dtype=np.int32)
    value_of = np.empty(n_needs)
    with_outside = np.zeros(n_projects + 1)
    before = epsilon
    while True:
        with_outside[:-1] = np.maximum(floor, prices - before)
        chosen.fill(WAITS)
        held = np.zeros(n_projects, dtype=np.int64)
        state: tuple[Any, ...] = held, with_outside, chosen, project_of, value_of, epsilon
        bid(indptr, indices, values, outside, start, heap, bids, *state)
        lower(*columns, indptr, indices, floor, start, *state)
        prices[:] = with_outside[:-1]
        if epsilon <= finest:
            return chosen.astype(np.int64), held
        before, epsilon = epsilon, max(finest, epsilon / STEP)


def _solution(
    waiting: Waiting,
    tiers: Tiers,
    indices: Rows,
    scores: Floats,
    chosen: Ints,
    prices: Floats,
) -> Solution:
    has = np.diff(tiers.indptr) > 0
    best = best_of(tiers.indptr, indices, scores, prices)
    worth = np.where(has, np.where(tiers.must, best, np.maximum(best, 0.0)), 0.0)
    edge = np.where(chosen >= 0, tiers.edges[np.maximum(chosen, 0)] if len(tiers.edges) else -1, -1).astype(np.int64)
    placed = edge >= 0
    quality = float(waiting.scores[edge[placed]].sum())
    bound = float(waiting.places @ prices + worth.sum())
    return Solution(edge, quality, max(bound, quality), prices, worth)


@compiled
def best_of(indptr: Ints, indices: Rows, scores: Floats, prices: Floats) -> Floats:
    """What the best edge of each need is worth at these prices, shape (n_needs,); minus infinity without edges."""
    best = np.full(len(indptr) - 1, -np.inf)
    for need in range(len(indptr) - 1):
        for edge in range(indptr[need], indptr[need + 1]):
            best[need] = max(best[need], scores[edge] - prices[indices[edge]])
    return best
