"""What one installation takes: processor time a request, bytes a case, and the rate of a backup.

python -m benchmarks.sizing [--database URL] [--seconds 10] [--clients 4] [--json]

URL is an empty database; without it SQLite in a temporary folder. The demo city is built in it, a web process of its
own serves it, and clients ask for the pages of a working day as fast as they are answered. Processor time is that of
the web process alone, so that it holds on a machine that does other things, too. Messages a second of a worker:
`python -m benchmarks.notifications`.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Engine, text

from benchmarks.keys import SUITE, use_invented_keys
from benchmarks.processes import environment, wait_until
from tuoju.backups.envelope import make_identity, read_recipient
from tuoju.backups.making import Installation, make_backup
from tuoju.backups.secret_keys import SecretKeys
from tuoju.cities.folder import read_demo_folder
from tuoju.cities.loading import load_city
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.simulation.demo_city import build_demo_city
from tuoju.simulation.sign_ins import PASSWORD

DAY = {
    "worker": ("/", "/residents", "/cases", "/needs", "/referrals", "/notifications"),
    "manager": ("/", "/needs", "/referrals", "/figures"),
}
"""The pages of a working day by account."""
PORT = 18231
ADDRESS = f"http://127.0.0.1:{PORT}"


def bytes_of(engine: Engine) -> int:
    """How much the database takes on its disk."""
    if engine.dialect.name == "sqlite":
        return Path(str(engine.url.database)).stat().st_size
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def rows_of(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def build(engine: Engine, people: int, waiting: int) -> dict[str, float]:
    """Build the demo city; how many bytes a case takes with all that belongs to it: person, needs, referrals, audit."""
    migrate(engine)
    unit_of_work = UnitOfWork(engine)
    with unit_of_work.write(SYSTEM) as session:
        load_city(session, read_demo_folder(), began_on=date(2026, 1, 1))
    before = bytes_of(engine)
    build_demo_city(unit_of_work, people=people, waiting=waiting, tell=lambda _words: None)
    cases = rows_of(engine, "assistance_case")
    after = bytes_of(engine)
    return {"cases": cases, "city_megabytes": before / 1e6, "kilobytes_a_case": (after - before) / cases / 1e3}


@contextmanager
def served(folder: Path, database: str) -> Iterator[int]:
    """The process id of a web process over the database."""
    env = environment(folder, database=database, broker="embedded://", mail_port=1, web="http://127.0.0.1:1")
    env |= {"TUOJU_SECURE_COOKIES": "false", "TUOJU_PUBLIC_ADDRESS": ADDRESS, "TUOJU_SECOND_FACTOR_ROLES": "[]"}
    command = [sys.executable, "-m", "tuoju.launch.commands.web", "--port", str(PORT)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        wait_until(answers, 400, "the web process answers")
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def answers() -> bool:
    with suppress(httpx2.HTTPError):
        return httpx2.get(f"{ADDRESS}/livez", timeout=2).status_code == 200
    return False


def processor_seconds(pid: int) -> float:
    """User and system time of a process, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(username: str, until: float, seconds: list[float]) -> None:
    """Ask for the pages of an account one after another, and note how long each took."""
    with httpx2.Client(base_url=ADDRESS, timeout=60) as client:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/sign-in").text)
        typed = {"form_token": token[1] if token else "", "username": username, "password": PASSWORD}
        client.post("/sign-in", data=typed)
        for path in cycle(DAY[username]):
            if time.monotonic() > until:
                return
            started = time.perf_counter()
            client.get(path).raise_for_status()
            seconds.append(time.perf_counter() - started)


def measure_requests(pid: int, duration: float, clients: int) -> dict[str, float]:
    """Requests a second of one process, and the processor time of each."""
    warm: list[float] = []
    for username in DAY:
        ask(username, time.monotonic() + 3, warm)
    noted: list[float] = []
    before, started = processor_seconds(pid), time.monotonic()
    names = [username for username, _number in zip(cycle(DAY), range(clients), strict=False)]
    threads = [threading.Thread(target=ask, args=(name, started + duration, noted)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used, passed = processor_seconds(pid) - before, time.monotonic() - started
    return {
        "requests": len(noted),
        "requests_a_second": len(noted) / passed,
        "processor_milliseconds_a_request": 1000 * used / len(noted),
        "requests_a_second_of_a_core": len(noted) / used,
        "median_milliseconds": 1000 * statistics.median(noted),
    }


def measure_backup(engine: Engine, folder: Path) -> dict[str, float]:
    """Rows and megabytes a second of a backup, sealing included."""
    keys = SecretKeys("s" * 32, {"test": "00" * 32}, "test", SUITE.name, "00" * 32, [])
    installation = Installation(engine, FolderStore(folder / "files"), keys, folder / "none", "development", "")
    started = time.perf_counter()
    made, manifest = make_backup(installation, folder / "backups", folder / "keys", read_recipient(make_identity()[1]))
    seconds = time.perf_counter() - started
    size = sum(part.stat().st_size for part in made.iterdir())
    rows = sum(manifest.counts.values())
    return {"backup_seconds": seconds, "backup_rows_a_second": rows / seconds, "backup_megabytes": size / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--people", type=int, default=36)
    parser.add_argument("--waiting", type=int, default=80)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    use_invented_keys()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        use_files(FolderStore(folder / "files"))
        database = options.database or f"sqlite:///{folder / 'tuoju.db'}"
        engine = make_engine(database)
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        measured: dict[str, Any] = {"machine": machine, "database": engine.dialect.name}
        measured |= build(engine, options.people, options.waiting) | measure_backup(engine, folder)
        with served(folder, database) as pid:
            measured |= measure_requests(pid, options.seconds, options.clients)
        engine.dispose()
    if options.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:<34} {value:,.1f}" if isinstance(value, float) else f"{name:<34} {value}")


if __name__ == "__main__":
    main()
