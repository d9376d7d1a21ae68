"""Column generation on the implicit graph, against solving with every edge stored."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju_matching import column_generation
from tuoju_matching.column_generation import ImplicitGraph, ImplicitSolution, solve_implicit
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.optimum import solve


def with_stored_edges(graph: ImplicitGraph) -> EligibilityGraph:
    lists = [graph.projects[graph.indptr[kind] : graph.indptr[kind + 1]] for kind in graph.need_type]
    rows = np.repeat(np.arange(len(lists)), [len(projects) for projects in lists])
    indices = np.concatenate([*lists, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    products = (graph.need_features[rows] * graph.project_features[indices]).sum(axis=1)
    return EligibilityGraph(
        indptr=np.cumsum([0, *(len(projects) for projects in lists)]),
        indices=indices,
        scores=np.maximum(0.0, (graph.base[indices] + products).astype(np.float64)),
        places=graph.places,
        urgency=graph.urgency,
    )


def random_graph(seed: int, needs: int, projects: int, supply: float) -> ImplicitGraph:
    random = np.random.default_rng(seed)
    lists = [np.flatnonzero(random.random(projects) < 0.5) for _ in range(4)]
    return ImplicitGraph(
        need_type=random.integers(0, 4, needs).astype(np.int32),
        indptr=np.cumsum([0, *(len(projects) for projects in lists)]),
        projects=np.concatenate(lists).astype(np.int32),
        need_features=random.random((needs, 2)).astype(np.float32),
        project_features=random.random((projects, 2)).astype(np.float32),
        base=random.random(projects).astype(np.float32),
        places=random.multinomial(int(needs * supply), np.full(projects, 1 / projects)),
        urgency=random.integers(0, 3, needs),
    )


class TestSolveImplicit:
    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, 10**6), st.integers(0, 12), st.integers(1, 6), st.sampled_from([0.0, 0.5, 1.0, 1.5]))
    def test_equals_the_plan_on_stored_edges(self, seed: int, needs: int, projects: int, supply: float) -> None:
        graph = random_graph(seed, needs, projects, supply)
        solution, exact = solve_implicit(graph, gap=1e-8), solve(with_stored_edges(graph))
        placed = np.bincount(graph.urgency[solution.project >= 0], minlength=3).tolist()
        assert placed == np.bincount(graph.urgency[exact.edge >= 0], minlength=3).tolist()
        assert solution.quality == pytest.approx(exact.quality, abs=1e-5)
        assert solution.bound == pytest.approx(solution.quality, abs=1e-5)

    @pytest.mark.parametrize("supply", [0.6, 1.2])
    def test_finds_edges_that_the_first_candidates_lack(self, monkeypatch: pytest.MonkeyPatch, supply: float) -> None:
        monkeypatch.setattr(column_generation, "MAX_STORED_EDGES", 1000)
        monkeypatch.setattr(column_generation, "FIRST_CANDIDATES", 2)
        graph = random_graph(7, 4000, 40, supply)
        solution, exact = solve_implicit(graph), solve(with_stored_edges(graph))
        assert solution.passes > 1
        assert solution.quality == pytest.approx(exact.quality, rel=1e-6)
        assert (solution.bound - solution.quality) / solution.bound <= 1e-6
        taken = np.bincount(solution.project[solution.project >= 0], minlength=40)
        assert (taken <= graph.places).all()

    def test_a_sample_that_leaves_projects_without_places_needs_few_passes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(column_generation, "MAX_STORED_EDGES", 1000)
        monkeypatch.setattr(column_generation, "SAMPLE_NEEDS_PER_PROJECT", 1)
        graph = replace(random_graph(5, 4000, 40, 0.8), places=np.arange(40) % 8)
        passes = []

        def recorded(*arguments: Any) -> ImplicitSolution:
            solution = original(*arguments)
            passes.append(solution.passes)
            return solution

        original = column_generation._solve_by_pricing
        monkeypatch.setattr(column_generation, "_solve_by_pricing", recorded)
        solve_implicit(graph)
        assert len(passes) > 1
        assert max(passes) <= 10

    def test_the_number_of_threads_does_not_change_the_plan(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(column_generation, "MAX_STORED_EDGES", 1000)
        graph = random_graph(3, 2000, 30, 0.8)
        plans = []
        for threads in (1, 2, 3):
            monkeypatch.setattr(column_generation, "THREADS", threads)
            plans.append(solve_implicit(graph).project.tolist())
        assert plans[0] == plans[1] == plans[2]


class TestImplicitGraph:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"base": np.array([np.nan, 1.0])}, "base must be finite"),
            ({"base": np.array([1.0])}, "base must have shape"),
            ({"need_features": np.ones((1, 3))}, "need_features must have shape"),
            ({"need_type": np.array([4])}, "need_type must be between"),
            ({"projects": np.array([0, 5])}, "projects must be between"),
            ({"places": np.array([-1, 1])}, "places must be >= 0"),
            ({"urgency": np.array([-1])}, "urgency must have shape"),
        ],
    )
    def test_an_invalid_array_is_named(self, changed: dict[str, object], message: str) -> None:
        valid = {
            "need_type": np.array([0]),
            "indptr": np.array([0, 2]),
            "projects": np.array([0, 1]),
            "need_features": np.ones((1, 1)),
            "project_features": np.ones((2, 1)),
            "base": np.ones(2),
            "places": np.array([1, 1]),
        }
        with pytest.raises(ValueError, match=message):
            ImplicitGraph(**{**valid, **changed})  # type: ignore[arg-type]
