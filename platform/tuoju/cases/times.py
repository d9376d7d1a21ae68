"""How long each step of a case took, compared with what its policy allows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from tuoju.cases import clock
from tuoju.cases.models import Case, ClockStep
from tuoju.cases.policies import DayUnit, NoticePhase, Policy
from tuoju.cases.procedure import pauses_in_days, policy_of
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day


@dataclass(frozen=True)
class StepTime:
    """How long one step took, in days of `unit`, and how many days it may take.

    `last` is None for a step under way; `in_time` is then as of today.
    """

    step: ClockStep
    first: date
    last: date | None
    days: int
    limit: int
    unit: DayUnit
    in_time: bool


@dataclass(frozen=True)
class _Span:
    """A step from the day its term starts (None: not yet) to the day it was done (None: not yet)."""

    step: ClockStep
    first: date | None
    last: date | None
    limit: int
    unit: DayUnit


def times_of(session: Session, case: Case, posted_on: date | None = None) -> list[StepTime]:
    """The steps of a case that have begun, in order; `posted_on` is the day its public notice was posted.

    Days on which the clock was paused are not counted. A case whose policy has no procedure has no steps.
    """
    policy = policy_of(session, case)
    if not policy.has_procedure:
        return []
    calendar, pauses = calendar_of(session), pauses_in_days(session, case)
    ended_pauses = [pause for pause in pauses if pause.end is not None]
    times = []
    for span in _spans(case, policy, posted_on):
        if span.first is None:
            continue
        end = span.last or china_day(now())
        days = clock.elapsed(span.first, end, span.unit, calendar, pauses)
        due = clock.due(span.first, span.limit, span.unit, calendar, ended_pauses)
        in_time = due is None or end <= due.day
        times.append(StepTime(span.step, span.first, span.last, days, span.limit, span.unit, in_time))
    return times


def _spans(case: Case, policy: Policy, posted_on: date | None) -> Iterator[_Span]:
    opinion, relieved, closed = _day(case.reviewed_at), _day(case.relief_completed_at), _day(case.closed_at)
    yield _Span(ClockStep.opinion, _day(case.started_at), opinion, policy.opinion_within, policy.handling_unit)
    yield _Span(ClockStep.relief, opinion, relieved or closed, policy.relief_within, policy.handling_unit)
    if policy.notice_phase is not NoticePhase.none:
        begins = opinion if policy.notice_phase is NoticePhase.pre_decision else relieved
        yield _Span(ClockStep.notice, begins, posted_on or closed, policy.notice_within, DayUnit.working_day)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else china_day(moment)
