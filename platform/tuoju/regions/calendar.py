"""Chinese working days: weekends and holidays off, make-up days (调休) worked; and hours of a day in China."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from tuoju.regions.models import CalendarDay, CalendarYear

HELD = "working_days"
"""Under this name a session holds the calendar."""

CHINA = ZoneInfo("Asia/Shanghai")

FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""全国年节及纪念日放假办法 (2025): the statutory holidays that have a date in every solar year. Those of
the lunar year are not guessed; a provisional date says that it is one."""


@dataclass(frozen=True)
class DueDay:
    """A day something is due; `provisional` (暂定) when a year it passed through is not yet published."""

    day: date
    provisional: bool

    @property
    def ends_at(self) -> datetime:
        """The end of that day in China (民法典 art. 203), as the first instant after it."""
        return datetime.combine(self.day + timedelta(days=1), time(), tzinfo=CHINA)


@dataclass(frozen=True)
class WorkingDays:
    """The calendar: `special` maps a day to whether it is worked; `confirmed` are the published years."""

    special: Mapping[date, bool]
    confirmed: frozenset[int]

    def is_workday(self, day: date) -> bool:
        if day in self.special:
            return self.special[day]
        if day.year not in self.confirmed and (day.month, day.day) in FIXED_HOLIDAYS:
            return False
        return day.weekday() < 5

    def due(self, start: date, working_days: int) -> DueDay:
        """The `working_days`-th working day after `start`, which is itself not counted (民法典 art. 201)."""
        day, left, provisional = start, working_days, start.year not in self.confirmed
        while left > 0:
            day += timedelta(days=1)
            provisional = provisional or day.year not in self.confirmed
            left -= self.is_workday(day)
        return DueDay(day, provisional)

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`."""
        days = (end - start).days
        return sum(self.is_workday(start + timedelta(days=n)) for n in range(1, days + 1))


@dataclass(frozen=True)
class Hours:
    """The hours of every day in China from `start` up to, not including, `end`; `start` lies before `end`."""

    start: time
    end: time

    def hold(self, moment: datetime) -> bool:
        """Whether an aware instant lies within."""
        return self.start <= moment.astimezone(CHINA).time() < self.end

    def begin(self, moment: datetime) -> datetime:
        """When they begin next after an aware instant."""
        local = moment.astimezone(CHINA)
        begins = datetime.combine(local.date(), self.start, tzinfo=CHINA)
        return begins if begins > local else begins + timedelta(days=1)


def calendar_of(session: Session) -> WorkingDays:
    """The calendar as loaded; read once a session, and again after `regions.loading` changed it."""
    held = session.info.get(HELD)
    if isinstance(held, WorkingDays):
        return held
    special = dict(session.exec(select(col(CalendarDay.day), col(CalendarDay.is_workday))).all())
    calendar = WorkingDays(special, frozenset(session.exec(select(CalendarYear.year))))
    session.info[HELD] = calendar
    return calendar


def china_day(moment: datetime) -> date:
    """The calendar day in China of an aware instant."""
    return moment.astimezone(CHINA).date()


def missing_year(session: Session, today: date) -> int | None:
    """A year whose days are needed and not loaded: this one, or in December the next, which the State Council has
    published by then."""
    known = set(session.exec(select(CalendarYear.year)))
    wanted = (today.year, today.year + 1) if today.month == 12 else (today.year,)
    return next((year for year in wanted if year not in known), None)
