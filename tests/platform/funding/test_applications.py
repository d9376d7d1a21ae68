"""Applications: six parts, submitted once by the clock of the server with a receipt number (states.csv)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, select

from factories.accounts import COUNTY, make_actor
from factories.applications import make_application, part_values
from factories.calls import make_call, publish
from factories.databases import UnitOfWork
from factories.projects import make_organization, make_project
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import frozen_time, now
from tuoju.funding import application_queries, applications
from tuoju.funding.application_inputs import INPUTS, Part
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.errors import (
    ApplicationNotFound,
    BudgetNotAllowed,
    CallClosed,
    CluesInBlindText,
    PartsMissing,
    TooManyApplications,
)
from tuoju.funding.invariants import INVARIANTS
from tuoju.funding.models import Call
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.errors import IllegalStep, OrganizationNotFound
from tuoju_projects.funding_status import ApplicationState
from tuoju_projects.queries import get_organization


@pytest.fixture
def manager(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def call(session: Session, manager: Actor) -> Call:
    return publish(session, make_call(session, manager), manager)


@pytest.fixture
def staff(session: Session) -> Actor:
    return make_staff(session, "滁州市春晖社会工作服务中心")


def make_staff(session: Session, name: str = "") -> Actor:
    organization = make_organization(session, region_code=COUNTY, **({"name": name} if name else {}))
    return make_actor(session, role=Role.charity_staff, organization_id=organization.id, display_name="周予安")


def budget(*lines: tuple[str, int, int]) -> dict[str, Any]:
    """A budget of (head, total, award) in yuan."""
    rows = [{"head": head, "what": "x", "price": total, "count": 1, "award": award} for head, total, award in lines]
    return {"how_much": {"lines": rows}}


class TestBegin:
    def test_it_starts_from_the_registry(self, session: Session, call: Call, staff: Actor) -> None:
        organization = get_organization(session, staff.organization_id)
        make_project(session, organization=organization, name="暖心送餐")
        content = application_queries.content_of(applications.begin(session, staff, call))
        assert content["who"]["contact_name"] == "周予安"
        assert "暖心送餐" in content["who"]["experience"]

    def test_as_many_as_the_rules_allow(self, session: Session, call: Call, staff: Actor) -> None:
        """Rule R5: two of one organization; a withdrawn one does not count."""
        first = applications.begin(session, staff, call)
        applications.begin(session, staff, call)
        with pytest.raises(TooManyApplications):
            applications.begin(session, staff, call)
        applications.withdraw(session, staff, first)
        applications.begin(session, staff, call)

    def test_the_office_types_in_what_came_on_paper_and_nothing_else(
        self, session: Session, call: Call, manager: Actor, staff: Actor
    ) -> None:
        own = applications.begin(session, staff, call)
        typed_in = applications.begin_from_paper(session, manager, call, staff.organization_id or 0)
        assert application_queries.get_application(session, manager, typed_in.pk).is_from_paper
        with pytest.raises(ApplicationNotFound):
            application_queries.get_application(session, manager, own.pk)
        assert [row.pk for row, _ in application_queries.applications_to(session, manager, call)] == [typed_in.pk]
        elsewhere = make_organization(session, region_code="341122000000")
        with pytest.raises(OrganizationNotFound):
            applications.begin_from_paper(session, manager, call, elsewhere.id or 0)

    def test_another_organization_does_not_find_it(self, session: Session, call: Call, staff: Actor) -> None:
        application = applications.begin(session, staff, call)
        with pytest.raises(ApplicationNotFound):
            application_queries.get_application(session, make_staff(session), application.pk)
        with pytest.raises(NotPermitted):
            application_queries.get_application(session, make_actor(session), application.pk)


class TestInput:
    @pytest.mark.parametrize(
        ("part", "values", "kind"),
        [
            (Part.how_many, {"places": 0}, "greater_than_equal"),
            (Part.how_many, {"person_times": 19}, "person_times_below_persons"),
            (Part.what, {"summary": "长" * 201}, "string_too_long"),
            (Part.promises, {"is_true": ""}, "promises_missing"),
            (Part.how_much, budget(("staff", 10, 11))["how_much"], "award_above_line"),
            (Part.how_much, budget(("gifts", 10, 10))["how_much"], "enum"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(
        self, session: Session, call: Call, part: Part, values: dict[str, Any], kind: str
    ) -> None:
        with pytest.raises(ValidationError) as refused:
            INPUTS[part].model_validate(part_values(session, call)[part] | values)
        assert [problem["type"] for problem in refused.value.errors()] == [kind]


class TestSubmit:
    def test_it_is_frozen_with_a_receipt_and_the_sums(self, session: Session, call: Call, staff: Actor) -> None:
        application = applications.submit(session, staff, make_application(session, staff, call))
        assert (application.state, application.receipt) == (ApplicationState.submitted, 1)
        assert (application.ask_fen, application.matching_fen) == (4_500_000, 500_000)
        version = session.exec(select(ApplicationVersion)).one()
        assert (version.number, version.content) == (1, application.content)
        kinds = select(Notification.kind).where(Notification.recipient_id == staff.user_id)
        assert NotificationKind.application_received in session.exec(kinds).all()

    def test_what_is_missing_keeps_it_back(self, session: Session, call: Call, staff: Actor) -> None:
        with pytest.raises(PartsMissing) as refused:
            applications.submit(session, staff, applications.begin(session, staff, call))
        assert list(refused.value.parts) == list(Part)

    @pytest.mark.parametrize(
        "lines",
        [
            [("staff", 100_001, 100_001)],
            [("staff", 1000, 0)],
            [("staff", 1000, 1000), ("management", 200, 200)],
            [("staff", 1000, 1000), ("venue", 200, 200)],
        ],
        ids=["above the largest award", "no award", "management above 10 %", "venue above 10 %"],
    )
    def test_a_budget_above_a_cap_keeps_it_back(
        self, session: Session, call: Call, staff: Actor, lines: list[tuple[str, int, int]]
    ) -> None:
        with pytest.raises(BudgetNotAllowed):
            applications.submit(session, staff, make_application(session, staff, call, **budget(*lines)))

    @pytest.mark.parametrize(
        "typed", ["春晖社会工作服务中心来做", "由周予安负责", "电话13800001234", "春 晖 社会工作服务中心"]
    )
    def test_ones_own_name_in_the_blind_part_is_seen_before(
        self, session: Session, call: Call, staff: Actor, typed: str
    ) -> None:
        application = make_application(session, staff, call, what={"method": f"{typed}，志愿者每天送到家。"})
        with pytest.raises(CluesInBlindText):
            applications.submit(session, staff, application)
        applications.submit(session, staff, application, despite_clues=True)
        assert application.state is ApplicationState.submitted

    def test_the_clock_of_the_server_decides(self, session: Session, call: Call, staff: Actor) -> None:
        application = make_application(session, staff, call)
        with frozen_time(call.closes_at), pytest.raises(CallClosed):
            applications.submit(session, staff, application)
        with frozen_time(call.closes_at - timedelta(seconds=1)):
            applications.submit(session, staff, application)

    def test_taken_back_and_submitted_again_it_keeps_its_number(
        self, session: Session, call: Call, staff: Actor
    ) -> None:
        application = applications.submit(session, staff, make_application(session, staff, call))
        with pytest.raises(IllegalStep):
            applications.save_part(
                session,
                staff,
                application,
                Part.what,
                INPUTS[Part.what].model_validate(part_values(session, call)[Part.what]),
            )
        applications.reopen(session, staff, application)
        applications.submit(session, staff, application)
        other = make_staff(session)
        assert applications.submit(session, other, make_application(session, other, call)).receipt == 2
        numbers = select(ApplicationVersion.number).where(ApplicationVersion.application_id == application.pk)
        assert (application.receipt, list(session.exec(numbers))) == (1, [1, 2])


class TestRaces:
    def test_two_tabs_submit_and_one_receipt_is_given(self, engine: Engine) -> None:
        unit_of_work = UnitOfWork(engine)
        with unit_of_work.write() as session:
            manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
            staff = make_staff(session)
            application_id = make_application(session, staff, publish(session, make_call(session, manager), manager)).pk
        loaded, results = threading.Barrier(2, timeout=30), []

        def tab() -> None:
            try:
                with unit_of_work.write() as session:
                    application = session.get_one(Application, application_id)
                    if engine.dialect.name == "postgresql":
                        loaded.wait()
                    applications.submit(session, staff, application)
                results.append("submitted")
            except (IllegalStep, StaleDataError):
                results.append("refused")

        tabs = [threading.Thread(target=tab) for _ in range(2)]
        for thread in tabs:
            thread.start()
        for thread in tabs:
            thread.join(60)
        assert sorted(results) == ["refused", "submitted"]
        with unit_of_work.read() as session:
            assert session.exec(select(Call.receipts)).one() == 1
            assert len(session.exec(select(ApplicationVersion)).all()) == 1
            assert [list(check(session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]


class ApplicationMachine(RuleBasedStateMachine):
    """Whatever an applicant tries, and when: lawful histories, frozen versions, receipts of the call."""

    session: Session
    staff: Actor
    call: Call

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.application = make_application(self.session, self.staff, self.call)
        self.days = 0

    def teardown(self) -> None:
        self.savepoint.rollback()

    @rule(verb=st.sampled_from([applications.submit, applications.reopen, applications.withdraw]))
    def attempt(self, verb: Any) -> None:
        with frozen_time(now() + timedelta(days=self.days)):
            try:
                verb(self.session, self.staff, self.application)
            except (IllegalStep, CallClosed):
                return

    @rule(days=st.integers(0, 8))
    def wait(self, days: int) -> None:
        self.days += days

    @invariant()
    def holds(self) -> None:
        assert [list(check(self.session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]
        is_submitted = self.application.submitted_at is not None
        assert is_submitted or self.application.state is not ApplicationState.submitted


def test_no_order_of_steps_breaks_an_application(session: Session, call: Call, staff: Actor) -> None:
    machine = type("Machine", (ApplicationMachine,), {"session": session, "staff": staff, "call": call})
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=10, stateful_step_count=8, deadline=None, suppress_health_check=checks)
    )
