"""The auction and the tiers against an integer program and against every plan (design.md section 6)."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linear_sum_assignment

from matching.instances import keeps_places, value, waitings
from tuoju_matching import optimum
from tuoju_matching.exact import solve_whole
from tuoju_matching.graph import Waiting
from tuoju_matching.optimum import solve


class TestSolveFromASample:
    @pytest.mark.parametrize("supply", [0.5, 1.0, 1.3])
    def test_ends_at_the_same_optimum(self, monkeypatch: pytest.MonkeyPatch, supply: float) -> None:
        chance = np.random.default_rng(5)
        needs, projects = 2000, 20
        fits = chance.random((needs, projects)) < 0.4
        waiting = Waiting(
            indptr=np.cumsum([0, *fits.sum(axis=1)]),
            indices=np.nonzero(fits)[1].astype(np.int32),
            scores=chance.random(int(fits.sum())),
            places=chance.multinomial(int(needs * supply), np.full(projects, 1 / projects)),
            urgency=chance.integers(0, 3, needs),
        )
        plain = solve(waiting)
        monkeypatch.setattr(optimum, "LARGE", 1000)
        sampled = solve(waiting)
        assert value(waiting, sampled.edge) == pytest.approx(value(waiting, plain.edge))
        assert sampled.bound == pytest.approx(sampled.quality)


class TestSolve:
    @settings(deadline=None, max_examples=300)
    @given(waitings(needs=9, projects=5))
    def test_is_as_good_as_the_integer_program_and_proves_it(self, waiting: Waiting) -> None:
        found, exact = solve(waiting), solve_whole(waiting)
        assert keeps_places(waiting, found.edge)
        assert value(waiting, found.edge) == pytest.approx(value(waiting, exact.edge), abs=1e-6)
        assert found.bound == pytest.approx(found.quality, abs=1e-6)

    @pytest.mark.parametrize("block", range(4))
    def test_equals_the_hungarian_method_on_thousands_of_random_problems(self, block: int) -> None:
        chance = np.random.default_rng(block)
        for _ in range(500):
            needs, projects = int(chance.integers(1, 12)), int(chance.integers(1, 6))
            fits = chance.random((needs, projects)) < 0.7
            scores = np.round(chance.random((needs, projects)), int(chance.integers(1, 7)))
            places = chance.integers(0, 4, projects)
            waiting = Waiting(
                indptr=np.cumsum([0, *fits.sum(axis=1)]),
                indices=np.nonzero(fits)[1].astype(np.int32),
                scores=scores[fits],
                places=places,
            )
            # Each place is a column, whoever may not have it counts a large loss, and everyone may stay for nothing.
            worth = np.where(fits, scores + 100.0, 0.0)[:, np.repeat(np.arange(projects), places)]
            square = np.hstack([worth, np.zeros((needs, needs))])
            best = square[linear_sum_assignment(square, maximize=True)].sum()
            found = solve(waiting)
            assert found.quality + 100.0 * (found.edge >= 0).sum() == pytest.approx(best, abs=1e-6)
