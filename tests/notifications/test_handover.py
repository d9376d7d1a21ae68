"""Handing over to the queue never holds a request, whatever the broker does."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from factories.databases import UnitOfWork
from factories.notifications import mail_to, post_one
from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.embedded_queue import FILE
from tuoju_notifications.handover import BackgroundHandover
from tuoju_notifications.models import now
from tuoju_notifications.sweeping import sweep
from tuoju_notifications.tasks import dispatcher


@contextmanager
def silent_server(scheme: str, _folder: Path) -> Iterator[str]:
    """A broker that takes every connection and says nothing."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    yield f"{scheme}://guest:guest@127.0.0.1:{server.getsockname()[1]}/0"
    server.close()


@contextmanager
def locked_file(_scheme: str, folder: Path) -> Iterator[str]:
    """The embedded queue, whose file another process holds."""
    make_celery("embedded://", folder).send_task("task", queue="clockwork")
    holder = sqlite3.connect(folder / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield "embedded://"
    holder.close()


@pytest.mark.parametrize(
    ("scheme", "silent"), [("redis", silent_server), ("amqp", silent_server), ("embedded", locked_file)]
)
def test_a_silent_broker_delays_no_commit_and_the_sweep_finds_every_row(
    unit_of_work: UnitOfWork, tmp_path: Path, scheme: str, silent: Callable[..., Iterator[str]]
) -> None:
    slowest: list[float] = []
    with silent(scheme, tmp_path / "queue") as broker:
        handover = BackgroundHandover()
        watched = UnitOfWork(unit_of_work.engine, handover.later(dispatcher(make_celery(broker, tmp_path / "queue"))))

        def request(number: int) -> None:
            start = time.monotonic()
            with watched.write() as session:
                post_one(session, key=f"k{number}")
            slowest.append(time.monotonic() - start)

        with mail_to("one@example.test"):
            threads = [threading.Thread(target=request, args=(number,)) for number in range(24)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        assert handover.flush(30), "the thread does not wait without bound either"
    assert len(slowest) == 24
    assert max(slowest) < 5
    with unit_of_work.write() as session:
        assert len(sweep(session, now() + timedelta(minutes=1))) == 24


class TestBackgroundHandover:
    def test_returns_before_the_call_ends(self) -> None:
        answered, arrived = threading.Event(), []

        def slow(items: Sequence[int]) -> None:
            answered.wait(30)
            arrived.extend(items)

        handover = BackgroundHandover()
        submit = handover.later(slow)
        submit([1, 2])
        submit([3])
        assert handover.flush(0.05) is False
        assert arrived == []
        answered.set()
        assert handover.flush(30) is True
        assert arrived == [1, 2, 3]

    def test_leaves_to_the_sweep_what_is_too_much(self) -> None:
        answered, begun, arrived = threading.Event(), threading.Event(), []

        def slow(items: Sequence[int]) -> None:
            begun.set()
            answered.wait(30)
            arrived.extend(items)

        handover = BackgroundHandover(limit=3)
        submit = handover.later(slow)
        submit([0])
        assert begun.wait(30)
        for number in range(1, 10):
            submit([number])
        answered.set()
        assert handover.flush(30) is True
        assert arrived == [0, 1, 2, 3]

    def test_goes_on_after_a_call_that_fails(self) -> None:
        arrived: list[int] = []

        def fail_first(items: Sequence[int]) -> None:
            if items == [1]:
                raise ConnectionRefusedError
            arrived.extend(items)

        handover = BackgroundHandover()
        submit = handover.later(fail_first)
        submit([1])
        submit([2])
        assert handover.flush(30) is True
        assert arrived == [2]
