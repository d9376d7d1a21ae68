"""Needs that take several places: against the integer program, and on sizes that it cannot solve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from matching.graphs import graphs, respects_places, value
from tuoju_matching import sizes
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import solve
from tuoju_matching.sizes import solve_with_sizes


def county(needs: int, projects: int, households: float, seed: int = 1, supply: float = 1.0) -> EligibilityGraph:
    """Random needs of four classes with 10 projects each; `households` of them take two to five places."""
    random = np.random.default_rng(seed)
    indices = np.sort(np.argsort(random.random((needs, projects)), axis=1)[:, :10], axis=1)
    need_sizes = np.where(random.random(needs) < households, random.integers(2, 6, needs), 1)
    return EligibilityGraph(
        indptr=np.arange(0, needs * 10 + 1, 10),
        indices=indices.ravel().astype(np.int32),
        scores=random.random(needs * 10),
        places=random.multinomial(int(supply * need_sizes.sum()), np.full(projects, 1 / projects)),
        urgency=random.choice(4, needs, p=[0.6, 0.25, 0.1, 0.05]),
        sizes=need_sizes,
    )


class TestSolveWithSizes:
    @settings(deadline=None, max_examples=200)
    @given(graphs(needs=7, projects=4, sized=True))
    def test_is_as_good_as_the_integer_program_where_that_is_fast(self, graph: EligibilityGraph) -> None:
        solution, exact = solve_with_sizes(graph), solve_integer_program(graph)
        assert respects_places(graph, solution.edge)
        assert value(graph, solution.edge) == pytest.approx(value(graph, exact.edge), abs=1e-6)
        assert solution.bound >= solution.quality

    def test_a_need_without_another_edge_gives_way_to_a_household_that_fits_better(self) -> None:
        graph = EligibilityGraph(
            indptr=np.array([0, 1, 2]),
            indices=np.array([0, 0], dtype=np.int32),
            scores=np.array([0.0, 0.25]),
            places=np.array([2]),
            urgency=np.array([0, 0]),
            sizes=np.array([1, 2]),
        )
        assert solve_with_sizes(graph).edge.tolist() == [-1, 1]

    @settings(deadline=None, max_examples=200)
    @given(graphs(needs=7, projects=4, sized=True))
    def test_rounding_alone_respects_places_and_its_bound_holds(self, graph: EligibilityGraph) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sizes, "MAX_SEARCHED_EDGES", 2)
            rounded = solve_with_sizes(graph)
        exact = solve_integer_program(graph)
        assert respects_places(graph, rounded.edge)
        counts, best_counts = value(graph, rounded.edge)[:3], value(graph, exact.edge)[:3]
        assert counts <= best_counts
        if counts == best_counts:
            assert rounded.bound >= exact.quality - 1e-6

    @pytest.mark.parametrize("supply", [0.8, 1.0, 1.2])
    def test_stays_within_a_twentieth_of_a_percent_of_the_bound_and_prices_places(self, supply: float) -> None:
        graph = county(3000, 60, households=0.1, supply=supply)
        solution = solve_with_sizes(graph)
        assert respects_places(graph, solution.edge)
        assert solution.bound - solution.quality <= 0.0005 * solution.bound
        assert solution.prices.max() > 0

    def test_equals_the_plan_of_single_places_if_every_need_takes_one(self) -> None:
        graph = county(300, 20, households=0.0)
        assert solve_with_sizes(graph).quality == pytest.approx(solve(graph).quality)

    def test_a_household_larger_than_every_project_stays_unplaced(self) -> None:
        graph = replace(county(200, 20, households=0.0), sizes=np.where(np.arange(200) == 0, 10_000, 1))
        assert solve_with_sizes(graph).edge[0] == -1
