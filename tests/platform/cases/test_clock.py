"""The statutory clock: test vectors of the city (domain section 3) and properties over every published day."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from tuoju.cases.clock import SAME_DAY, DueStatus, Pause, due, due_status, elapsed, handling_days, notice_period
from tuoju.cases.policies import DayUnit
from tuoju.regions.calendar import WorkingDays, calendar_of

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 20)
PUBLISHED = st.dates(FIRST, LAST)


@pytest.fixture(scope="module")
def calendar(shared_engine: object) -> WorkingDays:
    with Session(shared_engine) as session:  # type: ignore[call-overload]
        return calendar_of(session)


def day(calendar: WorkingDays, start: date, amount: int) -> date:
    result = due(start, amount, DayUnit.working_day, calendar)
    assert result is not None
    return result.day


class TestVectors:
    @pytest.mark.parametrize(
        ("start", "opinion", "relief", "notice"),
        [
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
        ],
    )
    def test_last_days_of_opinion_relief_and_notice(
        self, calendar: WorkingDays, start: str, opinion: str, relief: str, notice: str
    ) -> None:
        first = day(calendar, date.fromisoformat(start), 1)
        second = day(calendar, first, 1)
        last_days = [first, second, day(calendar, second, 2)]
        assert [last_day.isoformat() for last_day in last_days] == [opinion, relief, notice]

    def test_a_deadline_beyond_the_published_years_is_provisional(self, calendar: WorkingDays) -> None:
        accepted = date(2026, 12, 30)
        first = due(accepted, 1, DayUnit.working_day, calendar)
        assert first is not None
        assert (first.day, first.provisional) == (date(2026, 12, 31), False)
        second = due(first.day, 1, DayUnit.working_day, calendar)
        assert second is not None
        assert second.provisional
        assert second.day > date(2027, 1, 1)


def as_the_oracle_counts(start: date, amount: int) -> date:
    day = start
    while amount:
        day += timedelta(days=1)
        amount -= chinese_calendar.is_workday(day)
    return day


class TestAgainstAnOracle:
    def test_deadlines_equal_those_of_the_oracle_for_every_start_in_published_years(
        self, calendar: WorkingDays
    ) -> None:
        """All days, among them make-up Saturdays and the eves of long holidays; 1 and 2 are the societies' terms."""
        for ordinal in range(FIRST.toordinal(), LAST.toordinal() + 1):
            start = date.fromordinal(ordinal)
            for amount in (1, 2):
                assert day(calendar, start, amount) == as_the_oracle_counts(start, amount), start

    def test_make_up_saturdays_count_and_long_holidays_do_not(self, calendar: WorkingDays) -> None:
        worked = [worked_day for worked_day, is_worked in calendar.special.items() if is_worked]
        assert {worked_day.weekday() for worked_day in worked} <= {5, 6}
        assert len(worked) == 19
        for worked_day in worked:
            assert day(calendar, worked_day - timedelta(days=1), 1) == worked_day
        assert day(calendar, date(2025, 9, 30), 1) == date(2025, 10, 9)


class TestEveryPublishedDay:
    @given(start=PUBLISHED, amount=st.integers(1, 5))
    def test_a_deadline_is_a_working_day_the_stated_number_of_days_away(
        self, calendar: WorkingDays, start: date, amount: int
    ) -> None:
        result = day(calendar, start, amount)
        assert calendar.is_workday(result)
        assert calendar.between(start, result) == amount

    @given(start=PUBLISHED, later=st.integers(0, 40), amount=st.integers(1, 5))
    def test_a_later_start_is_never_due_earlier(
        self, calendar: WorkingDays, start: date, later: int, amount: int
    ) -> None:
        other = min(start + timedelta(days=later), LAST)
        assert day(calendar, start, amount) <= day(calendar, max(start, other), amount)

    @given(start=PUBLISHED, first=st.integers(1, 5), length=st.integers(0, 15))
    def test_a_pause_moves_the_deadline_by_its_working_days(
        self, calendar: WorkingDays, start: date, first: int, length: int
    ) -> None:
        pause = Pause(start + timedelta(days=first), start + timedelta(days=first + length))
        result = due(start, 3, DayUnit.working_day, calendar, [pause])
        assert result is not None
        held = sum(
            calendar.is_workday(passed) and pause.contains(passed)
            for passed in (start + timedelta(days=n) for n in range(1, (result.day - start).days + 1))
        )
        assert calendar.between(start, result.day) - held == 3

    def test_nothing_is_due_while_paused(self, calendar: WorkingDays) -> None:
        assert due(FIRST, 1, DayUnit.working_day, calendar, [Pause(FIRST)]) is None

    @given(start=PUBLISHED, amount=st.integers(1, 20))
    def test_a_term_in_calendar_days_ends_on_a_working_day(
        self, calendar: WorkingDays, start: date, amount: int
    ) -> None:
        result = due(start, amount, DayUnit.calendar_day, calendar)
        assert result is not None
        assert calendar.is_workday(result.day)
        assert result.day >= start + timedelta(days=amount)
        skipped = [start + timedelta(days=n) for n in range(amount, (result.day - start).days)]
        assert not any(calendar.is_workday(skipped_day) for skipped_day in skipped)

    @given(start=PUBLISHED, amount=st.integers(1, 6), first=st.integers(0, 5), length=st.integers(0, 9))
    def test_a_term_has_elapsed_on_its_last_day_and_not_before(
        self, calendar: WorkingDays, start: date, amount: int, first: int, length: int
    ) -> None:
        pause = Pause(start + timedelta(days=first), start + timedelta(days=first + length))
        result = due(start, amount, DayUnit.working_day, calendar, [pause])
        assert result is not None
        assert elapsed(start, result.day, DayUnit.working_day, calendar, [pause]) == amount
        assert elapsed(start, result.day - timedelta(days=1), DayUnit.working_day, calendar, [pause]) == amount - 1

    @given(due_on=PUBLISHED, today=PUBLISHED)
    def test_a_deadline_has_one_due_status(self, calendar: WorkingDays, due_on: date, today: date) -> None:
        result = due_status(due_on, today, calendar)
        assert (result is DueStatus.overdue) is (due_on < today)
        assert (result is DueStatus.due_today) is (due_on == today)
        if result is DueStatus.due_next:
            assert today < due_on <= day(calendar, today, 1)


class TestHandlingDays:
    """平均办理工作日, as docs/figures.md defines it."""

    @given(start=PUBLISHED, later=st.integers(0, 30))
    def test_the_same_day_counts_half_and_nothing_is_negative(
        self, calendar: WorkingDays, start: date, later: int
    ) -> None:
        end = start + timedelta(days=later)
        result = handling_days(start, end, calendar)
        assert result == max(SAME_DAY, calendar.between(start, end))

    def test_work_on_a_day_off_counts_as_in_time(self, calendar: WorkingDays) -> None:
        friday = date(2026, 11, 20)
        assert handling_days(friday, friday + timedelta(days=1), calendar) == SAME_DAY


class TestNoticePeriod:
    def test_by_default_the_period_starts_the_day_after_posting(self, calendar: WorkingDays) -> None:
        result = notice_period(date(2026, 3, 4), 7, DayUnit.calendar_day, calendar, from_first=False)
        assert result == (date(2026, 3, 5), date(2026, 3, 11))

    def test_the_day_of_posting_can_count(self, calendar: WorkingDays) -> None:
        result = notice_period(date(2026, 3, 4), 7, DayUnit.calendar_day, calendar, from_first=True)
        assert result == (date(2026, 3, 4), date(2026, 3, 10))

    def test_the_period_can_be_in_working_days(self, calendar: WorkingDays) -> None:
        result = notice_period(date(2026, 3, 4), 7, DayUnit.working_day, calendar, from_first=True)
        assert result == (date(2026, 3, 4), date(2026, 3, 12))
