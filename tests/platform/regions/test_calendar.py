"""Working days (domain.md section 3: vectors; section 14: oracles)."""

from datetime import date

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from tuoju.regions.calendar import WorkingDays, calendar_of

VECTORS = [
    ("2024-02-08", "2024-02-09", "2024-02-18", "2024-02-20"),
    ("2024-04-03", "2024-04-07", "2024-04-08", "2024-04-10"),
    ("2024-09-13", "2024-09-14", "2024-09-18", "2024-09-20"),
    ("2024-09-30", "2024-10-08", "2024-10-09", "2024-10-11"),
    ("2025-01-24", "2025-01-26", "2025-01-27", "2025-02-06"),
    ("2025-09-26", "2025-09-28", "2025-09-29", "2025-10-09"),
    ("2026-02-13", "2026-02-14", "2026-02-24", "2026-02-26"),
    ("2026-04-30", "2026-05-06", "2026-05-07", "2026-05-09"),
    ("2026-09-18", "2026-09-20", "2026-09-21", "2026-09-23"),
    ("2026-09-24", "2026-09-28", "2026-09-29", "2026-10-08"),
]


@pytest.fixture
def days(session: Session) -> WorkingDays:
    return calendar_of(session)


class TestDue:
    @pytest.mark.parametrize(("start", "first", "second", "fourth"), VECTORS)
    def test_the_societys_clock(self, days: WorkingDays, start: str, first: str, second: str, fourth: str) -> None:
        begin = date.fromisoformat(start)
        visited = days.due(begin, 1)
        paid = days.due(visited.day, 1)
        posted = days.due(paid.day, 2)
        assert [due.day.isoformat() for due in (visited, paid, posted)] == [first, second, fourth]
        assert not posted.provisional

    def test_beyond_the_published_years_a_date_is_provisional(self, days: WorkingDays) -> None:
        assert days.due(date(2026, 12, 30), 1).provisional is False
        due = days.due(date(2026, 12, 31), 1)
        assert due.provisional
        assert due.day == date(2027, 1, 4)

    def test_a_due_day_ends_at_midnight_in_china(self, days: WorkingDays) -> None:
        assert days.due(date(2026, 11, 23), 1).ends_at.isoformat() == "2026-11-25T00:00:00+08:00"


class TestAgainstAnOracle:
    def test_every_day_of_the_published_years(self, days: WorkingDays) -> None:
        first, last = date(2024, 1, 1).toordinal(), date(2026, 12, 31).toordinal()
        for ordinal in range(first, last + 1):
            day = date.fromordinal(ordinal)
            assert days.is_workday(day) == chinese_calendar.is_workday(day), day


class TestBetween:
    @given(st.dates(date(2024, 1, 1), date(2026, 11, 1)), st.integers(1, 15))
    def test_counts_what_due_added(self, start: date, count: int) -> None:
        plain = WorkingDays({}, frozenset({2024, 2025, 2026}))
        assert plain.between(start, plain.due(start, count).day) == count
