"""The escalation steps of a due day on the working-day clock."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju.regions.calendar import WorkingDays
from tuoju.reminders.escalation import EscalationStep, Spacing, escalation_steps

SPACING = Spacing(ahead=1, township=1, county=3)
CALENDAR = WorkingDays(
    {date(2026, 9, 20): True, date(2026, 9, 25): False, **{date(2026, 10, day): False for day in range(1, 8)}},
    frozenset({2026}),
)
"""September 2026: Sunday the 20th is worked, Friday the 25th (中秋) is not."""


def climb(due_on: date, first: date, last: date, spacing: Spacing = SPACING) -> dict[str, list[EscalationStep]]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {day.isoformat(): list(steps) for day in days if (steps := escalation_steps(due_on, day, CALENDAR, spacing))}


class TestRungs:
    def test_over_a_weekend(self) -> None:
        """Due on Friday: ahead on Thursday, overdue and to the township on Monday, to the county on Wednesday."""
        assert climb(date(2026, 9, 11), date(2026, 9, 9), date(2026, 9, 16)) == {
            "2026-09-10": [EscalationStep.ahead],
            "2026-09-11": [EscalationStep.due],
            "2026-09-14": [EscalationStep.overdue, EscalationStep.township],
            "2026-09-15": [EscalationStep.overdue, EscalationStep.township],
            "2026-09-16": [EscalationStep.overdue, EscalationStep.township, EscalationStep.county],
        }

    def test_a_make_up_sunday_counts(self) -> None:
        assert climb(date(2026, 9, 21), date(2026, 9, 18), date(2026, 9, 21)) == {
            "2026-09-20": [EscalationStep.ahead],
            "2026-09-21": [EscalationStep.due],
        }

    def test_a_holiday_is_silent(self) -> None:
        steps = climb(date(2026, 9, 24), date(2026, 9, 24), date(2026, 9, 28))
        assert list(steps) == ["2026-09-24", "2026-09-28"]

    def test_no_reminder_ahead_where_the_policy_sets_none(self) -> None:
        steps = climb(date(2026, 9, 11), date(2026, 9, 7), date(2026, 9, 11), Spacing(0, 1, 3))
        assert steps == {"2026-09-11": [EscalationStep.due]}


@given(
    st.dates(date(2026, 9, 1), date(2026, 10, 20)),
    st.integers(-20, 20),
    st.builds(Spacing, st.integers(0, 5), st.integers(1, 5), st.integers(1, 9)),
)
@settings(max_examples=200)
def test_at_most_one_step_a_level_and_none_on_a_day_off(due_on: date, days: int, spacing: Spacing) -> None:
    today = due_on + timedelta(days=days)
    steps = escalation_steps(due_on, today, CALENDAR, spacing)
    assert len(steps) == len(set(steps))
    assert len(set(steps) & {EscalationStep.ahead, EscalationStep.due, EscalationStep.overdue}) <= 1
    if steps:
        assert CALENDAR.is_workday(today)
    if EscalationStep.township in steps or EscalationStep.county in steps:
        assert today > due_on
        assert EscalationStep.overdue in steps
