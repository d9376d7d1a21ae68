"""Forward prices: what a place will be worth to the needs that are expected."""

import numpy as np
import pytest
from hypothesis import given, settings

from matching.graphs import graphs
from tuoju_matching.forward import RARE, forward_prices
from tuoju_matching.graph import EligibilityGraph


def everyone_wants(score: float, needs: int = 40) -> EligibilityGraph:
    """Needs that fit one project only, all equally well."""
    return EligibilityGraph(np.arange(needs + 1), np.zeros(needs), np.full(needs, score), np.array([0]))


class TestForwardPrices:
    @settings(deadline=None, max_examples=50)
    @given(graphs(needs=6, projects=3, sized=True))
    def test_are_finite_and_not_negative_and_the_same_for_the_same_seed(self, graph: EligibilityGraph) -> None:
        prices = forward_prices(graph, graph.places, 5, 3, 7)
        assert (prices >= 0).all()
        assert np.isfinite(prices).all()
        assert (prices == forward_prices(graph, graph.places, 5, 3, 7)).all()

    def test_a_place_is_worth_what_the_expected_needs_lose_without_it(self) -> None:
        scarce = forward_prices(everyone_wants(0.8), np.array([5]), horizon=20)
        plenty = forward_prices(everyone_wants(0.8), np.array([50]), horizon=20)
        assert scarce[0] == pytest.approx(0.8, abs=0.01)
        assert plenty[0] == pytest.approx(0.0, abs=0.01)

    def test_a_household_pays_for_each_of_its_places(self) -> None:
        families = EligibilityGraph(
            np.arange(41), np.zeros(40), np.full(40, 0.8), np.array([0]), sizes=np.full(40, 4, dtype=np.int64)
        )
        assert forward_prices(families, np.array([5]), horizon=20)[0] == pytest.approx(0.2, abs=0.01)

    def test_without_recent_arrivals_the_prices_of_the_plan_stay(self) -> None:
        nobody = EligibilityGraph(np.zeros(1), np.zeros(0), np.zeros(0), np.array([0, 0]))
        plan = np.array([0.3, 0.0])
        assert forward_prices(nobody, np.array([1, 1]), 10, plan_prices=plan) == pytest.approx(plan)
        assert forward_prices(nobody, np.array([1, 1]), 10).tolist() == [0.0, 0.0]

    def test_few_arrivals_shrink_to_the_prices_of_the_plan(self) -> None:
        prices = forward_prices(everyone_wants(0.8, RARE), np.array([1]), 20, plan_prices=np.array([0.0]))
        assert prices[0] == pytest.approx(0.4, abs=0.01)

    def test_when_nobody_else_is_expected_a_place_costs_nothing(self) -> None:
        assert forward_prices(everyone_wants(0.8), np.array([1]), horizon=0).tolist() == [0.0]

    @pytest.mark.parametrize(
        ("places", "horizon", "futures"), [([1, 1], 5, 1), ([-1], 5, 1), ([1], -1, 1), ([1], 5, 0)]
    )
    def test_arguments_out_of_range_are_rejected(self, places: list[int], horizon: int, futures: int) -> None:
        with pytest.raises(ValueError, match="must"):
            forward_prices(everyone_wants(0.8), np.array(places), horizon, futures)
