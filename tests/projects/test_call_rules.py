"""The rules of a call: local numbers with their source, in bounds, and kept by a published call."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju_projects.call_rules import (
    DEFINITIONS,
    CallRuleName,
    CallRules,
    LocalRule,
    RulesNotUsable,
    definitions_as_markdown,
)
from tuoju_projects.settlement import Grade, split_into_tranches

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "funding.md"
DEFAULTS = CallRules({})
NAMES = st.sampled_from(CallRuleName)


def local(**values: int) -> CallRules:
    return CallRules({CallRuleName(name): LocalRule(value, "滁民〔2027〕1号") for name, value in values.items()})


def test_every_rule_has_a_default_within_its_bounds_and_a_source() -> None:
    assert set(DEFINITIONS) == set(CallRuleName)
    for definition in DEFINITIONS.values():
        assert definition.lowest <= definition.default <= definition.highest
        assert definition.source


def test_the_document_has_the_table() -> None:
    assert definitions_as_markdown() in DOCUMENT.read_text(encoding="utf-8")


class TestCallRules:
    def test_what_a_region_has_set_goes_before_the_default(self) -> None:
        rules = local(notice=7)
        assert (rules[CallRuleName.notice], rules.source(CallRuleName.notice)) == (7, "滁民〔2027〕1号")
        assert (DEFAULTS[CallRuleName.notice], DEFAULTS[CallRuleName.period]) == (5, 10)

    @given(NAMES, st.sampled_from([-1, 1]))
    def test_out_of_bounds_is_refused(self, name: CallRuleName, side: int) -> None:
        definition = DEFINITIONS[name]
        value = definition.lowest - 1 if side < 0 else definition.highest + 1
        with pytest.raises(RulesNotUsable) as caught:
            CallRules({name: LocalRule(value, "source")})
        assert caught.value.names == (name,)

    def test_a_rule_without_a_source_is_refused(self) -> None:
        with pytest.raises(RulesNotUsable):
            CallRules({CallRuleName.notice: LocalRule(5, " ")})

    @pytest.mark.parametrize(
        "values",
        [
            {"open_days": 10},
            {"awards_per_organization": 3},
            {"reviews_at_least": 2},
            {"grade_a": 50},
            {"first_tranche": 80},
        ],
    )
    def test_rules_that_contradict_each_other_are_refused(self, values: dict[str, int]) -> None:
        with pytest.raises(RulesNotUsable) as caught:
            local(**values)
        assert len(caught.value.names) == 2

    @given(st.integers(5, 60), st.integers(1, 36))
    def test_a_published_call_keeps_its_rules(self, notice: int, months: int) -> None:
        """Also where a later release ships another default: every rule is written down, not only the local ones."""
        rules = local(notice=notice, period=months)
        stored = rules.frozen()
        assert set(stored) == {name.value for name in CallRuleName}
        again = CallRules.thawed(stored)
        assert again.frozen() == stored
        assert len(again.local) == len(CallRuleName)

    def test_an_unknown_rule_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not a valid"):
            CallRules.thawed({"lucky_number": {"value": 8, "source": "x"}})

    def test_tranches_follow_the_rules(self) -> None:
        assert DEFAULTS.tranche_percents == (50, 30, 20)
        assert split_into_tranches(1_000, local(first_tranche=60, second_tranche=40).tranche_percents) == (600, 400, 0)

    def test_small_awards_need_fewer_reviews(self) -> None:
        """Rule R13: 3 up to 20,000 yuan, 5 above."""
        assert [DEFAULTS.reviews_needed(award) for award in (2_000_000, 2_000_001)] == [3, 5]

    def test_the_award_keeps_its_share_of_the_budget(self) -> None:
        """Rule R8, Guangzhou 2019: at most 60 % of award and matching together."""
        rules = local(award_of_budget=60)
        assert rules.award_is_within(6_000_000, 4_000_000)
        assert not rules.award_is_within(6_000_001, 4_000_000)
        assert DEFAULTS.award_is_within(10_000_000, 0)
        assert not DEFAULTS.award_is_within(10_000_001, 0)

    @pytest.mark.parametrize(("points", "grade"), [(85, Grade.a), (84.99, Grade.b), (60, Grade.b), (59.99, Grade.c)])
    def test_grades(self, points: float, grade: Grade) -> None:
        """Rule R23."""
        assert DEFAULTS.grade(points) is grade
        assert DEFAULTS.grade(points, veto=True) is Grade.c
