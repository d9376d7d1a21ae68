"""The pre-check: papers and sums, asked for once with a deadline, failed by two screeners (states.csv, section 14)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from factories.accounts import COUNTY, make_actor
from factories.applications import part_values
from factories.checks import PASSED, close, make_member, make_staff, open_call, pass_check, submit_one
from factories.databases import UnitOfWork
from tuoju.accounts.errors import OutOfScope
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import frozen_time, now
from tuoju.funding import applications, check_queries, checks
from tuoju.funding.application_inputs import INPUTS, Part
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.check_inputs import CheckInput, CompletionRequestInput, RulingInput
from tuoju.funding.check_models import CheckItem, IneligibleReason, PreCheck
from tuoju.funding.errors import (
    ApplicationNotFound,
    AskedOnce,
    AskRaised,
    CheckIncomplete,
    CompletionOverdue,
    CompletionPending,
    NotAskedFor,
    NothingProposed,
    NotScreening,
    SecondPersonNeeded,
)
from tuoju.funding.invariants import INVARIANTS
from tuoju.funding.models import Call
from tuoju.regions.calendar import china_day
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import ApplicationState, Hat

ASK = CompletionRequestInput(asked_parts=[Part.who, Part.how_much], request="请补社工证书和预算合计")
RULING = RulingInput(fail_reason=IneligibleReason.papers_missing, ruling="缺少登记证书")


@pytest.fixture
def manager(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def call(session: Session, manager: Actor) -> Call:
    return open_call(session, manager)


@pytest.fixture
def staff(session: Session) -> Actor:
    return make_staff(session)


@pytest.fixture
def application(session: Session, call: Call, staff: Actor, screener: Actor) -> Application:
    """Submitted, and the call is closed."""
    application = submit_one(session, call, staff)
    close(session, call)
    return application


@pytest.fixture
def screener(session: Session, manager: Actor, call: Call) -> Actor:
    return make_member(session, manager, call, Hat.screener)


@pytest.fixture
def second(session: Session, manager: Actor, call: Call) -> Actor:
    return make_member(session, manager, call, Hat.screener)


def kinds_of(session: Session, actor: Actor) -> list[NotificationKind]:
    query = select(Notification.kind).where(Notification.recipient_id == actor.user_id)
    return list(session.exec(query.order_by(col(Notification.id))))


def save(session: Session, actor: Actor, application: Application, part: Part, **changed: Any) -> None:
    values = part_values(session, session.get_one(Call, application.call_id))[part] | changed
    applications.save_part(session, actor, application, part, INPUTS[part].model_validate(values))


class TestScope:
    def test_only_screeners_of_the_call(
        self, session: Session, manager: Actor, call: Call, application: Application, screener: Actor
    ) -> None:
        assert check_queries.get_application_to_check(session, screener, application.pk).pk == application.pk
        reviewer = make_member(session, manager, call, Hat.reviewer)
        stranger = make_member(session, manager, open_call(session, manager), Hat.screener)
        for actor in (reviewer, stranger, manager):
            with pytest.raises(ApplicationNotFound):
                check_queries.get_application_to_check(session, actor, application.pk)
            with pytest.raises(OutOfScope):
                checks.record_check(session, actor, application, PASSED)

    def test_a_draft_is_nobodys_but_its_organizations(
        self, session: Session, call: Call, screener: Actor, staff: Actor
    ) -> None:
        draft = applications.begin(session, staff, call)
        with pytest.raises(ApplicationNotFound):
            check_queries.get_application_to_check(session, screener, draft.pk)

    def test_not_while_the_call_is_open(self, session: Session, call: Call, screener: Actor, staff: Actor) -> None:
        application = submit_one(session, call, staff)
        with pytest.raises(NotScreening):
            checks.record_check(session, screener, application, PASSED)


class TestAccept:
    def test_every_item_is_yes_or_does_not_apply(
        self, session: Session, application: Application, screener: Actor
    ) -> None:
        for answers in ({}, {"item_papers": "no"}, {"item_papers": ""}):
            values = {f"item_{item}": "yes" for item in CheckItem} | answers if answers else {}
            checks.record_check(session, screener, application, CheckInput.model_validate(values))
            with pytest.raises(CheckIncomplete):
                checks.accept(session, screener, application)
        values = {f"item_{item}": "yes" for item in CheckItem} | {"item_experience": "not_applicable"}
        checks.record_check(session, screener, application, CheckInput.model_validate(values))
        assert checks.accept(session, screener, application).state is ApplicationState.eligible
        with pytest.raises(IllegalStep):
            checks.record_check(session, screener, application, PASSED)


class TestCompletion:
    def test_only_what_was_asked_for_is_changed_and_the_version_before_stays(
        self, session: Session, application: Application, screener: Actor, staff: Actor
    ) -> None:
        submitted_at, before = application.submitted_at, application.content
        checks.ask_to_complete(session, screener, application, ASK)
        assert kinds_of(session, staff)[-1] is NotificationKind.application_to_complete
        with pytest.raises(NotAskedFor):
            save(session, staff, application, Part.what)
        save(session, staff, application, Part.who, staff="周予安，社工师；李晨，社工")
        applications.complete(session, staff, application)
        versions = session.exec(select(ApplicationVersion).order_by(col(ApplicationVersion.number))).all()
        assert [row.number for row in versions] == [1, 2]
        assert (versions[0].content, application.submitted_at) == (before, submitted_at)
        assert kinds_of(session, screener)[-1] is NotificationKind.application_completed
        assert pass_check(session, screener, application).state is ApplicationState.eligible

    def test_it_is_asked_for_once(
        self, session: Session, application: Application, screener: Actor, staff: Actor
    ) -> None:
        checks.ask_to_complete(session, screener, application, ASK)
        applications.complete(session, staff, application)
        with pytest.raises(AskedOnce):
            checks.ask_to_complete(session, screener, application, ASK)

    def test_what_reviewers_judge_is_not_asked_for(
        self, session: Session, application: Application, screener: Actor
    ) -> None:
        asked = CompletionRequestInput(asked_parts=[Part.what], request="请写得更好")
        with pytest.raises(NotAskedFor):
            checks.ask_to_complete(session, screener, application, asked)

    def test_the_ask_does_not_grow(
        self, session: Session, application: Application, screener: Actor, staff: Actor
    ) -> None:
        checks.ask_to_complete(session, screener, application, ASK)
        line = {"head": "staff", "what": "社工", "price": "5万", "count": 1}
        save(session, staff, application, Part.how_much, lines=[line | {"award": "46000"}])
        with pytest.raises(AskRaised):
            applications.complete(session, staff, application)
        save(session, staff, application, Part.how_much, lines=[line | {"award": "44000"}])
        applications.complete(session, staff, application)
        assert application.ask_fen == 4_400_000

    def test_after_three_working_days_it_is_over_and_not_before(
        self, session: Session, application: Application, screener: Actor, staff: Actor, second: Actor
    ) -> None:
        checks.ask_to_complete(session, screener, application, ASK)
        check = session.exec(select(PreCheck)).one()
        assert check.due_at is not None
        assert china_day(check.due_at - timedelta(seconds=1)) >= china_day(now()) + timedelta(days=3)
        late = RulingInput(fail_reason=IneligibleReason.not_completed, ruling="逾期未补正")
        with pytest.raises(CompletionPending):
            checks.propose_failure(session, screener, application, late)
        with frozen_time(check.due_at):
            for verb in (
                lambda: save(session, staff, application, Part.who),
                lambda: applications.complete(session, staff, application),
            ):
                with pytest.raises(CompletionOverdue):
                    verb()
            checks.propose_failure(session, screener, application, late)
            assert checks.confirm_failure(session, second, application).state is ApplicationState.ineligible


class TestFailure:
    def test_two_screeners_and_a_reason_that_the_applicant_reads(
        self, session: Session, application: Application, screener: Actor, second: Actor, staff: Actor
    ) -> None:
        with pytest.raises(NothingProposed):
            checks.confirm_failure(session, second, application)
        check = checks.propose_failure(session, screener, application, RULING)
        assert check_queries.objection_until(session, check) is None
        with pytest.raises(SecondPersonNeeded):
            checks.confirm_failure(session, screener, application)
        checks.confirm_failure(session, second, application)
        assert application.state is ApplicationState.ineligible
        assert kinds_of(session, staff)[-1] is NotificationKind.application_ineligible
        until = check_queries.objection_until(session, check)
        assert until is not None
        assert until > china_day(now()) + timedelta(days=2)

    def test_a_dropped_proposal_cannot_be_confirmed(
        self, session: Session, application: Application, screener: Actor, second: Actor
    ) -> None:
        checks.propose_failure(session, screener, application, RULING)
        checks.drop_failure(session, second, application)
        for verb in (checks.confirm_failure, checks.drop_failure):
            with pytest.raises(NothingProposed):
                verb(session, second, application)

    def test_the_database_knows_that_there_are_two(
        self, session: Session, application: Application, screener: Actor
    ) -> None:
        check = checks.propose_failure(session, screener, application, RULING)
        check.confirmed_by = check.proposed_by
        with pytest.raises(IntegrityError):
            session.flush()


class TestRaces:
    @pytest.mark.parametrize("other", [checks.accept, checks.confirm_failure])
    def test_one_passes_and_one_fails_an_application_at_once(self, engine: Engine, other: Any) -> None:
        """The loser is told; the application has one outcome and one step to it."""
        unit_of_work = UnitOfWork(engine)
        with unit_of_work.write() as session:
            manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
            call = open_call(session, manager)
            screeners = [make_member(session, manager, call, Hat.screener) for _ in range(3)]
            application = submit_one(session, call)
            close(session, call)
            checks.record_check(session, screeners[0], application, PASSED)
            checks.propose_failure(session, screeners[0], application, RULING)
            application_id = application.pk
        loaded, results = threading.Barrier(2, timeout=30), []

        def act(verb: Any, screener: Actor) -> None:
            try:
                with unit_of_work.write() as session:
                    row = session.get_one(Application, application_id)
                    if engine.dialect.name == "postgresql":
                        loaded.wait()
                    verb(session, screener, row)
                results.append("done")
            except (IllegalStep, StaleDataError):
                results.append("refused")

        pairs = zip((checks.confirm_failure, other), screeners[1:], strict=True)
        threads = [threading.Thread(target=act, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(results) == ["done", "refused"]
        with unit_of_work.read() as session:
            assert [list(check(session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]


class CheckMachine(RuleBasedStateMachine):
    """Whatever screeners and the applicant try, and when: checked before it goes on, failed by two, completed once."""

    session: Session
    call: Call
    people: tuple[Actor, Actor]
    staff: Actor

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.application = submit_one(self.session, self.call, self.staff)
        close(self.session, self.call)
        self.days = 0
        self.asked = 0

    def teardown(self) -> None:
        self.savepoint.rollback()

    def attempt(self, verb: Any, *values: Any) -> bool:
        with frozen_time(now() + timedelta(days=self.days)):
            try:
                verb(self.session, *values)
            except (
                IllegalStep,
                AskedOnce,
                CheckIncomplete,
                CompletionOverdue,
                CompletionPending,
                NothingProposed,
                SecondPersonNeeded,
            ):
                return False
        return True

    @rule(who=st.integers(0, 1), passes=st.booleans())
    def record(self, who: int, passes: bool) -> None:
        inputs = PASSED if passes else CheckInput(item_papers="no")
        self.attempt(checks.record_check, self.people[who], self.application, inputs)

    @rule(who=st.integers(0, 1))
    def ask(self, who: int) -> None:
        self.asked += self.attempt(checks.ask_to_complete, self.people[who], self.application, ASK)

    @rule(who=st.integers(0, 1))
    def propose(self, who: int) -> None:
        self.attempt(checks.propose_failure, self.people[who], self.application, RULING)

    @rule(who=st.integers(0, 1), verb=st.sampled_from([checks.accept, checks.confirm_failure, checks.drop_failure]))
    def decide(self, who: int, verb: Any) -> None:
        self.attempt(verb, self.people[who], self.application)

    @rule(verb=st.sampled_from([applications.complete, applications.withdraw]))
    def apply(self, verb: Any) -> None:
        self.attempt(verb, self.staff, self.application)

    @rule(days=st.integers(0, 4))
    def wait(self, days: int) -> None:
        self.days += days

    @invariant()
    def holds(self) -> None:
        assert [list(check(self.session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]
        assert self.asked <= 1


def test_no_order_of_steps_breaks_a_pre_check(
    session: Session, call: Call, screener: Actor, second: Actor, staff: Actor
) -> None:
    attributes = {"session": session, "call": call, "people": (screener, second), "staff": staff}
    machine = type("Machine", (CheckMachine,), attributes)
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=slow),
    )
