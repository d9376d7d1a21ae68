"""Off-policy estimates against a known truth."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju_matching.evaluation import (
    Floats,
    choice_curve,
    choice_probabilities,
    doubly_robust,
    inverse_propensity,
    mean_estimate,
    reliability,
    stability_index,
    wilson,
)

CURVE = np.array([0.6, 0.25, 0.1, 0.05])
"""Probability that a worker chooses each of four ranks."""


class World:
    """Lists of four projects with known probabilities, shown in an order that puts the best one last."""

    def __init__(self, seed: int, count: int = 6000) -> None:
        random = np.random.default_rng(seed)
        self.chances = np.sort(random.random((count, 4)), axis=1)  # the worst project is shown first
        self.logged = np.tile(CURVE, (count, 1))
        self.target = self.logged[:, ::-1]  # the reversed order
        taken = np.array([random.choice(4, p=CURVE) for _ in range(count)])
        self.taken = (np.arange(count), taken)
        self.outcome = (random.random(count) < self.chances[self.taken]).astype(float)
        self.truth = float((self.target * self.chances).sum(axis=1).mean())

    def doubly_robust(self, expected: Floats, logged: Floats) -> Floats:
        under_target = (self.target * expected).sum(axis=1)
        return doubly_robust(
            self.outcome, self.target[self.taken], logged[self.taken], expected[self.taken], under_target, clip=100
        )


@pytest.mark.parametrize("seed", range(3))
class TestKnownTruth:
    def test_the_mean_outcome_of_chosen_projects_underestimates_a_better_ranking(self, seed: int) -> None:
        world = World(seed)
        assert mean_estimate(world.outcome).high < world.truth - 0.1

    def test_inverse_propensity_covers_the_truth(self, seed: int) -> None:
        world = World(seed)
        estimate = mean_estimate(
            inverse_propensity(world.outcome, world.target[world.taken], world.logged[world.taken], clip=100),
            level=0.999,
        )
        assert estimate.low < world.truth < estimate.high

    def test_doubly_robust_covers_the_truth_with_wrong_expectations(self, seed: int) -> None:
        world = World(seed)
        estimate = mean_estimate(world.doubly_robust(np.full_like(world.chances, 0.9), world.logged), level=0.999)
        assert estimate.low < world.truth < estimate.high

    def test_doubly_robust_covers_the_truth_with_wrong_propensities(self, seed: int) -> None:
        world = World(seed)
        estimate = mean_estimate(world.doubly_robust(world.chances, np.full_like(world.logged, 0.25)), level=0.999)
        assert estimate.low < world.truth < estimate.high

    def test_doubly_robust_has_the_smaller_variance(self, seed: int) -> None:
        world = World(seed)
        plain = inverse_propensity(world.outcome, world.target[world.taken], world.logged[world.taken], clip=100)
        assert world.doubly_robust(world.chances, world.logged).var() < plain.var()


class TestChoiceCurve:
    def test_is_recovered_from_a_log(self) -> None:
        random = np.random.default_rng(0)
        shown = random.integers(1, 5, 8000)
        chosen = [int(random.choice(size, p=CURVE[:size] / CURVE[:size].sum())) + 1 for size in shown]
        assert choice_curve(chosen, shown) == pytest.approx(CURVE, abs=0.02)

    @given(st.lists(st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), min_size=1))
    def test_gives_every_rank_a_probability_above_zero(self, log: list[tuple[int, int]]) -> None:
        curve = choice_curve(*zip(*log, strict=True))
        assert curve.sum() == pytest.approx(1)
        assert (curve > 0).all()
        assert choice_probabilities(np.arange(1, len(curve) + 1), curve).sum() == pytest.approx(1)

    @pytest.mark.parametrize(("chosen", "shown"), [([], []), ([0], [2]), ([3], [2]), ([1, 1], [2])])
    def test_impossible_choices_are_rejected(self, chosen: list[int], shown: list[int]) -> None:
        with pytest.raises(ValueError, match=r"decision|shown"):
            choice_curve(chosen, shown)


class TestIntervals:
    @pytest.mark.parametrize(("successes", "trials", "low", "high"), [(0, 10, 0.0, 0.2775), (50, 100, 0.4038, 0.5962)])
    def test_wilson_equals_published_values(self, successes: int, trials: int, low: float, high: float) -> None:
        """Newcombe 1998, table I, method 3."""
        estimate = wilson(successes, trials)
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-4)

    @given(st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_wilson_contains_the_share(self, trial: tuple[int, int]) -> None:
        estimate = wilson(*trial)
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1 or trial[1] == 0

    @pytest.mark.parametrize(("successes", "trials"), [(-1, 2), (3, 2)])
    def test_wilson_rejects_more_successes_than_trials(self, successes: int, trials: int) -> None:
        with pytest.raises(ValueError, match="trials"):
            wilson(successes, trials)

    def test_one_value_has_an_infinite_interval(self) -> None:
        assert mean_estimate([1.0]).low == -np.inf


class TestTables:
    @given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), max_size=40))
    def test_reliability_counts_every_prediction_once(self, pairs: list[tuple[float, float]]) -> None:
        table = reliability([predicted for predicted, _ in pairs], [outcome for _, outcome in pairs])
        assert sum(row.observed.count for row in table) == len(pairs)
        assert all(lower.predicted <= upper.predicted + 1e-9 for lower, upper in pairwise(table))

    def test_the_stability_index_detects_a_moved_feature(self) -> None:
        random = np.random.default_rng(0)
        assert stability_index(random.random(500), random.random(500)) < 0.1
        assert stability_index(random.random(500), random.random(500) / 2) > 0.25

    @pytest.mark.parametrize("values", [[float("nan")], [[0.1]], [float("inf")]])
    def test_values_that_are_not_a_list_of_finite_numbers_are_rejected(self, values: list[object]) -> None:
        with pytest.raises(ValueError, match="one-dimensional and finite"):
            mean_estimate(values)

    def test_a_logged_probability_of_zero_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="above zero"):
            inverse_propensity([1.0], [0.5], [0.0])
