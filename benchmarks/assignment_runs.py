"""One solver on one stored problem in a process of its own: processor time, peak memory, and what it found."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.assignment_instances import SCALE, scarce
from tuoju_matching.graph import Waiting

Found = dict[str, float]


def store(waiting: Waiting, path: Path) -> None:
    np.savez(
        path,
        indptr=waiting.indptr,
        indices=waiting.indices,
        scores=waiting.scores,
        places=waiting.places,
        urgency=waiting.urgency,
    )


def measure(solver: str, path: Path) -> dict[str, Any]:
    """Run `solver` in a fresh process; its seconds of processor time, bytes of memory beyond the data, result."""
    command = [sys.executable, "-m", "benchmarks.assignment_runs", solver, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tuoju(data: dict[str, Any]) -> Found:
    from tuoju_matching.optimum import solve

    solution = solve(Waiting(**data))
    return {"quality": solution.quality, "bound": solution.bound, "placed": int((solution.edge >= 0).sum())}


def ortools(data: dict[str, Any]) -> Found:
    """Minimum cost flow: source, needs, projects, sink, and an arc past them for those who stay without."""
    from ortools.graph.python import min_cost_flow

    needs, projects = len(data["indptr"]) - 1, len(data["places"])
    rows = np.repeat(np.arange(needs), np.diff(data["indptr"]))
    source, sink = needs + projects, needs + projects + 1
    # A class weighs more than any exchange of scores can: as many as possible of the most urgent first.
    classes = data["urgency"] * (projects + 1) * SCALE if data["urgency"].any() else 0
    gains = np.round(data["scores"] * SCALE).astype(np.int64) + (classes[rows] if np.ndim(classes) else 0)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost
    arcs(rows, needs + data["indices"].astype(np.int64), np.ones(len(rows), dtype=np.int64), -gains)
    arcs(np.full(needs, source), np.arange(needs), np.ones(needs, dtype=np.int64), np.zeros(needs, dtype=np.int64))
    everyone = np.arange(projects)
    arcs(needs + everyone, np.full(projects, sink), data["places"], np.zeros(projects, dtype=np.int64))
    arcs(np.array([source]), np.array([sink]), np.array([needs]), np.array([0]))
    flow.set_nodes_supplies(np.array([source, sink]), np.array([needs, -needs]))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("OR-Tools found no optimum")
    taken = np.flatnonzero(flow.flows(np.arange(len(rows))))
    return {"quality": float(data["scores"][taken].sum()), "placed": len(taken)}


SOLVERS: dict[str, Callable[[dict[str, Any]], Found]] = {"tuoju": tuoju, "ortools": ortools}


def _resident(which: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {which} in /proc/self/status")


def main() -> None:
    solve = SOLVERS[sys.argv[1]]
    small = scarce(50, 5, 3)
    solve({name: getattr(small, name) for name in ("indptr", "indices", "scores", "places", "urgency")})
    with np.load(sys.argv[2]) as stored:
        data = dict(stored)
    # The high-water mark starts anew here (proc(5)), so that loading does not count.
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _resident("VmRSS"), time.process_time()
    found = solve(data)
    seconds = time.process_time() - start
    print(json.dumps({**found, "seconds": seconds, "memory": _resident("VmHWM") - before}))


if __name__ == "__main__":
    main()
