"""How long each step of a case took against what its rule allows, and the case as a whole."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from tuoju.cases import clock
from tuoju.cases.models import Case, ClockStep
from tuoju.cases.policies import DayUnit, NoticePhase
from tuoju.cases.procedure import pauses_in_days, policy_of
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day


@dataclass(frozen=True)
class StepTime:
    """One step: from which day to which (None: under way), the days of its unit counted, and how many it may take.
    `in_time` is so far, for one under way."""

    step: ClockStep
    first: date
    last: date | None
    days: int
    limit: int
    unit: DayUnit
    in_time: bool


def times_of(session: Session, case: Case, posted_on: date | None = None) -> list[StepTime]:
    """The steps that have begun, in order; `posted_on` is the day of the notice. Days on which the clock stood still
    are not counted."""
    policy = policy_of(session, case)
    if not policy.has_procedure:
        return []
    opinion, relieved = _day(case.reviewed_at), _day(case.relief_completed_at)
    spans = [
        (ClockStep.opinion, _day(case.started_at), opinion, policy.opinion_within, policy.handling_unit),
        (ClockStep.relief, opinion, relieved or _day(case.closed_at), policy.relief_within, policy.handling_unit),
    ]
    if policy.notice_phase is not NoticePhase.none:
        begins = opinion if policy.notice_phase is NoticePhase.pre_decision else relieved
        last = posted_on or _day(case.closed_at)
        spans.append((ClockStep.notice, begins, last, policy.notice_within, DayUnit.working_day))
    calendar, stops = calendar_of(session), pauses_in_days(session, case)
    found = []
    for step, first, last, limit, unit in spans:
        if first is None:
            continue
        end = last or china_day(now())
        days = clock.elapsed(first, end, unit, calendar, stops)
        due = clock.due(first, limit, unit, calendar, [each for each in stops if each.end is not None])
        found.append(StepTime(step, first, last, days, limit, unit, due is None or end <= due.day))
    return found


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else china_day(moment)
