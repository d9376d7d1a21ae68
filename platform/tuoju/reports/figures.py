"""The definition of each figure: the count of rows that can be listed (docs/figures.md)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import TypeVar

from tuoju.cases.status import NeedState
from tuoju.referrals.confirmations import HelpState
from tuoju.referrals.status import ReferralState
from tuoju.reports.facts import AttendanceFact, Facts, NeedFact, ReferralFact

Fact = NeedFact | ReferralFact | AttendanceFact
F = TypeVar("F", NeedFact, ReferralFact, AttendanceFact)


class Figure(StrEnum):
    """A figure; its words are in `words.vocabulary.figures`."""

    waiting_needs = "waiting_needs"
    referrals_sent = "referrals_sent"
    referrals_answered = "referrals_answered"
    loops_closed = "loops_closed"
    got_help = "got_help"
    help_confirmed = "help_confirmed"
    help_unconfirmed = "help_unconfirmed"
    person_times = "person_times"
    household_times = "household_times"
    persons = "persons"


class Dimension(StrEnum):
    """What the tables of figures are grouped by."""

    county = "county"
    project = "project"
    month = "month"


@dataclass(frozen=True)
class Slice:
    """A part of the facts: of a county, a project and a month; "" for all."""

    county: str = ""
    project: str = ""
    month: str = ""

    def of(self, facts: list[F]) -> list[F]:
        """The facts that belong to the part."""
        return [fact for fact in facts if self.holds(fact)] if self != WHOLE else facts

    def holds(self, fact: Fact) -> bool:
        """Whether a fact belongs to the part. A need belongs to no project."""
        if self.county and fact.county != self.county:
            return False
        if self.month and fact.month != self.month:
            return False
        return not self.project or (not isinstance(fact, NeedFact) and str(fact.project_id) == self.project)


WHOLE = Slice()


def _closed(fact: ReferralFact) -> bool:
    """Whether the sender knows the result: an outcome, or a rejection with its reason (closed-loop referral)."""
    return fact.outcome is not None or fact.rejected_with_reason


def _helped(fact: ReferralFact) -> bool:
    """Whether help is reported and no complaint un-counts it."""
    return fact.help in (HelpState.confirmed, HelpState.unconfirmed)


def rows_of(figure: Figure, facts: Facts, part: Slice) -> list[Fact]:
    """The rows behind a figure; for persons and household-times the rows they are counted from."""
    if figure is Figure.waiting_needs:
        return [fact for fact in part.of(facts.needs) if fact.state is NeedState.open]
    if figure in (Figure.person_times, Figure.household_times, Figure.persons):
        return list(part.of(facts.attendances))
    test: Callable[[ReferralFact], bool] = {
        Figure.referrals_sent: lambda fact: fact.state is not ReferralState.entered_in_error,
        Figure.referrals_answered: lambda fact: fact.answer_days is not None,
        Figure.loops_closed: _closed,
        Figure.got_help: _helped,
        Figure.help_confirmed: lambda fact: fact.help is HelpState.confirmed,
        Figure.help_unconfirmed: lambda fact: fact.help is HelpState.unconfirmed,
    }[figure]
    return [fact for fact in part.of(facts.referrals) if test(fact)]


def value_of(figure: Figure, facts: Facts, part: Slice) -> int:
    """The figure for a part.

    Person-times count every attendance, persons every resident once, household-times every visit once (domain rule
    5.7). So the persons of the parts do not add up to all persons.
    """
    rows = rows_of(figure, facts, part)
    if figure is Figure.persons:
        return len({fact.resident_id for fact in rows if isinstance(fact, AttendanceFact)})
    if figure is Figure.household_times:
        return len({fact.visit_id for fact in rows if isinstance(fact, AttendanceFact)})
    return len(rows)


@dataclass(frozen=True)
class Rate:
    """A share: `part` of `total`."""

    part: int
    total: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where the total is 0."""
        return self.part / self.total if self.total else None


def closed_loop_rate(facts: Facts, part: Slice) -> Rate:
    """Referrals whose result the sender knows, of all sent."""
    return Rate(value_of(Figure.loops_closed, facts, part), value_of(Figure.referrals_sent, facts, part))


def got_help_rate(facts: Facts, part: Slice) -> Rate:
    """Referrals that met their need or part of it, of all sent."""
    return Rate(value_of(Figure.got_help, facts, part), value_of(Figure.referrals_sent, facts, part))


def help_confirmed_rate(facts: Facts, part: Slice) -> Rate:
    """Referrals whose help is confirmed, of all that helped."""
    return Rate(value_of(Figure.help_confirmed, facts, part), value_of(Figure.got_help, facts, part))


def answer_days(facts: Facts, part: Slice) -> list[int]:
    """Working days to the answer of each answered referral of the part, ascending."""
    return sorted(fact.answer_days for fact in facts.referrals if fact.answer_days is not None and part.holds(fact))


def median_answer_days(facts: Facts, part: Slice) -> float | None:
    """Median working days to the answer; None where nothing was answered."""
    days = answer_days(facts, part)
    return float(median(days)) if days else None


def by_state(facts: Facts, part: Slice) -> dict[ReferralState, int]:
    """Referrals of the part in each state that has any."""
    counts = dict.fromkeys(ReferralState, 0)
    for fact in facts.referrals:
        if part.holds(fact):
            counts[fact.state] += 1
    return {state: count for state, count in counts.items() if count}


@dataclass(frozen=True)
class Line:
    """One line of a table: its key in the dimension and the value of each figure."""

    key: str
    values: Mapping[Figure, int]


def table(dimension: Dimension, facts: Facts, part: Slice) -> list[Line]:
    """Every figure for each county, project or month that has rows."""
    parts: dict[str, Facts] = defaultdict(lambda: Facts([], [], []))
    for need in part.of(facts.needs):
        parts[_key(dimension, need)].needs.append(need)
    for referral in part.of(facts.referrals):
        parts[_key(dimension, referral)].referrals.append(referral)
    for attendance in part.of(facts.attendances):
        parts[_key(dimension, attendance)].attendances.append(attendance)
    return [
        Line(key, {figure: value_of(figure, parts[key], WHOLE) for figure in Figure}) for key in sorted(parts) if key
    ]


def _key(dimension: Dimension, fact: Fact) -> str:
    if dimension is Dimension.county:
        return fact.county
    if dimension is Dimension.month:
        return fact.month
    return "" if isinstance(fact, NeedFact) else str(fact.project_id)


@dataclass(frozen=True)
class Balance:
    """Supply and demand of one service category."""

    category: str
    waiting: int
    """Open needs."""
    places_left: int
    """Free places of open projects that offer the category."""
    gaps: int
    """Open gaps in the actor's regions."""
