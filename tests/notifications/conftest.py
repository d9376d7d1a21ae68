"""One database for the tests of a file, emptied of notifications after each, because creating one takes a second."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, delete

from factories.databases import UnitOfWork
from tuoju.database.engine import WRITES, make_engine
from tuoju_notifications.models import (
    Circuit,
    Heartbeat,
    Notification,
    NotificationEvent,
    PausedChannel,
    PeriodicTurn,
    RestoredCopy,
    Tally,
)


@pytest.fixture(scope="module")
def database_url(databases: Any) -> str:
    return str(databases.fresh())


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def unit_of_work(engine: Engine) -> Iterator[UnitOfWork]:
    yield UnitOfWork(engine)
    with engine.execution_options(**WRITES).begin() as connection:
        tables = (NotificationEvent, Notification, PausedChannel, Circuit, PeriodicTurn, Heartbeat, RestoredCopy, Tally)
        for table in tables:
            connection.execute(delete(table))
