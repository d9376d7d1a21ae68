"""Time taken step by step, compared with what the policy of the case allows (domain section 3)."""

from datetime import date, datetime

from sqlmodel import Session

from factories.accounts import make_actor
from factories.cases import make_case
from tuoju.cases import procedure
from tuoju.cases.inputs import InvestigationInput, OpinionInput
from tuoju.cases.models import ClockStep
from tuoju.cases.policies import Scheme
from tuoju.cases.times import StepTime, times_of
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA


def at(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 10, tzinfo=CHINA)


def brief(time: StepTime) -> tuple[ClockStep, int, int, bool, bool]:
    return time.step, time.days, time.limit, time.last is None, time.in_time


def test_each_step_is_counted_in_its_own_days(session: Session) -> None:
    worker = make_actor(session)
    with frozen_time(at(12)):
        case = make_case(session, worker, scheme=Scheme.society_relief)
        assert [brief(time) for time in times_of(session, case)] == [(ClockStep.opinion, 0, 1, True, True)]
    with frozen_time(at(14)):
        assert [brief(time) for time in times_of(session, case)] == [(ClockStep.opinion, 2, 1, True, False)]
        findings = {"visited_on": "2026-10-14", "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(findings))
        opinion = OpinionInput.model_validate({"opinion": "services_only", "note": "情况属实"})
        procedure.give_opinion(session, worker, case, opinion)
    with frozen_time(at(15)):
        opinion, relief = times_of(session, case)
    assert brief(opinion) == (ClockStep.opinion, 2, 1, False, False)
    assert brief(relief) == (ClockStep.relief, 1, 1, True, True)


def test_paused_days_are_not_counted(session: Session) -> None:
    worker = make_actor(session)
    with frozen_time(at(12)):
        case = make_case(session, worker, scheme=Scheme.society_relief)
        procedure.pause(session, worker, case, reason="人在县医院")
    with frozen_time(at(15)):
        procedure.resume(session, worker, case)
        assert brief(times_of(session, case)[0]) == (ClockStep.opinion, 1, 1, True, True)
    with frozen_time(at(16)):
        assert brief(times_of(session, case)[0]) == (ClockStep.opinion, 2, 1, True, False)


def test_the_notice_step_runs_from_relief_to_posting(session: Session) -> None:
    worker = make_actor(session)
    case = make_case(session, worker, scheme=Scheme.society_relief)
    case.started_at = case.reviewed_at = case.relief_completed_at = at(12)
    notice = times_of(session, case, date(2026, 10, 14))[-1]
    assert brief(notice) == (ClockStep.notice, 2, 2, False, True)


def test_a_policy_without_procedure_has_no_steps(session: Session) -> None:
    assert times_of(session, make_case(session, make_actor(session))) == []
