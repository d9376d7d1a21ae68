"""Serial dictatorship and deferred acceptance keep their defining properties."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.graphs import graphs, respects_places
from tuoju_matching.baselines import deferred_acceptance, serial_dictatorship
from tuoju_matching.graph import EligibilityGraph


class TestSerialDictatorship:
    @settings(deadline=None)
    @given(graphs(sized=True), st.randoms())
    def test_each_need_takes_the_best_project_left_at_its_turn(self, graph: EligibilityGraph, random: object) -> None:
        order = np.arange(graph.n_needs)
        random.shuffle(order)  # type: ignore[attr-defined]
        edge = serial_dictatorship(graph, order)
        left = graph.places.copy()
        for need in order:
            span = range(graph.indptr[need], graph.indptr[need + 1])
            scores = [graph.scores[at] for at in span if left[graph.indices[at]] >= graph.sizes[need]]
            assert (edge[need] >= 0) == bool(scores)
            if scores:
                assert graph.scores[edge[need]] == max(scores)
                left[graph.indices[edge[need]]] -= graph.sizes[need]


class TestDeferredAcceptance:
    @settings(deadline=None)
    @given(graphs(needs=8), st.data())
    def test_no_need_prefers_a_place_of_a_need_with_a_weaker_claim(
        self, graph: EligibilityGraph, data: st.DataObject
    ) -> None:
        n_needs = graph.n_needs
        waited = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_needs, max_size=n_needs)), dtype=np.int64)
        edge = deferred_acceptance(graph, waited)
        assert respects_places(graph, edge)

        def claim(need: int, project: int) -> tuple[float, ...]:
            span = range(graph.indptr[need], graph.indptr[need + 1])
            at = next(at for at in span if graph.indices[at] == project)
            return (graph.urgency[need], graph.scores[at], waited[need], -need)

        for need in range(n_needs):
            own_score = graph.scores[edge[need]] if edge[need] >= 0 else -1.0
            for at in range(graph.indptr[need], graph.indptr[need + 1]):
                if graph.scores[at] <= own_score:
                    continue
                project = graph.indices[at]
                holders = [row for row in range(n_needs) if edge[row] >= 0 and graph.indices[edge[row]] == project]
                assert len(holders) == graph.places[project]
                assert all(claim(row, project) > claim(need, project) for row in holders)
