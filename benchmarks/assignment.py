"""Assignment beside its peers: time, memory and quality, each solver in a process of its own.

python -m benchmarks.assignment                                  all tables
python -m benchmarks.assignment --needs N --projects M --edges K --json     one line of the first, as JSON
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

PACKAGES = ("numpy", "scipy", "numba", "ortools")


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def compare(needs: int, projects: int, edges: int, runs: int, urgent: bool) -> dict[str, Any]:
    """Tuoju and OR-Tools in turn on one problem, `runs` times; medians, and the ratios of medians."""
    peer = versions()["ortools"] != "absent"
    solvers = ("tuoju", "ortools") if peer else ("tuoju",)
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


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--needs", type=int)
    asked.add_argument("--projects", type=int)
    asked.add_argument("--edges", type=int)
    asked.add_argument("--urgent", action="store_true", help="four urgency classes, exactly lexicographic")
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    if given.needs is not None:
        found = compare(
            given.needs, given.projects or max(1, given.needs // 100), given.edges or 20, given.runs, given.urgent
        )
        found["versions"] = versions()
        print(json.dumps(found) if given.json else line(found))
        return
    print(versions())
    for urgent in (False, True):
        print(line(compare(100_000, 1_000, 20, given.runs, urgent)))


if __name__ == "__main__":
    main()
