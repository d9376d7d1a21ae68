"""The optimal plan where there are too many eligible edges to store: edges are scored when they are looked at.

Each need keeps a few candidate edges, the best at the current prices. The auction runs on these; then a pass over
every eligible edge at the new prices gives the true dual bound and the next candidates. The search ends when the bound
proves that no edge outside the candidates could improve the plan by more than the requested gap.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.auction import FIRST_EPSILON, LAST_EPSILON, AuctionProblem, run_auction
from tuoju_matching.auction_kernels import EdgeValues
from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Bools, Floats, Ints, Rows
from tuoju_matching.tiers import urgency_levels

Features = NDArray[np.float32]

FIRST_CANDIDATES = 8
"""Candidate edges of each need in the first pass."""
MAX_STORED_EDGES = 3_000_000
"""With no more edges than this, all of them are candidates."""
SAMPLE_FACTOR, SAMPLE_NEEDS_PER_PROJECT = 8, 5
"""First prices come from a sample this many times smaller, but with at least so many needs a project."""
SAMPLE_GAP = 1e-4
THREADS = 2
MAX_PASSES = 30
"""More are never needed in practice; the remaining gap is reported."""
FIRST_REACH, MAX_REACH, NARROWING = 0.2, 0.5, 10.0
"""How far a price may fall between two passes, as a share of the best score, and how fast that shrinks."""


@dataclass(frozen=True, eq=False)
class ImplicitGraph:
    """Needs of the same type fit the same projects; the score of an edge is a sum of products.

    Parameters
    ----------
    need_type : array of shape (n_needs,)
    indptr, projects : arrays of shape (n_types + 1,) and (n_pairs,)
        The eligible projects of each type; no project occurs twice within a type.
    need_features : array of shape (n_needs, n_features)
    project_features : array of shape (n_projects, n_features)
    base : array of shape (n_projects,)
        The score of need i at project j is `base[j] + need_features[i] @ project_features[j]`.
    places : array of shape (n_projects,)
        Free places; integers >= 0.
    urgency : array of shape (n_needs,), default all 0
        Integers >= 0.

    Raises
    ------
    ValueError
        If an array has the wrong shape, is not finite or is out of range; the message names the array.
    """

    need_type: Rows
    indptr: Ints
    projects: Rows
    need_features: Features
    project_features: Features
    base: Features
    places: Ints
    urgency: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        self._check_shapes()
        n_needs = len(self.need_type)
        if n_needs and not (self.need_type.min() >= 0 and self.need_type.max() < len(self.indptr) - 1):
            raise ValueError("need_type must be between 0 and the number of types minus 1")
        if len(self.projects) and not (self.projects.min() >= 0 and self.projects.max() < len(self.places)):
            raise ValueError("projects must be between 0 and the number of projects minus 1")
        if (self.places < 0).any():
            raise ValueError("places must be >= 0")
        urgency = self.urgency if len(self.urgency) else np.zeros(n_needs, dtype=np.int64)
        if urgency.shape != (n_needs,) or (urgency < 0).any():
            raise ValueError(f"urgency must have shape ({n_needs},) and be >= 0")
        integers = {"need_type": np.int32, "projects": np.int32, "places": np.int64, "indptr": np.int64}
        for name, kind in integers.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=kind))
        for name in ("need_features", "project_features", "base"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=np.float32))
        object.__setattr__(self, "urgency", np.ascontiguousarray(urgency, dtype=np.int64))

    def _check_shapes(self) -> None:
        n_needs, n_projects = len(self.need_type), len(self.places)
        n_features = self.project_features.shape[1] if self.project_features.ndim == 2 else 0
        shapes = {
            "need_features": (self.need_features, (n_needs, n_features)),
            "project_features": (self.project_features, (n_projects, n_features)),
            "base": (self.base, (n_projects,)),
            "projects": (self.projects, (int(self.indptr[-1]),)),
        }
        for name, (values, shape) in shapes.items():
            if values.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, not {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} must be finite")

    @property
    def n_edges(self) -> int:
        """The number of eligible edges."""
        return int(np.diff(self.indptr)[self.need_type].sum())


@dataclass(frozen=True, eq=False)
class ImplicitSolution:
    """The result of `solve_implicit`.

    Attributes
    ----------
    project : array of shape (n_needs,)
        The project of each need; -1 where the need is not placed.
    quality, bound, prices
        As in `graph.Solution`.
    passes : int
        Passes over all eligible edges.
    """

    project: Ints
    quality: float
    bound: float
    prices: Floats
    passes: int


def solve_implicit(graph: ImplicitGraph, *, gap: float = 1e-7) -> ImplicitSolution:
    """Place as many needs as possible of the most urgent class, then of the next; among such plans maximise the score.

    Parameters
    ----------
    gap : float
        The total score is within this share of the highest, proven on every eligible edge.
    """
    levels, project = urgency_levels(graph.indptr, graph.projects, graph.need_type, graph.urgency, graph.places)
    market = _build_market(graph, levels, project)
    prices = _sample_prices(market, np.random.default_rng(0))
    return _solve_by_pricing(market, np.zeros(len(graph.places)) if prices is None else prices, project, gap)


class _TypeEdges(NamedTuple):
    """The permitted projects of each type, with the features of each pair of type and project side by side.

    `features` has shape (n_features, n_pairs), `base` has shape (n_pairs,).
    """

    need_type: Rows
    indptr: Ints
    projects: Rows
    features: Features
    base: Features
    need_features: Features


@dataclass(frozen=True, eq=False)
class _Market:
    """What the urgency classes leave open.

    Attributes
    ----------
    must_place, excluded : bool arrays of shape (n_needs,)
        Needs placed in every plan, and needs placed in none.
    must_fill : bool array of shape (n_projects,)
        Projects full in every plan.
    """

    edges: _TypeEdges
    places: Ints
    must_place: Bools
    excluded: Bools
    must_fill: Bools

    @property
    def pair_types(self) -> Ints:
        """The type of each pair of type and project."""
        return np.repeat(np.arange(len(self.edges.indptr) - 1), np.diff(self.edges.indptr))

    @cached_property
    def stores_all_edges(self) -> bool:
        """Whether all edges are candidates: there are few edges, or too few needs a project for a sample."""
        edges = self.edges
        too_few_needs = len(edges.need_type) < 2 * SAMPLE_NEEDS_PER_PROJECT * len(self.places)
        return too_few_needs or int(np.diff(edges.indptr)[edges.need_type].sum()) <= MAX_STORED_EDGES

    def keep_pairs(self, kept: Bools) -> "_Market":
        """The market with only these pairs of type and project."""
        edges = self.edges
        n_types = len(edges.indptr) - 1
        counts = np.bincount(self.pair_types[kept], minlength=n_types)
        remaining = edges._replace(
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            projects=edges.projects[kept],
            features=np.ascontiguousarray(edges.features[:, kept]),
            base=edges.base[kept],
        )
        return replace(self, edges=remaining)

    def candidate_indptr(self, width: int) -> Ints:
        """Where the candidates of each need begin, shape (n_needs + 1,), if it keeps up to `width` of them."""
        counts = np.minimum(width, np.diff(self.edges.indptr))[self.edges.need_type]
        counts[self.excluded] = 0
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _build_market(graph: ImplicitGraph, levels: Ints, project: Ints) -> _Market:
    """Keep for each type the projects with places of its lowest level; a need below that level is excluded."""
    above_all = int(graph.urgency.max(initial=0)) + 1
    n_types = len(graph.indptr) - 1
    pair_level = np.where(graph.places[graph.projects] > 0, levels[graph.projects], above_all)
    pair_types = np.repeat(np.arange(n_types), np.diff(graph.indptr))
    lowest = np.full(n_types, above_all, dtype=np.int64)
    np.minimum.at(lowest, pair_types, pair_level)
    edges = _TypeEdges(
        need_type=graph.need_type,
        indptr=graph.indptr,
        projects=graph.projects,
        features=graph.project_features[graph.projects].T,
        base=graph.base[graph.projects],
        need_features=graph.need_features,
    )
    market = _Market(
        edges=edges,
        places=graph.places,
        must_place=(project >= 0) & (graph.urgency > lowest[graph.need_type]),
        excluded=graph.urgency < lowest[graph.need_type],
        must_fill=levels >= 0,
    )
    return market.keep_pairs((pair_level == lowest[pair_types]) & (pair_level < above_all))


def _sample_prices(market: _Market, random: np.random.Generator) -> Floats | None:
    """Prices of a sample of the needs with the same share of the places, itself started from a smaller sample.

    None if all edges are stored, so that no sample is needed.
    """
    n_needs, n_projects = len(market.edges.need_type), len(market.places)
    if market.stores_all_edges:
        return None
    size = max(n_needs // SAMPLE_FACTOR, SAMPLE_NEEDS_PER_PROJECT * n_projects)
    chosen = np.sort(random.choice(n_needs, size, replace=False))
    edges = market.edges
    sample = _Market(
        edges=edges._replace(need_type=edges.need_type[chosen], need_features=edges.need_features[chosen]),
        places=np.floor(market.places * (size / n_needs) + random.random(n_projects)).astype(np.int64),
        must_place=np.zeros(size, dtype=bool),
        excluded=market.excluded[chosen],
        must_fill=np.zeros(n_projects, dtype=bool),
    )
    # A project without places in the sample does not take part in it, and starts at the mean price afterwards.
    has_places = sample.places > 0
    sample = sample.keep_pairs(has_places[sample.edges.projects])
    start = _sample_prices(sample, random)
    start = np.zeros(n_projects) if start is None else start
    solution = _solve_by_pricing(sample, start, np.full(size, -1, dtype=np.int64), SAMPLE_GAP)
    mean_price = solution.prices[has_places].mean() if has_places.any() else 0.0
    return np.where(has_places, solution.prices, mean_price)


class _Reach:
    """How many candidates a need keeps, and how far prices may fall before the next pass.

    The candidates were chosen at the prices before the auction; if a price fell much further, the project would seem
    unwanted by all needs outside its candidates (the boxstep method of Marsten, Hogan and Blankenship 1975). The reach
    narrows with the gap, but widens for a project that reached its limit and is still not full. If a pass does not
    halve the gap, the next pass keeps twice the candidates.

    Attributes
    ----------
    price_fall : array of shape (n_projects,)
        As a share of the best score.
    """

    def __init__(self, n_projects: int) -> None:
        self.candidates = FIRST_CANDIDATES
        self.reach = FIRST_REACH
        self.price_fall = np.full(n_projects, FIRST_REACH)

    def adapt(self, gap: float, previous_gap: float, n_placed: int, unfilled: Bools) -> None:
        self.candidates = 2 * self.candidates if gap > previous_gap / 2 else self.candidates
        self.reach = min(self.reach, max(self.reach / NARROWING, 4 * gap / n_placed))
        self.price_fall = np.where(unfilled, np.minimum(MAX_REACH, 4 * self.price_fall), self.reach)


def _solve_by_pricing(market: _Market, prices: Floats, project: Ints, gap: float) -> ImplicitSolution:
    """Alternate passes over all edges and auctions on the candidates until the gap is closed.

    Parameters
    ----------
    prices : array of shape (n_projects,)
        First prices.
    project : array of shape (n_needs,)
        A plan with the right urgency counts, -1 for none.
    """
    n_projects = len(prices)
    best = ImplicitSolution(project, -np.inf, np.inf, prices, 0)
    if not market.candidate_indptr(1)[-1]:
        return ImplicitSolution(np.full(len(project), -1, dtype=np.int64), 0.0, 0.0, prices, 0)
    n_placed = max(1, min(len(project), int(market.places.sum())))
    reach, held, previous_gap = _Reach(n_projects), market.places, np.inf
    for passes in range(1, MAX_PASSES + 1):
        width = n_projects if market.stores_all_edges else reach.candidates
        candidates, best_values = _find_candidates(market, prices, width, project)
        worth = np.where(market.must_place, best_values, np.maximum(best_values, 0.0))
        bound = float(market.places @ prices + worth[np.diff(candidates.indptr) > 0].sum())
        if bound < best.bound:
            best = replace(best, bound=bound, prices=prices, passes=passes)
        remaining = best.bound - best.quality
        if remaining <= gap * best.bound:
            break
        if passes > 1:
            reach.adapt(remaining, previous_gap, n_placed, held < market.places)
        previous_gap = remaining
        chosen, prices = _auction_on(market, candidates, prices, reach, gap * max(bound, 0.0) / n_placed)
        project = np.where(chosen >= 0, candidates.indices[np.maximum(chosen, 0)], -1).astype(np.int64)
        quality = float(candidates.values[chosen[chosen >= 0]].sum())
        held = np.bincount(project[project >= 0], minlength=n_projects)
        all_placed = bool((project[market.must_place] >= 0).all())
        complete = all_placed and bool((held >= market.places)[market.must_fill].all())
        if complete and quality > best.quality:
            best = replace(best, project=project, quality=quality)
    return replace(best, bound=max(best.bound, best.quality))


def _auction_on(
    market: _Market, candidates: EdgeValues, prices: Floats, reach: _Reach, gap_a_need: float
) -> tuple[Ints, Floats]:
    """Run the auction on the candidates; epsilon depends on the gap allowed a need and on the reach."""
    problem = AuctionProblem(
        edges=candidates,
        places=market.places,
        must_place=market.must_place,
        must_fill=market.must_fill,
        outside=np.zeros(len(candidates.indptr) - 1),
    )
    store_all = market.stores_all_edges
    return run_auction(
        problem,
        start_prices=prices,
        max_price_fall=None if store_all else reach.price_fall,
        first_epsilon=FIRST_EPSILON if store_all else reach.reach / 4,
        last_epsilon=max(LAST_EPSILON, gap_a_need / 4 if store_all else reach.reach / 100),
    )


class _Candidates(NamedTuple):
    """The candidate edges of each need, as in EdgeValues, and the value of its best edge less the price."""

    indptr: Ints
    indices: Rows
    values: Floats
    best: Floats


def _find_candidates(market: _Market, prices: Floats, width: int, project: Ints) -> tuple[EdgeValues, Floats]:
    """Find the best edges of each need at these prices, always with the edge it has now.

    Returns the candidates, and the value of each need's best edge less the price.
    """
    n_needs = len(market.edges.need_type)
    indptr = market.candidate_indptr(width)
    candidates = _Candidates(
        indptr, np.empty(indptr[-1], dtype=np.int32), np.empty(indptr[-1]), np.full(n_needs, -np.inf)
    )
    pair_prices = prices[market.edges.projects]

    def scan(first: int, last: int) -> None:
        _best_edges(market.edges, pair_prices, project, candidates, first, last)

    # Each need is looked at by itself, so the number of threads does not change the result.
    cuts = np.linspace(0, n_needs, THREADS + 1).astype(int).tolist()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(scan, cuts[:-1], cuts[1:]))
    return EdgeValues(indptr, candidates.indices, candidates.values), candidates.best


@compiled
def _best_edges(
    edges: _TypeEdges, pair_prices: Floats, project: Ints, candidates: _Candidates, first_need: int, last_need: int
) -> None:
    """Fill the candidates of the needs from `first_need` to `last_need`."""
    need_type, type_indptr, projects = edges.need_type, edges.indptr, edges.projects
    indptr, indices, values, best = candidates
    longest = 0
    for kind in range(len(type_indptr) - 1):
        longest = max(longest, type_indptr[kind + 1] - type_indptr[kind])
    score = np.empty(longest, dtype=np.float32)
    net = np.empty(longest, dtype=np.float64)
    top = np.empty(longest, dtype=np.int64)
    top_net = np.empty(longest, dtype=np.float64)
    for need in range(first_need, last_need):
        width = indptr[need + 1] - indptr[need]
        if width == 0:
            continue
        first = type_indptr[need_type[need]]
        length = type_indptr[need_type[need] + 1] - first
        _score_pairs(edges, need, first, length, score)
        for at in range(length):
            net[at] = score[at] - pair_prices[first + at]
        if width == length:
            best[need] = net[:length].max()
            for at in range(length):
                indices[indptr[need] + at] = projects[first + at]
                values[indptr[need] + at] = score[at]
            continue
        size = _select_top(net[:length], width, top, top_net)
        best[need] = top_net[0]
        _keep_current(projects[first : first + length], project[need], top[:size])
        for slot in range(size):
            indices[indptr[need] + slot] = projects[first + top[slot]]
            values[indptr[need] + slot] = score[top[slot]]


@compiled
def _score_pairs(edges: _TypeEdges, need: int, first: int, length: int, score: Features) -> None:
    """Score the need at the `length` projects of its type, which begin at `first`."""
    features, base, need_features = edges.features, edges.base, edges.need_features
    for at in range(length):
        score[at] = base[first + at]
    for feature in range(len(features)):
        factor = need_features[need, feature]
        for at in range(length):
            score[at] += factor * features[feature, first + at]


@compiled
def _select_top(net: Floats, width: int, top: Ints, top_net: Floats) -> int:
    """Select the positions of the `width` highest values, in falling order; returns how many were selected."""
    size = 0
    least = -np.inf
    for at in range(len(net)):
        value = net[at]
        if value <= least:
            continue
        slot = size if size < width else size - 1
        while slot > 0 and top_net[slot - 1] < value:
            top_net[slot] = top_net[slot - 1]
            top[slot] = top[slot - 1]
            slot -= 1
        top_net[slot] = value
        top[slot] = at
        size = min(width, size + 1)
        if size == width:
            least = top_net[size - 1]
    return size


@compiled
def _keep_current(projects: Rows, current: int, top: Ints) -> None:
    """Put the position of the current project into the last slot unless it is selected already; -1 is no project."""
    if current < 0:
        return
    for at in range(len(projects)):
        if projects[at] == current:
            for slot in range(len(top)):
                if top[slot] == at:
                    return
            top[len(top) - 1] = at
            return
