"""Hats in a call: given by its managers, one hat an account, none for who applies (the scope `call` of the matrix)."""

import threading

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from factories.accounts import COUNTY, make_actor, make_user
from factories.calls import make_call
from factories.checks import close, make_member, make_staff, open_call, submit_one
from factories.databases import UnitOfWork
from tuoju.accounts.errors import NotPermitted, OutOfScope
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import MATRIX, Action, Actor, Scope
from tuoju.accounts.queries import actor_of
from tuoju.funding import applications, call_queries, members
from tuoju.funding.errors import (
    AccountNotUsable,
    AlreadyMember,
    CallNotFound,
    MemberNotFound,
    OtherHat,
    StaffWearsHat,
)
from tuoju.funding.invariants import INVARIANTS
from tuoju.funding.members import HAT_OF, MemberInput
from tuoju.funding.models import Call, CallMember
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import CallState, Hat


@pytest.fixture
def manager(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def call(session: Session, manager: Actor) -> Call:
    return open_call(session, manager)


def test_every_action_with_the_scope_has_a_hat() -> None:
    assert {action for action, scopes in MATRIX.items() if Scope.call in scopes.values()} == HAT_OF.keys()


class TestGiving:
    def test_the_account_is_told_and_reaches_this_call_alone(
        self, session: Session, manager: Actor, call: Call
    ) -> None:
        screener, other = make_member(session, manager, call, Hat.screener), open_call(session, manager)
        members.require_hat(session, screener, Action.screen_applications, call.pk)
        for action, call_id in ((Action.screen_applications, other.pk), (Action.review_applications, call.pk)):
            with pytest.raises(OutOfScope):
                members.require_hat(session, screener, action, call_id)
        kinds = select(Notification.kind).where(Notification.recipient_id == screener.user_id)
        assert set(session.exec(kinds)) == {NotificationKind.call_hat}
        assert [row.hat for row, _call in members.find_memberships(session, screener)] == [Hat.screener]

    def test_only_a_manager_of_the_region_gives_hats(self, session: Session, call: Call) -> None:
        account = make_user(session)
        inputs = MemberInput(username=account.username, hat=Hat.reviewer)
        elsewhere = make_actor(session, role=Role.program_manager, region_code="341122000000")
        for actor, error in ((make_actor(session), NotPermitted), (elsewhere, OutOfScope)):
            with pytest.raises(error):
                members.add_member(session, actor, call, inputs)

    @pytest.mark.parametrize("hat", [Hat.manager, Hat.charity, Hat.clock])
    def test_what_is_not_worn_by_members_is_not_given(
        self, session: Session, manager: Actor, call: Call, hat: Hat
    ) -> None:
        with pytest.raises(AccountNotUsable):
            make_member(session, manager, call, hat)

    def test_an_unknown_or_stopped_account_gets_none(self, session: Session, manager: Actor, call: Call) -> None:
        stopped = make_user(session)
        stopped.is_active = False
        session.flush()
        for name in (stopped.username, "nobody-here"):
            with pytest.raises(AccountNotUsable):
                members.add_member(session, manager, call, MemberInput(username=name, hat=Hat.reviewer))

    def test_not_before_publication_and_not_after_the_review(self, session: Session, manager: Actor) -> None:
        with pytest.raises(IllegalStep):
            make_member(session, manager, make_call(session, manager), Hat.reviewer)


class TestOneHat:
    def test_nobody_gets_a_second_one_even_after_giving_the_first_back(
        self, session: Session, manager: Actor, call: Call
    ) -> None:
        account = make_user(session)
        first = MemberInput(username=account.username, hat=Hat.screener)
        member = members.add_member(session, manager, call, first)
        with pytest.raises(AlreadyMember):
            members.add_member(session, manager, call, first)
        members.end_member(session, manager, call, member)
        with pytest.raises(OutOfScope):
            members.require_hat(session, actor_of(account), Action.screen_applications, call.pk)
        with pytest.raises(OtherHat):
            members.add_member(session, manager, call, MemberInput(username=account.username, hat=Hat.reviewer))
        assert members.add_member(session, manager, call, first).pk == member.pk

    def test_who_managed_the_call_gets_none(self, session: Session, manager: Actor, call: Call) -> None:
        """Whoever drafts, proposes or confirms a call neither screens nor scores in it."""
        other = make_user(session, role=Role.program_manager, region_code=COUNTY)
        for user_id in (call.made_by, call.confirmed_by):
            account = session.get_one(type(other), user_id)
            with pytest.raises(OtherHat):
                members.add_member(
                    session, actor_of(other), call, MemberInput(username=account.username, hat=Hat.reviewer)
                )

    def test_a_manager_with_a_hat_is_no_manager_of_this_call(
        self, session: Session, manager: Actor, call: Call
    ) -> None:
        other = make_member(session, manager, call, Hat.reviewer, role=Role.program_manager, region_code=COUNTY)
        with pytest.raises(CallNotFound):
            call_queries.get_call(session, other, call.pk)
        assert call.pk not in [row.pk for row in call_queries.find_calls(session, other)]

    def test_staff_of_who_applies_get_none_and_who_has_one_does_not_apply(
        self, session: Session, manager: Actor, call: Call
    ) -> None:
        staff, expert = make_staff(session), make_staff(session)
        submit_one(session, call, staff)
        options = {"role": Role.charity_staff}
        with pytest.raises(OtherHat):
            make_member(session, manager, call, Hat.reviewer, organization_id=staff.organization_id, **options)
        make_member(session, manager, call, Hat.reviewer, organization_id=expert.organization_id, **options)
        with pytest.raises(StaffWearsHat):
            applications.begin(session, expert, call)

    def test_a_member_of_another_region_is_not_found(self, session: Session, manager: Actor, call: Call) -> None:
        make_member(session, manager, call, Hat.screener)
        [member] = members.members_of(session, call)
        elsewhere = make_actor(session, role=Role.program_manager, region_code="341122000000")
        for actor, member_id in ((elsewhere, member.pk), (manager, member.pk + 1)):
            with pytest.raises(MemberNotFound):
                members.get_member(session, actor, member_id)


class TestRaces:
    def test_a_hat_and_an_application_at_once(self, engine: Engine) -> None:
        """Either the organization applies or its staff works on the call, never both."""
        unit_of_work = UnitOfWork(engine)
        with unit_of_work.write() as session:
            manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
            staff = make_staff(session)
            call_id = open_call(session, manager).pk
            options = {"role": Role.charity_staff, "organization_id": staff.organization_id}
            colleague = make_user(session, **options).username
        results: list[str] = []

        def give() -> None:
            try:
                with unit_of_work.write() as session:
                    inputs = MemberInput(username=colleague, hat=Hat.reviewer)
                    members.add_member(session, manager, session.get_one(Call, call_id), inputs)
                results.append("hat")
            except OtherHat:
                results.append("refused")

        def apply() -> None:
            try:
                with unit_of_work.write() as session:
                    applications.begin(session, staff, session.get_one(Call, call_id))
                results.append("application")
            except StaffWearsHat:
                results.append("refused")

        threads = [threading.Thread(target=work) for work in (give, apply)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert "refused" in results
        assert len(results) == 2
        with unit_of_work.read() as session:
            assert [list(check(session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]


def test_hats_stay_while_papers_are_checked(session: Session, manager: Actor, call: Call) -> None:
    close(session, call)
    assert call.state is CallState.screening
    make_member(session, manager, call, Hat.screener)
    assert len(session.exec(select(CallMember)).all()) == 1
