"""The auction and the tiers against an integer program and against every plan (design.md section 6)."""

import pytest
from hypothesis import given, settings

from matching.instances import keeps_places, value, waitings
from tuoju_matching.exact import solve_whole
from tuoju_matching.graph import Waiting
from tuoju_matching.optimum import solve


class TestSolve:
    @settings(deadline=None, max_examples=1000)
    @given(waitings(needs=9, projects=5))
    def test_is_as_good_as_the_integer_program_and_proves_it(self, waiting: Waiting) -> None:
        found, exact = solve(waiting), solve_whole(waiting)
        assert keeps_places(waiting, found.edge)
        assert value(waiting, found.edge) == pytest.approx(value(waiting, exact.edge), abs=1e-6)
        assert found.bound == pytest.approx(found.quality, abs=1e-6)
