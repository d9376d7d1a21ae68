"""Databases for the tests: SQLite by default, PostgreSQL where TUOJU_TEST_DATABASE_URL says so."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from benchmarks.keys import use_invented_keys
from hypothesis import settings
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlmodel import Session

from factories.city_folders import load_demo_city
from factories.databases import UnitOfWork
from tuoju.accounts import audit, request_context
from tuoju.database import keys, sealed_files
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.sealed_files import use_files
from tuoju.launch.migrations import migrate
from tuoju_notifications import routing
from tuoju_notifications import sealing as notification_sealing
from tuoju_projects import sealing as project_sealing

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a busy machine, or numba compiling, is no failure

DATABASE_URL = os.environ.get("TUOJU_TEST_DATABASE_URL", "")
PREFIX = pytest.StashKey[str]()
TEMPLATE_TIMEOUT = 120
"""Seconds a worker waits for the template that another one makes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a database; what needs PostgreSQL is left out, and counted, where none is named."""
    for item in items:
        if "databases" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        if "postgres" in item.keywords and not DATABASE_URL.startswith("postgresql"):
            item.add_marker(pytest.mark.skip(reason="TUOJU_TEST_DATABASE_URL names no PostgreSQL"))


@pytest.fixture(scope="session", autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory) -> None:
    use_files(FolderStore(tmp_path_factory.mktemp("files")))
    use_invented_keys()


OF_THE_PROCESS = (
    (keys, "_ring"),
    (audit, "_keys"),
    (sealed_files, "_store"),
    (notification_sealing, "_seal"),
    (project_sealing, "_seal"),
    (routing, "_router"),
)
"""What launch.bootstrap sets once in a process."""


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """A command that a test calls in this process sets keys and files of its own: the next test gets those before."""
    before = [getattr(module, name) for module, name in OF_THE_PROCESS]
    context = request_context._current.get()
    yield
    request_context._current.set(context)
    for (module, name), value in zip(OF_THE_PROCESS, before, strict=True):
        setattr(module, name, value)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Name the databases of all workers of a run by one prefix."""
    node.workerinput["database_prefix"] = node.config.stash[PREFIX]


def pytest_configure(config: pytest.Config) -> None:
    inputs = getattr(config, "workerinput", {})
    config.stash[PREFIX] = inputs.get("database_prefix") or f"tuoju_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop the run's databases once, when all workers have ended."""
    if DATABASE_URL and not hasattr(config, "workerinput"):
        with administer() as connection:
            query = text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)")
            for name in connection.execute(query, {"prefix": config.stash[PREFIX]}).scalars().all():
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@contextmanager
def administer() -> Iterator[Connection]:
    """A connection of the server that creates and drops databases."""
    engine = make_engine(DATABASE_URL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def make_once(folder: Path, make: Callable[[], None]) -> None:
    """Run `make` in the first process that comes to this folder; the others wait until it is done."""
    try:
        (folder / "started").touch(exist_ok=False)
    except FileExistsError:
        give_up_at = time.monotonic() + TEMPLATE_TIMEOUT
        while not (folder / "done").exists():
            if time.monotonic() > give_up_at:
                raise TimeoutError("another worker failed to make the template database") from None
            time.sleep(0.02)
        return
    make()
    (folder / "done").touch()


class Databases:
    """Fresh databases copied from one template: migrated, with the divisions and the calendar.

    The template is made once a run and lies in `folder`, which all workers of pytest-xdist share.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        make_once(folder, self._make_template)

    def _make_template(self) -> None:
        engine = make_engine(self._url("template"))
        migrate(engine)
        with Session(engine.execution_options(**WRITES)) as session:
            load_demo_city(session)
            session.commit()
        engine.dispose()

    def _url(self, name: str, template: str | None = None) -> str:
        if not DATABASE_URL:
            path = self.folder / f"{name}.db"
            if template is not None:
                path.write_bytes((self.folder / f"{template}.db").read_bytes())
            return str(URL.create("sqlite", database=str(path)))
        full = f"{self.prefix}_{name}"
        source = f" TEMPLATE {self.prefix}_{template}" if template else ""
        with administer() as connection:
            connection.execute(text(f"CREATE DATABASE {full}{source}"))
        return make_url(DATABASE_URL).set(database=full).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The address of a new database."""
        return self._url(uuid.uuid4().hex[:12], template="template")

    def empty(self) -> str:
        """The address of a database without tables."""
        return self._url(uuid.uuid4().hex[:12])


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Databases:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder = shared / "databases"
    folder.mkdir(exist_ok=True)
    return Databases(folder, request.config.stash[PREFIX])


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
