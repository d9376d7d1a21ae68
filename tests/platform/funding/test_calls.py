"""Calls: from gaps to a published call by two persons, extended only while open, closed by the clock (states.csv)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from factories.accounts import COUNTY, make_actor
from factories.calls import call_values, days_ahead, make_call, make_gap, make_plan_row, publish
from factories.projects import make_organization
from tuoju.accounts.errors import NotPermitted, OutOfScope
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import frozen_time, now
from tuoju.funding import call_queries, calls
from tuoju.funding.call_rules import CallRuleInput, add_call_rule
from tuoju.funding.errors import (
    CallClosed,
    CallNotFound,
    CallNumberTaken,
    NothingProposed,
    NotLater,
    OpenTooShort,
    QuestionAnswered,
    QuestionNotFound,
    SecondPersonNeeded,
    TopicMissing,
)
from tuoju.funding.inputs import AnswerInput, CallInput, ExtensionInput, QuestionInput
from tuoju.funding.invariants import INVARIANTS
from tuoju.funding.models import Call, FundingStep
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.call_rules import CallRuleName, CallRules
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import CallState, CallVerb


@pytest.fixture
def manager(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def second(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def charity(session: Session) -> Actor:
    organization = make_organization(session, region_code=COUNTY)
    return make_actor(session, role=Role.charity_staff, organization_id=organization.id)


def kinds_received(session: Session, actor: Actor) -> list[NotificationKind]:
    query = select(Notification.kind).where(Notification.recipient_id == actor.user_id).order_by(Notification.id)
    return list(session.exec(query))


class TestDraft:
    def test_it_has_the_chosen_gaps_as_topics(self, session: Session, manager: Actor) -> None:
        plan, gaps = make_plan_row(session, manager), [make_gap("A01"), make_gap("B01", budget_fen=None)]
        inputs = CallInput.model_validate(call_values())
        call = calls.draft_call(session, manager, (plan.pk, COUNTY), gaps, ["B01:"], inputs)
        [topic] = call_queries.topics_of(session, call)
        assert (topic.category, topic.needs, topic.middle_fen, topic.unit_cost_fen) == ("B01", 5, None, None)
        assert (call.budget_fen, call.state, call.rules) == (150_000_000, CallState.draft, {})

    def test_without_a_topic_there_is_no_call(self, session: Session, manager: Actor) -> None:
        plan, inputs = make_plan_row(session, manager), CallInput.model_validate(call_values())
        with pytest.raises(TopicMissing):
            calls.draft_call(session, manager, (plan.pk, COUNTY), [make_gap()], ["C01:"], inputs)

    def test_a_topic_that_could_name_a_family_is_refused_by_the_database(
        self, session: Session, manager: Actor
    ) -> None:
        """Rejection 21 of the specification."""
        with pytest.raises(IntegrityError):
            make_call(session, manager, gaps=[make_gap(needs=2)])

    def test_a_number_is_used_once(self, session: Session, manager: Actor) -> None:
        make_call(session, manager, number="1号")
        with pytest.raises(CallNumberTaken):
            make_call(session, manager, number="1号")

    def test_only_managers_of_the_region_make_and_see_it(
        self, session: Session, manager: Actor, charity: Actor
    ) -> None:
        call = make_call(session, manager)
        stranger = make_actor(session, role=Role.program_manager, region_code="341122000000")
        with pytest.raises(CallNotFound):
            call_queries.get_call(session, stranger, call.pk)
        with pytest.raises(OutOfScope):
            make_call(session, stranger)
        with pytest.raises(NotPermitted):
            call_queries.find_calls(session, charity)
        with pytest.raises(CallNotFound):
            call_queries.get_published(session, call.pk)


class TestInput:
    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ({"points_need": 21}, "points_sum"),
            ({"budget_yuan": "8"}, "perhaps_ten_thousands"),
            ({"budget_yuan": "0"}, "greater_than"),
            ({"budget_yuan": "八万"}, "amount"),
            ({"budget_yuan": "1.005"}, "amount"),
            ({"ends_on": "2020-01-01"}, "period"),
            ({"starts_on": "2020-01-01", "ends_on": "2020-02-01"}, "starts_before_closing"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, values: dict[str, Any], kind: str) -> None:
        with pytest.raises(ValidationError) as refused:
            CallInput.model_validate(call_values(**values))
        assert [problem["type"] for problem in refused.value.errors()] == [kind]

    @pytest.mark.parametrize("typed", ["85000", "8.5万", "８５０００", "85,000.00", "¥85 000元"])
    def test_amounts_as_people_type_them(self, typed: str) -> None:
        assert CallInput.model_validate(call_values(budget_yuan=typed)).budget_yuan == 85_000


class TestPublish:
    def test_a_second_manager_confirms_and_charities_are_told(
        self, session: Session, manager: Actor, second: Actor, charity: Actor
    ) -> None:
        call = make_call(session, manager)
        calls.propose(session, manager, call, CallVerb.publish)
        assert kinds_received(session, second) == [NotificationKind.call_to_confirm]
        with pytest.raises(SecondPersonNeeded):
            calls.confirm(session, manager, call, CallVerb.publish)
        calls.confirm(session, second, call, CallVerb.publish)
        assert (call.state, call.published_by, call.confirmed_by) == (CallState.open, manager.user_id, second.user_id)
        assert kinds_received(session, charity) == [NotificationKind.call_opened]
        assert call_queries.get_published(session, call.pk) is call
        entries = select(AuditEntry.action).where(AuditEntry.subject_type == "Call").order_by(AuditEntry.id)
        assert list(session.exec(entries)) == ["draft_call", "propose_publish_call", "publish_call"]

    def test_the_rules_are_copied_and_a_later_one_does_not_reach_it(self, session: Session, manager: Actor) -> None:
        """Rejection 3 of the specification."""
        call = publish(session, make_call(session, manager), manager)
        admin = make_actor(session, role=Role.administrator, region_code=COUNTY)
        values = {"name": "notice", "region_code": COUNTY, "valid_from": days_ahead(0), "value": 7, "source": "办法"}
        add_call_rule(session, admin, CallRuleInput.model_validate(values))
        assert CallRules.thawed(call.rules)[CallRuleName.notice] == 5

    def test_it_is_open_as_long_as_its_rules_ask(self, session: Session, manager: Actor) -> None:
        call = make_call(session, manager, closes_on=days_ahead(14).isoformat())
        with pytest.raises(OpenTooShort):
            calls.propose(session, manager, call, CallVerb.publish)

    def test_a_change_takes_the_proposal_back(self, session: Session, manager: Actor, second: Actor) -> None:
        call = make_call(session, manager)
        calls.propose(session, manager, call, CallVerb.publish)
        calls.change_call(session, manager, call, CallInput.model_validate(call_values(budget_yuan="1万")))
        with pytest.raises(NothingProposed):
            calls.confirm(session, second, call, CallVerb.publish)

    def test_published_it_is_not_changed_any_more(self, session: Session, manager: Actor) -> None:
        call = publish(session, make_call(session, manager), manager)
        with pytest.raises(IllegalStep):
            calls.change_call(session, manager, call, CallInput.model_validate(call_values()))


class TestExtend:
    def test_only_while_open_to_a_later_day_for_all(self, session: Session, manager: Actor, charity: Actor) -> None:
        call = publish(session, make_call(session, manager), manager)
        for days in (20, 80):
            with pytest.raises(NotLater):
                calls.extend(session, manager, call, ExtensionInput(closes_on=days_ahead(days)))
        calls.extend(session, manager, call, ExtensionInput(closes_on=days_ahead(25)))
        assert call_queries.last_day_of(call) == days_ahead(25)
        assert kinds_received(session, charity)[-1] is NotificationKind.call_extended
        with frozen_time(call.closes_at), pytest.raises(CallClosed):
            calls.extend(session, manager, call, ExtensionInput(closes_on=days_ahead(30)))


class TestClock:
    def test_it_closes_at_the_instant_and_once(self, session: Session, manager: Actor) -> None:
        call = publish(session, make_call(session, manager), manager)
        with frozen_time(call.closes_at - timedelta(seconds=1)):
            assert call_queries.is_open(call)
            assert calls.close_due(session) == 0
        with frozen_time(call.closes_at):
            assert not call_queries.is_open(call)
            assert [calls.close_due(session), calls.close_due(session)] == [1, 0]
        step = session.exec(select(FundingStep).where(FundingStep.verb == "close")).one()
        assert (call.state, step.by) == (CallState.screening, None)


class TestCancel:
    def test_two_persons_and_a_published_reason(
        self, session: Session, manager: Actor, second: Actor, charity: Actor
    ) -> None:
        call = publish(session, make_call(session, manager), manager)
        calls.propose(session, second, call, CallVerb.cancel, "资金未到位")
        calls.confirm(session, manager, call, CallVerb.cancel)
        assert (call.state, call.cancel_reason) == (CallState.cancelled, "资金未到位")
        assert kinds_received(session, charity)[-1] is NotificationKind.call_cancelled

    def test_a_refused_cancellation_leaves_no_reason(self, session: Session, manager: Actor, second: Actor) -> None:
        call = make_call(session, manager)
        calls.propose(session, manager, call, CallVerb.cancel, "写错了数")
        calls.drop_proposal(session, second, call)
        assert (call.state, call.cancel_reason, call.proposed_by) == (CallState.draft, "", None)


class TestQuestions:
    def test_an_answer_is_for_all_and_stays(self, session: Session, manager: Actor, charity: Actor) -> None:
        call = publish(session, make_call(session, manager), manager)
        question = calls.ask(session, charity, call, QuestionInput(question="可以联合申报吗？"))
        assert kinds_received(session, manager)[-1] is NotificationKind.call_question
        calls.answer(session, manager, call, question, AnswerInput(answer="可以，由一家牵头。"))
        assert kinds_received(session, charity)[-1] is NotificationKind.call_answered
        with pytest.raises(QuestionAnswered):
            calls.answer(session, manager, call, question, AnswerInput(answer="不可以。"))
        stranger = make_actor(session, role=Role.program_manager, region_code="341122000000")
        with pytest.raises(QuestionNotFound):
            call_queries.get_question(session, stranger, question.pk)
        with frozen_time(call.closes_at), pytest.raises(CallClosed):
            calls.ask(session, charity, call, QuestionInput(question="还能申报吗？"))


class CallMachine(RuleBasedStateMachine):
    """Whatever managers and the clock try, and in which order: two persons, whole calls, lawful histories."""

    session: Session
    people: tuple[Actor, Actor]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.call = make_call(self.session, self.people[0])
        self.days = 0

    def teardown(self) -> None:
        self.savepoint.rollback()

    def attempt(self, verb: Any, *values: Any) -> None:
        with frozen_time(now() + timedelta(days=self.days)):
            try:
                verb(self.session, *values)
            except (IllegalStep, NothingProposed, SecondPersonNeeded, CallClosed, NotLater, OpenTooShort):
                return

    @rule(who=st.integers(0, 1), verb=st.sampled_from([CallVerb.publish, CallVerb.cancel, CallVerb.decide]))
    def propose(self, who: int, verb: CallVerb) -> None:
        self.attempt(calls.propose, self.people[who], self.call, verb, "原因说明")

    @rule(who=st.integers(0, 1), verb=st.sampled_from([CallVerb.publish, CallVerb.cancel]))
    def confirm(self, who: int, verb: CallVerb) -> None:
        self.attempt(calls.confirm, self.people[who], self.call, verb)

    @rule(days=st.integers(1, 60))
    def extend(self, days: int) -> None:
        self.attempt(calls.extend, self.people[0], self.call, ExtensionInput(closes_on=days_ahead(days)))

    @rule(days=st.integers(0, 15))
    def wait(self, days: int) -> None:
        self.days += days
        self.attempt(calls.close_due)

    @invariant()
    def holds(self) -> None:
        assert [list(check(self.session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]
        assert self.call.state in {CallState.draft, CallState.open, CallState.screening, CallState.cancelled}


def test_no_order_of_steps_breaks_a_call(session: Session, manager: Actor, second: Actor) -> None:
    machine = type("Machine", (CallMachine,), {"session": session, "people": (manager, second)})
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=checks)
    )
    assert session.exec(select(Call)).all() == []
