"""Reports may be read from a replica: in the same scope, while it answers and is not behind; else from the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from conftest import Databases
from factories.accounts import make_user
from factories.api import make_app, make_caller
from factories.cases import make_need
from factories.city_folders import load_demo_city
from factories.databases import UnitOfWork
from factories.servers import Postgres, Standby, free_port
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.queries import actor_of
from tuoju.database.engine import make_engine
from tuoju.database.records import now
from tuoju.database.replicas import RETRY_SECONDS, ReportReads
from tuoju.launch.migrations import migrate
from tuoju_notifications.models import Heartbeat


class ManualClock:
    """A monotonic clock that the test moves."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def waits(unit_of_work: UnitOfWork, needs: int) -> None:
    """Let so many needs wait."""
    with unit_of_work.write() as session:
        worker = actor_of(make_user(session))
        for _each in range(needs):
            make_need(session, worker)


def beats(unit_of_work: UnitOfWork, at: datetime) -> None:
    """A worker was last heard of then."""
    with unit_of_work.write() as session:
        session.merge(Heartbeat(part="queue", at=at))


class Desk:
    """A manager who looks at the figures, over a database and its replica."""

    def __init__(self, primary: UnitOfWork, replica: UnitOfWork) -> None:
        self.clock = ManualClock()
        app = make_app(primary)
        app.state.report_reads = ReportReads(primary, replica, timedelta(seconds=60), self.clock)
        self.manager: TestClient = make_caller(app, Role.program_manager)
        self.worker: TestClient = make_caller(app, region_code="341124105205")

    def waiting(self) -> int:
        """The number that the figures show."""
        return int(self.manager.get("/figures").json()["values"]["waiting_needs"])


@pytest.fixture
def replica(databases: Databases) -> Iterator[UnitOfWork]:
    """A second database that stands in: it has two waiting needs, so that a page shows where it was read."""
    engine = make_engine(databases.fresh())
    standing_in = UnitOfWork(engine)
    waits(standing_in, 2)
    yield standing_in
    engine.dispose()


@pytest.fixture
def desk(unit_of_work: UnitOfWork, replica: UnitOfWork) -> Desk:
    """The database itself has one waiting need."""
    waits(unit_of_work, 1)
    return Desk(unit_of_work, replica)


def test_figures_are_read_from_the_replica_and_cases_are_not(desk: Desk, replica: UnitOfWork) -> None:
    beats(replica, now())
    assert desk.waiting() == 2
    assert len(desk.manager.get("/needs").json()["items"]) == 1


def test_the_replica_is_read_in_the_scope_of_whoever_asks(desk: Desk, replica: UnitOfWork) -> None:
    beats(replica, now())
    elsewhere = make_caller(desk.manager.app, Role.township_officer, region_code="341122100000")  # type: ignore[arg-type]
    assert elsewhere.get("/figures").json()["values"]["waiting_needs"] == 0


@pytest.mark.parametrize("behind", [None, timedelta(seconds=61), timedelta(days=2)], ids=str)
def test_a_replica_that_is_behind_is_left_alone(desk: Desk, replica: UnitOfWork, behind: timedelta | None) -> None:
    if behind is not None:
        beats(replica, now() - behind)
    assert desk.waiting() == 1
    beats(replica, now())
    assert desk.waiting() == 1
    desk.clock.seconds += RETRY_SECONDS
    assert desk.waiting() == 2


def test_a_replica_that_does_not_answer_is_replaced_by_the_database(unit_of_work: UnitOfWork) -> None:
    waits(unit_of_work, 1)
    away = UnitOfWork(make_engine(f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/none"))
    assert Desk(unit_of_work, away).waiting() == 1


def test_an_export_is_read_from_the_replica_and_audited_in_the_database(
    desk: Desk, unit_of_work: UnitOfWork, replica: UnitOfWork
) -> None:
    beats(replica, now())
    heading, *_lines, total = desk.manager.get("http://testserver/figures/export.csv").text.splitlines()
    assert dict(zip(heading.split(","), total.split(","), strict=True))["Needs waiting"] == "2"
    with unit_of_work.read() as session:
        assert session.exec(select(AuditEntry.action).where(AuditEntry.action == "export_figures")).one()


@pytest.mark.postgres
def test_a_streaming_replica(databases: Databases) -> None:
    """A standby of PostgreSQL under its policies: it shows what has arrived, is read-only, and is replaced by the
    database when it gets nothing new or is gone."""
    server = Postgres()
    try:
        engine = make_engine(server.url)
        migrate(engine)
        primary = UnitOfWork(engine)
        with primary.write() as session:
            load_demo_city(session)
        waits(primary, 1)
        standby = Standby(server)
        engine_of_standby = make_engine(standby.url).execution_options(postgresql_readonly=True)
        desk = Desk(primary, UnitOfWork(engine_of_standby))
        beats(primary, now())
        assert desk.waiting() == 1
        standby.stop_following()
        waits(primary, 1)
        assert desk.waiting() == 1, "read from the standby, which has not got the second"
        standby.kill()
        assert desk.waiting() == 2
        engine.dispose()
    finally:
        server.remove()
