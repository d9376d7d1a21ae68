"""Fairness between groups by prices, against the integer program."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.graphs import graphs, groups, respects_places, spread, value
from tuoju_matching.errors import FairnessNotFeasible
from tuoju_matching.fairness import solve_with_fairness
from tuoju_matching.graph import EligibilityGraph, Solution
from tuoju_matching.integer_program import solve_integer_program
from tuoju_matching.optimum import compute_tiers, solve_within_tiers


def solve_or_smallest(solver: Callable[..., Solution], *arguments: object) -> Solution | float:
    """The solution, or else the smallest feasible difference."""
    try:
        return solver(*arguments)
    except FairnessNotFeasible as error:
        return error.smallest


class TestSolveWithFairness:
    @settings(deadline=None, max_examples=300)
    @given(graphs(needs=8, projects=4), st.data())
    def test_equals_the_integer_program(self, graph: EligibilityGraph, data: st.DataObject) -> None:
        group_of = data.draw(groups(graph.n_needs, 3))
        within = data.draw(st.sampled_from([0.0, 0.2, 0.5]))
        tiers = compute_tiers(graph)
        free = solve_within_tiers(graph, tiers)
        exact = solve_or_smallest(solve_integer_program, graph, group_of, within)
        result = solve_or_smallest(solve_with_fairness, graph, tiers, free, group_of, within)
        if isinstance(exact, float):
            assert result == pytest.approx(exact, abs=1e-6)
            return
        assert isinstance(result, Solution)
        assert respects_places(graph, result.edge)
        assert spread(result.edge, group_of) <= within + 1e-9
        assert value(graph, result.edge) == pytest.approx(value(graph, exact.edge), abs=1e-6)
        assert result.bound >= exact.quality - 1e-6
