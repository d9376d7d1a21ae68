"""Faults for real: what a person got is counted where it arrives. Nothing is lost, and nobody gets anything twice."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from benchmarks.processes import Process, wait_until
from benchmarks.receivers import Receivers
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.delivery_systems import DeliverySystem, assert_each_came_once
from tuoju.database.engine import make_engine
from tuoju_notifications.models import Notification, PeriodicTurn
from tuoju_notifications.periodic import BEAT
from tuoju_notifications.status import NotificationState
from tuoju_notifications.tasks import DELIVER

SHIFTED = Path(__file__).parent / "shifted.py"


@pytest.fixture
def servers() -> Iterator[Receivers]:
    receivers = Receivers().start()
    yield receivers
    receivers.stop()


@pytest.fixture
def system(tmp_path: Path, database_url: str, unit_of_work: UnitOfWork, servers: Receivers) -> Iterator[DeliverySystem]:
    system = DeliverySystem(tmp_path, database_url, unit_of_work, servers)
    yield system
    system.close()


@pytest.mark.parametrize("box", ["mail", "sms"])
def test_a_worker_killed_between_the_providers_yes_and_the_commit(system: DeliverySystem, box: str) -> None:
    """The provider has the message and nobody knows: the same key is sent again, and recognised."""
    there = system.receivers.boxes[box]
    there.answering.clear()
    victim = system.worker("victim")
    system.post(4, "k", box)
    wait_until(lambda: len(there.handed_over) == 1, 40, "the first message taken")
    victim.kill()
    there.answering.set()
    system.scheduler()
    system.worker("heir")
    system.wait_until_over()
    assert_each_came_once(system, 4, boxes=(box,))
    assert system.codes()["sender_lost"] == 1
    assert sorted(there.handed_over.values()) == [1, 1, 1, 2]


def test_a_broker_that_is_away_and_comes_back_empty(system: DeliverySystem) -> None:
    system.worker()
    system.scheduler()
    system.post(2, "before")
    wait_until(lambda: len(system.receivers.boxes["sms"].arrived) == 2, 40, "the first notifications sent")
    system.cut()
    system.post(6, "while")
    system.mend()
    with suppress(Exception):
        system.purge()
    system.post(2, "after")
    system.wait_until_over(120)
    for name, count in (("before", 2), ("while", 6), ("after", 2)):
        assert_each_came_once(system, count, name)


def test_a_broker_that_falls_silent_makes_nobody_wait(system: DeliverySystem) -> None:
    system.worker()
    system.scheduler()
    system.post(2, "before")
    wait_until(lambda: len(system.receivers.boxes["sms"].arrived) == 2, 40, "the first notifications sent")
    system.silence()
    start = time.monotonic()
    system.post(10, "while")
    seconds = time.monotonic() - start
    system.mend()
    assert seconds < 5, "ten commits do not wait for a broker"
    system.wait_until_over(150)
    for name, count in (("before", 2), ("while", 10)):
        assert_each_came_once(system, count, name)


def test_every_message_comes_twice_to_two_workers(system: DeliverySystem) -> None:
    system.worker("one")
    system.worker("two")
    system.post(10)
    with system.unit_of_work.read() as session:
        ids = session.exec(select(Notification.id)).all()
    for notification_id in [*ids, *ids]:
        system.celery.send_task(DELIVER, args=[notification_id], queue="notifications.urgent")
    system.wait_until_over()
    assert_each_came_once(system, 10)
    assert set(system.receivers.boxes["sms"].handed_over.values()) == {1}


@pytest.mark.postgres
def test_a_database_that_breaks_every_connection_while_messages_are_out(
    system: DeliverySystem, database_url: str
) -> None:
    there = system.receivers.boxes["sms"]
    there.answering.clear()
    system.worker()
    system.scheduler()
    system.post(4, "k", "sms")
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
    system.wait_until_over()
    assert_each_came_once(system, 4, boxes=("sms",))
    assert set(there.handed_over.values()) == {1}


@pytest.mark.parametrize("off", [-86400, 86400])
def test_a_worker_and_a_scheduler_whose_clock_has_jumped_a_day(system: DeliverySystem, off: int) -> None:
    for words in (
        ["-A", "tuoju.launch.worker", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"],
        ["-A", "tuoju.launch.scheduler", "beat", "--pidfile", ""],
    ):
        command = [sys.executable, str(SHIFTED), str(off), *words]
        system.running.append(Process(command=command, env=system.env))
    system.post(6)
    system.wait_until_over()
    assert_each_came_once(system, 6)
    with system.unit_of_work.read() as session:
        assert {notification.state for notification in session.exec(select(Notification))} == {NotificationState.sent}


def test_two_schedulers_one_of_them_killed_double_no_turn(system: DeliverySystem) -> None:
    """Without a worker every turn of the heartbeat lies in the queue: as many as were taken, and no more."""
    victim = system.scheduler()
    system.scheduler()

    def turns() -> int:
        with system.unit_of_work.read() as session:
            turn = session.get(PeriodicTurn, "beat")
            return turn.number if turn else 0

    wait_until(lambda: turns() >= 1, 60, "a first turn")
    victim.kill()
    system.scheduler()
    wait_until(lambda: turns() >= 3, 60, "two more turns")
    for process in system.running:
        process.stop()
    sent = 0
    with system.celery.connection_for_read() as connection:
        queue = connection.SimpleQueue("clockwork")
        with suppress(queue.Empty):
            while True:
                message = queue.get(timeout=2)
                arguments = message.payload[0]  # a beat of one queue, another job, names its queue
                sent += message.headers["task"] == BEAT and not arguments
                message.ack()
    assert sent == turns()
