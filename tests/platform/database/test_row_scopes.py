"""Rows are scoped by the database (design.md section 7): a query that forgets its filter returns no row of
another county, a transaction without a scope returns none, and what is written out of scope is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, func, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor, LinkHolder
from tuoju.accounts.row_scope import row_scope_of
from tuoju.cases.models import Case, Draft, Need
from tuoju.database.engine import make_engine
from tuoju.database.row_scopes import ROW_RULES
from tuoju.database.scopes import ENTRANCE, NOBODY, SYSTEM, Escape, RowOutOfScope, RowScope, set_scope, system_scope
from tuoju.referrals.models import Referral
from tuoju.referrals.service import send
from tuoju.residents.models import Resident

ELSEWHERE = "341126108201"
COUNTY, CITY = "341124000000", "341100000000"

postgres = pytest.mark.postgres
pytestmark = pytest.mark.usefixtures("city")


@dataclass
class City:
    """Two residents with a case in two counties; a referral of the first, and a charity that got none."""

    here: int
    elsewhere: int
    case_elsewhere: int
    referral: int
    worker: Actor
    stranger: Actor
    charity: Actor
    other_charity: Actor


@pytest.fixture(scope="module")
def unit_of_work(databases: Any) -> Iterator[UnitOfWork]:
    """One database for all tests here: none of them commits."""
    engine = make_engine(databases.fresh())
    yield UnitOfWork(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def city(unit_of_work: UnitOfWork) -> City:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = send(session, scene.worker, scene.need, scene.project)
        stranger = make_actor(session, region_code=ELSEWHERE)
        resident = make_resident(session, stranger, region_code=ELSEWHERE, name="李秀兰")
        case = make_case(session, stranger, resident)
        make_need(session, stranger, case)
        other = make_project(session)
        other_charity = make_actor(session, role=Role.charity_staff, organization_id=other.organization_id)
        return City(
            scene.resident.pk,
            resident.pk,
            case.pk,
            referral.pk,
            scene.worker,
            stranger,
            scene.charity,
            other_charity,
        )


def everything(session: Session, table: type[Resident] | type[Case] | type[Need] | type[Referral]) -> int:
    """A query that forgot its filter."""
    return session.scalar(select(func.count()).select_from(table)) or 0


@postgres
class TestForgottenFilter:
    def test_it_returns_the_rows_of_the_own_region_only(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.stranger)) as session:
            assert session.exec(select(Resident.id)).all() == [city.elsewhere]
            assert session.exec(select(Case.id)).all() == [city.case_elsewhere]
            assert everything(session, Need) == 1
            assert everything(session, Referral) == 0

    @pytest.mark.parametrize(("region_code", "residents"), [(COUNTY, 1), (CITY, 2)])
    def test_a_region_holds_what_lies_within_it(
        self, unit_of_work: UnitOfWork, region_code: str, residents: int
    ) -> None:
        with unit_of_work.read(RowScope(region_code=region_code)) as session:
            assert everything(session, Resident) == residents

    def test_a_division_that_changed_its_county_goes_with_it(self, unit_of_work: UnitOfWork) -> None:
        """The tree counts, not the digits of the code."""
        with unit_of_work.read() as session:
            moved = {"path": f"{CITY}/{COUNTY}/{ELSEWHERE}/", "code": ELSEWHERE}
            session.execute(text("UPDATE region SET path = :path WHERE code = :code"), moved)
            set_scope(session, RowScope(region_code=COUNTY))
            assert everything(session, Resident) == 2

    def test_an_unknown_region_holds_nothing(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.read(RowScope(region_code="999999999999")) as session:
            assert everything(session, Resident) == 0

    def test_a_charity_sees_what_was_referred_to_it(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.charity)) as session:
            assert session.exec(select(Resident.id)).all() == [city.here]
            assert [everything(session, table) for table in (Case, Need, Referral)] == [1, 1, 1]
        with unit_of_work.read(row_scope_of(city.other_charity)) as session:
            assert [everything(session, table) for table in (Resident, Case, Need, Referral)] == [0, 0, 0, 0]

    def test_a_link_opens_its_referral_only(self, unit_of_work: UnitOfWork, city: City) -> None:
        organization_id = city.charity.organization_id or 0
        with unit_of_work.read(row_scope_of(LinkHolder(1, city.referral, organization_id))) as session:
            assert session.exec(select(Referral.id)).all() == [city.referral]
            assert everything(session, Resident) == 1
        with unit_of_work.read(row_scope_of(LinkHolder(1, city.referral + 1, organization_id))) as session:
            assert [everything(session, table) for table in (Resident, Case, Need, Referral)] == [0, 0, 0, 0]

    def test_drafts_belong_to_their_account(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read() as session:
            session.add(Draft(user_id=city.worker.user_id, form="need", content="x"))
            set_scope(session, RowScope(region_code=CITY, user_id=city.stranger.user_id))
            assert session.exec(select(Draft)).all() == []


@postgres
class TestWithoutScope:
    @pytest.mark.parametrize("table", ROW_RULES)
    def test_no_row_is_there(self, unit_of_work: UnitOfWork, table: str) -> None:
        with unit_of_work.read(NOBODY) as session:
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0

    def test_no_row_is_there_for_the_bare_role(self, unit_of_work: UnitOfWork) -> None:
        """Whoever connects as the service without setting a scope."""
        with unit_of_work.engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE tuoju_app"))
            assert connection.execute(text("SELECT count(*) FROM resident")).scalar_one() == 0

    def test_nothing_can_be_written(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(NOBODY) as session:
            session.add(Draft(user_id=city.worker.user_id, form="need", content="x"))
            refused(session)

    def test_whoever_signs_in_sees_accounts_and_no_residents(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.read(ENTRANCE) as session:
            assert session.exec(select(User)).all()
            assert everything(session, Resident) == 0

    def test_a_transaction_leaves_nothing_behind(self, unit_of_work: UnitOfWork, city: City) -> None:
        """As PgBouncer needs it in transaction mode: role and scope end with the transaction."""
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            everything(session, Resident)
        with unit_of_work.engine.connect() as connection:  # the pool gives the same connection again
            settings = text("SELECT current_user = session_user, coalesce(current_setting('tuoju.reach', true), '')")
            assert connection.execute(settings).one() == (True, "")


@postgres
class TestRole:
    def test_it_can_do_nothing_beyond_its_grants(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.read() as session:
            role = session.execute(
                text(
                    "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
                    " WHERE rolname = 'tuoju_app'"
                )
            ).one()
            owned = session.execute(text("SELECT count(*) FROM pg_class WHERE relowner = 'tuoju_app'::regrole"))
        assert not any(role)
        assert owned.scalar_one() == 0

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET action = 'x'",
            "DELETE FROM audit_entry",
            "DELETE FROM assistance_case",
            "TRUNCATE resident",
            "ALTER TABLE resident DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tuoju_scope_read ON resident",
        ],
    )
    def test_even_the_system_scope_cannot(self, unit_of_work: UnitOfWork, statement: str) -> None:
        with pytest.raises(ProgrammingError), unit_of_work.write(SYSTEM) as session:
            session.execute(text(statement))


class TestWrites:
    """On both databases: PostgreSQL by its policies, SQLite by the guard of each flush."""

    def test_a_row_out_of_scope_is_not_changed(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            with system_scope(session, Escape.id_numbers):
                resident = session.get_one(Resident, city.elsewhere)
            resident.address = "别处"
            refused(session)

    def test_a_row_is_not_moved_out_of_scope(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            case_here(session, city).region_code = ELSEWHERE
            refused(session)

    def test_a_row_is_not_added_out_of_scope(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            session.add(Need(case_id=city.case_elsewhere, category="A01", text="x"))
            refused(session)

    def test_an_account_is_not_changed_by_a_colleague(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            session.get_one(User, city.stranger.user_id).display_name = "x"
            refused(session)

    def test_within_the_scope_everything_works(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            session.get_one(Resident, city.here).address = "村西头"
            session.get_one(User, city.worker.user_id).language = "en"
            session.add(Need(case_id=case_here(session, city).pk, category="A01", text="x"))
            session.flush()

    def test_an_organization_writes_what_was_referred_to_it(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.charity)) as session:
            referral = session.get_one(Referral, city.referral)
            referral.end_note = "x"
            session.get_one(Need, referral.need_id).ended_at = referral.requested_at
            session.flush()

    def test_an_organization_writes_nothing_else(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.charity)) as session:
            session.add(Need(case_id=city.case_elsewhere, category="A01", text="x"))
            refused(session)


def refused(session: Session) -> None:
    """What PostgreSQL does not show to be changed is not matched by an UPDATE, as if it were gone."""
    with pytest.raises((RowOutOfScope, StaleDataError)):
        session.flush()


def case_here(session: Session, city: City) -> Case:
    return session.exec(select(Case).where(Case.resident_id == city.here)).one()


class TestSystemScope:
    def test_it_ends_with_its_block(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            with system_scope(session, Escape.id_numbers):
                assert everything(session, Resident) == 2
            if session.get_bind().dialect.name == "postgresql":
                assert everything(session, Resident) == 1

    def test_it_ends_when_its_block_fails(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            with pytest.raises(DBAPIError), session.begin_nested(), system_scope(session, Escape.id_numbers):
                session.execute(text("SELECT no_such_column FROM resident"))
            session.add(Need(case_id=city.case_elsewhere, category="A01", text="x"))
            refused(session)

    def test_what_was_changed_before_is_checked_before(self, unit_of_work: UnitOfWork, city: City) -> None:
        with unit_of_work.read(row_scope_of(city.worker)) as session:
            session.add(Need(case_id=city.case_elsewhere, category="A01", text="x"))
            beyond = system_scope(session, Escape.id_numbers)
            with pytest.raises(RowOutOfScope):
                beyond.__enter__()


@postgres
def test_each_transaction_sets_its_scope_in_one_statement(unit_of_work: UnitOfWork, city: City) -> None:
    statements: list[str] = []
    event.listen(unit_of_work.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: statements.append(sql))
    with unit_of_work.read(row_scope_of(city.worker)) as session:
        everything(session, Resident)
        everything(session, Case)
    assert [sql.startswith("SELECT set_config") for sql in statements] == [True, False, False]
