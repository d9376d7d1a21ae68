"""A resident who is not content is heard: told to three, answered in time, and not counted as helped until then.

Domain section 5.8; 社会救助法 art. 11.
"""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.referrals import Scene, make_scene, serve
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.cases.models import Case
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.referrals.complaints import (
    ComplaintAnswerInput,
    answer_complaint,
    cause_of,
    complaints_of,
    open_complaint,
    replies_to,
)
from tuoju.referrals.errors import ComplaintAnswered, ComplaintNotFound
from tuoju.referrals.models import ComplaintCause, Referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import AskedBy
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.reminders.sources import complaints
from tuoju.reports.city_figures import city_figures
from tuoju.worklists.referral_work import complaint_work
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

ANSWER = ComplaintAnswerInput(answer="已换一家机构，下周一上门", helped=True)


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


@pytest.fixture
def referral(session: Session, scene: Scene) -> Referral:
    return serve(session, scene)


@pytest.mark.parametrize(
    ("satisfaction", "solved", "cause"),
    [
        (1, None, ComplaintCause.low_rating),
        (2, True, ComplaintCause.low_rating),
        (3, None, None),
        (5, True, None),
        (5, False, ComplaintCause.not_solved),
    ],
)
def test_a_rating_of_1_or_2_and_not_solved_are_complaints(
    satisfaction: int, solved: bool | None, cause: ComplaintCause | None
) -> None:
    assert cause_of(satisfaction, solved) is cause


def test_worker_township_and_county_are_notified_once(session: Session, scene: Scene, referral: Referral) -> None:
    township = make_actor(session, role=Role.township_officer)
    manager = make_actor(session, role=Role.program_manager)
    record_satisfaction(session, None, referral, 1, asked_by=AskedBy.link, comment="没人来")
    open_complaint(session, None, referral, ComplaintCause.worrying_words)
    query = select(Notification.recipient_id).where(Notification.kind == NotificationKind.complaint_opened)
    assert set(session.exec(query)) == {scene.worker.user_id, township.user_id, manager.user_id}
    assert [complaint.cause for complaint in complaints_of(session, referral)] == [ComplaintCause.low_rating]
    assert len(complaint_work(session, manager)) == 1


def test_the_deadline_is_in_working_days_of_the_policy_and_reminded(
    session: Session, scene: Scene, referral: Referral
) -> None:
    record_satisfaction(session, scene.worker, referral, 2)
    (complaint,) = complaints_of(session, referral)
    case = session.get_one(Case, scene.case.pk)
    within = session.get_one(Policy, case.policy_id).complaint_within
    assert complaint.due_at == calendar_of(session).due(china_day(now()), within).ends_at
    assert [due.number for due in complaints(session, now(), calendar_of(session))] == [referral.number]


def test_it_counts_as_help_again_only_when_the_answer_says_so(
    session: Session, scene: Scene, referral: Referral
) -> None:
    manager = make_actor(session, role=Role.program_manager)
    assert city_figures(session, manager).residents_referred_helped == 1
    record_satisfaction(session, None, referral, 4, solved=False, asked_by=AskedBy.link)
    assert city_figures(session, manager).residents_referred_helped == 0
    answer_complaint(session, scene.worker, referral, ComplaintAnswerInput(answer="正在另找机构", helped=False))
    assert city_figures(session, manager).residents_referred_helped == 0
    open_complaint(session, scene.worker, referral, ComplaintCause.not_solved)
    answer_complaint(session, scene.worker, referral, ANSWER)
    assert city_figures(session, manager).residents_referred_helped == 1
    assert list(replies_to(session, referral)) == [ANSWER.answer, "正在另找机构"]


def test_it_is_answered_once_and_never_by_the_charity(session: Session, scene: Scene, referral: Referral) -> None:
    with pytest.raises(ComplaintNotFound):
        answer_complaint(session, scene.worker, referral, ANSWER)
    record_satisfaction(session, scene.worker, referral, 1)
    with pytest.raises(NotPermitted):
        answer_complaint(session, scene.charity, referral, ANSWER)
    answer_complaint(session, scene.worker, referral, ANSWER)
    with pytest.raises(ComplaintAnswered):
        answer_complaint(session, scene.worker, referral, ANSWER)
    assert list(complaints(session, now() + timedelta(days=1), calendar_of(session))) == []
