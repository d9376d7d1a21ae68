"""Placing needs one by one as they come: by fit alone, at the prices of last year's plan, and at forward prices.

python -m benchmarks.online --past ../shared/data/assignment/FY16                  the second half of the year
python -m benchmarks.online --past FY16 --year FY17 --capacity 1.1 --json          another year, as JSON

Each method places a case, in order of arrival, in the affiliate with the highest weight less the price of the places
that it takes. If that is below zero everywhere, the places are worth more to those who are expected, and the case stays
unplaced. The numbers are shares of the hindsight optimum: the highest total weight of a plan that knows all
arrivals. The number of cases that are still to come is known, as it is from a year's quota; who comes is not.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.assignment_problems import DATA, Refugees, refugees
from tuoju_matching.forward import FUTURES, forward_prices, prices_of_persons
from tuoju_matching.graph import EligibilityGraph, Floats, Ints

REPRICED_EVERY = 10
"""Arrivals between two computations of the forward prices."""
HINDSIGHT_SECONDS, HINDSIGHT_GAP = 60.0, 1e-4
Prices = Callable[[int, Ints], Floats]
"""The prices before an arrival, from its number and the places left."""


def replay(year: EligibilityGraph, prices: Prices) -> float:
    """Place the needs in order of arrival where a score exceeds the price; the total score."""
    places, total = year.places.copy(), 0.0
    for need in range(year.n_needs):
        span = slice(year.indptr[need], year.indptr[need + 1])
        projects, size = year.indices[span], year.sizes[need]
        net = np.where(places[projects] >= size, year.scores[span] - size * prices(need, places)[projects], -np.inf)
        if len(net) and net.max() >= 0:
            best = int(net.argmax())
            places[projects[best]] -= size
            total += float(year.scores[span][best])
    return total


def forward(past: EligibilityGraph, year: EligibilityGraph, plan: Floats, futures: int, seed: int) -> Prices:
    """Forward prices from the past and from what has come this year, computed anew every `REPRICED_EVERY` arrivals."""
    current: list[Floats] = []

    def prices(arrived: int, places: Ints) -> Floats:
        if arrived % REPRICED_EVERY == 0:
            recent = append_needs(past, year, arrived)
            left = year.n_needs - arrived
            current[:] = [forward_prices(recent, places, left, futures, seed + arrived, plan_prices=plan)]
        return current[0]

    return prices


def append_needs(past: EligibilityGraph, year: EligibilityGraph, count: int) -> EligibilityGraph:
    """The needs of the past and the first `count` of the year."""
    last = int(year.indptr[count])
    return EligibilityGraph(
        indptr=np.concatenate([past.indptr, past.indptr[-1] + year.indptr[1 : count + 1]]),
        indices=np.concatenate([past.indices, year.indices[:last]]),
        scores=np.concatenate([past.scores, year.scores[:last]]),
        places=year.places,
        sizes=np.concatenate([past.sizes, year.sizes[:count]]),
    )


def needs_between(graph: EligibilityGraph, first: int, last: int) -> EligibilityGraph:
    """The needs from number `first` up to `last`, with places for their share of the persons."""
    start, end = int(graph.indptr[first]), int(graph.indptr[last])
    sizes = graph.sizes[first:last]
    return EligibilityGraph(
        indptr=graph.indptr[first : last + 1] - start,
        indices=graph.indices[start:end],
        scores=graph.scores[start:end],
        places=np.round(graph.places * sizes.sum() / graph.sizes.sum()).astype(np.int64),
        sizes=sizes,
    )


def at_affiliates_of(past: Refugees, year: Refugees) -> EligibilityGraph:
    """The past with the affiliates of the year; an affiliate that has closed is left out, a new one takes nobody."""
    column = {name: number for number, name in enumerate(year.affiliates)}
    to = np.array([column.get(name, -1) for name in past.affiliates])
    graph, kept = past.graph, to[past.graph.indices] >= 0
    places = np.zeros(len(year.affiliates), dtype=np.int64)
    places[to[to >= 0]] = graph.places[to >= 0]
    return EligibilityGraph(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(graph.edge_needs[kept], minlength=graph.n_needs))]),
        indices=to[graph.indices[kept]].astype(np.int32),
        scores=graph.scores[kept],
        places=places,
        sizes=graph.sizes,
    )


def hindsight(graph: EligibilityGraph) -> float:
    """The highest total score of any plan (HiGHS)."""
    n_edges, needs = len(graph.indices), graph.edge_needs
    once = sparse.csr_array((np.ones(n_edges), (needs, np.arange(n_edges))), shape=(graph.n_needs, n_edges))
    taken = sparse.csr_array(
        (graph.sizes[needs].astype(float), (graph.indices, np.arange(n_edges))), shape=(graph.n_projects, n_edges)
    )
    solution = milp(
        -graph.scores,
        constraints=[LinearConstraint(once, 0, 1), LinearConstraint(taken, 0, graph.places)],
        integrality=np.ones(n_edges, dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"time_limit": HINDSIGHT_SECONDS, "mip_rel_gap": HINDSIGHT_GAP},
    )
    return -float(solution.mip_dual_bound or 0.0)


def measure(past: EligibilityGraph, year: EligibilityGraph, capacity: float, seeds: int) -> dict[str, Any]:
    """The three methods as shares of the hindsight optimum; `forward` is the mean over the seeds."""
    year = replace(year, places=np.round(year.places * capacity).astype(np.int64))
    best = hindsight(year)
    no_prices = np.zeros(year.n_projects)
    plan = prices_of_persons(past, np.arange(past.n_needs), past.places)
    by_seed = [replay(year, forward(past, year, plan, FUTURES, 1_000 * seed)) / best for seed in range(seeds)]
    return {
        "cases": year.n_needs,
        "people": int(year.sizes.sum()),
        "places": int(year.places.sum()),
        "capacity": capacity,
        "hindsight": best,
        "greedy": replay(year, lambda _arrived, _places: no_prices) / best,
        "last_plan": replay(year, lambda _arrived, _places: plan) / best,
        "forward": float(np.mean(by_seed)),
        "forward_by_seed": by_seed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--past", type=Path, default=DATA / "FY16", help="beginning of the names of a year's files")
    parser.add_argument("--year", type=Path, help="the year to replay; without it the past is split in order")
    parser.add_argument("--capacity", type=float, default=1.0, help="places as a multiple of those of the year")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    past = refugees(arguments.past)
    year = past if arguments.year is None else refugees(arguments.year)
    if past is None or year is None:
        parser.exit(1, f"The files {arguments.past}_*.csv or {arguments.year}_*.csv are not there.\n")
    if arguments.year is None:
        half = past.graph.n_needs // 2
        before, after = needs_between(past.graph, 0, half), needs_between(past.graph, half, past.graph.n_needs)
    else:
        before, after = at_affiliates_of(past, year), year.graph
    report = measure(before, after, arguments.capacity, arguments.seeds)
    if arguments.json:
        print(json.dumps(report))
        return
    print(
        f"{report['cases']} cases of {report['people']} people, {report['places']} places (x{report['capacity']}): "
        f"greedy {report['greedy']:.1%}, last plan {report['last_plan']:.1%}, forward {report['forward']:.1%} "
        f"[{min(report['forward_by_seed']):.1%}, {max(report['forward_by_seed']):.1%}] of the hindsight optimum"
    )


if __name__ == "__main__":
    main()
