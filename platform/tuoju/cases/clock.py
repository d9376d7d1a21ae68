"""The statutory clock: when a step is due, what stands where, and how long a case took. Knows no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tuoju.cases.policies import DayUnit
from tuoju.regions.calendar import DueDay, WorkingDays, china_day

SAME_DAY = 0.5
"""A case relieved on the day it began counts half a working day (docs/figures.md)."""


@dataclass(frozen=True)
class Pause:
    """Days from `first` up to the one before `end` are not counted; without an end it goes on."""

    first: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


class DueStatus(StrEnum):
    """How a due day stands against today: what is due today will be overdue tomorrow."""

    later = "later"
    due_next = "due_next"
    due_today = "due_today"
    overdue = "overdue"


def due(start: date, amount: int, unit: DayUnit, calendar: WorkingDays, pauses: Sequence[Pause] = ()) -> DueDay | None:
    """The last day for what has `amount` days from `start`, which is itself not counted (民法典 art. 201); a
    calendar-day term that ends on a day off moves to the next working day (art. 203). None while paused."""
    if any(each.end is None for each in pauses):
        return None
    day, left, provisional = start, amount, start.year not in calendar.confirmed
    while left > 0:
        day += timedelta(days=1)
        provisional = provisional or day.year not in calendar.confirmed
        counted = unit is DayUnit.calendar_day or calendar.is_workday(day)
        left -= counted and not any(each.holds(day) for each in pauses)
    while unit is DayUnit.calendar_day and not calendar.is_workday(day):
        day += timedelta(days=1)
        provisional = provisional or day.year not in calendar.confirmed
    return DueDay(day, provisional)


def last_day(ends_at: datetime) -> date:
    """The day whose end a due instant is."""
    return china_day(ends_at - timedelta(seconds=1))


def due_status(due_on: date, today: date, calendar: WorkingDays) -> DueStatus:
    """`due_next`: the next working day is the last one."""
    if due_on < today:
        return DueStatus.overdue
    if due_on == today:
        return DueStatus.due_today
    return DueStatus.due_next if due_on <= calendar.due(today, 1).day else DueStatus.later


def elapsed(first: date, last: date, unit: DayUnit, calendar: WorkingDays, pauses: Sequence[Pause] = ()) -> int:
    """How many days of a unit lie after `first` up to and including `last`, those of the pauses left out."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    counted = (day for day in days if unit is DayUnit.calendar_day or calendar.is_workday(day))
    return sum(not any(each.holds(day) for each in pauses) for day in counted)


def handling_days(start: date, end: date, calendar: WorkingDays) -> float:
    """Working days from the day a case began to the day its relief was complete; the same day, or a day off
    before the next working day, counts SAME_DAY. Never negative."""
    return max(SAME_DAY, float(calendar.between(start, end)))


def notice_period(
    posted: date, days: int, unit: DayUnit, calendar: WorkingDays, *, from_first: bool
) -> tuple[date, date]:
    """First and last day of a public notice. By default the day of posting is not counted (民法典 art. 201);
    village practice counts it (`from_first`). Both days are printed."""
    first = posted if from_first else posted + timedelta(days=1)
    if unit is DayUnit.calendar_day:
        return first, first + timedelta(days=days - 1)
    return first, calendar.due(first - timedelta(days=1), days).day
