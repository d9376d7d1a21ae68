"""The integer program against every plan of small problems."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.graphs import graphs, groups, plans, respects_places, spread, value
from tuoju_matching.errors import FairnessNotFeasible
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.integer_program import solve_integer_program


class TestSolveIntegerProgram:
    @settings(deadline=None)
    @given(graphs(needs=4, projects=3, sized=True))
    def test_is_as_good_as_the_best_of_all_plans(self, graph: EligibilityGraph) -> None:
        solution = solve_integer_program(graph)
        assert respects_places(graph, solution.edge)
        best = max(value(graph, edge) for edge in plans(graph))
        assert value(graph, solution.edge) == pytest.approx(best, abs=1e-6)
        assert solution.bound >= solution.quality - 1e-6

    @settings(deadline=None)
    @given(graphs(needs=4, projects=3), st.data())
    def test_keeps_groups_within_the_limit_or_raises_with_the_smallest_difference(
        self, graph: EligibilityGraph, data: st.DataObject
    ) -> None:
        group_of = data.draw(groups(graph.n_needs, 2))
        within = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
        best_counts = max(value(graph, edge)[:3] for edge in plans(graph))
        candidates = [edge for edge in plans(graph) if value(graph, edge)[:3] == best_counts]
        smallest = min(spread(edge, group_of) for edge in candidates)
        if smallest > within:
            with pytest.raises(FairnessNotFeasible) as caught:
                solve_integer_program(graph, group_of, within)
            assert caught.value.smallest == pytest.approx(smallest, abs=1e-6)
            return
        solution = solve_integer_program(graph, group_of, within)
        assert spread(solution.edge, group_of) <= within + 1e-9
        best = max(value(graph, edge) for edge in candidates if spread(edge, group_of) <= within)
        assert value(graph, solution.edge) == pytest.approx(best, abs=1e-6)
