"""When a learned ranker may replace the rules."""

from dataclasses import replace

import numpy as np
import pytest

from tuoju_matching.backtest import Decisions, Verdict, backtest, drift
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import Finding, sigmoid

SHOWN = 5
CURVE = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
COLUMN = {feature: column for column, feature in enumerate(FEATURES)}


def log(count: int, *, seed: int = 0, success: float = 5.0, harmed: str = "") -> Decisions:
    """Random decisions; `success` is the true weight of the success rate, with the opposite sign for the group
    `harmed`."""
    random = np.random.default_rng(seed)
    features = random.random((count * SHOWN, len(FEATURES)))
    chosen = random.choice(SHOWN, size=count, p=CURVE)
    groups = random.choice(["a", "b", "b", "b"], size=count)
    record = features[np.arange(count) * SHOWN + chosen, COLUMN[Feature.success]]
    weight = np.where(groups == harmed, -success, success)
    accepted = (random.random(count) < 0.8).astype(float)
    met = accepted * (random.random(count) < sigmoid(weight * (record - 0.5)))
    starts = np.arange(count + 1) * SHOWN
    return Decisions(features, starts, chosen, accepted, met, np.zeros(count, dtype=np.intp), {"letter": groups})


@pytest.fixture(scope="module")
def learned() -> Verdict:
    return backtest(log(1500))


class TestBacktest:
    def test_a_gain_with_an_interval_above_zero_is_adopted(self, learned: Verdict) -> None:
        assert learned.finding is Finding.better
        assert learned.gain is not None
        assert learned.gain.low > 0
        assert learned.met is not None
        assert max(learned.met.log_odds, key=lambda feature: learned.met.log_odds[feature]) is Feature.success  # type: ignore[union-attr]

    def test_reports_the_quality_of_its_probabilities(self, learned: Verdict) -> None:
        quality = learned.quality_met
        assert quality is not None
        assert quality.auc.low > 0.6
        assert quality.brier.high < quality.base
        assert all(row.observed.low - 0.05 <= row.predicted <= row.observed.high + 0.05 for row in quality.reliability)

    def test_too_few_decisions_or_outcomes_keep_the_rules(self) -> None:
        assert backtest(log(100)) == Verdict(Finding.too_few, 100)
        assert backtest(log(0)) == Verdict(Finding.too_few, 0)
        all_met = replace(log(1000), met=np.ones(1000), accepted=np.ones(1000))
        assert backtest(all_met).finding is Finding.too_few

    def test_random_outcomes_keep_the_rules(self) -> None:
        assert backtest(log(1500, success=0.0)).finding in (Finding.not_better, Finding.nothing_learned)

    def test_a_harmed_group_keeps_the_rules(self) -> None:
        verdict = backtest(log(3000, success=9.0, harmed="a"))
        assert verdict.finding is Finding.harms_group
        assert [group.group for group in verdict.groups if group.harmed] == ["a"]
        assert verdict.gain is not None
        assert verdict.gain.low > 0

    def test_is_deterministic(self, learned: Verdict) -> None:
        assert backtest(log(1500)) == learned


class TestDrift:
    def test_is_not_detected_if_nothing_changed(self, learned: Verdict) -> None:
        assert learned.met is not None
        result = drift(learned.met, log(300, seed=1), log(1500))
        assert not result.detected
        assert max(result.moved.values()) < 0.25

    def test_is_detected_if_outcomes_differ_from_predictions(self, learned: Verdict) -> None:
        assert learned.met is not None
        recent = log(300, seed=1)
        assert drift(learned.met, replace(recent, met=recent.met * 0), log(1500)).detected


class TestDecisions:
    @pytest.mark.parametrize(
        "changed",
        [
            {"chosen": np.full(10, SHOWN)},
            {"met": np.zeros(9)},
            {"features": np.full((10 * SHOWN, len(FEATURES)), np.nan)},
            {"groups": {"letter": np.array(["a"])}},
        ],
    )
    def test_invalid_columns_are_rejected(self, changed: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"length|finite|shown"):
            replace(log(10), **changed)  # type: ignore[arg-type]
