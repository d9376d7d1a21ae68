"""The gain of one more place, against solving again with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from matching.graphs import graphs, value
from tuoju_matching.exchange_graph import gain_of_one_more_place
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.optimum import solve


class TestGainOfOneMorePlace:
    @settings(deadline=None, max_examples=300)
    @given(graphs(needs=9, projects=4))
    def test_equals_the_gain_of_solving_again(self, graph: EligibilityGraph) -> None:
        before = solve(graph)
        urgency, quality = gain_of_one_more_place(graph, before.edge)
        for project in range(graph.n_projects):
            places = graph.places.copy()
            places[project] += 1
            after = solve(replace(graph, places=places))
            gained = np.array(value(graph, after.edge)) - np.array(value(graph, before.edge))
            expected = np.zeros(3)
            if urgency[project] >= 0:
                expected[2 - urgency[project]] = 1
            assert gained[:3].tolist() == expected.tolist()
            assert quality[project] == pytest.approx(gained[3], abs=1e-6)
