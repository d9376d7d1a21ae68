"""Databases for the tests: SQLite by default, PostgreSQL where TUOJU_TEST_DATABASE_URL says so."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlmodel import Session

from tuoju.cases.policies import load_policies
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.tables import METADATA
from tuoju.regions.loading import load_demo_city
from tuoju.residents.encryption import KeyRing, use_keys
from tuoju.residents.sealed_files import use_files
from tuoju_notifications.sealing import use_seal

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a busy machine, or numba compiling, is no failure

DATABASE_URL = os.environ.get("TUOJU_TEST_DATABASE_URL", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL is left out, and counted, where none is named."""
    for item in items:
        if "postgres" in item.keywords and not DATABASE_URL.startswith("postgresql"):
            item.add_marker(pytest.mark.skip(reason="TUOJU_TEST_DATABASE_URL names no PostgreSQL"))


@pytest.fixture(scope="session", autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory) -> None:
    use_files(tmp_path_factory.mktemp("files"))
    ring = KeyRing(keys={"test": b"t" * 32}, current="test", index=b"i" * 32)
    use_keys(ring)
    use_seal(ring.seal, ring.open)


class Databases:
    """Fresh databases copied from one template: all tables, the divisions and the calendar."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = f"tuoju_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
        self.made: list[str] = []
        self.template = self._url("template")
        engine = make_engine(self.template)
        METADATA.create_all(engine)
        with Session(engine.execution_options(**WRITES)) as session:
            load_demo_city(session)
            load_policies(session)
            session.commit()
        engine.dispose()

    def _admin(self, statement: str) -> None:
        engine = make_engine(DATABASE_URL, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _url(self, name: str, template: str | None = None) -> str:
        if not DATABASE_URL:
            path = self.folder / f"{name}.db"
            if template is not None:
                path.write_bytes((self.folder / f"{template}.db").read_bytes())
            return str(URL.create("sqlite", database=str(path)))
        full = f"{self.prefix}_{name}"
        source = f" TEMPLATE {self.prefix}_{template}" if template else ""
        self._admin(f"CREATE DATABASE {full}{source}")
        self.made.append(full)
        return make_url(DATABASE_URL).set(database=full).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The address of a new database."""
        return self._url(uuid.uuid4().hex[:12], template="template")

    def empty(self) -> str:
        """The address of a database without tables."""
        return self._url(uuid.uuid4().hex[:12])

    def drop(self) -> None:
        for name in self.made:
            self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture(scope="session")
def shared_engine(databases: Databases) -> Iterator[Engine]:
    engine = make_engine(databases.fresh())
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test."""
    with shared_engine.execution_options(**WRITES).connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A database of the test's own, for what commits."""
    return databases.fresh()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def unit_of_work(engine: Engine) -> UnitOfWork:
    return UnitOfWork(engine)
