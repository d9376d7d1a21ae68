"""The budget of an application: lines of unit price times count, split into award and matching money, and their caps.

Heads and forbidden spending are those of data/funding/budget_heads.csv: three classes, no fixed assets, no cash or
gifts to clients, no official travel; evaluation is paid by the funder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tuoju_projects.call_rules import CallRuleName, CallRules


class BudgetHead(StrEnum):
    """What the budget of an application may pay for."""

    staff = "staff"
    volunteers = "volunteers"
    experts = "experts"
    materials = "materials"
    venue = "venue"
    transport = "transport"
    publicity = "publicity"
    training = "training"
    management = "management"
    taxes = "taxes"


SHARE_AT_MOST: Mapping[BudgetHead, int] = {BudgetHead.venue: 10, BudgetHead.publicity: 10}
"""Percent of the award, own proposal; management has a rule of its own."""


class BudgetFault(StrEnum):
    """What keeps a budget from being submitted."""

    no_line = "no_line"
    above_largest = "above_largest"
    above_share = "above_share"
    head_above_cap = "head_above_cap"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; fen. Matching money is what the award does not pay of it."""

    head: BudgetHead
    what: str
    price: int
    count: int
    award: int

    @property
    def total(self) -> int:
        return self.price * self.count

    @property
    def matching(self) -> int:
        return self.total - self.award


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a budget; fen."""

    award: int
    matching: int
    by_head: Mapping[BudgetHead, int]
    """What the award pays of each head."""

    @property
    def total(self) -> int:
        return self.award + self.matching


@dataclass(frozen=True, slots=True)
class Excess:
    """A cap that is broken: what is allowed, in fen."""

    fault: BudgetFault
    allowed: int = 0
    head: BudgetHead | None = None


def sums_of(lines: Iterable[Line]) -> Sums:
    """The sums; award and matching money are kept apart."""
    by_head: dict[BudgetHead, int] = {}
    award = matching = 0
    for line in lines:
        award, matching = award + line.award, matching + line.matching
        by_head[line.head] = by_head.get(line.head, 0) + line.award
    return Sums(award, matching, by_head)


def excesses(sums: Sums, rules: CallRules) -> list[Excess]:
    """Every cap of the call's rules that the budget breaks (rules R7, R8, R10)."""
    if not sums.total or not sums.award:
        return [Excess(BudgetFault.no_line)]
    broken: list[Excess] = []
    if sums.award > rules[CallRuleName.largest_award]:
        broken.append(Excess(BudgetFault.above_largest, rules[CallRuleName.largest_award]))
    share = rules[CallRuleName.award_of_budget]
    if 100 * sums.award > share * sums.total:
        broken.append(Excess(BudgetFault.above_share, share * sums.total // 100))
    caps = {**SHARE_AT_MOST, BudgetHead.management: rules[CallRuleName.management_share]}
    for head, percent in caps.items():
        if 100 * sums.by_head.get(head, 0) > percent * sums.award:
            broken.append(Excess(BudgetFault.head_above_cap, percent * sums.award // 100, head))
    return broken


def unit_cost(sums: Sums, person_times: int) -> int | None:
    """Fen of the whole budget for each person-time; None without any."""
    return round(Decimal(sums.total) / person_times) if person_times else None
