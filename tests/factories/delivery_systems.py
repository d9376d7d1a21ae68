"""Delivery systems for tests of faults: real workers, a broker that can be taken away, and receivers that count."""

import os
import re
import select as sockets
import socket
import sqlite3
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import Process, environment, scheduler, wait_until, worker
from benchmarks.receivers import Box, Receivers
from sqlmodel import col, select

from factories.databases import UnitOfWork
from factories.notifications import post_one, routed_to
from tuoju_notifications.celery_app import QUEUES, make_celery
from tuoju_notifications.embedded_queue import FILE
from tuoju_notifications.handover import BackgroundHandover
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, NotificationEvent
from tuoju_notifications.routing import Destination
from tuoju_notifications.status import OPEN
from tuoju_notifications.tasks import dispatcher

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "embedded://")
DESTINATIONS = {
    "mail": Destination(Channel.email, "someone@example.test"),
    "sms": Destination(Channel.sms, "13800001234"),
}


class BrokerProxy:
    """A TCP proxy before a broker. `cut` breaks every connection and refuses new ones, `freeze` keeps them open and
    carries nothing any more, until `mend`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._connected = threading.Event()
        self._connected.set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                theirs, _address = self._server.accept()
                try:
                    if not self._connected.is_set():
                        raise ConnectionError
                    ours = socket.create_connection(self._target, 5)
                except OSError:
                    theirs.close()
                    continue
                self._open |= {theirs, ours}
                threading.Thread(target=self._carry, args=(theirs, ours), daemon=True).start()

    def _carry(self, theirs: socket.socket, ours: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while True:
                for source in sockets.select([theirs, ours], [], [])[0]:
                    data = source.recv(65536)
                    self._flowing.wait()
                    if not data:
                        raise OSError
                    (ours if source is theirs else theirs).sendall(data)
        for connection in (theirs, ours):
            connection.close()

    def cut(self) -> None:
        self._connected.clear()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def freeze(self) -> None:
        self._flowing.clear()

    def mend(self) -> None:
        self._connected.set()
        self._flowing.set()

    def close(self) -> None:
        self._flowing.set()
        self.cut()
        self._server.close()


class DeliverySystem:
    """A delivery system of its own: database, broker behind a proxy, receivers, workers, scheduler."""

    def __init__(
        self, folder: Path, database: str, unit_of_work: UnitOfWork, receivers: Receivers, broker: str = BROKER
    ) -> None:
        self.folder, self.receivers, self.proxy = folder, receivers, None
        if not broker.startswith("embedded"):
            parts = urlsplit(broker)
            default_port = 6379 if broker.startswith("redis") else 5672
            self.proxy = BrokerProxy(parts.hostname or "127.0.0.1", parts.port or default_port)
            secret = f"{parts.username or ''}:{parts.password or ''}@" if parts.username or parts.password else ""
            broker = parts._replace(netloc=f"{secret}127.0.0.1:{self.proxy.port}").geturl()
        self.env = environment(
            folder, database=database, broker=broker, mail_port=receivers.mail_port, web=receivers.web
        )
        self.celery = make_celery(broker, folder / "queue")
        self.purge()
        self.unit_of_work = UnitOfWork(unit_of_work.engine, BackgroundHandover().later(dispatcher(self.celery)))
        self.running: list[Process] = []

    def purge(self) -> None:
        """Empty all queues."""
        with self.celery.connection_for_write() as connection:
            for queue in QUEUES:
                with connection.channel() as channel:
                    channel.queue_declare(queue=queue, durable=True, auto_delete=False)
                    channel.queue_purge(queue=queue)

    def cut(self) -> None:
        """Let nobody reach the broker: break its connections, or hold the embedded queue's file."""
        if self.proxy is not None:
            self.proxy.cut()
        else:
            self._holder = sqlite3.connect(self.folder / "queue" / FILE, isolation_level=None)
            self._holder.execute("BEGIN IMMEDIATE")

    def silence(self) -> None:
        """Let the broker answer nothing, with all connections open."""
        if self.proxy is not None:
            self.proxy.freeze()
        else:
            self.cut()

    def mend(self) -> None:
        if self.proxy is not None:
            self.proxy.mend()
        else:
            self._holder.close()

    def worker(self, name: str = "worker") -> Process:
        self.running.append(worker(self.env, name=name))
        return self.running[-1]

    def scheduler(self) -> Process:
        self.running.append(scheduler(self.env))
        return self.running[-1]

    def post(self, count: int, name: str = "k", *boxes: str) -> None:
        with routed_to(*(DESTINATIONS[box] for box in boxes or DESTINATIONS)):
            for number in range(count):
                with self.unit_of_work.write() as session:
                    post_one(session, f"{name}{number}", number=f"N-{name}-{number}")

    def wait_until_over(self, seconds: float = 90) -> None:
        def over() -> bool:
            with self.unit_of_work.read() as session:
                return session.exec(select(Notification.id).where(col(Notification.state).in_(OPEN))).first() is None

        wait_until(over, seconds, "every notification settled")

    def codes(self) -> Counter[str]:
        with self.unit_of_work.read() as session:
            return Counter(event.code for event in session.exec(select(NotificationEvent)) if event.code)

    def close(self) -> None:
        for process in self.running:
            process.kill()
        if self.proxy is not None:
            self.proxy.mend()
        with suppress(Exception):
            self.purge()
        if self.proxy is not None:
            self.proxy.close()


def count_by_number(box: Box) -> Counter[str]:
    """How many messages of each number a person got."""
    return Counter(match[0] for text in box.texts.values() if (match := re.search(r"N-\w+-\d+", text)))


def assert_each_came_once(
    system: DeliverySystem, count: int, name: str = "k", boxes: tuple[str, ...] = ("mail", "sms")
) -> None:
    wanted = {f"N-{name}-{number}": 1 for number in range(count)}
    for box in boxes:
        arrived = {
            number: times for number, times in count_by_number(system.receivers.boxes[box]).items() if number in wanted
        }
        assert arrived == wanted, box
