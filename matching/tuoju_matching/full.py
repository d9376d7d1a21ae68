"""The optimal plan where there are too many eligible edges to store: they are scored when they are looked at.

Each need keeps a few candidate edges, the best at today's prices; the auction runs on these, and a pass over every
eligible edge at its prices gives the true dual bound and the next candidates. It ends when the bound proves that no
edge left out could help by more than asked: nothing is cut off.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.compiled import compiled
from tuoju_matching.graph import Floats, Ints, Rows
from tuoju_matching.optimum import COARSEST, FINEST, auction
from tuoju_matching.tiers import levels_of

Features = NDArray[np.float32]
CANDIDATES = 8
WHOLE = 3_000_000
"""So many edges are simply stored."""
SAMPLE, LEAST_PLACES = 8, 5
"""Prices start from those of a sample so many times smaller, but of so many needs a project."""
THREADS = 2
PASSES = 30
"""More are never needed in practice; the gap that is left is told."""
FIRST_REACH, WIDEST, NARROW = 0.2, 0.5, 10.0
"""How far a price may fall between two passes, as a share of the best score; and how fast that gets less."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """Needs of a kind may go to the same projects; what an edge is worth is a sum of products.

    Parameters
    ----------
    kind_of : array of shape (n_needs,)
    indptr, projects : arrays of shape (n_kinds + 1,) and (n_pairs,)
        The projects open to each kind, none twice.
    need_features : array of shape (n_needs, n_features)
    project_features : array of shape (n_projects, n_features)
    base : array of shape (n_projects,)
        The score of need i at project j is `base[j] + need_features[i] @ project_features[j]`.
    places : array of shape (n_projects,)
    urgency : array of shape (n_needs,), default all 0

    Raises
    ------
    ValueError
        Naming the array that is out of shape, not finite or out of range.
    """

    kind_of: Rows
    indptr: Ints
    projects: Rows
    need_features: Features
    project_features: Features
    base: Features
    places: Ints
    urgency: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        n_needs, n_projects = len(self.kind_of), len(self.places)
        width = self.project_features.shape[1] if self.project_features.ndim == 2 else 0
        shapes = {
            "need_features": (self.need_features, (n_needs, width)),
            "project_features": (self.project_features, (n_projects, width)),
            "base": (self.base, (n_projects,)),
            "projects": (self.projects, (int(self.indptr[-1]),)),
        }
        for name, (values, shape) in shapes.items():
            if values.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, not {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} must be finite")
        if n_needs and not (self.kind_of.min() >= 0 and self.kind_of.max() < len(self.indptr) - 1):
            raise ValueError("kind_of names a kind that is not there")
        if len(self.projects) and not (self.projects.min() >= 0 and self.projects.max() < n_projects):
            raise ValueError("projects name a project that is not there")
        if (self.places < 0).any():
            raise ValueError("places must not be negative")
        urgency = self.urgency if len(self.urgency) else np.zeros(n_needs, dtype=np.int64)
        if urgency.shape != (n_needs,) or (urgency < 0).any():
            raise ValueError(f"urgency must have shape ({n_needs},) and not be negative")
        for name, kind in {"kind_of": np.int32, "projects": np.int32, "places": np.int64, "indptr": np.int64}.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=kind))
        for name in ("need_features", "project_features", "base"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=np.float32))
        object.__setattr__(self, "urgency", np.ascontiguousarray(urgency, dtype=np.int64))

    @property
    def n_edges(self) -> int:
        """Eligible edges in all."""
        return int(np.diff(self.indptr)[self.kind_of].sum())


@dataclass(frozen=True, eq=False)
class FullSolution:
    """`project` of each need, -1 for none; the rest as in `graph.Solution`. `passes` over all eligible edges."""

    project: Ints
    quality: float
    bound: float
    prices: Floats
    passes: int


def solve_full(kinds: Kinds, *, gap: float = 1e-7) -> FullSolution:
    """As many as possible of the most urgent class, then of the next, and among all such plans a total score
    within `gap` (a share) of the highest, proven on every eligible edge."""
    levels, project = levels_of(kinds.indptr, kinds.projects, kinds.kind_of, kinds.urgency, kinds.places)
    market = _open(kinds, levels, project)
    prices = _first_prices(market, np.random.default_rng(0))
    return _price_in(market, np.zeros(len(kinds.places)) if prices is None else prices, project, gap)


@dataclass(frozen=True, eq=False)
class _Market:
    """What the tiers leave: the projects of each kind with their features side by side, whom they must take."""

    kind_of: Rows
    indptr: Ints
    projects: Rows
    features: Features
    base: Features
    need_features: Features
    places: Ints
    must: NDArray[np.bool_]
    out: NDArray[np.bool_]
    filled: NDArray[np.bool_]


def _open(kinds: Kinds, levels: Ints, project: Ints) -> _Market:
    """Keep of each kind the projects with places of its lowest level; a need below that level stays without."""
    top = int(kinds.urgency.max(initial=0)) + 1
    reach = np.where(kinds.places[kinds.projects] > 0, levels[kinds.projects], top)
    owner = np.repeat(np.arange(len(kinds.indptr) - 1), np.diff(kinds.indptr))
    lowest = np.full(len(kinds.indptr) - 1, top, dtype=np.int64)
    np.minimum.at(lowest, owner, reach)
    market = _Market(
        kind_of=kinds.kind_of,
        indptr=kinds.indptr,
        projects=kinds.projects,
        features=kinds.project_features[kinds.projects].T,
        base=kinds.base[kinds.projects],
        need_features=kinds.need_features,
        places=kinds.places,
        must=(project >= 0) & (kinds.urgency > lowest[kinds.kind_of]),
        out=kinds.urgency < lowest[kinds.kind_of],
        filled=levels >= 0,
    )
    return _only(market, (reach == lowest[owner]) & (reach < top))


def _only(market: _Market, kept: NDArray[np.bool_]) -> _Market:
    """With no more than these of the pairs of a kind and a project."""
    owner = np.repeat(np.arange(len(market.indptr) - 1), np.diff(market.indptr))
    counts = np.bincount(owner[kept], minlength=len(market.indptr) - 1)
    return replace(
        market,
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        projects=market.projects[kept],
        features=np.ascontiguousarray(market.features[:, kept]),
        base=market.base[kept],
    )


def _first_prices(market: _Market, draw: np.random.Generator) -> Floats | None:
    """Prices of a sample of the needs with as large a share of the places, itself started from a smaller one."""
    n_needs, n_projects = len(market.kind_of), len(market.places)
    size = max(n_needs // SAMPLE, LEAST_PLACES * n_projects)
    if _fits(market):
        return None
    chosen = np.sort(draw.choice(n_needs, size, replace=False))
    sample = replace(
        market,
        kind_of=market.kind_of[chosen],
        need_features=market.need_features[chosen],
        places=np.floor(market.places * (size / n_needs) + draw.random(n_projects)).astype(np.int64),
        must=np.zeros(size, dtype=bool),
        out=market.out[chosen],
        filled=np.zeros(n_projects, dtype=bool),
    )
    # A project that the sample leaves without a place is not part of it, and starts at the mean afterwards.
    has_places = sample.places > 0
    sample = _only(sample, has_places[sample.projects])
    start = _first_prices(sample, draw)
    start = np.zeros(n_projects) if start is None else start
    found = _price_in(sample, start, np.full(size, -1, dtype=np.int64), 1e-4)
    return np.where(has_places, found.prices, found.prices[has_places].mean() if has_places.any() else 0.0)


def _fits(market: _Market) -> bool:
    """Whether all edges are stored: there are few, or too few needs a project for a sample."""
    too_few = len(market.kind_of) < 2 * LEAST_PLACES * len(market.places)
    return too_few or int(np.diff(market.indptr)[market.kind_of].sum()) <= WHOLE


def _price_in(market: _Market, prices: Floats, project: Ints, gap: float) -> FullSolution:
    """Auction on candidates, then a pass over all edges for the bound and new candidates, until the gap is closed.

    Between passes a price may fall no further than `reach`: who is a candidate was decided at that price, and
    below it the project would seem unwanted by all others (the boxstep method of Marsten, Hogan and Blankenship
    1975). The reach narrows with the gap, but widens for a project that went to its end and is still not full.
    If a pass does not halve the gap, the next keeps twice the candidates.
    """
    whole = _fits(market)
    width = len(prices) if whole else CANDIDATES
    outside = np.zeros(len(market.kind_of))
    reach, fall, held, last_left = FIRST_REACH, np.full(len(prices), FIRST_REACH), market.places, np.inf
    found = FullSolution(project, -np.inf, np.inf, prices, 0)
    if not _width(market, 1)[-1]:
        return FullSolution(np.full(len(project), -1, dtype=np.int64), 0.0, 0.0, prices, 0)
    placed = max(1, min(len(project), int(market.places.sum())))
    for passes in range(1, PASSES + 1):
        indptr = _width(market, width)
        indices, values, best = _scan(market, prices, indptr, project)
        worth = np.where(market.must, best, np.maximum(best, 0.0))
        bound = float(market.places @ prices + worth[np.diff(indptr) > 0].sum())
        if bound < found.bound:
            found = replace(found, bound=bound, prices=prices, passes=passes)
        left = found.bound - found.quality
        if left <= gap * found.bound:
            break
        if passes > 1:
            width = 2 * width if left > last_left / 2 else width
            reach = min(reach, max(reach / NARROW, 4 * left / placed))
            fall = np.where(held < market.places, np.minimum(WIDEST, 4 * fall), reach)
        last_left = left
        chosen, prices = auction(
            indptr,
            indices,
            values,
            market.places,
            market.must,
            market.filled,
            outside,
            start_prices=prices,
            fall=None if whole else fall,
            coarsest=COARSEST if whole else reach / 4,
            finest=max(FINEST, gap * max(bound, 0.0) / placed / 4 if whole else reach / 100),
        )
        project = np.where(chosen >= 0, indices[np.maximum(chosen, 0)], -1).astype(np.int64)
        quality = float(values[chosen[chosen >= 0]].sum())
        held = np.bincount(project[project >= 0], minlength=len(prices))
        complete = bool((project[market.must] >= 0).all() and (held >= market.places)[market.filled].all())
        if complete and quality > found.quality:
            found = replace(found, project=project, quality=quality)
    return replace(found, bound=max(found.bound, found.quality))


def _width(market: _Market, width: int) -> Ints:
    """Where the candidates of each need begin, if it may keep as many as `width`."""
    counts = np.minimum(width, np.diff(market.indptr))[market.kind_of]
    counts[market.out] = 0
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _scan(market: _Market, prices: Floats, indptr: Ints, project: Ints) -> tuple[Rows, Floats, Floats]:
    """The best edges of each need at these prices, always with the one it has now; and what the best is worth."""
    indices = np.empty(indptr[-1], dtype=np.int32)
    values = np.empty(indptr[-1])
    best = np.full(len(market.kind_of), -np.inf)
    at_price = prices[market.projects]

    def look(first: int, last: int) -> None:
        _best_edges(
            market.kind_of,
            market.indptr,
            market.projects,
            market.features,
            market.base,
            market.need_features,
            at_price,
            project,
            indptr,
            indices,
            values,
            best,
            first,
            last,
        )

    # Each need is looked at by itself, so that the number of threads changes nothing but the time.
    cuts = np.linspace(0, len(best), THREADS + 1).astype(int).tolist()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(look, cuts[:-1], cuts[1:]))
    return indices, values, best


@compiled
def _best_edges(
    kind_of: Rows,
    kind_indptr: Ints,
    projects: Rows,
    features: Features,
    base: Features,
    need_features: Features,
    at_price: Floats,
    project: Ints,
    indptr: Ints,
    indices: Rows,
    values: Floats,
    best: Floats,
    first_need: int,
    last_need: int,
) -> None:
    longest = 0
    for kind in range(len(kind_indptr) - 1):
        longest = max(longest, kind_indptr[kind + 1] - kind_indptr[kind])
    score = np.empty(longest, dtype=np.float32)
    kept = np.empty(longest, dtype=np.int64)
    worth = np.empty(longest, dtype=np.float64)
    net = np.empty(longest, dtype=np.float64)
    for need in range(first_need, last_need):
        room = indptr[need + 1] - indptr[need]
        if room == 0:
            continue
        first, last = kind_indptr[kind_of[need]], kind_indptr[kind_of[need] + 1]
        length = last - first
        for at in range(length):
            score[at] = base[first + at]
        for feature in range(len(features)):
            factor = need_features[need, feature]
            for at in range(length):
                score[at] += factor * features[feature, first + at]
        for at in range(length):
            net[at] = score[at] - at_price[first + at]
        if room == length:
            best[need] = net[:length].max()
            for at in range(length):
                indices[indptr[need] + at] = projects[first + at]
                values[indptr[need] + at] = score[at]
            continue
        # The best so far in falling order; the edge the need has now takes the last slot if nothing else keeps it.
        size = 0
        least = -np.inf
        for at in range(length):
            value = net[at]
            if value <= least:
                continue
            slot = size if size < room else size - 1
            while slot > 0 and worth[slot - 1] < value:
                worth[slot] = worth[slot - 1]
                kept[slot] = kept[slot - 1]
                slot -= 1
            worth[slot] = value
            kept[slot] = at
            size = min(room, size + 1)
            if size == room:
                least = worth[size - 1]
        own = -1
        if project[need] >= 0:
            for at in range(length):
                if projects[first + at] == project[need]:
                    own = at
                    break
        best[need] = worth[0]
        there = own < 0
        for slot in range(size):
            there |= kept[slot] == own
        if not there:
            kept[size - 1] = own
        for slot in range(size):
            indices[indptr[need] + slot] = projects[first + kept[slot]]
            values[indptr[need] + slot] = score[kept[slot]]
