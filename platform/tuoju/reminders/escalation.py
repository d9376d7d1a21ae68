"""Which escalation steps a due day has reached: a pure function of two days, the calendar and the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tuoju.regions.calendar import WorkingDays


class EscalationStep(StrEnum):
    """`ahead`, `due` and `overdue` are for whoever has it to do, the others for the level above."""

    ahead = "ahead"
    due = "due"
    overdue = "overdue"
    township = "township"
    county = "county"


@dataclass(frozen=True)
class Spacing:
    """Working days: so long ahead of a due day, and so long after it to the township and to the county."""

    ahead: int
    township: int
    county: int


def escalation_steps(due_on: date, today: date, calendar: WorkingDays, spacing: Spacing) -> Sequence[EscalationStep]:
    """The escalation steps reached on `today`, for each level only its latest: after days without a worker nobody gets the
    reminders that were missed, only the one that holds. None on a day that is not worked."""
    if not calendar.is_workday(today):
        return ()
    if today < due_on:
        return (EscalationStep.ahead,) if spacing.ahead and calendar.between(today, due_on) <= spacing.ahead else ()
    if today == due_on:
        return (EscalationStep.due,)
    late = calendar.between(due_on, today)
    higher = [
        rung
        for rung, after in ((EscalationStep.township, spacing.township), (EscalationStep.county, spacing.county))
        if late >= after
    ]
    return (EscalationStep.overdue, *higher)
