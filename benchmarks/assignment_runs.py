"""Run one solver on one stored problem in a process of its own; measure processor time, peak memory and the result."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.assignment_problems import implicit_city, random_problem
from tuoju_matching.column_generation import solve_implicit
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.optimum import solve

ARRAYS = ("indptr", "indices", "scores", "places", "urgency")
Result = dict[str, float]


def store(graph: EligibilityGraph, path: Path) -> None:
    np.savez(path, **{name: getattr(graph, name) for name in ARRAYS})


def measure(solver: str, *arguments: str) -> dict[str, Any]:
    """Measure a solver in a fresh process.

    "tuoju" and "ortools" take the path of a stored problem, see `run_solver`; "implicit" takes the numbers of needs and
    projects and 0 or 1 for urgency classes, see `run_implicit`.
    """
    module = "benchmarks.assignment_ortools" if solver == "ortools" else "benchmarks.assignment_runs"
    command = [sys.executable, "-m", module, solver, *arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if process.returncode:
        raise RuntimeError(process.stderr)
    result: dict[str, Any] = json.loads(process.stdout)
    return result


def solve_with_tuoju(data: dict[str, Any]) -> Result:
    solution = solve(EligibilityGraph(**data))
    return {"quality": solution.quality, "bound": solution.bound, "placed": int((solution.edge >= 0).sum())}


def relative_gap(quality: float, bound: float) -> float:
    """How far the quality may be from the optimum, as a share of the bound."""
    return max(0.0, bound - quality) / bound if bound > 0 else 0.0


def run_solver(solve_data: Callable[[dict[str, Any]], Result], path: Path) -> dict[str, Any]:
    """Solve a stored problem; seconds of processor time, bytes of memory beyond the data, and the result."""
    small = random_problem(50, 5, 3)
    solve_data({array: getattr(small, array) for array in ARRAYS})  # compiles, or loads from the cache
    with np.load(path) as stored:
        data = dict(stored)
    # This resets the high-water mark (proc(5)), so that loading does not count.
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _memory("VmRSS"), time.process_time()
    result = solve_data(data)
    seconds = time.process_time() - start
    return {**result, "seconds": seconds, "memory": _memory("VmHWM") - before}


def run_implicit(needs: int, projects: int, *, urgent: bool) -> dict[str, Any]:
    """Column generation on all eligible edges: processor and wall-clock seconds, and peak bytes of the process."""
    solve_implicit(implicit_city(2_000, 20, urgent=urgent))  # compiles, or loads from the cache
    graph = implicit_city(needs, projects, urgent=urgent)
    wall, start = time.perf_counter(), time.process_time()
    solution = solve_implicit(graph)
    return {
        "needs": needs,
        "projects": projects,
        "urgent": urgent,
        "edges": graph.n_edges,
        "quality": solution.quality,
        "bound": solution.bound,
        "gap": relative_gap(solution.quality, solution.bound),
        "placed": int((solution.project >= 0).sum()),
        "passes": solution.passes,
        "seconds": time.process_time() - start,
        "wall": time.perf_counter() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def main() -> None:
    solver, *arguments = sys.argv[1:]
    if solver == "implicit":
        needs, projects, urgent = map(int, arguments)
        print(json.dumps(run_implicit(needs, projects, urgent=bool(urgent))))
    else:
        print(json.dumps(run_solver(solve_with_tuoju, Path(arguments[0]))))


if __name__ == "__main__":
    main()
