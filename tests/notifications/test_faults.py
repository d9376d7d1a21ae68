"""Faults for real: what a person got is counted where it arrives. Nothing is lost, and nobody gets anything twice."""

import os
import re
import select as sockets
import shutil
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from benchmarks.processes import Process, environment, scheduler, wait_until, worker
from benchmarks.receivers import Box, Receivers
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import col, select

from factories.notices import post_one, ways_are
from tuoju.database.engine import make_engine
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.celery_app import QUEUES, make_celery
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notice, NoticeEvent, PeriodicTurn
from tuoju_notifications.routing import Way
from tuoju_notifications.status import OPEN, NoticeState
from tuoju_notifications.tasks import BEAT, DELIVER, dispatcher

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "filesystem://")
WAYS = {"mail": Way(Channel.email, "someone@example.test"), "sms": Way(Channel.sms, "13800001234")}
SHIFTED = Path(__file__).parent / "shifted.py"


class Line:
    """The line to a broker, which can be cut: every connection breaks, and none is let through until it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                theirs, _address = self._door.accept()
                if not self._whole.is_set():
                    theirs.close()
                    continue
                ours = socket.create_connection(self._target, 5)
                self._open |= {theirs, ours}
                threading.Thread(target=self._carry, args=(theirs, ours), daemon=True).start()

    def _carry(self, theirs: socket.socket, ours: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while True:
                for source in sockets.select([theirs, ours], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        raise OSError
                    (ours if source is theirs else theirs).sendall(data)
        for each in (theirs, ours):
            each.close()

    def cut(self) -> None:
        self._whole.clear()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self.cut()
        self._door.close()


class House:
    """A post office of its own: database, broker with a line that can be cut, receivers, workers, scheduler."""

    def __init__(self, folder: Path, database: str, unit_of_work: UnitOfWork, receivers: Receivers) -> None:
        self.folder, self.receivers, self.line = folder, receivers, None
        broker = BROKER
        if not BROKER.startswith("filesystem"):
            parts = urlsplit(BROKER)
            usual = 6379 if BROKER.startswith("redis") else 5672
            self.line = Line(parts.hostname or "127.0.0.1", parts.port or usual)
            secret = f"{parts.username or ''}:{parts.password or ''}@" if parts.username or parts.password else ""
            broker = parts._replace(netloc=f"{secret}127.0.0.1:{self.line.port}").geturl()
        self.env = environment(
            folder, database=database, broker=broker, mail_port=receivers.mail_port, web=receivers.web
        )
        self.celery = make_celery(broker, folder / "queue")
        self.purge()
        self.unit_of_work = UnitOfWork(unit_of_work.engine, dispatcher(self.celery))
        self.running: list[Process] = []

    def purge(self) -> None:
        """What the queues held is gone."""
        with self.celery.connection_for_write() as connection:
            for queue in QUEUES:
                with connection.channel() as channel:
                    channel.queue_declare(queue=queue, durable=True, auto_delete=False)
                    channel.queue_purge(queue=queue)

    def cut(self) -> None:
        if self.line is not None:
            self.line.cut()
        else:
            shutil.move(self.folder / "queue" / "messages", self.folder / "queue" / "away")

    def wait_for_the_loss_to_be_noticed(self) -> None:
        """A worker on a folder ends when its folder is gone; one on a line tries again by itself."""
        if self.line is None:
            wait_until(lambda: all(each.ended for each in self.running[:1]), 40, "the worker ended")

    def mend(self) -> None:
        if self.line is not None:
            self.line.mend()
        else:
            (self.folder / "queue" / "messages").mkdir()
            self.running = [each.again() for each in self.running]

    def worker(self, name: str = "worker") -> Process:
        self.running.append(worker(self.env, name=name))
        return self.running[-1]

    def scheduler(self) -> Process:
        self.running.append(scheduler(self.env))
        return self.running[-1]

    def post(self, count: int, name: str = "k", *boxes: str) -> None:
        with ways_are(*(WAYS[box] for box in boxes or WAYS)):
            for number in range(count):
                with self.unit_of_work.write() as session:
                    post_one(session, f"{name}{number}", number=f"N-{name}-{number}")

    def wait_until_over(self, seconds: float = 90) -> None:
        def over() -> bool:
            with self.unit_of_work.read() as session:
                return session.exec(select(Notice.id).where(col(Notice.state).in_(OPEN))).first() is None

        wait_until(over, seconds, "every notice settled")

    def codes(self) -> Counter[str]:
        with self.unit_of_work.read() as session:
            return Counter(each.code for each in session.exec(select(NoticeEvent)) if each.code)

    def close(self) -> None:
        for each in self.running:
            each.kill()
        if self.line is not None:
            self.line.mend()
        with suppress(Exception):
            self.purge()
        if self.line is not None:
            self.line.close()


def got(box: Box) -> Counter[str]:
    """How many messages of each number a person got."""
    return Counter(match[0] for text in box.texts.values() if (match := re.search(r"N-\w+-\d+", text)))


@pytest.fixture(scope="module")
def servers() -> Iterator[Receivers]:
    receivers = Receivers().start()
    yield receivers
    receivers.stop()


@pytest.fixture
def house(tmp_path: Path, database_url: str, unit_of_work: UnitOfWork, servers: Receivers) -> Iterator[House]:
    for box in servers.boxes.values():
        box.arrived.clear()
        box.texts.clear()
        box.handed_over.clear()
        box.answering.set()
    house = House(tmp_path, database_url, unit_of_work, servers)
    yield house
    house.close()


def assert_each_came_once(house: House, count: int, name: str = "k", boxes: tuple[str, ...] = ("mail", "sms")) -> None:
    wanted = {f"N-{name}-{number}": 1 for number in range(count)}
    for box in boxes:
        came = {number: times for number, times in got(house.receivers.boxes[box]).items() if number in wanted}
        assert came == wanted, box


@pytest.mark.parametrize("box", ["mail", "sms"])
def test_a_worker_killed_between_the_providers_yes_and_the_commit(house: House, box: str) -> None:
    """The provider has the message and nobody knows: the same key is sent again, and recognised."""
    there = house.receivers.boxes[box]
    there.answering.clear()
    victim = house.worker("victim")
    house.post(4, "k", box)
    wait_until(lambda: len(there.handed_over) == 1, 40, "the first message taken")
    victim.kill()
    there.answering.set()
    house.scheduler()
    house.worker("heir")
    house.wait_until_over()
    assert_each_came_once(house, 4, boxes=(box,))
    assert house.codes()["sender_lost"] == 1
    assert sorted(there.handed_over.values()) == [1, 1, 1, 2]


def test_a_broker_that_is_away_and_comes_back_empty(house: House) -> None:
    house.worker()
    house.scheduler()
    house.post(2, "before")
    wait_until(lambda: len(house.receivers.boxes["sms"].arrived) == 2, 40, "the first notices sent")
    house.cut()
    house.post(6, "while")
    house.wait_for_the_loss_to_be_noticed()
    house.mend()
    with suppress(Exception):
        house.purge()
    house.post(2, "after")
    house.wait_until_over(120)
    for name, count in (("before", 2), ("while", 6), ("after", 2)):
        assert_each_came_once(house, count, name)


def test_every_message_comes_twice_to_two_workers(house: House) -> None:
    house.worker("one")
    house.worker("two")
    house.post(10)
    with house.unit_of_work.read() as session:
        ids = session.exec(select(Notice.id)).all()
    for notice_id in [*ids, *ids]:
        house.celery.send_task(DELIVER, args=[notice_id], queue="notices.urgent")
    house.wait_until_over()
    assert_each_came_once(house, 10)
    assert set(house.receivers.boxes["sms"].handed_over.values()) == {1}


@pytest.mark.postgres
def test_a_database_that_breaks_every_connection_while_messages_are_out(house: House, database_url: str) -> None:
    there = house.receivers.boxes["sms"]
    there.answering.clear()
    house.worker()
    house.scheduler()
    house.post(4, "k", "sms")
    wait_until(lambda: len(there.handed_over) == 1, 40, "the first message taken")
    admin = make_engine(database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = :name AND pid <> pg_backend_pid()"
            ),
            {"name": make_url(database_url).database},
        )
    admin.dispose()
    there.answering.set()
    house.wait_until_over()
    assert_each_came_once(house, 4, boxes=("sms",))
    assert set(there.handed_over.values()) == {1}


@pytest.mark.parametrize("off", [-86400, 86400])
def test_a_worker_and_a_scheduler_whose_clock_has_jumped_a_day(house: House, off: int) -> None:
    words = ["-A", "tuoju.launch.worker"]
    for arguments in (["worker", "--pool", "solo", "--without-gossip", "--without-mingle"], ["beat", "--pidfile", ""]):
        command = [sys.executable, str(SHIFTED), str(off), *words, *arguments]
        house.running.append(Process(command=command, env=house.env))
    house.post(6)
    house.wait_until_over()
    assert_each_came_once(house, 6)
    with house.unit_of_work.read() as session:
        assert {each.state for each in session.exec(select(Notice))} == {NoticeState.sent}


def test_two_schedulers_one_of_them_killed_double_no_turn(house: House) -> None:
    """Without a worker every turn of the heartbeat lies in the queue: as many as were taken, and no more."""
    victim = house.scheduler()
    house.scheduler()

    def turns() -> int:
        with house.unit_of_work.read() as session:
            turn = session.get(PeriodicTurn, "beat")
            return turn.number if turn else 0

    wait_until(lambda: turns() >= 1, 60, "a first turn")
    victim.kill()
    house.scheduler()
    wait_until(lambda: turns() >= 3, 60, "two more turns")
    for each in house.running:
        each.stop()
    sent = 0
    with house.celery.connection_for_read() as connection:
        queue = connection.SimpleQueue("clockwork")
        with suppress(queue.Empty):
            while True:
                message = queue.get(timeout=2)
                sent += message.headers["task"] == BEAT
                message.ack()
    assert sent == turns()
