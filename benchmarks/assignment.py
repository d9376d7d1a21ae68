"""Assignment compared with OR-Tools and scipy: time, memory and quality, each solver in its own process.

python -m benchmarks.assignment                                  all tables
python -m benchmarks.assignment --needs N --projects M --edges K --json     one row of the first table, as JSON
python -m benchmarks.assignment --full --needs N --projects M --json        all eligible edges, as JSON
"""

import argparse
import json
import platform
import statistics
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.assignment_problems import random_problem
from benchmarks.assignment_runs import measure, relative_gap, store
from benchmarks.assignment_tables import (
    format_implicit,
    measure_implicit,
    print_fairness,
    print_growth,
    print_modes,
    print_published,
    print_sizes,
)
from benchmarks.plots import draw_assignment

PACKAGES = ("numpy", "scipy", "numba", "ortools")


def versions() -> dict[str, str]:
    """The versions of Python and the packages; "absent" for one that is not installed."""
    result = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            result[name] = version(name)
        except PackageNotFoundError:
            result[name] = "absent"
    return result


def compare(
    needs: int,
    projects: int,
    edges: int,
    runs: int,
    urgent: bool,
    solvers: tuple[str, ...] = ("tuoju", "ortools"),
) -> dict[str, Any]:
    """Run Tuoju and OR-Tools alternately on one problem, `runs` times; medians, and ratios of the medians."""
    if versions()["ortools"] == "absent":
        solvers = ("tuoju",)
    results: dict[str, list[dict[str, Any]]] = {solver: [] for solver in solvers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        store(random_problem(needs, projects, edges, urgent=urgent), path)
        for _ in range(runs):
            for solver in solvers:
                results[solver].append(measure(solver, str(path)))
    own = results["tuoju"]
    report: dict[str, Any] = {
        "needs": needs,
        "projects": projects,
        "edges": edges,
        "urgent": urgent,
        "runs": runs,
        "quality": own[0]["quality"],
        "bound": own[0]["bound"],
        "gap": relative_gap(own[0]["quality"], own[0]["bound"]),
        "placed": own[0]["placed"],
        **summarise("", own),
    }
    if "ortools" not in solvers:
        return report | {"message": "OR-Tools is not installed (pip install 'tuoju[bench]'): no ratios"}
    peer = results["ortools"]
    report |= {
        "ortools_quality": peer[0]["quality"],
        "ortools_placed": peer[0]["placed"],
        **summarise("ortools_", peer),
    }
    report["time_ratio_to_ortools"] = report["seconds"] / report["ortools_seconds"]
    report["memory_ratio_to_ortools"] = report["memory"] / report["ortools_memory"]
    return report


def summarise(prefix: str, results: list[dict[str, Any]]) -> dict[str, float]:
    """Median, least and most seconds and median memory of the runs; the keys begin with the prefix."""
    seconds = sorted(result["seconds"] for result in results)
    return {
        f"{prefix}seconds": statistics.median(seconds),
        f"{prefix}seconds_least": seconds[0],
        f"{prefix}seconds_most": seconds[-1],
        f"{prefix}memory": statistics.median(result["memory"] for result in results),
    }


def format_comparison(report: dict[str, Any]) -> str:
    own = (
        f"{report['needs']:>9,} x {report['projects']:>6,} x {report['edges']:>3} "
        f"{'urgent' if report['urgent'] else '':<6} "
        f"| {report['quality']:>14.6f} gap {report['gap']:.1e} "
        f"| {report['seconds']:6.2f} s [{report['seconds_least']:.2f}, {report['seconds_most']:.2f}] "
        f"{report['memory'] / 2**20:5.0f} MiB"
    )
    if "ortools_seconds" not in report:
        return f"{own} | {report['message']}"
    return (
        f"{own} | OR-Tools {report['ortools_quality']:.6f} {report['ortools_seconds']:6.2f} s "
        f"[{report['ortools_seconds_least']:.2f}, {report['ortools_seconds_most']:.2f}] "
        f"{report['ortools_memory'] / 2**20:5.0f} MiB "
        f"| ratios: time {report['time_ratio_to_ortools']:.2f}, memory {report['memory_ratio_to_ortools']:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needs", type=int)
    parser.add_argument("--projects", type=int)
    parser.add_argument("--edges", type=int)
    parser.add_argument("--urgent", action="store_true", help="four urgency classes, exactly lexicographic")
    parser.add_argument("--full", action="store_true", help="all eligible edges, by column generation")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--largest", type=int, default=1_000_000, help="needs of the largest problem of all tables")
    parser.add_argument("--plots", type=Path, help="folder for the plots")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.needs is None and not arguments.full:
        print_all(arguments.runs, arguments.largest, arguments.plots)
        return
    needs = arguments.needs or 1_000_000
    projects = arguments.projects or max(1, needs // 100)
    if arguments.full:
        report = measure_implicit(needs, projects, arguments.urgent, arguments.runs)
    else:
        report = compare(needs, projects, arguments.edges or 20, arguments.runs, arguments.urgent)
    report["versions"] = versions()
    if arguments.json:
        print(json.dumps(report))
    else:
        print(format_implicit(report) if arguments.full else format_comparison(report))


def print_all(runs: int, largest: int, plots: Path | None) -> None:
    print(f"{versions()}; medians [least, most] of {runs} runs")
    print("\nBeside OR-Tools SimpleMinCostFlow, each in its own process; memory beyond the data")
    for urgent in (False, True):
        print(format_comparison(compare(min(100_000, largest), 1_000, 20, runs, urgent)))
    times = print_growth(compare, runs, largest)
    costs = print_fairness(runs)
    modes = print_modes()
    print_sizes(runs)
    print_published(runs)
    print("\nAll eligible edges, by column generation")
    for needs, projects, urgent in ((100_000, 1_000, False), (1_000_000, 10_000, False), (1_000_000, 10_000, True)):
        if needs <= largest:
            print(format_implicit(measure_implicit(needs, projects, urgent, runs)))
    if plots is not None:
        draw_assignment(plots, times, costs, modes)


if __name__ == "__main__":
    main()
