"""Estimates from logs, against a truth that is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju_matching.evaluation import (
    Floats,
    choice_curve,
    doubly_robust,
    inverse_propensity,
    mean_of,
    policy,
    reliability,
    stability_index,
    wilson,
)

CURVE = np.array([0.6, 0.25, 0.1, 0.05])
"""How a worker chooses among four shown."""


class World:
    """Slates of four whose true chances are known, shown in an order that hides the best one."""

    def __init__(self, seed: int, count: int = 6000) -> None:
        chance = np.random.default_rng(seed)
        self.chances = np.sort(chance.random((count, 4)), axis=1)  # the worst is shown first
        self.logged = np.tile(CURVE, (count, 1))
        self.target = self.logged[:, ::-1]  # the order turned round
        taken = np.array([chance.choice(4, p=CURVE) for _ in range(count)])
        self.taken = (np.arange(count), taken)
        self.outcome = (chance.random(count) < self.chances[self.taken]).astype(float)
        self.truth = float((self.target * self.chances).sum(axis=1).mean())

    def doubly_robust(self, expected: Floats, logged: Floats) -> Floats:
        under_target = (self.target * expected).sum(axis=1)
        return doubly_robust(
            self.outcome, self.target[self.taken], logged[self.taken], expected[self.taken], under_target, clip=100
        )


@pytest.mark.parametrize("seed", range(3))
class TestAgainstAKnownTruth:
    def test_what_was_chosen_says_little_of_what_another_ranking_would_bring(self, seed: int) -> None:
        world = World(seed)
        assert mean_of(world.outcome).high < world.truth - 0.1

    def test_inverse_propensity_finds_it(self, seed: int) -> None:
        world = World(seed)
        found = mean_of(
            inverse_propensity(world.outcome, world.target[world.taken], world.logged[world.taken], clip=100),
            level=0.999,
        )
        assert found.low < world.truth < found.high

    def test_doubly_robust_finds_it_with_wrong_expectations(self, seed: int) -> None:
        world = World(seed)
        found = mean_of(world.doubly_robust(np.full_like(world.chances, 0.9), world.logged), level=0.999)
        assert found.low < world.truth < found.high

    def test_doubly_robust_finds_it_with_wrong_propensities(self, seed: int) -> None:
        world = World(seed)
        found = mean_of(world.doubly_robust(world.chances, np.full_like(world.logged, 0.25)), level=0.999)
        assert found.low < world.truth < found.high

    def test_doubly_robust_is_the_surer_of_the_two(self, seed: int) -> None:
        world = World(seed)
        plain = inverse_propensity(world.outcome, world.target[world.taken], world.logged[world.taken], clip=100)
        assert world.doubly_robust(world.chances, world.logged).var() < plain.var()


class TestChoiceCurve:
    def test_is_told_from_the_log(self) -> None:
        chance = np.random.default_rng(0)
        shown = chance.integers(1, 5, 8000)
        chosen = [int(chance.choice(size, p=CURVE[:size] / CURVE[:size].sum())) + 1 for size in shown]
        assert choice_curve(chosen, shown) == pytest.approx(CURVE, abs=0.02)

    @given(st.lists(st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), min_size=1))
    def test_makes_nothing_impossible(self, log: list[tuple[int, int]]) -> None:
        curve = choice_curve(*zip(*log, strict=True))
        assert curve.sum() == pytest.approx(1)
        assert (curve > 0).all()
        assert policy(np.arange(1, len(curve) + 1), curve).sum() == pytest.approx(1)

    @pytest.mark.parametrize(("chosen", "shown"), [([], []), ([0], [2]), ([3], [2]), ([1, 1], [2])])
    def test_refuses_what_can_not_have_been(self, chosen: list[int], shown: list[int]) -> None:
        with pytest.raises(ValueError, match=r"decisions|shown"):
            choice_curve(chosen, shown)


class TestIntervals:
    @pytest.mark.parametrize(("successes", "trials", "low", "high"), [(0, 10, 0.0, 0.2775), (50, 100, 0.4038, 0.5962)])
    def test_wilson_as_published(self, successes: int, trials: int, low: float, high: float) -> None:
        """Newcombe 1998, table I, method 3."""
        found = wilson(successes, trials)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)

    @given(st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_wilson_holds_its_share(self, trial: tuple[int, int]) -> None:
        found = wilson(*trial)
        assert 0 <= found.low <= found.value <= found.high <= 1 or trial[1] == 0

    @pytest.mark.parametrize(("successes", "trials"), [(-1, 2), (3, 2)])
    def test_wilson_refuses_more_successes_than_trials(self, successes: int, trials: int) -> None:
        with pytest.raises(ValueError, match="trials"):
            wilson(successes, trials)

    def test_one_value_says_nothing(self) -> None:
        assert mean_of([1.0]).low == -np.inf


class TestTables:
    @given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), max_size=40))
    def test_reliability_counts_everyone_once(self, given_: list[tuple[float, float]]) -> None:
        said, came = ([each[at] for each in given_] for at in (0, 1))
        table = reliability(said, came)
        assert sum(each.observed.count for each in table) == len(given_)
        assert all(a.predicted <= b.predicted + 1e-9 for a, b in pairwise(table))

    def test_a_moved_feature_is_noticed(self) -> None:
        chance = np.random.default_rng(0)
        assert stability_index(chance.random(500), chance.random(500)) < 0.1
        assert stability_index(chance.random(500), chance.random(500) / 2) > 0.25

    @pytest.mark.parametrize("broken", [[float("nan")], [[0.1]], [float("inf")]])
    def test_what_is_no_list_of_numbers_is_refused(self, broken: list[object]) -> None:
        with pytest.raises(ValueError, match="list of numbers"):
            mean_of(broken)

    def test_a_choice_that_could_not_be_is_refused(self) -> None:
        with pytest.raises(ValueError, match="above zero"):
            inverse_propensity([1.0], [0.5], [0.0])
