"""The auction and the urgency tiers, against the integer program and the Hungarian method."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linear_sum_assignment

from matching.graphs import graphs, respects_places, value
from tuoju_matching import optimum
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import solve, solve_by_quality


class TestSolveFromASample:
    @pytest.mark.parametrize("supply", [0.5, 1.0, 1.3])
    def test_reaches_the_same_optimum(self, monkeypatch: pytest.MonkeyPatch, supply: float) -> None:
        random = np.random.default_rng(5)
        needs, projects = 2000, 20
        fits = random.random((needs, projects)) < 0.4
        graph = EligibilityGraph(
            indptr=np.cumsum([0, *fits.sum(axis=1)]),
            indices=np.nonzero(fits)[1].astype(np.int32),
            scores=random.random(int(fits.sum())),
            places=random.multinomial(int(needs * supply), np.full(projects, 1 / projects)),
            urgency=random.integers(0, 3, needs),
        )
        plain = solve(graph)
        monkeypatch.setattr(optimum, "SAMPLING_MIN_NEEDS", 1000)
        sampled = solve(graph)
        assert value(graph, sampled.edge) == pytest.approx(value(graph, plain.edge))
        assert sampled.bound == pytest.approx(sampled.quality)


class TestSolveByQuality:
    @settings(deadline=None, max_examples=200)
    @given(graphs(needs=9, projects=5))
    def test_has_the_highest_total_score_of_any_plan(self, graph: EligibilityGraph) -> None:
        """Each place is a column of the Hungarian method; to be left out is worth nothing."""
        solution = solve_by_quality(graph, np.zeros(graph.n_needs, dtype=bool))
        values = np.zeros((graph.n_needs, graph.n_projects))
        values[np.repeat(np.arange(graph.n_needs), np.diff(graph.indptr)), graph.indices] = graph.scores
        columns = np.hstack([np.repeat(values, graph.places, axis=1), np.zeros((graph.n_needs, graph.n_needs))])
        best = columns[linear_sum_assignment(columns, maximize=True)].sum()
        assert respects_places(graph, solution.edge)
        assert solution.quality == pytest.approx(best, abs=1e-6)
        assert solution.quality >= solve(graph).quality - 1e-6
        assert solution.bound == pytest.approx(solution.quality, abs=1e-6)

    def test_places_fewer_where_that_fits_better(self) -> None:
        graph = EligibilityGraph(
            indptr=np.array([0, 2, 3]),
            indices=np.array([0, 1, 0], dtype=np.int32),
            scores=np.array([0.9, 0.1, 0.2]),
            places=np.array([1, 1]),
        )
        nobody = np.zeros(2, dtype=bool)
        assert [int((solution.edge >= 0).sum()) for solution in (solve(graph), solve_by_quality(graph, nobody))] == [
            2,
            1,
        ]


class TestSolve:
    @settings(deadline=None, max_examples=300)
    @given(graphs(needs=9, projects=5))
    def test_is_as_good_as_the_integer_program_and_proves_it(self, graph: EligibilityGraph) -> None:
        solution, exact = solve(graph), solve_integer_program(graph)
        assert respects_places(graph, solution.edge)
        assert value(graph, solution.edge) == pytest.approx(value(graph, exact.edge), abs=1e-6)
        assert solution.bound == pytest.approx(solution.quality, abs=1e-6)

    @pytest.mark.parametrize("block", range(4))
    def test_equals_the_hungarian_method_on_thousands_of_random_problems(self, block: int) -> None:
        random = np.random.default_rng(block)
        for _ in range(500):
            needs, projects = int(random.integers(1, 12)), int(random.integers(1, 6))
            fits = random.random((needs, projects)) < 0.7
            scores = np.round(random.random((needs, projects)), int(random.integers(1, 7)))
            places = random.integers(0, 4, projects)
            graph = EligibilityGraph(
                indptr=np.cumsum([0, *fits.sum(axis=1)]),
                indices=np.nonzero(fits)[1].astype(np.int32),
                scores=scores[fits],
                places=places,
            )
            # Each place is a column; a bonus of 100 makes placing come first, and staying unplaced costs nothing.
            values = np.where(fits, scores + 100.0, 0.0)[:, np.repeat(np.arange(projects), places)]
            matrix = np.hstack([values, np.zeros((needs, needs))])
            best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
            solution = solve(graph)
            assert solution.quality + 100.0 * (solution.edge >= 0).sum() == pytest.approx(best, abs=1e-6)

    def test_scores_that_are_all_zero_have_no_gap(self) -> None:
        graph = EligibilityGraph(np.array([0, 1, 2]), np.array([0, 0]), np.zeros(2), np.array([1]))
        solution = solve(graph)
        assert (solution.edge >= 0).sum() == 1
        assert solution.bound == solution.quality == 0.0
