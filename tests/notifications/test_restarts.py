"""The broker and the database server killed for real, and started again: nothing is lost, nobody gets it twice.

They are the test's own, so that nobody else's break.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.processes import wait_until
from benchmarks.receivers import Receivers
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from factories.databases import UnitOfWork
from factories.delivery_systems import BROKER, DeliverySystem, assert_each_came_once
from factories.servers import Postgres, Redis
from tuoju.database.engine import make_engine
from tuoju.launch.migrations import migrate


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    started = Receivers().start()
    yield started
    started.stop()


@pytest.mark.skipif(not BROKER.startswith("redis"), reason="the broker is another")
def test_a_broker_killed_with_all_it_held(
    tmp_path: Path, database_url: str, unit_of_work: UnitOfWork, receivers: Receivers
) -> None:
    broker = Redis(tmp_path)
    system = DeliverySystem(tmp_path, database_url, unit_of_work, receivers, f"redis://127.0.0.1:{broker.port}/0")
    try:
        system.post(20, "before")  # nobody takes them yet
        broker.kill()
        system.post(4, "while")
        system.worker()
        system.scheduler()
        broker.start()
        system.post(4, "after")
        system.wait_until_over(150)
    finally:
        system.close()
        broker.kill()
    for name, count in (("before", 20), ("while", 4), ("after", 4)):
        assert_each_came_once(system, count, name)


@pytest.fixture
def server() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture
def its_engine(server: Postgres) -> Iterator[Engine]:
    engine = make_engine(server.url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.postgres
def test_a_database_killed_while_messages_are_out(
    tmp_path: Path, server: Postgres, its_engine: Engine, receivers: Receivers
) -> None:
    """Every provider has said yes, and nobody could write it down before the database was gone."""
    there = receivers.boxes["sms"]
    there.answering.clear()
    system = DeliverySystem(tmp_path, server.url, UnitOfWork(its_engine), receivers)
    try:
        system.worker()
        system.scheduler()
        system.post(6, "k", "sms")
        wait_until(lambda: bool(there.handed_over), 60, "the first message taken")
        server.kill()
        there.answering.set()
        with pytest.raises(DBAPIError):
            system.post(1, "lost", "sms")
        server.start()
        system.post(4, "after", "sms")
        system.wait_until_over(150)
    finally:
        system.close()
    assert_each_came_once(system, 6, boxes=("sms",))
    assert_each_came_once(system, 4, "after", boxes=("sms",))
    assert_each_came_once(system, 0, "lost", boxes=("sms",))
    with its_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM notification")).scalar() == 10
