"""A broker, a database server and a pooler of a test's own, which it may kill."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from benchmarks.processes import wait_until
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

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
        self.run("initdb", "--pgdata", str(self.folder / "data"), "--auth", "trust", "--username", "postgres")
        self.port = free_port()
        self.start()

    def run(self, name: str, *words: str) -> None:
        """Run a program of PostgreSQL as the user who owns the server."""
        command = [program(name), *words]
        subprocess.run(
            command, check=True, user=self._as, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def start(self) -> None:
        options = f"-p {self.port} {self.options}"
        self.control("start", "-w", "-o", options, "-l", str(self.folder / "log"))

    def kill(self) -> None:
        """At once, without a checkpoint: it recovers when it starts again."""
        self.control("stop", "-m", "immediate")

    def control(self, what: str, *words: str, at: Path | None = None) -> None:
        """Start or stop the server, or another one in a folder of its user."""
        self.run("pg_ctl", what, "--pgdata", str(at or self.folder / "data"), *words)

    @property
    def options(self) -> str:
        return f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class PgBouncer:
    """PgBouncer in transaction mode before one database, with few connections."""

    def __init__(self, database_url: str, connections: int = 4) -> None:
        folder = Path(tempfile.mkdtemp())  # readable by nobody, which folders of pytest are not
        target, self.port = make_url(database_url), free_port()
        settings = folder / "pgbouncer.ini"
        password = f" password={target.password}" if target.password else ""
        settings.write_text(
            f"""
[databases]
* = host={target.host} port={target.port or 5432} user={target.username}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
""",
            encoding="utf-8",
        )
        folder.chmod(0o755)
        settings.chmod(0o644)
        switch = ["-u", "nobody"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen([program("pgbouncer"), "-q", *switch, str(settings)])
        self.url = target.set(host="127.0.0.1", port=self.port, password=None).render_as_string(hide_password=False)
        wait_until(self._answers, 20, "PgBouncer up")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)


class Standby:
    """A streaming replica of a PostgreSQL server of the test's own, which may be frozen and killed."""

    def __init__(self, primary: Postgres) -> None:
        self._primary, self.port = primary, free_port()
        self._data = primary.folder / "standby"
        source = ["-d", primary.url.replace("+psycopg", ""), "-c", "fast"]
        primary.run("pg_basebackup", "-D", str(self._data), "-R", *source)
        log = ["-l", str(primary.folder / "standby.log")]
        primary.control("start", "-w", "-o", f"-p {self.port} {primary.options}", *log, at=self._data)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def stop_following(self) -> None:
        """Let it answer on and get nothing new, as a replica that is cut off from its primary."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_wal_replay_pause()")
        engine.dispose()

    def kill(self) -> None:
        """At once."""
        self._primary.control("stop", "-m", "immediate", at=self._data)
