"""The escalation steps that a due day has reached: a pure function of two days, the calendar and the policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tuoju.regions.calendar import WorkingDays


class EscalationStep(StrEnum):
    """The first three are for the people who have to act, the others for the levels above."""

    ahead = "ahead"
    due = "due"
    overdue = "overdue"
    township = "township"
    county = "county"


@dataclass(frozen=True)
class Spacing:
    """Working days before a due day for the first reminder, and after it until the township and county are notified."""

    ahead: int
    township: int
    county: int


def escalation_steps(due_on: date, today: date, calendar: WorkingDays, spacing: Spacing) -> Sequence[EscalationStep]:
    """The steps reached on `today`, of each level only the latest; none on a day that is not a working day.

    After days without a worker nobody gets the reminders that were missed, only the one that applies now.
    """
    if not calendar.is_workday(today):
        return ()
    if today < due_on:
        return (EscalationStep.ahead,) if spacing.ahead and calendar.between(today, due_on) <= spacing.ahead else ()
    if today == due_on:
        return (EscalationStep.due,)
    late = calendar.between(due_on, today)
    higher = [
        step
        for step, after in ((EscalationStep.township, spacing.township), (EscalationStep.county, spacing.county))
        if late >= after
    ]
    return (EscalationStep.overdue, *higher)
