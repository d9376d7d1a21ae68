"""Who may give which accounts (design.md section 7): scope, levels, two persons, the last of a role."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, PASSWORD, TOWNSHIP, VILLAGE, make_actor, make_user
from factories.projects import make_organization
from tuoju.accounts import administration, invitations, proposals
from tuoju.accounts.administration import (
    AccountInput,
    add_and_invite,
    assign_role,
    invite_again,
    set_leader,
    start,
    stop,
)
from tuoju.accounts.errors import (
    GrantExceeded,
    InvitationClosed,
    LastAdministrator,
    LastLeader,
    NotPermitted,
    OwnAccount,
    OwnProposal,
    ProposalClosed,
    ProposalNotFound,
    RegionLevelWrong,
    UserNotFound,
)
from tuoju.accounts.grants import require_grant
from tuoju.accounts.models import AuditEntry, GrantKind, GrantProposal, GrantState, Role, User
from tuoju.accounts.permissions import ROLE_LEVELS, Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import sign_in
from tuoju.accounts.sessions import find_signed_in
from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

ELSEWHERE = "341122000000"
REGION = {"village": VILLAGE, "township": TOWNSHIP, "county": COUNTY, "city": CITY}


def person(role: Role, region_code: str = "", **values: object) -> AccountInput:
    return AccountInput.model_validate(
        {"username": f"new-{role}", "display_name": "测试新人", "role": role, "region_code": region_code} | values
    )


@pytest.fixture
def city(session: Session) -> Actor:
    return make_actor(session, role=Role.administrator, region_code=CITY)


@pytest.fixture
def county(session: Session) -> Actor:
    return make_actor(session, role=Role.administrator, region_code=COUNTY)


def verbs(session: Session, user: User) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.subject_type == "User", AuditEntry.subject_id == str(user.pk))
    return list(session.exec(query.order_by(AuditEntry.sequence)))  # type: ignore[arg-type]


class TestGrant:
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.charity_staff])
    @pytest.mark.parametrize("level", REGION)
    def test_each_role_has_its_levels_of_regions(self, session: Session, city: Actor, role: Role, level: str) -> None:
        allowed = level in [allowed.value for allowed in ROLE_LEVELS[role]]
        if allowed:
            require_grant(session, city, role, region_code=REGION[level], organization_id=None)
            return
        with pytest.raises(RegionLevelWrong):
            require_grant(session, city, role, region_code=REGION[level], organization_id=None)

    @pytest.mark.parametrize("region_code", [CITY, ELSEWHERE, "999999999999", None])
    def test_nobody_gives_a_region_outside_their_own(
        self, session: Session, county: Actor, region_code: str | None
    ) -> None:
        with pytest.raises(GrantExceeded):
            require_grant(session, county, Role.program_manager, region_code=region_code, organization_id=None)

    @pytest.mark.parametrize(
        "role", [Role.social_worker, Role.society_chair, Role.township_officer, Role.program_manager]
    )
    def test_only_administrators_and_charities_give_accounts(self, session: Session, role: Role) -> None:
        with pytest.raises(NotPermitted):
            add_and_invite(session, make_actor(session, role=role), person(Role.social_worker, VILLAGE))


class TestTwoPersons:
    def test_an_administrator_cannot_sign_in_before_a_second_one_confirms(
        self, session: Session, city: Actor, county: Actor
    ) -> None:
        user, invitation = add_and_invite(session, city, person(Role.administrator, COUNTY))
        assert (invitation, user.is_active) == (None, False)
        proposal = proposals.get_proposal(session, county, session.exec(select(GrantProposal.id)).one() or 0)
        assert proposals.confirm(session, county, proposal) is not None
        assert user.is_active
        assert verbs(session, user) == ["create_user", "propose_grant", "confirm_grant", "invite"]

    def test_nobody_confirms_their_own_proposal_or_themselves(
        self, session: Session, city: Actor, county: Actor
    ) -> None:
        user = make_user(session, role=Role.township_officer)
        assert not assign_role(session, city, user, Role.administrator, COUNTY)
        proposal = session.exec(select(GrantProposal)).one()
        with pytest.raises(OwnProposal):
            proposals.confirm(session, city, proposal)
        subject = session.get_one(User, county.user_id)
        again = proposals.propose(session, city, subject, GrantKind.invitation, COUNTY)
        with pytest.raises(OwnProposal):
            proposals.confirm(session, county, again)

    def test_one_of_another_county_cannot_confirm(self, session: Session, city: Actor) -> None:
        add_and_invite(session, city, person(Role.administrator, COUNTY))
        proposal_id = session.exec(select(GrantProposal.id)).one() or 0
        with pytest.raises(ProposalNotFound):
            proposals.get_proposal(
                session, make_actor(session, role=Role.administrator, region_code=ELSEWHERE), proposal_id
            )

    def test_a_proposal_lapses_after_a_week_and_can_be_made_again(
        self, session: Session, city: Actor, county: Actor
    ) -> None:
        user, _invitation = add_and_invite(session, city, person(Role.administrator, COUNTY))
        proposal = session.exec(select(GrantProposal)).one()
        with time_machine.travel(now() + timedelta(days=8)):
            with pytest.raises(ProposalClosed):
                proposals.confirm(session, county, proposal)
            assert not start(session, city, user)
            assert proposal.state is GrantState.expired

    def test_the_proposer_must_still_be_in_charge(self, session: Session, city: Actor, county: Actor) -> None:
        make_user(session, role=Role.administrator)
        add_and_invite(session, city, person(Role.administrator, COUNTY))
        proposal = session.exec(select(GrantProposal)).one()
        session.get_one(User, city.user_id).is_active = False
        session.flush()
        with pytest.raises(GrantExceeded):
            proposals.confirm(session, county, proposal)

    def test_a_refused_proposal_changes_nothing(self, session: Session, city: Actor, county: Actor) -> None:
        user, _invitation = add_and_invite(session, city, person(Role.administrator, COUNTY))
        proposal = session.exec(select(GrantProposal)).one()
        proposals.refuse(session, county, proposal)
        with pytest.raises(ProposalClosed):
            proposals.confirm(session, county, proposal)
        assert not user.is_active

    def test_the_new_invitation_of_an_administrator_waits_too(
        self, session: Session, city: Actor, county: Actor
    ) -> None:
        """Reproduced: one administrator reset the password of another and signed in as them."""
        other = make_user(session, role=Role.administrator, region_code=COUNTY)
        token, _user = sign_in(session, other.username, PASSWORD)
        assert invite_again(session, county, other) is None
        assert find_signed_in(session, token) is not None, "nothing has changed yet"
        proposal = session.exec(select(GrantProposal)).one()
        assert proposals.confirm(session, city, proposal) is not None
        assert find_signed_in(session, token) is None

    def test_the_others_are_notified(self, session: Session, city: Actor, county: Actor) -> None:
        add_and_invite(session, city, person(Role.administrator, COUNTY))
        query = select(Notification.recipient_id).where(Notification.kind == NotificationKind.grant_to_confirm)
        assert set(session.exec(query)) == {county.user_id}


class TestTheLast:
    def test_the_last_administrator_of_the_city_cannot_be_stopped(self, session: Session, city: Actor) -> None:
        other = make_user(session, role=Role.administrator, region_code=CITY)
        stop(session, city, other)
        start_again = make_user(session, role=Role.administrator, region_code=CITY)
        me = session.get_one(User, city.user_id)
        me.is_active = False
        session.flush()
        with pytest.raises(LastAdministrator):
            stop(session, city, start_again)

    def test_one_of_a_county_can_while_the_city_has_one(self, session: Session, city: Actor, county: Actor) -> None:
        stop(session, city, session.get_one(User, county.user_id))

    def test_nobody_stops_or_promotes_themselves(self, session: Session, city: Actor) -> None:
        me = session.get_one(User, city.user_id)
        for verb in (stop, invite_again):
            with pytest.raises(OwnAccount):
                verb(session, city, me)
        with pytest.raises(OwnAccount):
            assign_role(session, city, me, Role.program_manager, CITY)


class TestRole:
    def test_an_aide_becomes_chair_and_signs_in_again(self, session: Session, county: Actor) -> None:
        user = make_user(session)
        token, _user = sign_in(session, user.username, PASSWORD)
        assert assign_role(session, county, user, Role.society_chair, VILLAGE)
        assert user.role is Role.society_chair
        assert find_signed_in(session, token) is None
        assert verbs(session, user)[-1] == "assign_role"

    def test_not_out_of_scope_and_not_above(self, session: Session, county: Actor) -> None:
        stranger = make_user(session, role=Role.township_officer, region_code="341122103000")
        with pytest.raises(UserNotFound):
            assign_role(session, county, stranger, Role.society_chair, VILLAGE)
        with pytest.raises(GrantExceeded):
            assign_role(session, county, make_user(session), Role.program_manager, CITY)

    def test_an_administrator_is_only_proposed(self, session: Session, county: Actor) -> None:
        user = make_user(session)
        assert not assign_role(session, county, user, Role.administrator, COUNTY)
        assert user.role is Role.social_worker


class TestCharity:
    @pytest.fixture
    def organization_id(self, session: Session) -> int:
        return make_organization(session).id or 0

    def staff(self, session: Session, organization_id: int, **values: object) -> User:
        return make_user(session, role=Role.charity_staff, organization_id=organization_id, **values)  # type: ignore[arg-type]

    def test_the_first_account_leads(self, session: Session, county: Actor, organization_id: int) -> None:
        first, _ = add_and_invite(session, county, person(Role.charity_staff, organization_id=organization_id))
        second, _ = add_and_invite(
            session, county, person(Role.charity_staff, organization_id=organization_id, username="second")
        )
        assert (first.is_leader, second.is_leader) == (True, False)

    def test_a_leader_runs_the_staff_of_their_own_organization(self, session: Session, organization_id: int) -> None:
        leader = actor_of(self.staff(session, organization_id, is_leader=True))
        own = person(Role.charity_staff, organization_id=organization_id)
        user, invitation = add_and_invite(session, leader, own)
        assert invitation is not None
        stop(session, leader, user)
        assert start(session, leader, user)
        assert verbs(session, user) == ["create_user", "invite", "stop_user", "start_user"]

    def test_a_leader_gives_nothing_else(self, session: Session, organization_id: int) -> None:
        leader = actor_of(self.staff(session, organization_id, is_leader=True))
        other = make_organization(session).id or 0
        for inputs in (person(Role.charity_staff, organization_id=other), person(Role.social_worker, VILLAGE)):
            with pytest.raises(GrantExceeded):
                add_and_invite(session, leader, inputs)
        with pytest.raises(UserNotFound):
            stop(session, leader, self.staff(session, other))

    def test_other_staff_give_nothing(self, session: Session, organization_id: int) -> None:
        colleague = actor_of(self.staff(session, organization_id))
        with pytest.raises(NotPermitted):
            add_and_invite(session, colleague, person(Role.charity_staff, organization_id=organization_id))
        with pytest.raises(NotPermitted):
            administration.invite_again(session, colleague, self.staff(session, organization_id))

    def test_one_leader_stays_while_there_are_staff(
        self, session: Session, county: Actor, organization_id: int
    ) -> None:
        leader = self.staff(session, organization_id, is_leader=True)
        colleague = self.staff(session, organization_id)
        with pytest.raises(LastLeader):
            stop(session, county, leader)
        with pytest.raises(LastLeader):
            set_leader(session, county, leader, is_leader=False)
        set_leader(session, county, colleague, is_leader=True)
        stop(session, county, leader)

    def test_a_county_reaches_only_its_own_charities(self, session: Session, organization_id: int) -> None:
        stranger = make_actor(session, role=Role.administrator, region_code=ELSEWHERE)
        with pytest.raises(UserNotFound):
            stop(session, stranger, self.staff(session, organization_id))


@pytest.mark.postgres
class TestAtOnce:
    def test_two_administrators_who_stop_each_other_leave_one(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            pair = [make_user(session, role=Role.administrator).pk for _ in range(2)]
        barrier = threading.Barrier(2)

        def stop_other(me: int, other: int) -> str:
            try:
                with unit_of_work.write() as session:
                    actor, user = actor_of(session.get_one(User, me)), session.get_one(User, other)
                    barrier.wait(timeout=20)
                    stop(session, actor, user)
            except LastAdministrator:
                return "refused"
            return "stopped"

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(stop_other, pair, reversed(pair)))
        assert sorted(answers) == ["refused", "stopped"]

    def test_of_two_uses_of_an_invitation_one_succeeds(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            token = invitations.issue(session, None, make_user(session)).token
        barrier = threading.Barrier(2)

        def use(password: str) -> str:
            try:
                with unit_of_work.write() as session:
                    invitations.find_user(session, token)
                    barrier.wait(timeout=20)
                    invitations.accept(session, token, password)
            except InvitationClosed:
                return "closed"
            return "used"

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(use, ["one long sentence", "another long sentence"]))
        assert sorted(answers) == ["closed", "used"]
