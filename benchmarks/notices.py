"""Notices through a whole post office of its own: how fast they reach their providers, with workers killed meanwhile.

    python -m benchmarks.notices --count 1000 --kills 3 --json
    python -m benchmarks.notices --count 100000 --rate 0 --broker amqp://... --database postgresql+psycopg://.../postgres

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

from sqlalchemy import func, text
from sqlalchemy.engine import make_url
from sqlmodel import Session, col, select

from benchmarks.processes import Process, environment, scheduler, worker
from benchmarks.receivers import Receivers
from tuoju.database.engine import make_engine
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.residents.encryption import KeyRing, use_keys
from tuoju_notifications.celery_app import QUEUES, make_celery
from tuoju_notifications.kinds import Channel, NoticeKind
from tuoju_notifications.models import Notice
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Recipient, Way, use_router, user
from tuoju_notifications.sealing import use_seal
from tuoju_notifications.status import OPEN
from tuoju_notifications.tasks import dispatcher

WAYS = (Way(Channel.email, "someone@example.test"), Way(Channel.sms, "13800001234"))
BOXES = ("mail", "sms")
THREADS = 4


def main() -> None:
    options = _options()
    ring = KeyRing({"test": b"t" * 32}, "test", b"i" * 32)
    use_keys(ring)
    use_seal(ring.seal, ring.open)
    use_router(_by_mail_and_sms)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name, _database(options.database, Path(name)) as database:
        figures = Run(options, Path(name), database).measure()
    if options.json:
        print(json.dumps(figures))
        return
    for label, value in figures.items():
        print(f"{label}: {value}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="notices; each event makes two")
    parser.add_argument("--kills", type=int, default=0, help="how often a worker is killed with -9 meanwhile")
    parser.add_argument("--rate", type=float, default=50, help="events a second; 0 is as fast as they can be written")
    parser.add_argument(
        "--burst", type=int, default=2000, help="notices of the burst that is compared with bare Celery"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--broker", default="filesystem://")
    parser.add_argument("--database", default="", help="a PostgreSQL server; a database of its own is made there")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _by_mail_and_sms(_session: Session, _recipient: Recipient, _kind: NoticeKind) -> Sequence[Way]:
    return WAYS


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
    """The receivers, in a process of their own, until asked what they got."""
    receivers = Receivers().start()
    pipe.send((receivers.mail_port, receivers.web))
    while pipe.recv() != "stop":
        pipe.send(sum(len(receivers.boxes[name].arrived) for name in BOXES))
    pipe.send({name: Got(box.arrived, box.texts, box.handed_over) for name, box in receivers.boxes.items()})
    receivers.stop()


class Got(NamedTuple):
    """What one receiver got."""

    arrived: dict[str, float]
    texts: dict[str, str]
    handed_over: Counter[str]


class Run:
    """One run, from empty tables to the figures."""

    def __init__(self, options: argparse.Namespace, folder: Path, database: str) -> None:
        self.options, self.folder, self.database = options, folder, database
        self.engine = make_engine(database)
        migrate(self.engine)
        self.celery = make_celery(options.broker, folder / "queue")
        self._purge()
        self.unit_of_work = UnitOfWork(self.engine, dispatcher(self.celery))
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
        self.env = environment(
            self.folder, database=self.database, broker=self.options.broker, mail_port=mail_port, web=web
        )
        beat = scheduler(self.env)
        try:
            self.workers = [self._worker(number) for number in range(self.options.workers)]
            self._warm_up()
            _say("workers are up")
            events = self.options.count // 2
            began = time.time()
            self._post(events, self.options.rate, self.options.kills)
            self._wait(events)
            paced = sorted(self.committed)
            _say(f"{self._arrived()} arrived")
            ended = time.time()
            burst = self._burst(events) if self.options.rate else self.options.count / (ended - began)
            for each in self.workers:
                each.stop()
            _say("now bare Celery")
            bare = self._bare(min(self.options.count, max(self.options.burst, 2000)))
            self.pipe.send("stop")
            boxes = self.pipe.recv()
            receiving.join(20)
        finally:
            for each in [*self.workers, beat]:
                each.stop()
            receiving.terminate()
            self._purge()
        return self._figures(boxes, paced) | {
            "notices_per_second": round(burst, 1),
            "bare_tasks_per_second": round(bare, 1),
            "ratio_to_bare": round(burst / bare, 3),
            **self._about(),
        }

    def _worker(self, number: int) -> Process:
        return worker(self.env, name=f"bench{number}-{self.killed}", threads=THREADS)

    def _warm_up(self) -> None:
        """Let workers come up before anything is timed."""
        self._post_one("W-0")
        self._wait_for(lambda: self._arrived() >= 2, 120)
        self.committed.clear()

    def _post_one(self, number: str) -> None:
        with self.unit_of_work.write() as session:
            post(
                session,
                NoticeKind.referral_received,
                recipient=user(1),
                key=number,
                link=f"/referrals/{number}",
                number=number,
            )
        self.committed[number] = time.time()

    def _post(self, events: int, rate: float, kills: int) -> None:
        kill_at = {round(events * (each + 1) / (kills + 1)) for each in range(kills)}
        began = time.monotonic()
        for number in range(events):
            if rate and (early := began + number / rate - time.monotonic()) > 0:
                time.sleep(early)
            self._post_one(f"N-{number}")
            if number in kill_at:
                self._kill_one()

    def _kill_one(self) -> None:
        number = self.killed % len(self.workers)
        self.workers[number].kill()
        self.killed += 1
        self.workers[number] = self._worker(number)

    def _burst(self, first: int) -> float:
        """Notices a second when many come at once: from the first commit to the last arrival."""
        before, events = self._arrived(), self.options.burst // 2
        began = time.time()
        for number in range(first, first + events):
            self._post_one(f"N-{number}")
        self._wait_for(lambda: self._arrived() >= before + events * 2, 60 + events)
        return events * 2 / (time.time() - began)

    def _bare(self, tasks: int) -> float:
        counted = self.folder / "counted"
        counted.touch()
        env = {**self.env, "BARE_COUNTED": str(counted)}
        celery = make_celery(self.options.broker, self.folder / "bare")
        running = [
            worker(env, name=f"bare{each}", threads=THREADS, app="benchmarks.bare")
            for each in range(self.options.workers)
        ]
        try:
            celery.send_task("benchmarks.bare")
            self._wait_for(lambda: counted.stat().st_size >= 1, 60)
            began = time.time()
            for _each in range(tasks):
                celery.send_task("benchmarks.bare")
            self._wait_for(lambda: counted.stat().st_size >= tasks + 1, 60 + tasks / 50)
            return tasks / (time.time() - began)
        finally:
            for each in running:
                each.stop()

    def _arrived(self) -> int:
        self.pipe.send("count")
        return int(self.pipe.recv())

    def _wait(self, events: int) -> None:
        """Until nothing is open any more, for a bounded time."""

        def over() -> bool:
            with self.unit_of_work.read() as session:
                query = select(func.count()).select_from(Notice).where(col(Notice.state).in_(OPEN))
                return session.exec(query).one() == 0

        self._wait_for(over, 120 + events / 10)

    @staticmethod
    def _wait_for(true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _figures(self, boxes: dict[str, Any], paced: Sequence[str]) -> dict[str, Any]:
        waits, got, repeats = [], Counter[tuple[str, str]](), 0
        for name in BOXES:
            box: Got = boxes[name]
            for key, said in box.texts.items():
                found = re.search(r"N-\d+", said)
                if found is not None:
                    got[(name, found[0])] += 1
                    waits.append((found[0], box.arrived[key] - self.committed[found[0]]))
            repeats += sum(box.handed_over.values()) - len(box.handed_over)
        wanted = {(name, number) for name in BOXES for number in self.committed}
        timed, measured = set(paced), []
        measured = sorted(wait for number, wait in waits if number in timed) or [0.0]
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
            "within_1_s": round(sum(each <= 1 for each in measured) / len(measured), 4),
            "within_10_s": round(sum(each <= 10 for each in measured) / len(measured), 4),
            "events_per_second": self.options.rate or "as fast as written",
        }

    def _about(self) -> dict[str, Any]:
        return {
            "broker": self.options.broker.partition(":")[0],
            "database": make_url(self.database).get_backend_name(),
            "workers": f"{self.options.workers} processes of {THREADS} threads",
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
