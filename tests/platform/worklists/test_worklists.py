"""What waits for whom: each step is listed for the person who has to take it, and for nobody else."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from factories.accounts import make_actor
from factories.cases import make_case, make_need
from factories.referrals import Scene, make_scene
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case
from tuoju.cases.policies import Scheme
from tuoju.cases.service import withdraw_need
from tuoju.cases.status import CaseState
from tuoju.database.records import frozen_time, now
from tuoju.referrals import complaints, service
from tuoju.referrals.models import ComplaintCause
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.calendar import CHINA, china_day
from tuoju.relief import service as relief
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.queries import earmarked_accounts_of
from tuoju.worklists.kinds import WorkItem, WorkKind
from tuoju.worklists.queries import work_of

FRIDAY, SUNDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 29), date(2026, 11, 30)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=CHINA)


def kinds_of(session: Session, actor: Actor) -> list[WorkKind]:
    return [group.kind for group in work_of(session, actor)]


def items_of(session: Session, actor: Actor, kind: WorkKind) -> Sequence[WorkItem]:
    return next((group.items for group in work_of(session, actor, only=kind)), ())


@pytest.fixture
def aide(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session) -> Actor:
    return make_actor(session, role=Role.society_chair)


@pytest.fixture
def township(session: Session) -> Actor:
    return make_actor(session, role=Role.township_officer)


@pytest.fixture
def case(session: Session, aide: Actor) -> Case:
    return make_case(session, aide, make_resident(session, aide), Scheme.society_relief)


def reviewed(session: Session, aide: Actor, case: Case) -> Case:
    findings = {"visited_on": china_day(now()), "difficulties": "房屋漏雨，无力修缮", "conclusion": "money"}
    procedure.record_investigation(session, aide, case, InvestigationInput.model_validate(findings))
    return procedure.give_opinion(
        session, aide, case, OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
    )


class TestCases:
    def test_each_step_waits_for_the_one_whose_turn_it_is(
        self, session: Session, aide: Actor, chair: Actor, township: Actor, case: Case
    ) -> None:
        assert kinds_of(session, aide) == [WorkKind.investigate]
        assert kinds_of(session, chair) == kinds_of(session, township) == [WorkKind.with_others]
        reviewed(session, aide, case)
        assert kinds_of(session, chair) == [WorkKind.decide]
        assert kinds_of(session, aide) == kinds_of(session, township) == [WorkKind.with_others]

    def test_a_payment_waits_for_the_second_person(
        self, session: Session, aide: Actor, chair: Actor, case: Case
    ) -> None:
        fund = relief.open_fund(session, aide, case.region_code)
        income = {"source": "government", "amount_yuan": "1000", "occurred_on": china_day(now())}
        relief.receive(session, aide, fund, IncomeInput.model_validate(income))
        reviewed(session, aide, case)
        granted = DecisionInput.model_validate({"approve": True, "granted_yuan": "500"})
        procedure.decide(session, chair, case, granted)
        assert WorkKind.give_relief in kinds_of(session, aide)
        [account] = earmarked_accounts_of(session, fund)
        paying = {"account_id": account.pk, "amount_yuan": "500", "way": "transfer"}
        relief.prepare_payment(session, aide, case, PaymentInput.model_validate(paying))
        assert WorkKind.give_relief not in kinds_of(session, aide)
        assert len(items_of(session, chair, WorkKind.confirm_payment)) == 1
        assert items_of(session, aide, WorkKind.confirm_payment) == ()

    def test_what_is_due_on_monday_is_seen_on_sunday(self, session: Session, aide: Actor) -> None:
        with frozen_time(at(FRIDAY)):
            for _number in range(6):
                make_case(session, aide, make_resident(session, aide), Scheme.society_relief)
        with frozen_time(at(SUNDAY)):
            homes = items_of(session, aide, WorkKind.investigate)
        assert [home.due_on for home in homes] == [MONDAY] * 6

    def test_a_case_is_to_be_closed_once_its_notice_is_over_and_no_need_is_left(
        self, session: Session, aide: Actor, case: Case
    ) -> None:
        need = make_need(session, aide, case)
        case.state, case.notice_ends_on, case.due_at = CaseState.publicised, china_day(now()) - timedelta(days=1), None
        session.flush()
        assert WorkKind.close_case not in kinds_of(session, aide)
        withdraw_need(session, aide, need)
        assert kinds_of(session, aide) == [WorkKind.close_case]

    def test_a_paused_case_waits_for_nobody(self, session: Session, aide: Actor, case: Case) -> None:
        procedure.pause(session, aide, case, reason="联系不上")
        assert kinds_of(session, aide) == []

    def test_a_case_of_another_township_is_not_listed(self, session: Session, case: Case) -> None:
        elsewhere = make_actor(session, role=Role.township_officer, region_code="341124101000")
        assert kinds_of(session, elsewhere) == []


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


class TestReferrals:
    def test_a_referral_waits_for_the_charity_then_for_the_promised_visit(self, session: Session, scene: Scene) -> None:
        referral = scene.send(session)
        assert kinds_of(session, scene.charity) == [WorkKind.answer_referral]
        assert kinds_of(session, scene.worker) == [WorkKind.unanswered]
        service.step(session, scene.charity, referral, ReferralVerb.accept)
        assert kinds_of(session, scene.charity) == [WorkKind.first_visit]
        today = china_day(now())
        service.plan_first_visit(session, scene.charity, referral, today)
        assert kinds_of(session, scene.charity) == kinds_of(session, scene.worker) == [WorkKind.promised_visit]
        with frozen_time(now() + timedelta(days=2)):
            assert kinds_of(session, scene.charity) == [WorkKind.promised_visit]
            assert kinds_of(session, scene.worker) == [WorkKind.late_visit]

    def test_needs_without_a_project_wait_for_the_aide(self, session: Session, scene: Scene) -> None:
        assert kinds_of(session, scene.worker) == [WorkKind.find_project]

    def test_a_chair_does_the_work_of_an_aide_only_where_there_is_none(self, session: Session, scene: Scene) -> None:
        chair = make_actor(session, role=Role.society_chair)
        assert kinds_of(session, chair) == []
        session.get_one(User, scene.worker.user_id).is_active = False
        session.flush()
        assert kinds_of(session, chair) == [WorkKind.find_project]

    def test_a_complaint_waits_for_field_and_manager_never_for_the_charity(
        self, session: Session, scene: Scene
    ) -> None:
        referral = scene.send(session)
        complaints.open_complaint(session, scene.worker, referral, ComplaintCause.not_solved)
        manager = make_actor(session, role=Role.program_manager)
        [item] = items_of(session, manager, WorkKind.answer_complaint)
        assert item.link == f"/referrals/{referral.pk}#complaint"
        assert WorkKind.answer_complaint in kinds_of(session, scene.worker)
        assert WorkKind.answer_complaint not in kinds_of(session, scene.charity)


@pytest.mark.parametrize("role", [Role.program_manager, Role.administrator])
def test_managers_and_administrators_have_a_day_of_their_own(session: Session, role: Role) -> None:
    assert kinds_of(session, make_actor(session, role=role)) == []
