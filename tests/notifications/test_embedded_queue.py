"""The embedded queue: nothing put is lost, nothing damaged ends a worker, and nobody polls while nothing is put."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.processes import wait_until
from celery import Celery

from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.embedded_queue import FILE, LOCK_TIMEOUT, MAX_DELIVERIES, MAX_SET_ASIDE, EmbeddedQueue
from tuoju_notifications.embedded_transport import ADDRESS

QUEUE = "clockwork"
TAKE_AND_WAIT = """
import sys
from pathlib import Path
from tuoju_notifications.embedded_queue import EmbeddedQueue
queue = EmbeddedQueue(Path(sys.argv[1]))
print(queue.take("clockwork").payload.decode(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedQueue]:
    opened = EmbeddedQueue(tmp_path / "queue")
    yield opened
    opened.close()


@pytest.fixture
def celery(tmp_path: Path) -> Celery:
    return make_celery(ADDRESS, tmp_path / "queue")


def consumer_in_another_process(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_AND_WAIT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


class TestMessages:
    def test_come_in_order_and_once(self, queue: EmbeddedQueue) -> None:
        for number in range(3):
            queue.put(QUEUE, str(number).encode())
        taken = [queue.take(QUEUE) for _each in range(4)]
        assert [message and message.payload for message in taken] == [b"0", b"1", b"2", None]

    def test_are_in_the_queue_they_were_put_in(self, queue: EmbeddedQueue) -> None:
        queue.put("one", b"1")
        assert queue.take("another") is None
        assert (queue.count("one"), queue.count("another")) == (1, 0)

    def test_survive_a_process_that_was_killed_with_them(self, queue: EmbeddedQueue) -> None:
        queue.put(QUEUE, b"1")
        other = consumer_in_another_process(queue.folder)
        assert (queue.recover(), queue.take(QUEUE)) == (0, None)
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
        assert queue.recover() == 1
        taken = queue.take(QUEUE)
        assert taken is not None
        assert taken.payload == b"1"

    def test_that_ended_every_consumer_are_set_aside(self, queue: EmbeddedQueue) -> None:
        queue.put(QUEUE, b"1")
        for _death in range(MAX_DELIVERIES):
            queue._run("UPDATE message SET consumer = NULL, deliveries = deliveries + 1")
        assert queue.take(QUEUE) is None
        assert (queue.count(QUEUE), queue.count_set_aside()) == (0, 1)

    def test_of_a_worker_that_stops_in_good_order_are_not_counted_as_deaths(self, queue: EmbeddedQueue) -> None:
        queue.put(QUEUE, b"1")
        for _stop in range(2 * MAX_DELIVERIES):
            taken = queue.take(QUEUE)
            assert taken is not None
            queue.release([taken.id])
        assert queue.count_set_aside() == 0

    def test_taken_by_many_at_once_are_each_taken_once(self, queue: EmbeddedQueue) -> None:
        for number in range(200):
            queue.put(QUEUE, str(number).encode())
        taken: list[bytes] = []

        def consume() -> None:
            own = EmbeddedQueue(queue.folder)
            while (message := own.take(QUEUE)) is not None:
                taken.append(message.payload)
                own.delete(message.id)
            own.close()

        threads = [threading.Thread(target=consume) for _each in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(taken) == sorted(str(number).encode() for number in range(200))


class TestWaiting:
    def test_ends_when_something_is_put(self, queue: EmbeddedQueue) -> None:
        other = EmbeddedQueue(queue.folder)
        assert queue.take(QUEUE) is None
        threading.Timer(0.1, other.put, (QUEUE, b"1")).start()
        start = time.monotonic()
        queue.wait(30)
        assert time.monotonic() - start < 10
        assert queue.take(QUEUE) is not None
        other.close()

    def test_is_no_polling(self, queue: EmbeddedQueue, celery: Celery) -> None:
        """A consumer that nothing wakes asks the file a few times in two seconds, not ten times a second."""
        with celery.connection_for_read() as connection, connection.channel() as channel:
            statements: list[str] = []
            channel.embedded._connection.set_trace_callback(statements.append)
            channel.basic_consume(QUEUE, False, print, "tag")
            with pytest.raises(TimeoutError):
                connection.drain_events(timeout=2)
        assert 1 <= sum("FROM message" in statement for statement in statements) <= 3


class TestDamage:
    @pytest.mark.parametrize(
        "payload", [b"", b"{", b"[1]", b"\xff\xfe", b'{"properties": {}}', b'{"body": "%", "properties": 3}', b"null"]
    )
    def test_a_damaged_message_is_set_aside_and_the_next_one_comes(
        self, queue: EmbeddedQueue, celery: Celery, payload: bytes
    ) -> None:
        queue.put(QUEUE, payload)
        celery.send_task("good", queue=QUEUE)
        with celery.connection_for_read() as connection:
            message = connection.SimpleQueue(QUEUE).get(timeout=5)
            assert message.headers["task"] == "good"
            message.ack()
        assert (queue.count(QUEUE), queue.count_set_aside()) == (0, 1)

    @pytest.mark.parametrize("content", [b"", b"no database" * 500], ids=["empty", "another kind"])
    def test_a_damaged_file_is_moved_aside_and_the_queue_goes_on(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        queue = EmbeddedQueue(tmp_path)
        queue.put(QUEUE, b"1")
        assert queue.take(QUEUE) is not None
        queue.close()
        assert len(list(tmp_path.glob("damaged-*.db"))) == bool(content)

    def test_pages_overwritten_in_the_file_are_noticed_at_the_start(self, tmp_path: Path) -> None:
        queue = EmbeddedQueue(tmp_path)
        for number in range(300):
            queue.put(QUEUE, str(number).encode() * 50)
        queue.close()
        with (tmp_path / FILE).open("r+b") as file:
            file.seek(8192)
            file.write(b"\x07" * 8192)
        repaired = EmbeddedQueue(tmp_path)
        assert repaired.count(QUEUE) == 0
        repaired.close()

    def test_only_the_last_messages_set_aside_are_kept_and_those_of_a_week_counted(self, queue: EmbeddedQueue) -> None:
        for _each in range(3):
            queue.put(QUEUE, b"x")
            taken = queue.take(QUEUE)
            assert taken is not None
            queue.set_aside(taken.id, "test")
            queue._run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'set_aside'", (MAX_SET_ASIDE,))
        assert queue.count_set_aside() == 1
        queue._run("UPDATE set_aside SET at = datetime('now', '-8 days')")
        assert queue.count_set_aside() == 0

    def test_a_full_disk_fails_the_put_and_leaves_no_message(self, queue: EmbeddedQueue) -> None:
        [[pages]] = queue._run("PRAGMA page_count")
        queue._run(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            queue.put(QUEUE, b"x" * 100_000)
        queue.put(QUEUE, b"1")
        taken = queue.take(QUEUE)
        assert taken is not None
        assert taken.payload == b"1"

    def test_what_is_done_while_nothing_can_be_written_keeps_no_place_and_does_not_come_again(
        self, celery: Celery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk, here another process that holds the file: both refuse to write."""
        monkeypatch.setattr("tuoju_notifications.embedded_queue.LOCK_TIMEOUT", 0.05)
        celery.send_task("first", queue=QUEUE)
        celery.send_task("second", queue=QUEUE)
        with celery.connection_for_read() as connection:
            messages = connection.SimpleQueue(QUEUE)
            messages.consumer.qos(prefetch_count=1)
            first = messages.get(timeout=5)
            holder = sqlite3.connect(connection.transport.embedded.folder / FILE, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            first.ack()
            holder.close()
            assert messages.get(timeout=5).headers["task"] == "second"
            connection.transport.embedded.recover()
            assert connection.transport.embedded._run("SELECT deliveries FROM message") == [(1,)]

    def test_a_consumer_that_cannot_be_written_down_leaves_no_lock(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tuoju_notifications.embedded_queue.LOCK_TIMEOUT", 0.05)
        queue = EmbeddedQueue(tmp_path)
        holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            queue.take(QUEUE)
        holder.close()
        assert list(tmp_path.glob("*.lock")) == []
        queue.close()


def test_a_queue_that_another_process_holds_makes_nobody_wait_long(queue: EmbeddedQueue) -> None:
    holder = sqlite3.connect(queue.folder / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        queue.put(QUEUE, b"1")
    assert time.monotonic() - start < LOCK_TIMEOUT + 2
    holder.close()
    queue.put(QUEUE, b"1")


def test_the_name_of_0_1_0_still_names_it(tmp_path: Path) -> None:
    celery = make_celery("filesystem://", tmp_path / "queue")
    celery.send_task("task", args=[7], queue=QUEUE)
    queue = EmbeddedQueue(tmp_path / "queue")
    wait_until(lambda: queue.count(QUEUE) == 1, 5, "the message is there")
    taken = queue.take(QUEUE)
    assert taken is not None
    assert json.loads(taken.payload)["headers"]["task"] == "task"
    queue.close()
