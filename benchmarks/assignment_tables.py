"""The other tables of the assignment benchmark: growth, published problems, fairness, modes, and all eligible edges."""

import math
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.assignment_problems import (
    LARGEST_COST,
    OPTIMA,
    household_problem,
    published_problem,
    random_problem,
    refugees,
)
from benchmarks.assignment_runs import measure, relative_gap
from tuoju_matching.baselines import deferred_acceptance, serial_dictatorship
from tuoju_matching.fairness import solve_with_fairness
from tuoju_matching.graph import EligibilityGraph, Ints, Solution
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import compute_tiers, solve, solve_within_tiers
from tuoju_matching.sizes import solve_with_sizes

MIB = 2**20
UNAVAILABLE = "not available (../shared/data/assignment)"


class Timing(NamedTuple):
    """Processor time in seconds."""

    median: float
    minimum: float
    maximum: float

    def __str__(self) -> str:
        return f"{self.median * 1000:8.1f} ms [{self.minimum * 1000:.1f}, {self.maximum * 1000:.1f}]"


def time_calls(call: Callable[[], Any], runs: int) -> Timing:
    """Time the call `runs` times, after one call to warm up."""
    call()
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return Timing(statistics.median(seconds), min(seconds), max(seconds))


def print_published(runs: int) -> None:
    print("\nPublished problems (OR-Library; least cost), beside scipy's linear_sum_assignment")
    for name, least in OPTIMA.items():
        graph = published_problem(name)
        if graph is None:
            print(f"{name}: {UNAVAILABLE}")
            continue
        size = graph.n_needs
        costs = LARGEST_COST - graph.scores.reshape(size, size)
        solution = solve(graph)
        cost = size * LARGEST_COST - solution.quality
        peer = linear_sum_assignment(costs)
        own_time = time_calls(lambda graph=graph: solve(graph), runs)
        peer_time = time_calls(lambda costs=costs: linear_sum_assignment(costs), runs)
        same = math.isclose(float(costs[peer].sum()), cost, abs_tol=1e-6)
        print(
            f"{name}: cost {cost:.4f}, published {least}, gap {relative_gap(solution.quality, solution.bound):.1e}, "
            f"{own_time}; scipy {'the same' if same else 'DIFFERS'}, {peer_time}"
        )
    _print_refugees()


def _print_refugees() -> None:
    year = refugees()
    if year is None:
        print(f"refugees: {UNAVAILABLE}")
        return
    graph = year.graph
    start = time.process_time()
    best = solve_integer_program(graph)
    seconds = time.process_time() - start
    queue = serial_dictatorship(graph, np.arange(graph.n_needs))
    print(
        f"refugees 2016: {graph.n_needs} cases of {year.people} people, {graph.n_projects} affiliates of "
        f"{year.places} places\n  optimum (HiGHS): {int((best.edge >= 0).sum())} cases, {best.quality:.4f} expected "
        f"jobs, gap {relative_gap(best.quality, best.bound):.1e}, {seconds:.2f} s\n  in order of arrival: "
        f"{int((queue >= 0).sum())} cases, {graph.quality(queue):.4f} ({graph.quality(queue) / best.quality:.1%})"
    )


def print_sizes(runs: int) -> None:
    print("\nSizes: a tenth of the needs take two to five places; 20 edges a need, places for 0.8 of the persons")
    for needs, projects, urgent in ((1_000, 25, False), (3_000, 60, True), (10_000, 250, False), (10_000, 250, True)):
        graph = household_problem(needs, projects, 20, households=0.1, urgent=urgent)
        solution = solve_with_sizes(graph)
        timing = time_calls(lambda graph=graph: solve_with_sizes(graph), runs)
        print(
            f"{needs:>9,} x {projects:>3}{' urgent' if urgent else '       '}: "
            f"{int((solution.edge >= 0).sum()):,} placed, quality {solution.quality:.3f}, "
            f"gap {relative_gap(solution.quality, solution.bound):.4%}, "
            f"{int((solution.prices > 0).sum())} projects with a price, {timing}"
        )


def print_growth(compare: Callable[..., dict[str, Any]], runs: int, largest: int) -> list[tuple[int, float]]:
    """Print and return the time by number of needs; `compare` is that of `benchmarks.assignment`."""
    print("\nGrowth: 20 edges a need, a project for 100 needs; processor time of a solver in its own process")
    times = []
    for needs in (10_000, 30_000, 100_000, 300_000, 1_000_000):
        if needs > largest:
            break
        row = compare(needs, needs // 100, 20, runs, False, ("tuoju",))
        times.append((needs, row["seconds"]))
        print(
            f"{needs:>9,}: {row['seconds']:7.3f} s [{row['seconds_least']:.3f}, {row['seconds_most']:.3f}], "
            f"{row['memory'] / MIB:5.0f} MiB, gap {row['gap']:.1e}"
        )
    logs = np.log(np.array(times))
    print(f"exponent of a line through the logarithms: {np.polyfit(logs[:, 0], logs[:, 1], 1)[0]:.2f}")
    return times


def county(needs: int = 10_000) -> tuple[EligibilityGraph, Ints]:
    """A county and the group of each need; one of ten groups fits every project a little worse."""
    graph = random_problem(needs, needs // 40, 30, urgent=True)
    groups = np.random.default_rng(2).integers(0, 10, needs)
    worse = 0.1 * np.repeat(groups == 0, np.diff(graph.indptr))
    scores = np.maximum(0.0, graph.scores - worse)
    return EligibilityGraph(graph.indptr, graph.indices, scores, graph.places, graph.urgency), groups


def print_fairness(runs: int) -> list[tuple[float, float]]:
    """Print the cost of fairness, and return it by the largest difference of shares."""
    graph, groups = county()
    free = solve_within_tiers(graph, compute_tiers(graph))
    print(f"\nGroups: a county of {graph.n_needs:,} needs, 10 groups; the whole solve with group prices")
    print(f"without: shares differ by {spread(free.edge, groups):.3f}, {time_calls(lambda: solve(graph), runs)}")
    costs = []
    for within in (0.2, 0.1, 0.05, 0.02, 0.01):

        def solve_fair(within: float = within) -> Solution:
            tiers = compute_tiers(graph)
            return solve_with_fairness(graph, tiers, solve_within_tiers(graph, tiers), groups, within)

        fair = solve_fair()
        cost = 1 - fair.quality / free.quality
        costs.append((within, cost))
        print(
            f"within {within:.2f}: {spread(fair.edge, groups):.4f} apart, costs {cost:.3%} of the quality, "
            f"gap {relative_gap(fair.quality, fair.bound):.1e}, {time_calls(solve_fair, runs)}"
        )
    return costs


def spread(edge: Ints, groups: Ints) -> float:
    """The largest difference between two groups' placed shares."""
    return float(np.ptp([float((edge[groups == group] >= 0).mean()) for group in np.unique(groups)]))


def print_modes() -> list[tuple[str, float, list[int]]]:
    """Print and return each mode's name, quality as a share of the optimum's, and needs placed by urgency class."""
    graph, _ = county()
    waited = np.random.default_rng(3).permutation(graph.n_needs)
    urgency = graph.urgency
    plans = {
        "optimum": solve(graph).edge,
        "envy-free queue": deferred_acceptance(graph, waited),
        "urgent first": serial_dictatorship(graph, np.lexsort((-waited, -urgency))),
        "first come": serial_dictatorship(graph, np.argsort(-waited)),
    }
    best = graph.quality(plans["optimum"])
    print("\nModes: the same county; placed of each class, the most urgent first, and quality")
    modes = []
    for name, edge in plans.items():
        counts = [int(((edge >= 0) & (urgency == level)).sum()) for level in (3, 2, 1, 0)]
        share = graph.quality(edge) / best
        modes.append((name, share, counts))
        print(f"{name:<16} {counts}, {sum(counts)} in all, quality {share:.1%} of the optimum's")
    return modes


def measure_implicit(needs: int, projects: int, urgent: bool, runs: int) -> dict[str, Any]:
    """Column generation on all eligible edges, each run in its own process; medians, least and most."""
    results = [measure("implicit", str(needs), str(projects), str(int(urgent))) for _ in range(runs)]
    report = results[0] | {"runs": runs, "peak": statistics.median(result["peak"] for result in results)}
    for name in ("seconds", "wall"):
        values = [result[name] for result in results]
        report |= {name: statistics.median(values), f"{name}_least": min(values), f"{name}_most": max(values)}
    return report


def format_implicit(report: dict[str, Any]) -> str:
    wall, processor = (
        f"{report[name]:.1f} s [{report[f'{name}_least']:.1f}, {report[f'{name}_most']:.1f}] of {label}"
        for name, label in (("wall", "clock"), ("seconds", "processor"))
    )
    return (
        f"{report['needs']:>9,} x {report['projects']:,}{' urgent' if report['urgent'] else ''}, all "
        f"{report['edges']:,} eligible edges: quality {report['quality']:.4f}, gap {report['gap']:.1e}, "
        f"{report['passes']} passes, {wall}, {processor}, peak of the process {report['peak'] / 2**30:.2f} GiB"
    )
