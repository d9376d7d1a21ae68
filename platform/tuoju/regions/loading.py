"""The published special days: reading them from text, comparing them with what is loaded, loading them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlmodel import Session, select

from tuoju.regions.calendar import HELD
from tuoju.regions.models import CalendarDay, CalendarYear


class SpecialDayError(Exception):
    """A line of days is not as it should be; the message names the line."""


@dataclass(frozen=True)
class SpecialDay:
    """A day that is not as its weekday: a holiday, or a make-up day that is worked."""

    day: date
    is_workday: bool
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class DayChange:
    """What publishing days does to one day: it comes, goes, or is worked instead of free."""

    day: date
    before: SpecialDay | None
    """None where the day is as its weekday today."""
    after: SpecialDay | None
    """None where it will be."""


def complete_years(days: Iterable[SpecialDay]) -> set[int]:
    """The years whose list is complete: those whose New Year's Day is among the days. The announcement for a year
    may name days of the year before (a holiday that begins in December) and leaves that year's others as they are."""
    return {special.day.year for special in days if (special.day.month, special.day.day) == (1, 1)}


def differences_of(session: Session, days: Sequence[SpecialDay], *, whole_years: bool) -> list[DayChange]:
    """What `set_special_days` would change, in the order of days; names are not compared."""
    years = complete_years(days) if whole_years else set()
    new = {special.day: special for special in days}
    known = {
        row.day: SpecialDay(row.day, row.is_workday, row.name_zh, row.name_en)
        for row in session.exec(select(CalendarDay))
        if row.day in new or row.day.year in years
    }
    changes = (DayChange(day, known.get(day), new.get(day)) for day in sorted(known.keys() | new.keys()))
    return [change for change in changes if _is_worked(change.before) != _is_worked(change.after)]


def _is_worked(special: SpecialDay | None) -> bool | None:
    return None if special is None else special.is_workday


def set_special_days(session: Session, days: Sequence[SpecialDay], *, source: str, whole_years: bool) -> None:
    """Insert or replace special days. With `whole_years` they are all there are in their complete years, which are
    confirmed from then on: days of those years that are not among them are as their weekday. Days of other years
    stay."""
    years = complete_years(days) if whole_years else set()
    kept = {special.day for special in days}
    for row in session.exec(select(CalendarDay)):
        if row.day.year in years and row.day not in kept:
            session.delete(row)
    for special in days:
        session.merge(CalendarDay(**asdict(special), source=source))
    for year in years:
        session.merge(CalendarYear(year=year, source=source))
    session.flush()
    session.info.pop(HELD, None)


_LINE = re.compile(r"(?P<day>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})[\s,，;；]+(?P<kind>休|班|0|1)[\s,，;；]*(?P<name>.*)")


def days_in(text: str) -> list[SpecialDay]:
    """The days of lines such as "2027-01-01 休 元旦" and "2027-02-06 班 春节", as they are copied from a notice or a
    sheet. Raises SpecialDayError naming the line."""
    days = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        try:
            year, month, day = (int(part) for part in re.split(r"[-/.]", match["day"] if match else ""))
            made = date(year, month, day)
        except ValueError as error:
            raise SpecialDayError(f"{number}: {line.strip()}") from error
        worked, name = match is not None and match["kind"] in "班1", match["name"].strip() if match else ""
        days.append(SpecialDay(made, worked, name, name))
    return days
