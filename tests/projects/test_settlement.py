"""The money of agreements: sums to the fen, by the formulas and rules R10, R18, R21, R23 and R24 of their source."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju_projects.funding_status import AgreementState, SpendingState, TrancheState
from tuoju_projects.settlement import (
    BudgetLine,
    Grade,
    Milestone,
    MoneySource,
    Spending,
    TrancheFacts,
    TrancheObstacle,
    counts,
    obstacles_of_tranche,
    planned_share,
    second_tranche_is_earned,
    settle,
    split_into_tranches,
)

SIGNED, ENDS = date(2027, 3, 1), date(2027, 12, 31)
AMOUNTS = st.integers(0, 10**9)
HEADS = st.sampled_from(["B11", "B21", "B31"])


def receipt(head: str = "B11", amount: int = 100, **values: object) -> Spending:
    defaults = {
        "head": head,
        "paid_on": SIGNED,
        "amount": amount,
        "source": MoneySource.award,
        "state": SpendingState.accepted,
    }
    return Spending(**{**defaults, **values})  # type: ignore[arg-type]


class TestSplitIntoTranches:
    @given(AMOUNTS)
    def test_the_sum_is_the_award(self, award: int) -> None:
        tranches = split_into_tranches(award)
        assert sum(tranches) == award
        assert all(tranche >= 0 for tranche in tranches)

    @pytest.mark.parametrize(("award", "percents"), [(-1, (50, 30, 20)), (1, (50, 30)), (1, (120, -20))])
    def test_bad_shares_are_refused(self, award: int, percents: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="sum to 100"):
            split_into_tranches(award, percents)


class TestPlannedShare:
    def test_is_linear_between_milestones(self) -> None:
        """A summer project does nothing until July: its days do not count, its milestones do."""
        milestones = [Milestone(date(2027, 7, 1), Fraction(0)), Milestone(date(2027, 8, 30), Fraction(1))]
        assert planned_share(milestones, SIGNED, date(2027, 6, 30)) == 0
        assert planned_share(milestones, SIGNED, date(2027, 7, 31)) == Fraction(1, 2)
        assert planned_share(milestones, SIGNED, ENDS) == 1

    @given(st.integers(-400, 800), st.integers(0, 100))
    def test_never_falls_and_stays_a_share(self, offset: int, percent: int) -> None:
        milestones = [Milestone(date(2027, 8, 1), Fraction(percent, 100)), Milestone(ENDS, Fraction(1))]
        day = SIGNED + timedelta(days=offset)
        share = planned_share(milestones, SIGNED, day)
        assert 0 <= share <= planned_share(milestones, SIGNED, day + timedelta(days=1)) <= 1


class TestObstaclesOfTranche:
    FACTS = TrancheFacts(TrancheState.approved, AgreementState.active, True, True, 0, 0, approved_by=1, paid_by=2)

    def test_none_where_all_is_in_order(self) -> None:
        assert obstacles_of_tranche(self.FACTS) == ()

    @pytest.mark.parametrize(
        ("change", "obstacle"),
        [
            ({"agreement": AgreementState.rectifying}, TrancheObstacle.agreement_not_active),
            ({"notice_is_over": False}, TrancheObstacle.notice_not_over),
            ({"condition_is_met": False}, TrancheObstacle.condition_not_met),
            ({"owed": 1}, TrancheObstacle.money_owed),
            ({"disallowed": 1}, TrancheObstacle.disallowed_open),
            ({"state": TrancheState.requested}, TrancheObstacle.not_approved),
            ({"paid_by": 1}, TrancheObstacle.same_person),
        ],
    )
    def test_each_is_named(self, change: dict[str, object], obstacle: TrancheObstacle) -> None:
        facts = {name: getattr(self.FACTS, name) for name in self.FACTS.__slots__}
        assert obstacles_of_tranche(TrancheFacts(**{**facts, **change})) == (obstacle,)  # type: ignore[arg-type]

    def test_the_second_is_earned_by_seventy_percent_of_the_first(self) -> None:
        assert second_tranche_is_earned(100_000, 70_000)
        assert not second_tranche_is_earned(100_000, 69_999)


class TestCounts:
    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (SIGNED - timedelta(days=1), False),
            (SIGNED, True),
            (ENDS + timedelta(days=30), True),
            (ENDS + timedelta(days=31), False),
        ],
    )
    def test_a_receipt_is_paid_between_signing_and_thirty_days_after_the_end(self, day: date, expected: bool) -> None:
        assert counts(receipt(paid_on=day), SIGNED, ENDS) is expected

    @pytest.mark.parametrize("state", [state for state in SpendingState if state is not SpendingState.accepted])
    def test_what_is_not_accepted_does_not(self, state: SpendingState) -> None:
        assert not counts(receipt(state=state), SIGNED, ENDS)


class TestSettle:
    LINES = (BudgetLine("B11", 60_000, 40_000), BudgetLine("B21", 40_000))

    def test_unspent_money_goes_back(self) -> None:
        matched = receipt(amount=40_000, source=MoneySource.matching)
        settlement = settle(self.LINES, [receipt(amount=30_000), matched], paid=80_000)
        assert (settlement.eligible, settlement.to_return, settlement.last_tranche) == (30_000, 50_000, 0)

    def test_a_line_counts_up_to_ten_percent_more(self) -> None:
        """Rule R21: 70,000 on a line of 60,000 count 66,000."""
        matched = receipt(amount=40_000, source=MoneySource.matching)
        settlement = settle(self.LINES, [receipt(amount=70_000), matched], paid=50_000)
        assert (settlement.eligible, settlement.last_tranche) == (66_000, 16_000)

    def test_all_lines_count_up_to_the_award(self) -> None:
        receipts = [receipt(amount=66_000), receipt("B21", 44_000), receipt(amount=40_000, source=MoneySource.matching)]
        assert settle(self.LINES, receipts, paid=0).eligible == 100_000

    def test_matching_money_is_no_award_and_the_award_falls_with_it(self) -> None:
        """6 : 4 is kept: half of the matching money, half of the award."""
        receipts = [receipt(amount=60_000), receipt("B21", 40_000), receipt(amount=20_000, source=MoneySource.matching)]
        settlement = settle(self.LINES, receipts, paid=100_000)
        assert (settlement.award_after_matching, settlement.eligible, settlement.to_return) == (50_000, 50_000, 50_000)

    def test_grade_c_counts_its_share(self) -> None:
        lines, receipts = [BudgetLine("B11", 90_001)], [receipt(amount=90_001)]
        settlement = settle(lines, receipts, paid=0, grade=Grade.c, evaluated_share=Fraction(2, 3))
        assert settlement.eligible == 60_000
        assert settle(lines, receipts, paid=0, evaluated_share=Fraction(2, 3)).eligible == 90_001

    def test_a_reversed_invoice_takes_its_money_back(self) -> None:
        lines = [BudgetLine("B11", 1_000)]
        assert settle(lines, [receipt(amount=800), receipt(amount=-300)], paid=0).eligible == 500
        assert settle(lines, [receipt(amount=-300)], paid=0).eligible == 0

    def test_spending_without_a_line_does_not_count(self) -> None:
        assert settle([BudgetLine("B11", 1_000)], [receipt("X03", 1_000)], paid=0).eligible == 0

    @given(
        st.lists(st.builds(BudgetLine, HEADS, AMOUNTS, AMOUNTS), max_size=4),
        st.lists(
            st.builds(receipt, HEADS, st.integers(-(10**6), 10**9), source=st.sampled_from(MoneySource)), max_size=8
        ),
        AMOUNTS,
        st.sampled_from(Grade),
        st.fractions(0, 1),
    )
    def test_no_fen_is_lost_and_nothing_exceeds_the_award(
        self, lines: list[BudgetLine], receipts: list[Spending], paid: int, grade: Grade, share: Fraction
    ) -> None:
        settlement = settle(lines, receipts, paid=paid, grade=grade, evaluated_share=share)
        assert paid - settlement.to_return + settlement.last_tranche == settlement.eligible
        assert min(settlement.to_return, settlement.last_tranche) == 0
        assert 0 <= settlement.eligible <= settlement.award_after_matching <= sum(line.award for line in lines)

    @pytest.mark.parametrize(("paid", "share"), [(-1, Fraction(1)), (0, Fraction(2))])
    def test_bad_input_is_refused(self, paid: int, share: Fraction) -> None:
        with pytest.raises(ValueError, match="must be >= 0"):
            settle([], [], paid=paid, evaluated_share=share)
