"""What one more place is worth, against solving again with it (design.md section 6)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from matching.instances import value, waitings
from tuoju_matching.exchange import one_more
from tuoju_matching.graph import Waiting
from tuoju_matching.optimum import solve


class TestOneMore:
    @settings(deadline=None, max_examples=300)
    @given(waitings(needs=9, projects=4))
    def test_equals_solving_again(self, waiting: Waiting) -> None:
        before = solve(waiting)
        urgency, quality = one_more(waiting, before.edge)
        for project in range(waiting.n_projects):
            places = waiting.places.copy()
            places[project] += 1
            after = solve(replace(waiting, places=places))
            gained = np.array(value(waiting, after.edge)) - np.array(value(waiting, before.edge))
            expected = np.zeros(3)
            if urgency[project] >= 0:
                expected[2 - urgency[project]] = 1
            assert gained[:3].tolist() == expected.tolist()
            assert quality[project] == pytest.approx(gained[3], abs=1e-6)
