"""Groups held together by a price, against the integer program (design.md section 6)."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.instances import keeps_places, shares, value, waitings
from tuoju_matching.exact import Unfair, solve_whole
from tuoju_matching.fairness import hold
from tuoju_matching.graph import Solution, Waiting
from tuoju_matching.optimum import settle, tiers_of


def outcome(solver: Callable[..., Solution], *asked: object) -> Solution | float:
    """The plan, or else the smallest difference that can be kept."""
    try:
        return solver(*asked)
    except Unfair as unfair:
        return unfair.smallest


class TestHold:
    @settings(deadline=None, max_examples=300)
    @given(waitings(needs=8, projects=4), st.data())
    def test_equals_the_integer_program(self, waiting: Waiting, data: st.DataObject) -> None:
        count = waiting.n_needs
        groups = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=count, max_size=count)), dtype=np.int64)
        within = data.draw(st.sampled_from([0.0, 0.2, 0.5]))
        tiers = tiers_of(waiting)
        free = settle(waiting, tiers)
        exact = outcome(solve_whole, waiting, groups, within)
        if isinstance(exact, float):
            assert outcome(hold, waiting, tiers, free, groups, within) == pytest.approx(exact, abs=1e-6)
            return
        found = hold(waiting, tiers, free, groups, within)
        assert keeps_places(waiting, found.edge)
        assert max(shares(found.edge, groups), default=0) - min(shares(found.edge, groups), default=0) <= within + 1e-9
        assert value(waiting, found.edge) == pytest.approx(value(waiting, exact.edge), abs=1e-6)
        assert found.bound >= exact.quality - 1e-6
