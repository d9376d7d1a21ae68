"""Daily budgets of look-ups and readings in full (design.md section 7)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, VILLAGE, make_actor, make_user
from factories.projects import make_organization
from factories.residents import id_number, make_resident
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import actor_of
from tuoju.database.records import frozen_time, now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.readings.budgets import DEFAULT_LIMITS, GrantInput, LimitInput, charge, grant, limit_for, set_limit
from tuoju.readings.errors import BudgetSpent, LimitNotAhead, OwnBudget, PurposeMissing, ReadByGet, ReaderNotFound
from tuoju.readings.models import Budget, BudgetUse, ReadingNote
from tuoju.readings.purposes import PurposeInput, ReadingPurpose, code_of, note_id_of, state_purpose
from tuoju.readings.queries import find_readers, supervisors_of
from tuoju.readings.service import no_readings
from tuoju.regions.calendar import china_day
from tuoju.residents import service
from tuoju_notifications.models import Notification

LIMIT = DEFAULT_LIMITS[Role.social_worker][Budget.look_up]


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


def use(session: Session, actor: Actor, budget: Budget = Budget.look_up) -> tuple[int, int]:
    row = session.exec(select(BudgetUse).where(BudgetUse.user_id == actor.user_id, BudgetUse.budget == budget)).one()
    return row.used, row.allowed


def more(budget: Budget = Budget.look_up, amount: int = 5) -> GrantInput:
    return GrantInput(budget=budget, amount=amount, reason="入户核查月，今天走访较多")


class TestCharge:
    def test_a_budget_of_n_pays_for_n_and_no_more(self, session: Session, worker: Actor) -> None:
        for _ in range(LIMIT):
            charge(session, worker, Budget.look_up)
        with pytest.raises(BudgetSpent):
            charge(session, worker, Budget.look_up)
        assert use(session, worker) == (LIMIT, LIMIT)

    def test_more_than_is_left_takes_nothing(self, session: Session, worker: Actor) -> None:
        charge(session, worker, Budget.look_up, LIMIT - 1)
        with pytest.raises(BudgetSpent):
            charge(session, worker, Budget.look_up, 2)
        charge(session, worker, Budget.look_up)

    def test_every_person_kind_and_day_has_its_own(self, session: Session, worker: Actor) -> None:
        charge(session, worker, Budget.look_up, LIMIT)
        charge(session, make_actor(session), Budget.look_up)
        charge(session, worker, Budget.reveal)
        with frozen_time(now() + timedelta(days=1)):
            charge(session, worker, Budget.look_up)

    def test_who_is_refused_is_told_whom_to_ask(self, session: Session, worker: Actor) -> None:
        officer = make_user(session, role=Role.township_officer, display_name="民政办王主任")
        charge(session, worker, Budget.look_up, LIMIT)
        with pytest.raises(BudgetSpent) as caught:
            charge(session, worker, Budget.look_up)
        assert (caught.value.budget, caught.value.allowed, caught.value.ask) == (
            Budget.look_up,
            LIMIT,
            [officer.display_name],
        )

    @pytest.mark.parametrize("role", list(Role))
    def test_every_role_has_its_limits(self, role: Role) -> None:
        assert DEFAULT_LIMITS[role].keys() == set(Budget)
        reads = Actor(1, "", role)
        if may(reads, Action.reveal_residents):
            assert min(DEFAULT_LIMITS[role].values()) > 0

    @pytest.mark.postgres
    def test_of_many_at_once_no_more_than_the_limit_pass(self, unit_of_work: UnitOfWork) -> None:
        """Counted by the database, so also of several processes."""
        with unit_of_work.write() as session:
            worker = make_actor(session)
            make_user(session, role=Role.township_officer)
            charge(session, worker, Budget.look_up, LIMIT - 3)
        start = threading.Barrier(8)

        def ask(_desk: int) -> bool:
            start.wait(10)
            try:
                with unit_of_work.write() as session:
                    service.find_by_id_number(session, worker, id_number())
            except BudgetSpent:
                return False
            return True

        with ThreadPoolExecutor(8) as desks:
            assert sorted(desks.map(ask, range(8))) == [False] * 5 + [True] * 3
        with unit_of_work.read() as session:
            assert use(session, worker) == (LIMIT, LIMIT)

    @pytest.mark.postgres
    def test_the_first_of_a_day_may_be_several_at_once(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            worker = make_actor(session)
        start = threading.Barrier(4)

        def ask(_desk: int) -> None:
            start.wait(10)
            with unit_of_work.write() as session:
                charge(session, worker, Budget.reveal)

        with ThreadPoolExecutor(4) as desks:
            list(desks.map(ask, range(4)))
        with unit_of_work.read() as session:
            assert use(session, worker, Budget.reveal)[0] == 4


class TestAlarm:
    def alarms(self, session: Session) -> list[tuple[int, int]]:
        return [(row.recipient_id, row.parameters["percent"]) for row in session.exec(select(Notification))]

    def test_the_supervisor_hears_at_80_and_at_100_percent_once_a_day(self, session: Session, worker: Actor) -> None:
        officer = make_user(session, role=Role.township_officer)
        charge(session, worker, Budget.look_up, 23)
        assert self.alarms(session) == []
        charge(session, worker, Budget.look_up)
        assert set(self.alarms(session)) == {(officer.pk, 80)}
        charge(session, worker, Budget.look_up, 6)
        assert set(self.alarms(session)) == {(officer.pk, 80), (officer.pk, 100)}
        before = self.alarms(session)
        grant(session, actor_of(officer), worker.user_id, more())
        charge(session, worker, Budget.look_up, 5)
        assert self.alarms(session) == before

    def test_an_officer_is_supervised_from_above_never_by_themselves(self, session: Session) -> None:
        officer = make_actor(session, role=Role.township_officer)
        administrator = make_user(session, role=Role.administrator, region_code=CITY)
        assert [person.pk for person in supervisors_of(session, officer)] == [administrator.pk]
        make_user(session, role=Role.township_officer)
        assert [person.pk for person in supervisors_of(session, officer)] == [administrator.pk]


class TestGrant:
    def test_gives_more_for_today_with_a_reason_on_record(self, session: Session, worker: Actor) -> None:
        officer = make_actor(session, role=Role.township_officer)
        charge(session, worker, Budget.look_up, LIMIT)
        granted = grant(session, officer, worker.user_id, more())
        charge(session, worker, Budget.look_up, 5)
        assert use(session, worker) == (LIMIT + 5, LIMIT + 5)
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "grant_readings")).one()
        assert (entry.subject_id, entry.detail["amount"]) == (str(granted.pk), 5)
        assert granted.reason not in str(entry.detail)

    def test_nobody_grants_themselves(self, session: Session) -> None:
        officer = make_actor(session, role=Role.township_officer)
        with pytest.raises(OwnBudget):
            grant(session, officer, officer.user_id, more())

    def test_only_for_those_below_in_ones_own_region(self, session: Session, worker: Actor) -> None:
        elsewhere = make_actor(session, role=Role.township_officer, region_code="341122103000")
        colleague = make_actor(session, role=Role.township_officer)
        peer = make_actor(session, role=Role.township_officer)
        for actor, reader in ((elsewhere, worker), (colleague, peer)):
            with pytest.raises(ReaderNotFound):
                grant(session, actor, reader.user_id, more())
        with pytest.raises(NotPermitted):
            grant(session, make_actor(session), worker.user_id, more())

    def test_an_administrator_supervises_the_region_and_its_charities(self, session: Session, worker: Actor) -> None:
        administrator = make_actor(session, role=Role.administrator, region_code=CITY)
        charity = make_actor(session, role=Role.charity_staff, organization_id=make_organization(session).id)
        readers = {person.pk for person in find_readers(session, administrator)}
        assert {worker.user_id, charity.user_id} <= readers
        assert administrator.user_id not in readers
        assert [person.pk for person in supervisors_of(session, charity)] == [administrator.user_id]


class TestLimits:
    def test_a_dated_row_goes_before_the_default(self, session: Session) -> None:
        administrator = make_actor(session, role=Role.administrator, region_code=CITY)
        tomorrow = china_day(now()) + timedelta(days=1)
        set_limit(session, administrator, limit(tomorrow, 7))
        assert limit_for(session, Role.social_worker, Budget.look_up, china_day(now())) == LIMIT
        assert limit_for(session, Role.social_worker, Budget.look_up, tomorrow) == 7

    def test_a_day_that_has_begun_keeps_its_limit(self, session: Session) -> None:
        administrator = make_actor(session, role=Role.administrator, region_code=CITY)
        with pytest.raises(LimitNotAhead):
            set_limit(session, administrator, limit(china_day(now()), 7))

    def test_only_for_the_whole_division(self, session: Session) -> None:
        county = make_actor(session, role=Role.administrator, region_code="341124000000")
        with pytest.raises(NotPermitted):
            set_limit(session, county, limit(china_day(now()) + timedelta(days=1), 7))


def limit(day: date, per_day: int) -> LimitInput:
    return LimitInput(role=Role.social_worker, budget=Budget.look_up, per_day=per_day, valid_from=day)


class TestPurpose:
    def test_another_reason_is_explained_and_sealed(self, session: Session, worker: Actor) -> None:
        with pytest.raises(ValueError, match="purpose_note_missing"):
            PurposeInput(purpose=ReadingPurpose.other)
        stated = state_purpose(session, worker, PurposeInput(purpose=ReadingPurpose.other, note="核对转学材料"))
        assert code_of(stated) == "other"
        assert session.get_one(ReadingNote, note_id_of(stated)).text == "核对转学材料"
        assert "核对" not in stated

    @pytest.mark.parametrize("purpose", ["", "curiosity", "看看"])
    def test_without_a_purpose_of_the_list_nothing_is_read(self, session: Session, worker: Actor, purpose: str) -> None:
        resident = make_resident(session, worker)
        with pytest.raises(PurposeMissing):
            service.reveal(session, worker, resident, purpose=purpose)


class TestNoReadings:
    """A GET unmasks nothing, whichever route it is."""

    def test_nothing_is_read_in_full_nor_looked_up(self, session: Session, worker: Actor) -> None:
        resident = make_resident(session, worker, region_code=VILLAGE)
        with no_readings():
            with pytest.raises(ReadByGet):
                service.reveal(session, worker, resident, purpose="visit")
            with pytest.raises(ReadByGet):
                service.find_by_id_number(session, worker, resident.id_number or "")
        assert service.reveal(session, worker, resident, purpose="visit").name == resident.name
