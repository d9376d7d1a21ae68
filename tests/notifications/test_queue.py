"""A real worker on a real broker: the folder by default, Redis or RabbitMQ where TUOJU_TEST_BROKER_URL says so."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from factories.notices import mail_to, post_one
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.celery_app import make_celery, queue_of
from tuoju_notifications.kinds import Urgency
from tuoju_notifications.models import Notice
from tuoju_notifications.outbox import Posted
from tuoju_notifications.status import NoticeState
from tuoju_notifications.tasks import DELIVER, dispatcher

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "filesystem://")
SECRET = "ab" * 32


class TestDispatch:
    def test_happens_only_after_the_commit(self, unit_of_work: UnitOfWork) -> None:
        sent: list[Posted] = []
        watched = UnitOfWork(unit_of_work.engine, sent.extend)
        with pytest.raises(RuntimeError), watched.write() as session, mail_to("one@example.test"):  # noqa: PT012
            post_one(session)
            raise RuntimeError
        assert sent == []
        with watched.write() as session, mail_to("one@example.test"):
            [notice] = post_one(session)
        assert sent == [Posted(notice.pk, Urgency.urgent)]

    def test_a_broker_that_is_away_fails_nothing(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        celery = make_celery("amqp://guest:guest@127.0.0.1:1//", tmp_path)
        watched = UnitOfWork(unit_of_work.engine, dispatcher(celery))
        with watched.write() as session, mail_to("one@example.test"):
            [notice] = post_one(session)
        with unit_of_work.read() as session:
            assert session.get_one(Notice, notice.id).state is NoticeState.created


@pytest.fixture
def worker(database_url: str, tmp_path: Path) -> Iterator[Path]:
    """A worker process of its own on the test's database; the folder of its queue."""
    environment = {
        **os.environ,
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(tmp_path),
        "TUOJU_DATABASE_URL": database_url,
        "TUOJU_BROKER_URL": BROKER,
        "TUOJU_SECRET_KEY": SECRET,
        "TUOJU_INDEX_KEY": SECRET,
        "TUOJU_ENCRYPTION_KEYS": f'{{"test": "{(b"t" * 32).hex()}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "test",
    }
    make_celery(BROKER, tmp_path / "queue").control.purge()
    command = [sys.executable, "-m", "celery", "-A", "tuoju.launch.worker", "worker", "--pool", "solo"]
    process = subprocess.Popen([*command, "--loglevel", "ERROR"], env=environment)
    yield tmp_path
    process.terminate()
    process.wait(15)


class TestWorker:
    def test_delivers_once_however_often_it_is_asked(self, worker: Path, unit_of_work: UnitOfWork) -> None:
        celery = make_celery(BROKER, worker / "queue")
        watched = UnitOfWork(unit_of_work.engine, dispatcher(celery))
        with watched.write() as session, mail_to("one@example.test"):
            ids = [notice.pk for number in range(20) for notice in post_one(session, key=f"k{number}")]
        for notice_id in ids:
            celery.send_task(DELIVER, args=[notice_id], queue=queue_of(Urgency.urgent))
        deadline, tick = time.monotonic() + 60, threading.Event()
        while True:
            with unit_of_work.read() as session:
                notices = session.exec(select(Notice)).all()
                states = {notice.state for notice in notices}
                attempts = {notice.attempts for notice in notices}
            if states == {NoticeState.delivered}:
                break
            assert time.monotonic() < deadline, f"not delivered in a minute: {states}"
            tick.wait(0.1)
        assert attempts == {1}
