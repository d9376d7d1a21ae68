"""The broker and the database server killed for real, and started again: nothing is lost, nobody gets it twice.

They are the test's own, so that nobody else's break.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from benchmarks.processes import wait_until
from benchmarks.receivers import Receivers
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from factories.delivery_systems import BROKER, DeliverySystem, assert_each_came_once
from tuoju.database.engine import make_engine
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate

REQUIRED = bool(os.environ.get("TUOJU_TEST_REQUIRE_ALL"))


def program(name: str) -> str:
    """Where a server's program is; the test is left out where it is not installed, unless all must run."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    result = str(debian[-1]) if debian else shutil.which(name)
    if result is None and not REQUIRED:
        pytest.skip(f"{name} is not installed")
    assert result is not None, f"{name} is not installed"
    return result


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class Redis:
    """A broker that keeps nothing on disk: killed, it comes back empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._command = [program("redis-server"), *words, "--dir", str(folder)]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, 20, "the broker up")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


class Postgres:
    """A database server that is killed as by a power cut: what was committed is there when it comes back."""

    def __init__(self) -> None:
        # Its programs refuse to run as root, and root's temporary folders are closed to others.
        self._as = "postgres" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="tuoju_pg_"))
        if self._as:
            shutil.chown(self.folder, self._as)
        self._run("initdb", "--pgdata", str(self.folder / "data"), "--auth", "trust", "--username", "postgres")
        self.port = free_port()
        self.start()

    def _run(self, name: str, *words: str) -> None:
        command = [program(name), *words]
        subprocess.run(
            command, check=True, user=self._as, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._control("start", "-w", "-o", options, "-l", str(self.folder / "log"))

    def kill(self) -> None:
        """At once, without a checkpoint: it recovers when it starts again."""
        self._control("stop", "-m", "immediate")

    def _control(self, what: str, *words: str) -> None:
        self._run("pg_ctl", what, "--pgdata", str(self.folder / "data"), *words)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


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
