"""The statutory clock: when a step is due, how a deadline compares with today, how long a case took. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tuoju.cases.policies import DayUnit
from tuoju.regions.calendar import DueDay, WorkingDays, china_day

SAME_DAY = 0.5
"""Working days of a case relieved on the day it began (docs/figures.md)."""


@dataclass(frozen=True)
class Pause:
    """Days from `first` up to the day before `end` are not counted; without an end the pause is under way."""

    first: date
    end: date | None = None

    def contains(self, day: date) -> bool:
        """Whether the clock is paused on a day."""
        return self.first <= day and (self.end is None or day < self.end)


class DueStatus(StrEnum):
    """How a deadline compares with today: what is due today will be overdue tomorrow."""

    later = "later"
    due_next = "due_next"
    due_today = "due_today"
    overdue = "overdue"


def due(start: date, amount: int, unit: DayUnit, calendar: WorkingDays, pauses: Sequence[Pause] = ()) -> DueDay | None:
    """The last of `amount` days after `start`; None while a pause is under way.

    The day of `start` is not counted (民法典 art. 201). A term in calendar days that ends on a day off moves to
    the next working day (art. 203).
    """
    if any(pause.end is None for pause in pauses):
        return None
    day, left, provisional = start, amount, start.year not in calendar.confirmed
    while left > 0:
        day += timedelta(days=1)
        provisional = provisional or day.year not in calendar.confirmed
        counted = unit is DayUnit.calendar_day or calendar.is_workday(day)
        left -= counted and not any(pause.contains(day) for pause in pauses)
    while unit is DayUnit.calendar_day and not calendar.is_workday(day):
        day += timedelta(days=1)
        provisional = provisional or day.year not in calendar.confirmed
    return DueDay(day, provisional)


def last_day(ends_at: datetime) -> date:
    """The day in China whose end is the deadline `ends_at`."""
    return china_day(ends_at - timedelta(seconds=1))


def due_status(due_on: date, today: date, calendar: WorkingDays) -> DueStatus:
    """How the day `due_on` compares with today; `due_next` means the next working day is the last one."""
    if due_on < today:
        return DueStatus.overdue
    if due_on == today:
        return DueStatus.due_today
    return DueStatus.due_next if due_on <= calendar.due(today, 1).day else DueStatus.later


def elapsed(first: date, last: date, unit: DayUnit, calendar: WorkingDays, pauses: Sequence[Pause] = ()) -> int:
    """The number of days of a unit after `first` up to and including `last`, without the paused ones."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    counted = (day for day in days if unit is DayUnit.calendar_day or calendar.is_workday(day))
    return sum(not any(pause.contains(day) for pause in pauses) for day in counted)


def handling_days(start: date, end: date, calendar: WorkingDays) -> float:
    """Working days from the day a case began to the day its relief was complete; at least SAME_DAY.

    Relief on the first day, or on a day off before the next working day, counts SAME_DAY.
    """
    return max(SAME_DAY, float(calendar.between(start, end)))


def notice_period(
    posted: date, days: int, unit: DayUnit, calendar: WorkingDays, *, from_first: bool
) -> tuple[date, date]:
    """First and last day of a public notice, both included; papers print both.

    By default the day of posting is not counted (民法典 art. 201); with `from_first` it is, as many villages do.
    """
    first = posted if from_first else posted + timedelta(days=1)
    if unit is DayUnit.calendar_day:
        return first, first + timedelta(days=days - 1)
    return first, calendar.due(first - timedelta(days=1), days).day
