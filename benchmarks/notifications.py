"""How fast notifications reach their providers in a delivery system of its own, with workers killed meanwhile.

    python -m benchmarks.notifications --count 1000 --kills 3 --json
    python -m benchmarks.notifications --count 100000 --rate 0 --broker amqp://... --database postgresql+psycopg://.../postgres

Each event tells one recipient by e-mail and by SMS. What a person gets is counted at a real mail server and a real SMS
gateway, by the number in the text: two messages with one number are one too many, unless the receiver knew the second
for a repeat by its key.
"""

import argparse
import json
import multiprocessing
import os
import platform
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import col, select

from benchmarks.notification_writers import Place, Writers, set_up_keys
from benchmarks.processes import Process, environment, scheduler, worker
from benchmarks.receivers import Receivers
from tuoju.database.engine import make_engine
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju_notifications.celery_app import QUEUES, make_celery
from tuoju_notifications.models import Notification
from tuoju_notifications.status import OPEN

BOXES = ("mail", "sms")
NUMBER = re.compile(r"[NW]-\d+")


def main() -> None:
    options = _options()
    set_up_keys()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name, _database(options.database, Path(name)) as database:
        figures = Run(options, Place(database, options.broker, Path(name))).measure()
    if options.json:
        print(json.dumps(figures))
        return
    for label, value in figures.items():
        print(f"{label}: {value}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="notifications; each event makes two")
    parser.add_argument("--kills", type=int, default=0, help="how often a worker is killed with -9 meanwhile")
    parser.add_argument("--rate", type=float, default=50, help="events a second; 0 is as fast as they can be written")
    parser.add_argument(
        "--burst", type=int, default=2000, help="notifications of the burst that is compared with bare Celery"
    )
    parser.add_argument("--writers", type=int, default=2, help="processes that write events")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=24, help="of each worker")
    parser.add_argument("--broker", default="embedded://")
    parser.add_argument("--database", default="", help="a PostgreSQL server; a database of its own is made there")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


@contextmanager
def _database(server: str, folder: Path) -> Iterator[str]:
    if not server:
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    name = f"tuoju_bench_{os.getpid()}"
    admin = make_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def _receive(pipe: Connection) -> None:
    """The receivers, in a process of their own, until asked what they got. Of each text the number is kept."""
    receivers = Receivers(keep=_number).start()
    pipe.send((receivers.mail_port, receivers.web))
    while pipe.recv() != "stop":
        pipe.send(sum(len(receivers.boxes[name].arrived) for name in BOXES))
    pipe.send({name: Got(box.arrived, box.texts, box.handed_over) for name, box in receivers.boxes.items()})
    receivers.stop()


def _number(text: str) -> str:
    search = NUMBER.search(text)
    return search[0] if search else ""


class Got(NamedTuple):
    """What one receiver got, by key: when, which number, how often."""

    arrived: dict[str, float]
    numbers: dict[str, str]
    handed_over: Counter[str]


class Run:
    """One run, from empty tables to the figures."""

    def __init__(self, options: argparse.Namespace, place: Place) -> None:
        self.options, self.place = options, place
        engine = make_engine(place.database)
        migrate(engine)
        self.unit_of_work = UnitOfWork(engine)
        self.celery = make_celery(place.broker, place.folder / "queue")
        self._purge()
        self.committed: dict[str, float] = {}
        self.workers: list[Process] = []
        self.killed = 0

    def _purge(self) -> None:
        with self.celery.connection_for_write() as connection:
            for queue in QUEUES:
                with connection.channel() as channel:
                    channel.queue_declare(queue=queue, durable=True, auto_delete=False)
                    channel.queue_purge(queue=queue)

    def measure(self) -> dict[str, Any]:
        self.pipe, theirs = multiprocessing.get_context("spawn").Pipe()
        receiving = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,))
        receiving.start()
        theirs.close()
        mail_port, web = self.pipe.recv()
        place = self.place
        self.env = environment(place.folder, database=place.database, broker=place.broker, mail_port=mail_port, web=web)
        beat = scheduler(self.env)
        self.writers = Writers(place, self.options.writers)
        try:
            self.workers = [self._worker(number) for number in range(self.options.workers)]
            self._post([f"W-{item}" for item in range(self.options.writers)])
            self.committed.clear()
            _say("workers are up")
            paced = [f"N-{number}" for number in range(self.options.count // 2)]
            speed = self._post(paced, self.options.rate, self.options.kills)
            if self.options.rate:
                speed = self._post([f"N-{len(paced) + entry}" for entry in range(self.options.burst // 2)])
            for element in self.workers:
                element.stop()
            _say("now bare Celery")
            bare = self._bare(min(self.options.count, max(self.options.burst, 2000)))
            self.pipe.send("stop")
            boxes = self.pipe.recv()
            receiving.join(20)
        finally:
            self.writers.stop()
            for member in [*self.workers, beat]:
                member.stop()
            receiving.terminate()
            self._purge()
        return self._figures(boxes, paced) | {
            "notifications_per_second": round(speed, 1),
            "bare_tasks_per_second": round(bare, 1),
            "ratio_to_bare": round(speed / bare, 3) if bare else None,
            **self._about(),
        }

    def _worker(self, number: int) -> Process:
        return worker(self.env, name=f"bench{number}-{self.killed}", threads=self.options.threads)

    def _post(self, numbers: Sequence[str], rate: float = 0, kills: int = 0) -> float:
        """Write the events and wait until each of their notifications is settled, killing workers meanwhile.

        Returns notifications per second, from the first commit to the last arrival.
        """
        before, notifications = self._arrived(), len(numbers) * len(BOXES)
        kill_at = [notifications * (number + 1) // (kills + 1) for number in range(kills)]
        began = messages = time.time()
        writing = self.writers.post(numbers, rate)
        deadline = began + 180 + notifications / 20
        while (arrived := self._arrived() - before) < notifications and time.time() < deadline:
            if kill_at and arrived >= kill_at[0]:
                kill_at.pop(0)
                self._kill_one()
            if time.time() - messages > 10:
                messages = time.time()
                _say(f"{arrived} of {notifications} arrived, {self.killed} workers killed")
            time.sleep(0.05)
        ended = time.time()
        for item in writing:
            self.committed |= item.result()
        self._wait_for(self._all_settled, 120)
        return notifications / (ended - began)

    def _kill_one(self) -> None:
        number = self.killed % len(self.workers)
        self.workers[number].kill()
        self.killed += 1
        self.workers[number] = self._worker(number)

    def _bare(self, tasks: int) -> float:
        """Tasks a second of bare Celery; 0 if it timed out, so that no ratio is shown."""
        counted = self.place.folder / "counted"
        counted.touch()
        env = {**self.env, "BARE_COUNTED": str(counted)}
        running = [
            worker(env, name=f"bare{number}", threads=self.options.threads, app="benchmarks.bare")
            for number in range(self.options.workers)
        ]
        try:
            self.writers.send_bare(1)
            self._wait_for(lambda: counted.stat().st_size >= 1, 60)
            began = time.time()
            self.writers.send_bare(tasks)
            self._wait_for(lambda: counted.stat().st_size >= tasks + 1, 60 + tasks / 50)
            seconds = time.time() - began
            return tasks / seconds if counted.stat().st_size > tasks else 0.0
        finally:
            for item in running:
                item.stop()

    def _arrived(self) -> int:
        self.pipe.send("count")
        return int(self.pipe.recv())

    def _all_settled(self) -> bool:
        with self.unit_of_work.read(SYSTEM) as session:
            return (
                session.exec(select(Notification.id).where(col(Notification.state).in_(OPEN)).limit(1)).first() is None
            )

    @staticmethod
    def _wait_for(true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _figures(self, boxes: dict[str, Any], paced: Sequence[str]) -> dict[str, Any]:
        waits, got, repeats = [], Counter[tuple[str, str]](), 0
        timed = set(paced)
        for name in BOXES:
            box: Got = boxes[name]
            for key, number in box.numbers.items():
                if number in self.committed:
                    got[(name, number)] += 1
                if number in timed:
                    waits.append(box.arrived[key] - self.committed[number])
            repeats += sum(box.handed_over.values()) - len(box.handed_over)
        wanted = {(name, number) for name in BOXES for number in self.committed}
        measured = sorted(waits) or [0.0]
        return {
            "sent": len(wanted & set(got)),
            "lost": len(wanted - set(got)),
            "doubled": sum(times > 1 for times in got.values()),
            "repeats_known_by_their_key": repeats,
            "kills": self.killed,
            "p50_seconds": _at(measured, 0.5),
            "p95_seconds": _at(measured, 0.95),
            "p999_seconds": _at(measured, 0.999),
            "longest_seconds": _at(measured, 1),
            "within_1_s": round(sum(item <= 1 for item in measured) / len(measured), 4),
            "within_10_s": round(sum(entry <= 10 for entry in measured) / len(measured), 4),
            "events_per_second": self.options.rate or "as fast as written",
        }

    def _about(self) -> dict[str, Any]:
        return {
            "broker": self.options.broker.partition(":")[0],
            "database": make_url(self.place.database).get_backend_name(),
            "workers": f"{self.options.workers} processes of {self.options.threads} threads",
            "writers": self.options.writers,
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "celery": version("celery"),
            "kombu": version("kombu"),
            "sqlalchemy": version("sqlalchemy"),
            "argv": sys.argv[1:] if "@" not in " ".join(sys.argv) else "addresses left out",
        }


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


if __name__ == "__main__":
    main()
