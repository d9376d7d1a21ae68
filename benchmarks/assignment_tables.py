"""The other tables of the assignment: published problems, growth, groups, modes, and the full eligible graph."""

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.assignment_instances import LARGEST_COST, OPTIMA, city, published, refugees, scarce
from tuoju_matching.exact import solve_whole
from tuoju_matching.fairness import hold
from tuoju_matching.graph import Ints, Waiting
from tuoju_matching.optimum import settle, solve, tiers_of
from tuoju_matching.queues import serve_in_order, without_envy

MIB = 2**20


def seconds(call: Callable[[], Any], runs: int) -> tuple[float, float, float]:
    """Median, least and most processor time, after one call to warm up."""
    call()
    taken = []
    for _ in range(runs):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken), min(taken), max(taken)


def spread(taken: tuple[float, float, float]) -> str:
    return f"{taken[0] * 1000:8.1f} ms [{taken[1] * 1000:.1f}, {taken[2] * 1000:.1f}]"


def published_table(runs: int) -> None:
    print("\nPublished problems (OR-Library; least cost), beside scipy's linear_sum_assignment")
    for name, least in OPTIMA.items():
        waiting = published(name)
        if waiting is None:
            print(f"{name}: not at hand (../shared/data/assignment)")
            continue
        size = waiting.n_needs
        costs = LARGEST_COST - waiting.scores.reshape(size, size)
        found = solve(waiting)
        cost = size * LARGEST_COST - found.quality
        peer = linear_sum_assignment(costs)
        own_time = seconds(lambda waiting=waiting: solve(waiting), runs)
        peer_time = seconds(lambda costs=costs: linear_sum_assignment(costs), runs)
        same = math.isclose(float(costs[peer].sum()), cost, abs_tol=1e-6)
        print(
            f"{name}: cost {cost:.4f}, published {least}, gap {gap(found.quality, found.bound):.1e}, "
            f"{spread(own_time)}; scipy {'the same' if same else 'DIFFERS'}, {spread(peer_time)}"
        )
    year = refugees()
    if year is None:
        print("refugees: not at hand (../shared/data/assignment)")
        return
    waiting = year.waiting
    start = time.process_time()
    best = solve_whole(waiting)
    taken = time.process_time() - start
    queue = serve_in_order(waiting, np.arange(waiting.n_needs))
    print(
        f"refugees 2016: {waiting.n_needs} cases of {year.people} people, {waiting.n_projects} affiliates of "
        f"{year.places} places\n  optimum (HiGHS): {int((best.edge >= 0).sum())} cases, {best.quality:.4f} expected "
        f"jobs, gap {gap(best.quality, best.bound):.1e}, {taken:.2f} s\n  in the order of arrival: "
        f"{int((queue >= 0).sum())} cases, {quality(waiting, queue):.4f} ({quality(waiting, queue) / best.quality:.1%})"
    )


def gap(found: float, bound: float) -> float:
    return max(0.0, bound - found) / bound if bound > 0 else 0.0


def quality(waiting: Waiting, edge: Ints) -> float:
    return float(waiting.scores[edge[edge >= 0]].sum())


def growth_table(compare: Callable[..., dict[str, Any]], runs: int, largest: int) -> list[tuple[int, float]]:
    print("\nGrowth: 20 edges a need, a project for 100 needs; processor time of a solver in its own process")
    found = []
    for needs in (10_000, 30_000, 100_000, 300_000, 1_000_000):
        if needs > largest:
            break
        line = compare(needs, needs // 100, 20, runs, False, ("tuoju",))
        found.append((needs, line["seconds"]))
        print(
            f"{needs:>9,}: {line['seconds']:7.3f} s [{line['seconds_least']:.3f}, {line['seconds_most']:.3f}], "
            f"{line['memory'] / MIB:5.0f} MiB, gap {line['gap']:.1e}"
        )
    logs = np.log(np.array(found))
    print(f"exponent of a line through the logarithms: {np.polyfit(logs[:, 0], logs[:, 1], 1)[0]:.2f}")
    return found


def county(needs: int = 10_000) -> tuple[Waiting, Ints]:
    """A county whose tenth group fits a little worse everywhere, so that the optimum neglects it."""
    waiting = scarce(needs, needs // 40, 30, urgent=True)
    groups = np.random.default_rng(2).integers(0, 10, needs)
    worse = 0.1 * np.repeat(groups == 0, np.diff(waiting.indptr))
    scores = np.maximum(0.0, waiting.scores - worse)
    return Waiting(waiting.indptr, waiting.indices, scores, waiting.places, waiting.urgency), groups


def fairness_table(runs: int) -> list[tuple[float, float]]:
    waiting, groups = county()
    tiers = tiers_of(waiting)
    free = settle(waiting, tiers)
    print(f"\nGroups: a county of {waiting.n_needs:,} needs, 10 groups; the whole solve with group prices")
    alone = spread(seconds(lambda: solve(waiting), runs))
    print(f"without: shares differ by {shares_apart(free.edge, groups):.3f}, {alone}")
    found = []
    for within in (0.2, 0.1, 0.05, 0.02, 0.01):

        def fair(within: float = within) -> Any:
            tiers = tiers_of(waiting)
            return hold(waiting, tiers, settle(waiting, tiers), groups, within)

        held = fair()
        cost = 1 - held.quality / free.quality
        found.append((within, cost))
        print(
            f"within {within:.2f}: {shares_apart(held.edge, groups):.4f} apart, costs {cost:.3%} of the quality, "
            f"gap {gap(held.quality, held.bound):.1e}, {spread(seconds(fair, runs))}"
        )
    return found


def shares_apart(edge: Ints, groups: Ints) -> float:
    shares = [float((edge[groups == each] >= 0).mean()) for each in np.unique(groups)]
    return max(shares) - min(shares)


def modes_table() -> list[tuple[str, float, list[int]]]:
    waiting, _ = county()
    waited = np.random.default_rng(3).permutation(waiting.n_needs)
    arrival, urgency = np.argsort(-waited), waiting.urgency
    plans = {
        "optimum": solve(waiting).edge,
        "envy-free queue": without_envy(waiting, waited),
        "urgent first": serve_in_order(waiting, np.lexsort((-waited, -urgency))),
        "first come": serve_in_order(waiting, arrival),
    }
    best = quality(waiting, plans["optimum"])
    print("\nModes: the same county; placed of each class, the most urgent first, and quality")
    found = []
    for name, edge in plans.items():
        counts = [int(((edge >= 0) & (urgency == level)).sum()) for level in (3, 2, 1, 0)]
        found.append((name, quality(waiting, edge) / best, counts))
        share = found[-1][1]
        print(f"{name:<16} {counts}, {sum(counts)} in all, quality {share:.1%} of the optimum's")
    return found


def full_table(needs: int, projects: int, urgent: bool, runs: int) -> dict[str, Any]:
    """The full eligible graph, each run in a process of its own; medians, with the least and most."""
    asked = [sys.executable, "-m", "benchmarks.assignment_tables", str(needs), str(projects), str(int(urgent))]
    results: list[dict[str, Any]] = []
    for _ in range(runs):
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(done.stderr)
        results.append(json.loads(done.stdout))
    found = results[0] | {"runs": runs, "peak": statistics.median(each["peak"] for each in results)}
    for measured in ("seconds", "wall"):
        taken = [each[measured] for each in results]
        found |= {measured: statistics.median(taken), f"{measured}_least": min(taken), f"{measured}_most": max(taken)}
    return found


def full_line(found: dict[str, Any]) -> str:
    clock, processor = (
        f"{found[each]:.1f} s [{found[f'{each}_least']:.1f}, {found[f'{each}_most']:.1f}] of {name}"
        for each, name in (("wall", "clock"), ("seconds", "processor"))
    )
    return (
        f"{found['needs']:>9,} x {found['projects']:,}{' urgent' if found['urgent'] else ''}, all {found['edges']:,} "
        f"eligible edges: quality {found['quality']:.4f}, gap {found['gap']:.1e}, {found['passes']} passes, "
        f"{clock}, {processor}, peak of the process {found['peak'] / 2**30:.2f} GiB"
    )


def _full(needs: int, projects: int, urgent: bool) -> dict[str, Any]:
    import resource

    from tuoju_matching.full import solve_full

    solve_full(city(2_000, 20, urgent=urgent))
    kinds = city(needs, projects, urgent=urgent)
    clock, start = time.perf_counter(), time.process_time()
    found = solve_full(kinds)
    return {
        "needs": needs,
        "projects": projects,
        "urgent": urgent,
        "edges": kinds.n_edges,
        "quality": found.quality,
        "bound": found.bound,
        "gap": gap(found.quality, found.bound),
        "placed": int((found.project >= 0).sum()),
        "passes": found.passes,
        "seconds": time.process_time() - start,
        "wall": time.perf_counter() - clock,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_full(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1")))
