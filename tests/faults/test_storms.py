"""Faults under traffic, against a whole installation: nothing that was answered with success is gone or there twice."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.processes import Process, scheduler, wait_until
from sqlalchemy import text
from sqlmodel import Session, func, select

from conftest import DATABASE_URL, Databases
from factories.city_folders import load_demo_city
from factories.fault_table import begin
from factories.installations import Installation, Traffic
from factories.referrals import make_scene
from factories.servers import Postgres
from tuoju.database.clock_check import TRUSTED
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.records import now
from tuoju.launch.migrations import migrate
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju_notifications.embedded_queue import FILE
from tuoju_notifications.models import Heartbeat, Notification

pytestmark = pytest.mark.faults
WHOLE = bool(os.environ.get("TUOJU_TEST_FAULTS"))
TIMES = 6 if WHOLE else 2
"""How often each fault strikes."""
REFERRALS = 200 if WHOLE else 16
SHIFTED = Path(__file__).parent.parent / "notifications" / "shifted.py"
ON_POSTGRESQL = DATABASE_URL.startswith("postgresql")
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres | None]:
    """A database server of this file's own, because it is killed."""
    own = Postgres() if ON_POSTGRESQL else None
    yield own
    if own is not None:
        own.remove()


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 300 MB of its own where this may be mounted, else a folder."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    (folder / "data").mkdir()
    yield folder / "data"
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def installation(small_disk: Path, server: Postgres | None, databases: Databases) -> Iterator[Installation]:
    if server is None:
        url = f"sqlite:///{small_disk / 'tuoju.db'}"
        shutil.copy(databases.fresh().removeprefix("sqlite:///"), small_disk / "tuoju.db")
    else:
        url = server.url
        engine = make_engine(url)
        migrate(engine)
        with Session(engine.execution_options(**WRITES)) as session:
            load_demo_city(session)
            session.commit()
        engine.dispose()
    running = Installation(small_disk, url)
    running.start()
    yield running
    running.stop()


def storm(fault: str, installation: Installation, strike: Callable[[], None], *, times: int = TIMES) -> None:
    """Let the fault strike so often while people work; they have to get on after each."""
    row, traffic = begin(fault), Traffic(installation, referrals=REFERRALS)
    traffic.start()
    try:
        for _time in range(times):
            traffic.wait_for(4)
            strike()
            row.tried += 1
            traffic.wait_for(4)
    finally:
        traffic.stop()
    traffic.note(row)
    row.check(installation.engine)
    assert row.survived, row
    assert traffic.was_used, traffic.refused


def test_processes_killed_at_random(installation: Installation) -> None:
    chance = random.Random(7)
    storm("kill -9 of any process of `tuoju serve`", installation, lambda: installation.kill_one(chance))


def test_the_supervisor_killed(installation: Installation) -> None:
    storm("kill -9 of `tuoju serve` itself, started again", installation, installation.kill_supervisor, times=1)


def test_the_web_process_frozen(installation: Installation) -> None:
    """It runs and answers nothing, as in a deadlock: `tuoju serve` notices after a minute and starts another."""
    storm("the web process frozen (SIGSTOP)", installation, installation.freeze_web, times=1)


def test_two_schedulers(installation: Installation) -> None:
    second = scheduler(installation.env)
    try:
        storm("a second scheduler beside the first", installation, lambda: None, times=1)
        with installation.unit_of_work.read() as session:
            keys = session.exec(
                select(func.count()).select_from(Notification).group_by(Notification.key).having(func.count() > 1)
            ).all()
        assert keys == []
    finally:
        second.stop()


def test_the_queue_silent(installation: Installation) -> None:
    """Another process holds the file of the embedded queue for a while."""

    def hold() -> None:
        holder = sqlite3.connect(installation.folder / "queue" / FILE, isolation_level=None, timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        threading.Event().wait(6)
        holder.close()

    storm("the embedded queue held for 6 s", installation, hold)


def test_the_queue_damaged(installation: Installation) -> None:
    """Half-written messages, as a power cut or a full disk would leave."""

    def damage() -> None:
        queue = sqlite3.connect(installation.folder / "queue" / FILE, isolation_level=None, timeout=30)
        for name in ("notifications.urgent", "clockwork", "long_work"):
            queue.executemany(
                "INSERT INTO message (queue, payload) VALUES (?, ?)",
                [(name, b""), (name, b'{"body": "e30'), (name, b"7")],
            )
        queue.close()

    storm("empty and half-written messages in the queue", installation, damage)


@pytest.mark.postgres
def test_connections_terminated(installation: Installation) -> None:
    def terminate() -> None:
        with installation.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )

    storm("every database connection terminated", installation, terminate)


@pytest.mark.postgres
def test_the_database_restarted(installation: Installation, server: Postgres) -> None:
    def restart() -> None:
        server.kill()
        server.start()

    storm("the database server killed and started again", installation, restart)


def test_a_full_disk(installation: Installation) -> None:
    """The disk of the data folder is full for some seconds; on SQLite it holds the database, too."""
    total, _used, _free = shutil.disk_usage(installation.folder)
    if total > 512 * MEGABYTE:
        pytest.skip("no file system of its own may be mounted here")

    def fill() -> None:
        filler = installation.folder.parent / "filler"
        try:
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * MEGABYTE)
            threading.Event().wait(5)
        finally:
            filler.unlink()

    storm("disk full for 5 s", installation, fill)


@pytest.mark.parametrize("days", [10, -10])
def test_a_worker_and_a_scheduler_with_a_wrong_clock(installation: Installation, days: int) -> None:
    """Beside the right ones, for 16 seconds. What waits still waits; only what is overdue may expire."""
    row = begin(f"worker and scheduler at {days:+} days for 16 s")
    with installation.unit_of_work.write() as session:
        session.merge(Heartbeat(part=TRUSTED, at=now()))
        ids = [make_scene(session).send(session).pk for _each in range(16)]
        assert all(session.get_one(Referral, pk).answer_due_at > now() + timedelta(hours=1) for pk in ids)
    words = ["-A", "tuoju.launch.worker", "worker", "--pool", "solo", "-n", "wrong@%h", "--without-mingle"]
    commands = [words, ["-A", "tuoju.launch.scheduler", "beat", "--pidfile", ""]]
    wrong = [
        Process([sys.executable, str(SHIFTED), str(days * 86400), *command], installation.env) for command in commands
    ]
    try:
        for _turn in range(16):
            threading.Event().wait(1)
    finally:
        for process in wrong:
            process.stop()
    row.tried = row.answered = len(ids)
    with installation.unit_of_work.read() as session:
        states = [session.get_one(Referral, pk).state for pk in ids]
    row.lost = sum(state is not ReferralState.requested for state in states)
    row.check(installation.engine)
    assert row.survived, row


def test_everything_goes_on_afterwards(installation: Installation) -> None:
    """The worker still does its work: an overdue request expires, though its clock was in doubt."""
    with installation.unit_of_work.write() as session:
        session.merge(Heartbeat(part=TRUSTED, at=now()))
        referral = make_scene(session).send(session)
        referral.answer_due_at = now() - timedelta(minutes=1)
        pk = referral.pk
    installation.process.terminate()
    installation.process.wait(60)
    installation.start()

    def expired() -> bool:
        with installation.unit_of_work.read() as session:
            return session.get_one(Referral, pk).state is ReferralState.expired

    wait_until(expired, 150, "an overdue request expired")
