"""The money of an agreement: which tranche may be paid, what spending counts, and what is returned. Whole fen.

The grant is not the budget of the project: budget = award + matching. Both are kept apart in every sum here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from tuoju_projects.funding_status import AgreementState, SpendingState, TrancheState

FREE_MOVE = Fraction(10, 100)
"""What a line of the budget may be overspent by without a change request (rule R21)."""
LATE_RECEIPTS = timedelta(days=30)
"""So long after the end of an agreement receipts count that were paid then."""
SHARES_OF_TRANCHES = (50, 30, 20)
"""Percent of the award: at signing, after the mid-term review, after the final one (rule R18)."""
SPENT_BEFORE_SECOND = Fraction(70, 100)
"""Share of the first tranche that has to be spent before the second (rule R18)."""


class MoneySource(StrEnum):
    """Which part of the budget paid."""

    award = "award"
    matching = "matching"


class Grade(StrEnum):
    """Grade of the final evaluation (rule R23)."""

    a = "A"
    b = "B"
    c = "C"


@dataclass(frozen=True, slots=True)
class Milestone:
    """From this day on at least this share of the project is planned to be done."""

    due_on: date
    share: Fraction


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One line of the agreement's budget, with changes that were approved; fen."""

    head: str
    award: int
    matching: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    """One receipt."""

    head: str
    paid_on: date
    amount: int
    """Fen; negative for a reversed invoice (红字发票)."""
    source: MoneySource
    state: SpendingState


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is left to pay and to return at the end of an agreement; fen.

    Attributes
    ----------
    eligible
        Accepted spending from the award that the award pays for.
    to_return
        Paid and not eligible: goes back to the payer.
    last_tranche
        Eligible and not paid yet.
    award_after_matching
        The award, reduced in proportion where less matching money was spent than promised.
    """

    eligible: int
    to_return: int
    last_tranche: int
    award_after_matching: int


class TrancheObstacle(StrEnum):
    """Why a tranche cannot be paid."""

    agreement_not_active = "agreement_not_active"
    notice_not_over = "notice_not_over"
    condition_not_met = "condition_not_met"
    money_owed = "money_owed"
    disallowed_open = "disallowed_open"
    not_approved = "not_approved"
    same_person = "same_person"


@dataclass(frozen=True, slots=True)
class TrancheFacts:
    """What is known of a tranche when somebody wants to pay it."""

    state: TrancheState
    agreement: AgreementState
    notice_is_over: bool
    condition_is_met: bool
    owed: int
    """Money that the organization has to return, over all its agreements; fen."""
    disallowed: int
    """Disallowed spending of the agreement that is not returned yet; fen."""
    approved_by: int | None
    paid_by: int


def split_into_tranches(award: int, percents: tuple[int, ...] = SHARES_OF_TRANCHES) -> tuple[int, ...]:
    """The award in tranches of these percents, whole fen; the last takes what rounding leaves, so the sum is the award.

    Raises ValueError for a negative award, or percents that do not sum to 100.

    >>> split_into_tranches(100_001)
    (50000, 30000, 20001)
    """
    if award < 0 or sum(percents) != 100 or any(percent < 0 for percent in percents):
        raise ValueError("the award must be >= 0 and the percents must sum to 100")
    first = [award * percent // 100 for percent in percents[:-1]]
    return (*first, award - sum(first))


def planned_share(milestones: Iterable[Milestone], starts_on: date, day: date) -> Fraction:
    """The share of a project that is planned to be done on a day: linear between its milestones, the last being 1.

    Summer projects are measured by milestones and not by days.
    """
    before, reached = starts_on, Fraction(0)
    for milestone in sorted(milestones, key=lambda milestone: milestone.due_on):
        if day < milestone.due_on:
            passed = Fraction(max(0, (day - before).days), (milestone.due_on - before).days)
            return reached + (milestone.share - reached) * passed
        before, reached = milestone.due_on, milestone.share
    return reached


def obstacles_of_tranche(facts: TrancheFacts) -> tuple[TrancheObstacle, ...]:
    """Everything that keeps a tranche from being paid; empty if it may be."""
    checks = {
        TrancheObstacle.agreement_not_active: facts.agreement is not AgreementState.active,
        TrancheObstacle.notice_not_over: not facts.notice_is_over,
        TrancheObstacle.condition_not_met: not facts.condition_is_met,
        TrancheObstacle.money_owed: facts.owed > 0,
        TrancheObstacle.disallowed_open: facts.disallowed > 0,
        TrancheObstacle.not_approved: facts.state is not TrancheState.approved or facts.approved_by is None,
        TrancheObstacle.same_person: facts.approved_by == facts.paid_by,
    }
    return tuple(obstacle for obstacle, applies in checks.items() if applies)


def second_tranche_is_earned(first_paid: int, accepted: int) -> bool:
    """Whether enough of the first tranche is spent (rule R18). `accepted` is accepted spending from the award."""
    return accepted >= SPENT_BEFORE_SECOND * first_paid


def counts(spending: Spending, signed_on: date, ends_on: date) -> bool:
    """Whether a receipt is accepted and was paid within the agreement, or up to `LATE_RECEIPTS` after it."""
    return spending.state is SpendingState.accepted and signed_on <= spending.paid_on <= ends_on + LATE_RECEIPTS


def accepted_by_line(spendings: Iterable[Spending], source: MoneySource) -> dict[str, int]:
    """Sums of receipts by budget head, of one source; a reversed invoice reduces its head."""
    sums: dict[str, int] = {}
    for spending in spendings:
        if spending.source is source:
            sums[spending.head] = sums.get(spending.head, 0) + spending.amount
    return sums


def settle(
    lines: Iterable[BudgetLine],
    counted: Iterable[Spending],
    *,
    paid: int,
    grade: Grade = Grade.b,
    evaluated_share: Fraction = Fraction(1),
) -> Settlement:
    """Settle an agreement at its end, or on the day it is terminated.

    Each line counts up to `FREE_MOVE` above its budget, all lines together up to the award. Where less matching money
    was spent than promised, the award falls in proportion. Grade C counts `evaluated_share` of what remains.

    Parameters
    ----------
    counted
        Receipts for which `counts` holds; of one head that no line has nothing counts.
    paid : int
        Tranches paid so far, in fen.

    Raises
    ------
    ValueError
        If a line or `paid` is negative, or `evaluated_share` is not between 0 and 1.

    Notes
    -----
    One rounding, at the end and down: in favour of the payer, by less than a fen.
    """
    budget, receipts = list(lines), list(counted)
    if paid < 0 or any(line.award < 0 or line.matching < 0 for line in budget) or not 0 <= evaluated_share <= 1:
        raise ValueError("lines and payments must be >= 0, and the evaluated share between 0 and 1")
    award = Fraction(sum(line.award for line in budget))
    allowed = award * _share_of_matching(budget, receipts)
    spent = accepted_by_line(receipts, MoneySource.award)
    eligible = sum(
        (max(Fraction(0), min(Fraction(spent.get(head, 0)), limit)) for head, limit in _limits(budget).items()),
        Fraction(0),
    )
    eligible = min(eligible, allowed) * (evaluated_share if grade is Grade.c else 1)
    rounded = int(eligible)
    return Settlement(
        eligible=rounded,
        to_return=max(0, paid - rounded),
        last_tranche=max(0, rounded - paid),
        award_after_matching=int(allowed),
    )


def _limits(lines: Iterable[BudgetLine]) -> Mapping[str, Fraction]:
    limits: dict[str, Fraction] = {}
    for line in lines:
        limits[line.head] = limits.get(line.head, Fraction(0)) + line.award * (1 + FREE_MOVE)
    return limits


def _share_of_matching(lines: Iterable[BudgetLine], receipts: Iterable[Spending]) -> Fraction:
    """The share of the promised matching money that was spent, at most 1; 1 where none was promised."""
    promised = sum(line.matching for line in lines)
    if promised == 0:
        return Fraction(1)
    delivered = sum(accepted_by_line(receipts, MoneySource.matching).values())
    return min(Fraction(1), Fraction(max(0, delivered), promised))
