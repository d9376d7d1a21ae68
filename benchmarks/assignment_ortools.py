"""OR-Tools on one stored problem, in a process of its own; see `assignment_runs.measure`."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks.assignment_problems import SCALE
from benchmarks.assignment_runs import Result, run_solver


def solve_with_ortools(data: dict[str, Any]) -> Result:
    """Minimum cost flow: source, needs, projects, sink, and an arc past them for unplaced needs."""
    needs, projects = len(data["indptr"]) - 1, len(data["places"])
    rows = np.repeat(np.arange(needs), np.diff(data["indptr"]))
    source, sink = needs + projects, needs + projects + 1
    # A class outweighs any exchange of scores: as many as possible of the most urgent first.
    classes = data["urgency"] * (projects + 1) * SCALE if data["urgency"].any() else 0
    gains = np.round(data["scores"] * SCALE).astype(np.int64) + (classes[rows] if np.ndim(classes) else 0)
    flow = min_cost_flow.SimpleMinCostFlow()
    add_arcs = flow.add_arcs_with_capacity_and_unit_cost
    add_arcs(rows, needs + data["indices"].astype(np.int64), np.ones(len(rows), dtype=np.int64), -gains)
    no_cost = np.zeros(needs, dtype=np.int64)
    add_arcs(np.full(needs, source), np.arange(needs), np.ones(needs, dtype=np.int64), no_cost)
    project_nodes = needs + np.arange(projects)
    add_arcs(project_nodes, np.full(projects, sink), data["places"], np.zeros(projects, dtype=np.int64))
    add_arcs(np.array([source]), np.array([sink]), np.array([needs]), np.array([0]))
    flow.set_nodes_supplies(np.array([source, sink]), np.array([needs, -needs]))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("OR-Tools found no optimum")
    taken = np.flatnonzero(flow.flows(np.arange(len(rows))))
    return {"quality": float(data["scores"][taken].sum()), "placed": len(taken)}


if __name__ == "__main__":
    print(json.dumps(run_solver(solve_with_ortools, Path(sys.argv[2]))))
