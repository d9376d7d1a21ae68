"""Profiles of projects: their record comes from past answers that the caller passes in."""

from datetime import date

from sqlmodel import Session

from factories.projects import make_project
from tuoju.matchmaking.past_answers import PastAnswer, not_taken, refused_for_good
from tuoju.matchmaking.profiles import MIN_RECORD, project_profiles
from tuoju_projects.models import Project

MONDAY, TUESDAY, THURSDAY = date(2026, 9, 7), date(2026, 9, 8), date(2026, 9, 10)


def answer(project: Project, answered_on: date | None = TUESDAY, **values: object) -> PastAnswer:
    fields = {"accepted": True, "helped": None, "refused_for_good": False, "not_taken": False, **values}
    return PastAnswer(1, project.pk, MONDAY, answered_on, **fields)  # type: ignore[arg-type]


class TestRecord:
    def test_a_project_with_few_answers_has_no_rates(self, session: Session) -> None:
        project = make_project(session)
        answers = [answer(project, helped=True)] * (MIN_RECORD - 1)
        [profile] = project_profiles(session, [project], THURSDAY, answers)
        assert (profile.answered, profile.ended) == (MIN_RECORD - 1, MIN_RECORD - 1)
        assert (profile.acceptance_rate, profile.response_days, profile.success_rate) == (None, None, None)

    def test_rates_count_acceptances_working_days_and_services_that_helped(self, session: Session) -> None:
        project = make_project(session)
        answers = [
            answer(project, helped=True),
            answer(project, helped=True),
            answer(project, THURSDAY, helped=False),
            answer(project, THURSDAY, accepted=False),
        ]
        [profile] = project_profiles(session, [project], THURSDAY, answers)
        assert (profile.acceptance_rate, profile.success_rate) == (0.75, 2 / 3)
        assert profile.response_days == 3

    def test_a_request_without_an_answer_does_not_count(self, session: Session) -> None:
        project = make_project(session)
        [profile] = project_profiles(session, [project], THURSDAY, [answer(project, None, accepted=False)])
        assert profile.answered == 0


def test_a_refusal_for_good_differs_from_a_need_not_taken(session: Session) -> None:
    refused, tried, served = (make_project(session) for _ in range(3))
    answers = [
        answer(refused, accepted=False, refused_for_good=True, not_taken=True),
        answer(tried, None, accepted=False, not_taken=True),
        answer(served, helped=True),
    ]
    assert refused_for_good(answers) == {refused.pk}
    assert not_taken(answers) == {refused.pk, tried.pk}
