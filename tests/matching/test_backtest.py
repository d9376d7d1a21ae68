"""When the learned ranker may take the place of the rules (issue 4, point 8)."""

from dataclasses import replace

import numpy as np
import pytest

from tuoju_matching.backtest import Decisions, Verdict, backtest, drift
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import Finding, sigmoid

SHOWN = 5
CURVE = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
AT = {feature: column for column, feature in enumerate(FEATURES)}


def log(count: int, *, seed: int = 0, success: float = 5.0, harmed: str = "") -> Decisions:
    """Decisions in an order that says nothing; `success` is what the record of success truly counts, and the other
    way round for the group `harmed`."""
    chance = np.random.default_rng(seed)
    features = chance.random((count * SHOWN, len(FEATURES)))
    chosen = chance.choice(SHOWN, size=count, p=CURVE)
    groups = chance.choice(["a", "b", "b", "b"], size=count)
    record = features[np.arange(count) * SHOWN + chosen, AT[Feature.success]]
    counts = np.where(groups == harmed, -success, success)
    accepted = (chance.random(count) < 0.8).astype(float)
    met = accepted * (chance.random(count) < sigmoid(counts * (record - 0.5)))
    starts = np.arange(count + 1) * SHOWN
    return Decisions(features, starts, chosen, accepted, met, np.zeros(count, dtype=np.intp), {"letter": groups})


@pytest.fixture(scope="module")
def learned() -> Verdict:
    return backtest(log(1500))


class TestBacktest:
    def test_adopts_what_beats_the_rules_with_its_whole_interval(self, learned: Verdict) -> None:
        assert learned.finding is Finding.better
        assert learned.gain is not None
        assert learned.gain.low > 0
        assert learned.met is not None
        assert max(learned.met.log_odds, key=lambda each: learned.met.log_odds[each]) is Feature.success  # type: ignore[union-attr]

    def test_says_how_good_its_probabilities_were(self, learned: Verdict) -> None:
        quality = learned.quality_met
        assert quality is not None
        assert quality.auc.low > 0.6
        assert quality.brier.high < quality.base
        assert all(
            each.observed.low - 0.05 <= each.predicted <= each.observed.high + 0.05 for each in quality.reliability
        )

    def test_stays_with_the_rules_while_there_is_little_to_learn_from(self) -> None:
        assert backtest(log(100)) == Verdict(Finding.too_few, 100)
        assert backtest(log(0)) == Verdict(Finding.too_few, 0)
        everyone = replace(log(1000), met=np.ones(1000), accepted=np.ones(1000))
        assert backtest(everyone).finding is Finding.too_few

    def test_stays_with_the_rules_where_outcomes_are_chance(self) -> None:
        assert backtest(log(1500, success=0.0)).finding in (Finding.not_better, Finding.nothing_learned)

    def test_stays_with_the_rules_where_a_group_would_lose(self) -> None:
        verdict = backtest(log(3000, success=9.0, harmed="a"))
        assert verdict.finding is Finding.harms_group
        assert [each.group for each in verdict.groups if each.harmed] == ["a"]
        assert verdict.gain is not None
        assert verdict.gain.low > 0

    def test_is_the_same_for_the_same_log(self, learned: Verdict) -> None:
        assert backtest(log(1500)) == learned


class TestDrift:
    def test_is_not_seen_where_nothing_changed(self, learned: Verdict) -> None:
        assert learned.met is not None
        found = drift(learned.met, log(300, seed=1), log(1500))
        assert not found.found
        assert max(found.moved.values()) < 0.25

    def test_is_seen_where_outcomes_left_what_was_said(self, learned: Verdict) -> None:
        assert learned.met is not None
        recent = log(300, seed=1)
        assert drift(learned.met, replace(recent, met=recent.met * 0), log(1500)).found


class TestDecisions:
    @pytest.mark.parametrize(
        "broken",
        [
            {"chosen": np.full(10, SHOWN)},
            {"met": np.zeros(9)},
            {"features": np.full((10 * SHOWN, len(FEATURES)), np.nan)},
            {"groups": {"letter": np.array(["a"])}},
        ],
    )
    def test_that_can_not_have_been_are_refused(self, broken: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"length|numbers|shown"):
            replace(log(10), **broken)  # type: ignore[arg-type]
