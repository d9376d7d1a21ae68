"""The optimal plan where some needs take several places: bound and prices by auction, then households made whole.

A household of four is four persons who each want one place. Their assignment is solved exactly by the auction and gives
the bound and the prices. Few households are split between projects in it. These are placed as a whole, and the others
are assigned again around them, until none is split. If the gap is still wide, an integer program searches the edges
that are worth nearly as much as the best of their need; in small problems that is all of them.
"""

from dataclasses import dataclass, field

import numpy as np

from tuoju_matching.errors import PlanError
from tuoju_matching.graph import Bools, EligibilityGraph, Floats, Ints, Solution
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import compute_tiers, solve_within_tiers

MAX_SEARCHED_EDGES = 1_000
"""Edges in the integer program; with no more edges than this in all, the plan is exact."""
TIME_LIMIT = 2.0
"""Seconds for each step of the integer program; then the best plan known stays."""
SEARCH_ABOVE_GAP = 5e-4
"""With a gap below this, a problem with more edges is not searched."""
WEIGHT_STEPS = 24
"""Evaluations of the bound for each urgency class."""
MAX_WEIGHT = 64.0
"""Largest value of placing one need more of a class, as a multiple of the best score."""


def solve_with_sizes(graph: EligibilityGraph, *, prices: Floats | None = None) -> Solution:
    """Place as many needs as possible of the most urgent class, then of the next; among such plans maximise the score.

    Parameters
    ----------
    graph : EligibilityGraph
        A need of size s takes s places of one project, or none.
    prices : array of shape (n_projects,), optional
        Prices of a similar problem, which shorten the search.

    Notes
    -----
    Exact up to `MAX_SEARCHED_EDGES` edges. Beyond that, a household that can be placed only in part counts as
    unplaced, so that a class may count a few needs fewer than is possible; the bound holds for all plans with the same
    urgency counts (Lagrangian relaxation of the places).
    """
    fits = graph.sizes[graph.edge_needs] <= graph.places[graph.indices]
    market = _relax(graph, fits, np.full(graph.n_needs, -1), prices)
    edge, proven = _make_whole(graph, fits, market), np.inf
    duals = _Bound(graph, fits, market, edge).tightest()
    small = int(fits.sum()) <= MAX_SEARCHED_EDGES
    if small or duals.bound - graph.quality(edge) > SEARCH_ABOVE_GAP * duals.bound:
        edge, proven = _search(
            graph, edge, np.flatnonzero(fits) if small else _edges_to_search(graph, fits, edge, duals)
        )
        proven = proven if small else np.inf
        duals = _Bound(graph, fits, market, edge).tightest()
    quality = graph.quality(edge)
    return Solution(edge, quality, max(min(duals.bound, proven), quality), market.prices, duals.worth)


@dataclass(frozen=True, eq=False)
class _Market:
    """The plan in which households may be split.

    Attributes
    ----------
    person_edges, person_needs : arrays of shape (n_persons,)
        The edge of each person, -1 for none, and the need; persons of a need stand side by side.
    prices : array of shape (n_projects,)
        Of one place.
    has_level : bool array of shape (n_projects,)
        Whether some needs must stay unplaced although they could use the project's places.
    level_class, level_size : arrays of shape (n_projects,)
        Their urgency class and size; meaningless without a level.
    """

    person_edges: Ints
    person_needs: Ints
    prices: Floats
    has_level: Bools
    level_class: Ints
    level_size: Ints


def _relax(graph: EligibilityGraph, fits: Bools, decided: Ints, prices: Floats | None) -> _Market:
    """Solve the problem of persons around the needs whose edge is decided already.

    Placing a person of a household of s counts for 1/s of a need. The sets of persons that can be placed form a
    matroid, so that only the order of these weights matters: within an urgency class, small households come first.

    Parameters
    ----------
    fits : bool array of shape (n_edges,)
        Edges that may be used.
    decided : array of shape (n_needs,)
        The edge of the needs that are decided, -1 for the others.
    """
    places = graph.places - _taken(graph, decided)
    classes, class_of = np.unique(np.stack([graph.urgency, -graph.sizes], axis=1), axis=0, return_inverse=True)
    usable = fits & (decided < 0)[graph.edge_needs]
    edges_of_need = np.bincount(graph.edge_needs[usable], minlength=graph.n_needs)
    first_edge = np.cumsum(edges_of_need) - edges_of_need
    needs = np.repeat(np.arange(graph.n_needs), np.where(decided < 0, graph.sizes, 0))
    indptr = np.concatenate([[0], np.cumsum(edges_of_need[needs])]).astype(np.int64)
    own = np.repeat(first_edge[needs] - indptr[:-1], edges_of_need[needs]) + np.arange(indptr[-1])
    edges = np.flatnonzero(usable)[own]
    persons = EligibilityGraph(
        indptr=indptr,
        indices=graph.indices[edges],
        scores=(graph.scores / graph.sizes[graph.edge_needs])[edges],
        places=places,
        urgency=class_of.ravel()[needs],
    )
    tiers = compute_tiers(persons)
    solution = solve_within_tiers(persons, tiers, prices=prices)
    level = (
        classes[np.where(tiers.must_fill, tiers.levels, 0)]
        if len(classes)
        else np.zeros((graph.n_projects, 2), dtype=np.int64)
    )
    return _Market(
        person_edges=np.where(solution.edge >= 0, edges[np.maximum(solution.edge, 0)] if len(edges) else -1, -1),
        person_needs=needs,
        prices=solution.prices,
        has_level=tiers.must_fill,
        level_class=level[:, 0],
        level_size=-level[:, 1],
    )


def _make_whole(graph: EligibilityGraph, fits: Bools, market: _Market) -> Ints:
    """Decide the households one round after another, and assign the others again around them.

    In each round the households that are whole stay where they are. Of those that are split, each is placed in the
    project with most of its persons, as long as the projects have room for it beside the decided ones. Half of those
    placed in part are left out.
    """
    edge, split = _whole(graph, market)
    decided, usable = np.full(graph.n_needs, -1, dtype=np.int64), fits.copy()
    while len(split):
        decided = np.where(graph.sizes > 1, edge, -1)
        places = graph.places - _taken(graph, decided)
        in_part = np.unique(market.person_needs[market.person_edges < 0])
        whole_elsewhere = np.setdiff1d(split, in_part)
        for need in whole_elsewhere[np.argsort(-graph.urgency[whole_elsewhere], kind="stable")]:
            own, counts = np.unique(market.person_edges[market.person_needs == need], return_counts=True)
            has_room = places[graph.indices[own]] >= graph.sizes[need]
            if has_room.any():
                decided[need] = own[np.argmax(np.where(has_room, counts, -1))]
                places[graph.indices[decided[need]]] -= graph.sizes[need]
        left_out = _left_out(graph, split[decided[split] < 0], edge)
        usable &= ~left_out[graph.edge_needs]
        market = _relax(graph, usable, decided, None)
        edge, split = _whole(graph, market)
        edge = np.where(decided >= 0, decided, edge)
    return edge


def _left_out(graph: EligibilityGraph, undecided: Ints, edge: Ints) -> Bools:
    """The needs to leave out, shape (n_needs,): of each urgency class and size half of the undecided ones. With the
    last of them all that are unplaced, since otherwise one after the other would be placed in part."""
    left_out = np.zeros(graph.n_needs, dtype=bool)
    for level, size in {(graph.urgency[need], graph.sizes[need]) for need in undecided}:
        same = (graph.urgency == level) & (graph.sizes == size)
        members = undecided[same[undecided]]
        left_out[members[len(members) // 2 :]] = True
        if len(members) == 1:
            left_out |= same & (edge < 0)
    return left_out


def _whole(graph: EligibilityGraph, market: _Market) -> tuple[Ints, Ints]:
    """The edge of each need that is placed as a whole, -1 for the others; and the needs that are split or placed in
    part."""
    edge, split = np.full(graph.n_needs, -1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(market.person_needs):
        needs, first = np.unique(market.person_needs, return_index=True)
        lowest = np.minimum.reduceat(market.person_edges, first)
        highest = np.maximum.reduceat(market.person_edges, first)
        edge[needs] = np.where(lowest == highest, lowest, -1)
        split = needs[lowest != highest]
    return edge, split


def _taken(graph: EligibilityGraph, edge: Ints) -> Ints:
    """Places taken in each project, shape (n_projects,)."""
    placed = edge >= 0
    taken = np.bincount(graph.indices[edge[placed]], weights=graph.sizes[placed], minlength=graph.n_projects)
    return taken.astype(np.int64)


def _edges_to_search(graph: EligibilityGraph, fits: Bools, rounded: Ints, duals: "_Duals") -> Ints:
    """The edges that are worth nearly as much as the best of their need, and the chosen ones of the same needs."""
    loss = np.full(len(graph.indices), np.inf)
    loss[fits] = duals.loss
    loss[rounded[rounded >= 0]] = np.inf
    nearest = np.argsort(loss, kind="stable")[: min(MAX_SEARCHED_EDGES, int(np.isfinite(loss).sum()))]
    own = rounded[np.unique(graph.edge_needs[nearest])]
    return np.sort(np.concatenate([nearest, own[own >= 0]]))


def _search(graph: EligibilityGraph, rounded: Ints, searched: Ints) -> tuple[Ints, float]:
    """The best plan that differs from the rounded one only in the searched edges, with the bound on such plans.

    The rounded plan with an infinite bound if no better one is found in time.
    """
    needs, counts = np.unique(graph.edge_needs[searched], return_counts=True)
    edge = rounded.copy()
    edge[needs] = -1
    kept_quality = graph.quality(edge)
    part = EligibilityGraph(
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        indices=graph.indices[searched],
        scores=graph.scores[searched],
        places=graph.places - _taken(graph, edge),
        urgency=graph.urgency[needs],
        sizes=graph.sizes[needs],
    )
    try:
        solution = solve_integer_program(part, time_limit=TIME_LIMIT)
    except PlanError:
        return rounded, np.inf
    edge[needs] = np.where(solution.edge >= 0, searched[np.maximum(solution.edge, 0)] if len(searched) else -1, -1)
    is_better = _order(graph, edge) >= _order(graph, rounded)
    return (edge, kept_quality + solution.bound) if is_better else (rounded, np.inf)


def _order(graph: EligibilityGraph, edge: Ints) -> tuple[float, ...]:
    """Needs placed of each class, the most urgent first, then the quality."""
    levels = np.unique(graph.urgency)[::-1]
    return (*(float((edge[graph.urgency == level] >= 0).sum()) for level in levels), graph.quality(edge))


@dataclass(frozen=True, eq=False)
class _Duals:
    """The bound for plans with the same urgency counts.

    Attributes
    ----------
    worth : array of shape (n_needs,)
        Each need's part of the bound.
    loss : array of shape (n_usable_edges,)
        How much less an edge is worth at these prices than the best of its need.
    """

    bound: float
    worth: Floats
    loss: Floats


@dataclass(eq=False)
class _Bound:
    """The Lagrangian bound as a function of the value of placing one need more, one value an urgency class.

    Only classes of which some needs stay unplaced have such a value.
    """

    graph: EligibilityGraph
    fits: Bools
    market: _Market
    edge: Ints
    weights: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.graph
        self.edge_needs = graph.edge_needs[self.fits]
        self.needs, self.first = np.unique(self.edge_needs, return_index=True)
        self.projects, self.values = graph.indices[self.fits], graph.scores[self.fits]
        self.edge_sizes = graph.sizes[self.edge_needs]
        self.placed = self.edge >= 0
        open_classes = np.unique(graph.urgency[self.needs[~self.placed[self.needs]]])
        self.may_wait = np.isin(graph.urgency, open_classes)[self.needs]
        self.weights = {int(level): 0.0 for level in open_classes}

    def tightest(self) -> _Duals:
        """Minimise the bound over one value after another by golden sections; it is convex in each."""
        golden = (5**0.5 - 1) / 2
        span = float(self.values.max(initial=0.0)) or 1.0
        for level in sorted(self.weights, reverse=True):
            low, high = 0.0, MAX_WEIGHT * span
            left, right = high - golden * (high - low), golden * high
            at_left, at_right = self._at(level, left), self._at(level, right)
            for _ in range(WEIGHT_STEPS):
                if at_left <= at_right:
                    high, right, at_right = right, left, at_left
                    left = high - golden * (high - low)
                    at_left = self._at(level, left)
                else:
                    low, left, at_left = left, right, at_right
                    right = low + golden * (high - low)
                    at_right = self._at(level, right)
            self.weights[level] = low if self._at(level, low) <= min(at_left, at_right) else left
        return self.evaluate(self.weights)

    def _at(self, level: int, weight: float) -> float:
        return self.evaluate({**self.weights, level: weight}).bound

    def evaluate(self, weights: dict[int, float]) -> _Duals:
        graph, market = self.graph, self.market
        gain, level_gain = np.zeros(graph.n_needs), np.zeros(graph.n_projects)
        for level, weight in weights.items():
            gain[graph.urgency == level] = weight
            level_gain[market.has_level & (market.level_class == level)] = weight
        levels = np.where(market.has_level, level_gain / np.maximum(1, market.level_size), 0.0)
        prices = np.maximum(0.0, market.prices + levels)
        net = self.values - self.edge_sizes * prices[self.projects]
        worth = np.zeros(graph.n_needs)
        if len(self.needs):
            best = np.maximum.reduceat(net, self.first) + gain[self.needs]
            worth[self.needs] = np.where(self.may_wait, np.maximum(best, 0.0), best)
        loss = (worth - gain)[self.edge_needs] - net
        worth -= gain * self.placed
        return _Duals(float(graph.places @ prices + worth.sum()), worth, loss)
