"""Plans: computed, approved, sent (design.md sections 3, 4 and 6)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.pages import counted
from factories.plans import County
from factories.projects import ledger_sum
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.models import Need
from tuoju.cases.status import NeedState
from tuoju.database.jobs import Job
from tuoju.database.records import now
from tuoju.plans import queries, sending, service, work
from tuoju.plans.errors import IllegalPlanStep, NotPlannable, PlanNotFound, PlanUnderWay
from tuoju.plans.jobs import COMPUTE
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.queries import LineFilter
from tuoju.plans.status import PLAN_STEPS, LineState, NotSentReason, PlanState, PlanVerb
from tuoju.referrals import service as referrals
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb, RejectionReason
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import RegionNotFound
from tuoju.relief.models import Society
from tuoju_matching.problem import Mode
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects import capacity
from tuoju_projects.models import Project, RuleKind


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    return County(unit_of_work)


def lines_of(county: County, plan: Plan) -> dict[int, PlanLine]:
    with county.unit_of_work.write() as session:
        return {line.need_id: line for line in queries.find_lines(session, plan, LineFilter())}


def kinds_received(county: County, user_id: int) -> list[NotificationKind]:
    with county.unit_of_work.read() as session:
        query = select(Notification.kind).where(Notification.recipient_id == user_id).order_by(col(Notification.id))
        return list(session.exec(query))


class TestCompute:
    def test_the_most_urgent_need_gets_the_last_place(self, county: County) -> None:
        project = county.project(1)
        routine, urgent = county.need(project), county.need(project, urgency="urgent")
        plan = county.plan()
        lines = lines_of(county, plan)
        assert plan.state is PlanState.proposed
        assert (lines[urgent.pk].project_id, lines[urgent.pk].state) == (project.pk, LineState.placed)
        assert (lines[routine.pk].project_id, lines[routine.pk].eligible) == (None, 1)
        assert plan.gap == pytest.approx(0, abs=1e-6)

    def test_a_need_without_a_project_has_its_obstacle(self, county: County) -> None:
        county.project(3, rules={RuleKind.max_age: ["17"]})
        need, other = county.need(), county.need(category="C09")
        lines = lines_of(county, county.plan())
        assert (lines[need.pk].eligible, lines[need.pk].obstacle) == (0, "max_age")
        assert lines[other.pk].obstacle == "service_not_offered"

    def test_a_project_that_refused_the_need_for_good_is_not_proposed_again(self, county: County) -> None:
        project = county.project(3)
        need = county.need(project)
        with county.unit_of_work.write() as session:
            charity = make_actor(session, role=Role.charity_staff, organization_id=project.organization_id)
            referral = referrals.send(session, county.worker, session.get_one(Need, need.pk), _p(session, project))
            referrals.step(session, charity, referral, ReferralVerb.reject, reason=RejectionReason.safety)
        assert lines_of(county, county.plan())[need.pk].obstacle == "refused"

    def test_a_line_says_whether_the_resident_has_consented(self, county: County) -> None:
        project = county.project(3)
        consented, other = county.need(project), county.need()
        lines = lines_of(county, county.plan())
        assert (lines[consented.pk].consented, lines[other.pk].consented) == (True, False)

    def test_the_gain_of_one_more_place_is_the_need_it_would_take(self, county: County) -> None:
        project = county.project(1)
        county.need(project, urgency="urgent")
        county.need(project, urgency="urgent")
        assert county.plan().gains[str(project.pk)]["placed"] == {"urgent": 1}

    def test_other_modes_are_compared(self, county: County) -> None:
        project = county.project(1)
        county.need(project)
        county.need(project, urgency="urgent")
        comparison = county.plan().comparison
        assert comparison["optimum"]["placed"] == {"urgent": 1}
        assert set(comparison) == set(Mode)

    def test_the_person_who_ordered_the_plan_is_notified_when_it_is_ready(self, county: County) -> None:
        county.plan()
        assert kinds_received(county, county.manager.user_id) == [NotificationKind.plan_ready]

    def test_another_worker_takes_the_plan_of_a_killed_worker(self, county: County) -> None:
        county.need(county.project(1))
        with county.unit_of_work.write() as session:
            pk = service.make_plan(session, county.manager, COUNTY).pk
        assert work._claim(county.unit_of_work, pk, PlanState.computing)
        work.compute(county.unit_of_work, pk)  # the first worker still has it, so this does nothing
        assert county.read(pk).state is PlanState.computing
        with county.unit_of_work.read() as session:
            assert work.find_stalled_jobs(session, now()) == []
            assert work.find_stalled_jobs(session, now() + work.LEASE + timedelta(seconds=1)) == [Job(COMPUTE, pk)]
        with county.unit_of_work.write() as session:
            session.get_one(Plan, pk).worked_at = now() - work.LEASE - timedelta(seconds=1)
        work.compute(county.unit_of_work, pk)
        assert county.read(pk).state is PlanState.proposed

    def test_a_failed_computation_can_be_retried(self, county: County, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise ValueError

        with monkeypatch.context() as patch:
            patch.setattr(work.solving, "solve", broken)
            plan = county.plan()
        assert plan.state is PlanState.failed
        with county.unit_of_work.write() as session:
            service.retry(session, county.manager, session.get_one(Plan, plan.pk))
        work.compute(county.unit_of_work, plan.pk)
        assert county.read(plan.pk).state is PlanState.proposed

    def test_the_number_of_queries_does_not_grow_with_needs(self, county: County) -> None:
        project = county.project(2)
        few = self._statements(county, project, 2)
        many = self._statements(county, project, 10)
        assert many - few <= 2

    def _statements(self, county: County, project: Project, needs: int) -> int:
        for _ in range(needs):
            county.need(project)
        with county.unit_of_work.write() as session:
            pk = service.make_plan(session, county.manager, COUNTY).pk
        with counted(county.unit_of_work.engine) as statements:
            work.compute(county.unit_of_work, pk)
        return len(statements)


def _p(session: Session, project: Project) -> Project:
    return session.get_one(Project, project.pk)


class TestMakePlan:
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.program_manager])
    def test_only_a_program_manager_makes_and_reads_plans(self, county: County, role: Role) -> None:
        with county.unit_of_work.write() as session:
            actor = make_actor(session, role=role, region_code=COUNTY)
            with pytest.raises(NotPermitted):
                service.make_plan(session, actor, COUNTY)
            with pytest.raises(NotPermitted):
                queries.find_plans(session, actor)

    def test_a_county_cannot_plan_for_its_city_or_another_county(self, county: County) -> None:
        with county.unit_of_work.write() as session:
            for elsewhere in (CITY, "341122000000"):
                with pytest.raises(RegionNotFound):
                    service.make_plan(session, county.manager, elsewhere)

    def test_a_village_cannot_be_planned_for(self, county: County) -> None:
        with county.unit_of_work.write() as session, pytest.raises(NotPlannable):
            service.make_plan(session, county.manager, VILLAGE)

    def test_a_region_has_one_plan_under_way(self, county: County) -> None:
        with county.unit_of_work.write() as session:
            service.make_plan(session, county.manager, COUNTY)
            with pytest.raises(PlanUnderWay):
                service.make_plan(session, county.manager, COUNTY)

    def test_a_plan_of_another_county_is_not_found(self, county: County) -> None:
        plan = county.plan()
        with county.unit_of_work.write() as session:
            stranger = make_actor(session, role=Role.program_manager, region_code="341122000000")
            with pytest.raises(PlanNotFound):
                queries.get_plan(session, stranger, plan.pk)


class TestSteps:
    @pytest.mark.parametrize("verb", [PlanVerb.approve, PlanVerb.discard, PlanVerb.retry])
    @pytest.mark.parametrize("state", list(PlanState))
    def test_only_the_steps_of_the_table_are_possible(self, session: Session, state: PlanState, verb: PlanVerb) -> None:
        manager = make_actor(session, role=Role.program_manager)
        plan = Plan(region_code=CITY, made_by=manager.user_id, state=state)
        session.add(plan)
        session.flush()
        do = {PlanVerb.approve: service.approve, PlanVerb.discard: service.discard, PlanVerb.retry: service.retry}[verb]
        if (state, verb) in PLAN_STEPS:
            assert do(session, manager, plan).state is PLAN_STEPS[state, verb]
        else:
            with pytest.raises(IllegalPlanStep):
                do(session, manager, plan)

    def test_every_decision_is_audited(self, county: County) -> None:
        plan = county.plan()
        county.approve(plan)
        with county.unit_of_work.read() as session:
            entries = session.exec(select(AuditEntry.action).where(AuditEntry.subject_type == "Plan"))
            assert list(entries) == ["make_plan", "propose_plan", "approve_plan"]


class TestSend:
    def test_each_line_becomes_a_referral_and_holds_a_place(self, county: County) -> None:
        project = county.project(2)
        needs = [county.need(project), county.need(project)]
        plan = county.plan()
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        lines = lines_of(county, plan)
        assert {lines[need.pk].state for need in needs} == {LineState.sent}
        with county.unit_of_work.read() as session:
            assert capacity.available(session, project.pk) == 0
            sent = session.exec(select(Referral)).all()
            assert {referral.need_id for referral in sent} == {need.pk for need in needs}
        assert county.read(plan.pk).state is PlanState.approved

    def test_the_social_worker_is_notified_of_the_referral_and_of_the_answer(self, county: County) -> None:
        project = county.project(2)
        need = county.need(project)
        plan = county.plan()
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        with county.unit_of_work.write() as session:
            charity = make_actor(session, role=Role.charity_staff, organization_id=project.organization_id)
            referral = session.exec(select(Referral).where(Referral.need_id == need.pk)).one()
            referrals.step(session, charity, referral, ReferralVerb.accept)
        assert kinds_received(county, county.worker.user_id) == [
            NotificationKind.plan_referred,
            NotificationKind.referral_accepted,
        ]

    def test_without_consent_nothing_is_sent_and_the_worker_is_asked_for_it(self, county: County) -> None:
        """PIPL arts 23 and 29: every receiver needs its own consent."""
        county.project(2)
        need = county.need()
        plan = county.plan()
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        assert lines_of(county, plan)[need.pk].state is LineState.waiting_for_consent
        assert kinds_received(county, county.worker.user_id) == [NotificationKind.consent_wanted]
        with county.unit_of_work.read() as session:
            assert session.exec(select(Referral)).all() == []
            assert session.get_one(Need, need.pk).state is NeedState.open

    def test_a_need_that_was_referred_meanwhile_is_not_sent(self, county: County) -> None:
        project = county.project(2)
        need = county.need(project)
        plan = county.plan()
        with county.unit_of_work.write() as session:
            referrals.send(session, county.worker, session.get_one(Need, need.pk), _p(session, project))
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        line = lines_of(county, plan)[need.pk]
        assert (line.state, line.not_sent_reason) == (LineState.not_sent, NotSentReason.need_answered)

    def test_a_need_that_is_referred_at_the_same_moment_is_not_sent(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        need = county.need(county.project(2))
        plan = county.plan()
        county.approve(plan)
        send = referrals.send

        def send_twice(session: Session, *rest: object, **options: object) -> object:
            sent = send(session, *rest, **options)  # type: ignore[arg-type]
            session.add(Referral(**sent.model_dump(exclude={"id"})))
            session.flush()
            return sent

        monkeypatch.setattr(referrals, "send", send_twice)
        work.send(county.unit_of_work, plan.pk)
        line = lines_of(county, plan)[need.pk]
        assert (line.state, line.not_sent_reason) == (LineState.not_sent, NotSentReason.need_answered)

    def test_another_database_error_is_raised(self, county: County, monkeypatch: pytest.MonkeyPatch) -> None:
        need = county.need(county.project(2))
        plan = county.plan()
        county.approve(plan)

        def break_foreign_key(session: Session, *_rest: object, **_options: object) -> None:
            session.add(Society(region_code="000000000000", recorded_by=1))
            session.flush()

        monkeypatch.setattr(referrals, "send", break_foreign_key)
        with pytest.raises(IntegrityError):
            work.send(county.unit_of_work, plan.pk)
        assert lines_of(county, plan)[need.pk].state is LineState.placed

    def test_a_need_whose_place_was_taken_meanwhile_is_not_sent(self, county: County) -> None:
        project = county.project(1)
        need = county.need(project)
        plan = county.plan()
        other = county.need(project)
        with county.unit_of_work.write() as session:
            referrals.send(session, county.worker, session.get_one(Need, other.pk), _p(session, project))
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        assert lines_of(county, plan)[need.pk].not_sent_reason is NotSentReason.no_place

    def test_after_a_kill_between_two_referrals_the_next_worker_continues(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = county.project(3)
        needs = [county.need(project) for _ in range(3)]
        plan = county.plan()
        county.approve(plan)
        send_line, sent = sending.send_line, []

        def killed(session: Session, *rest: object) -> object:
            if sent:
                raise KeyboardInterrupt
            sent.append(1)
            return send_line(session, *rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(sending, "send_line", killed)
            with pytest.raises(KeyboardInterrupt):
                work.send(county.unit_of_work, plan.pk)
        assert sorted(line.state for line in lines_of(county, plan).values()) == ["placed", "placed", "sent"]
        with county.unit_of_work.write() as session:
            session.get_one(Plan, plan.pk).worked_at = now() - work.LEASE - timedelta(seconds=1)
        work.send(county.unit_of_work, plan.pk)
        work.send(county.unit_of_work, plan.pk)
        with county.unit_of_work.read() as session:
            assert {referral.need_id for referral in session.exec(select(Referral))} == {need.pk for need in needs}
            assert capacity.available(session, project.pk) == ledger_sum(session, project.pk) == 0

    @pytest.mark.postgres
    def test_four_workers_send_each_line_once(self, county: County) -> None:
        project = county.project(12)
        for _ in range(12):
            county.need(project)
        plan = county.plan()
        county.approve(plan)

        def work_on() -> None:
            while True:
                with county.unit_of_work.read() as session:
                    line_id, _left = sending.find_next_line(session, plan.pk)
                if line_id is None:
                    return
                work._send_line(county.unit_of_work, plan.pk, line_id)

        workers = [threading.Thread(target=work_on) for _ in range(4)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
        assert {line.state for line in lines_of(county, plan).values()} == {LineState.sent}
        with county.unit_of_work.read() as session:
            assert len(session.exec(select(Referral)).all()) == 12
            assert ledger_sum(session, project.pk) == 0

    @pytest.mark.postgres
    def test_of_two_concurrent_approvals_one_succeeds(self, county: County) -> None:
        county.need(county.project(1))
        plan = county.plan()
        ready, outcomes = threading.Barrier(2), []

        def decide() -> None:
            try:
                with county.unit_of_work.write() as session:
                    current = session.get_one(Plan, plan.pk)
                    ready.wait()
                    service.approve(session, county.manager, current)
                outcomes.append("approved")
            except Exception as error:
                outcomes.append(type(error).__name__)

        managers = [threading.Thread(target=decide) for _ in range(2)]
        for thread in managers:
            thread.start()
        for thread in managers:
            thread.join()
        assert sorted(outcomes) == ["StaleDataError", "approved"]


class TestChangesSince:
    def test_a_fresh_plan_is_not_stale(self, county: County) -> None:
        county.need(county.project(1))
        plan = county.plan()
        with county.unit_of_work.read() as session:
            assert not queries.changes_since(session, plan).exist

    def test_lists_needs_and_projects_that_changed(self, county: County) -> None:
        project, closing = county.project(2), county.project(1)
        need = county.need(project)
        plan = county.plan()
        new, opened = county.need(), county.project(1)
        with county.unit_of_work.write() as session:
            referrals.send(session, county.worker, session.get_one(Need, need.pk), _p(session, project))
            _p(session, closing).ends_on = china_day(now()) - timedelta(days=2)
        with county.unit_of_work.read() as session:
            changes = queries.changes_since(session, plan)
        assert (changes.answered, changes.new) == ({need.pk}, {new.pk})
        assert (changes.places, changes.opened, changes.closed) == ({project.pk}, {opened.pk}, {closing.pk})


class TestPrices:
    def test_prices_come_from_the_newest_approved_plan(self, county: County) -> None:
        project = county.project(1)
        county.need(project)
        plan = county.plan()
        with county.unit_of_work.write() as session:
            session.get_one(Plan, plan.pk).prices = {str(project.pk): 0.25}
        with county.unit_of_work.read() as session:
            assert queries.prices_for(session, VILLAGE) == {}
        county.approve(plan)
        work.send(county.unit_of_work, plan.pk)
        with county.unit_of_work.read() as session:
            assert queries.prices_for(session, VILLAGE) == {project.pk: 0.25}
            assert queries.prices_for(session, "341122000000") == {}
