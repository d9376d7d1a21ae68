"""Prices of places that look ahead: what a place will be worth to those who are expected to need it.

The price of the last plan says what a place is worth to those who waited then. A forward price is the mean price over
several possible futures, each drawn with replacement from the needs that came recently and solved as an assignment of
persons to the places that are left (bid prices of network revenue management; Talluri and van Ryzin 1998).
"""

import numpy as np

from tuoju_matching.auction import AuctionProblem, run_auction
from tuoju_matching.auction_kernels import EdgeValues
from tuoju_matching.graph import EligibilityGraph, Floats, Ints

FUTURES = 10
"""More futures cost more time and were not better."""
RARE = 10
"""With so many recent arrivals, forward prices and those of the plan count half each."""
LAST_EPSILON = 1e-4
"""As a share of the best score of a person; the futures differ by much more."""


def forward_prices(
    arrivals: EligibilityGraph,
    projects: Ints,
    horizon: int,
    futures: int = FUTURES,
    seed: int = 0,
    *,
    plan_prices: Floats | None = None,
) -> Floats:
    """Compute what one place of each project will be worth to the needs that are still to come.

    Parameters
    ----------
    arrivals : EligibilityGraph
        The needs that came recently, with what each project would be worth to them. Its places are not read.
    projects : array of shape (n_projects,)
        Places left in each project; integers >= 0.
    horizon : int
        How many needs are expected before the places are given anew; >= 0.
    futures : int
        How many futures are drawn; >= 1.
    seed : int
        The same seed draws the same futures.
    plan_prices : array of shape (n_projects,), optional
        Prices of the last plan, default 0. With n arrivals they count for RARE / (n + RARE) of the result, so that
        they are all there is without any arrival.

    Returns
    -------
    array of shape (n_projects,)
        Prices of one place in units of score, >= 0.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    Ten of these needs will come, each worth 0.9 in a project with one place:

    >>> recent = EligibilityGraph(np.arange(4), np.zeros(3), np.array([0.9, 0.9, 0.9]), np.array([1]))
    >>> forward_prices(recent, np.array([1]), horizon=10, plan_prices=np.array([0.9])).round(3).tolist()
    [0.9]
    """
    if horizon < 0 or futures < 1:
        raise ValueError("horizon must be >= 0 and futures must be >= 1")
    places = np.asarray(projects, dtype=np.int64)
    if places.shape != (arrivals.n_projects,) or (places < 0).any():
        raise ValueError(f"projects must have shape ({arrivals.n_projects},) and be >= 0")
    before = np.zeros(len(places)) if plan_prices is None else np.asarray(plan_prices, dtype=np.float64)
    if not arrivals.n_needs:
        return before
    random = np.random.default_rng(seed)
    total = np.zeros(len(places))
    if horizon:
        for _ in range(futures):
            total += prices_of_persons(arrivals, random.integers(0, arrivals.n_needs, horizon), places)
    share = RARE / (arrivals.n_needs + RARE) if plan_prices is not None else 0.0
    return np.maximum(0.0, share * before + (1.0 - share) * total / futures)


def prices_of_persons(arrivals: EligibilityGraph, drawn: Ints, places: Ints) -> Floats:
    """Compute the prices at which the persons of the drawn needs are assigned with the highest total score.

    Parameters
    ----------
    drawn : array of int
        Rows of the needs; a row may occur more than once.
    places : array of shape (n_projects,)

    Returns
    -------
    array of shape (n_projects,)
        0 for a place that nobody needs.
    """
    needs = np.repeat(drawn, arrivals.sizes[drawn])
    lengths = np.diff(arrivals.indptr)[needs]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    edges = np.repeat(arrivals.indptr[needs] - indptr[:-1], lengths) + np.arange(indptr[-1])
    values = arrivals.scores[edges] / np.repeat(arrivals.sizes[needs], lengths)
    problem = AuctionProblem(
        edges=EdgeValues(indptr, arrivals.indices[edges], values),
        places=places,
        must_place=np.zeros(len(needs), dtype=bool),
        must_fill=np.zeros(len(places), dtype=bool),
        outside=np.zeros(len(needs)),
    )
    _, prices = run_auction(problem, last_epsilon=LAST_EPSILON)
    return prices
