"""Assignment beside its peers: time, memory and quality, each solver in a process of its own.

python -m benchmarks.assignment                                  all tables
python -m benchmarks.assignment --needs N --projects M --edges K --json     one line of the first, as JSON
python -m benchmarks.assignment --full --needs N --projects M --json        every eligible edge, as JSON
"""

import argparse
import json
import platform
import statistics
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.assignment_instances import scarce
from benchmarks.assignment_runs import measure, store
from benchmarks.assignment_tables import (
    fairness_table,
    full_line,
    full_table,
    growth_table,
    modes_table,
    published_table,
)

PACKAGES = ("numpy", "scipy", "numba", "ortools")


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def compare(
    needs: int,
    projects: int,
    edges: int,
    runs: int,
    urgent: bool,
    solvers: tuple[str, ...] = ("tuoju", "ortools"),
) -> dict[str, Any]:
    """Tuoju and OR-Tools in turn on one problem, `runs` times; medians, and the ratios of medians."""
    if versions()["ortools"] == "absent":
        solvers = ("tuoju",)
    peer = "ortools" in solvers
    results: dict[str, list[dict[str, Any]]] = {solver: [] for solver in solvers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        store(scarce(needs, projects, edges, urgent=urgent), path)
        for _ in range(runs):
            for solver in solvers:
                results[solver].append(measure(solver, path))
    own = results["tuoju"]
    first = own[0]
    found: dict[str, Any] = {
        "needs": needs,
        "projects": projects,
        "edges": edges,
        "urgent": urgent,
        "runs": runs,
        "quality": first["quality"],
        "bound": first["bound"],
        "gap": max(0.0, first["bound"] - first["quality"]) / first["bound"] if first["bound"] > 0 else 0.0,
        "placed": first["placed"],
        **spread("", own),
    }
    if peer:
        other = results["ortools"]
        found |= {
            "ortools_quality": other[0]["quality"],
            "ortools_placed": other[0]["placed"],
            **spread("ortools_", other),
        }
        found["time_ratio_to_ortools"] = found["seconds"] / found["ortools_seconds"]
        found["memory_ratio_to_ortools"] = found["memory"] / found["ortools_memory"]
    else:
        found["message"] = "OR-Tools is not installed (pip install 'tuoju[bench]'): no ratios"
    return found


def spread(prefix: str, results: list[dict[str, Any]]) -> dict[str, float]:
    seconds = sorted(each["seconds"] for each in results)
    return {
        f"{prefix}seconds": statistics.median(seconds),
        f"{prefix}seconds_least": seconds[0],
        f"{prefix}seconds_most": seconds[-1],
        f"{prefix}memory": statistics.median(each["memory"] for each in results),
    }


def line(found: dict[str, Any]) -> str:
    own = (
        f"{found['needs']:>9,} x {found['projects']:>6,} x {found['edges']:>3} "
        f"{'urgent' if found['urgent'] else '':<6} "
        f"| {found['quality']:>14.6f} gap {found['gap']:.1e} "
        f"| {found['seconds']:6.2f} s [{found['seconds_least']:.2f}, {found['seconds_most']:.2f}] "
        f"{found['memory'] / 2**20:5.0f} MiB"
    )
    if "ortools_seconds" not in found:
        return f"{own} | {found['message']}"
    return (
        f"{own} | OR-Tools {found['ortools_quality']:.6f} {found['ortools_seconds']:6.2f} s "
        f"[{found['ortools_seconds_least']:.2f}, {found['ortools_seconds_most']:.2f}] "
        f"{found['ortools_memory'] / 2**20:5.0f} MiB "
        f"| ratios: time {found['time_ratio_to_ortools']:.2f}, memory {found['memory_ratio_to_ortools']:.2f}"
    )


def draw(folder: Path, grown: list[tuple[int, float]], costs: list[tuple[float, float]], modes: list[Any]) -> None:
    """The plots of docs/matching.md."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tuoju"
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    left.loglog([each[0] for each in grown], [each[1] for each in grown], "o-")
    left.set(title="Time grows with the needs", xlabel="needs", ylabel="seconds of one core")
    middle.plot([each[0] for each in costs], [100 * each[1] for each in costs], "o-")
    middle.set(title="What evenness costs", xlabel="largest difference of shares", ylabel="% of quality")
    right.barh([each[0] for each in modes][::-1], [100 * each[1] for each in modes][::-1])
    right.set(title="Ways to share places", xlabel="% of the optimum's quality", xlim=(80, 101))
    figure.savefig(folder / "assignment.svg", metadata={"Date": None})


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--needs", type=int)
    asked.add_argument("--projects", type=int)
    asked.add_argument("--edges", type=int)
    asked.add_argument("--urgent", action="store_true", help="four urgency classes, exactly lexicographic")
    asked.add_argument("--full", action="store_true", help="every eligible edge, scored while looked at")
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--largest", type=int, default=1_000_000, help="needs of the largest problem of all tables")
    asked.add_argument("--plots", type=Path, help="folder for the plots")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    if given.needs is None and not given.full:
        everything(given.runs, given.largest, given.plots)
        return
    needs = given.needs or 1_000_000
    projects = given.projects or max(1, needs // 100)
    if given.full:
        found = full_table(needs, projects, given.urgent, given.runs)
    else:
        found = compare(needs, projects, given.edges or 20, given.runs, given.urgent)
    found["versions"] = versions()
    print(json.dumps(found) if given.json else full_line(found) if given.full else line(found))


def everything(runs: int, largest: int, plots: Path | None) -> None:
    print(f"{versions()}; medians [least, most] of {runs} runs")
    print("\nBeside OR-Tools SimpleMinCostFlow, each in its own process; memory beyond the data")
    for urgent in (False, True):
        print(line(compare(min(100_000, largest), 1_000, 20, runs, urgent)))
    grown = growth_table(compare, runs, largest)
    costs = fairness_table(runs)
    modes = modes_table()
    published_table(runs)
    print("\nThe full eligible graph, no edge left out")
    for needs, projects, urgent in ((100_000, 1_000, False), (1_000_000, 10_000, False), (1_000_000, 10_000, True)):
        if needs <= largest:
            print(full_line(full_table(needs, projects, urgent, runs)))
    if plots is not None:
        draw(plots, grown, costs, modes)


if __name__ == "__main__":
    main()
