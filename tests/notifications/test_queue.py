"""A real worker on a real broker: the folder by default, Redis or RabbitMQ where TUOJU_TEST_BROKER_URL says so."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from factories.accounts import make_user
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.delivery import deliver, stranded
from tuoju_notifications.models import Notice, NoticeKind, now
from tuoju_notifications.outbox import post
from tuoju_notifications.queries import count_unread
from tuoju_notifications.status import NoticeState
from tuoju_notifications.tasks import DELIVER, dispatcher

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "filesystem://")
SECRET = "ab" * 32


def post_one(session: Session, key: str = "k") -> Notice:
    user = make_user(session)
    return post(session, NoticeKind.referral_received, recipient_id=user.pk, key=key, link="/referrals/1", number="1")


class TestPost:
    def test_the_same_key_twice_is_one_notice(self, session: Session) -> None:
        first = post_one(session)
        again = post(
            session, NoticeKind.referral_received, recipient_id=first.recipient_id, key="k", link="/referrals/1"
        )
        assert again.id == first.id


class TestDeliver:
    def test_is_done_once(self, session: Session) -> None:
        notice = post_one(session)
        assert deliver(session, notice.id or 0) is True
        assert deliver(session, notice.id or 0) is False
        session.refresh(notice)
        assert (notice.state, notice.attempts) == (NoticeState.delivered, 1)

    def test_a_notice_is_seen_only_when_delivered(self, session: Session) -> None:
        notice = post_one(session)
        assert count_unread(session, notice.recipient_id) == 0
        deliver(session, notice.id or 0)
        assert count_unread(session, notice.recipient_id) == 1


class TestStranded:
    def test_finds_what_the_queue_lost(self, session: Session) -> None:
        notice = post_one(session)
        assert notice.id in stranded(session, now() + timedelta(minutes=1))
        deliver(session, notice.id or 0)
        assert notice.id not in stranded(session, now() + timedelta(minutes=1))


class TestDispatch:
    def test_happens_only_after_the_commit(self, unit_of_work: UnitOfWork) -> None:
        sent: list[int] = []
        watched = UnitOfWork(unit_of_work.engine, sent.extend)
        with pytest.raises(RuntimeError), watched.write() as session:  # noqa: PT012
            post_one(session)
            raise RuntimeError
        assert sent == []
        with watched.write() as session:
            notice = post_one(session)
        assert sent == [notice.id]

    def test_a_broker_that_is_away_fails_nothing(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        celery = make_celery("amqp://guest:guest@127.0.0.1:1//", tmp_path)
        with UnitOfWork(unit_of_work.engine, dispatcher(celery)).write() as session:
            notice = post_one(session)
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
        "TUOJU_ENCRYPTION_KEYS": f'{{"k1": "{SECRET}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "k1",
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
        with UnitOfWork(unit_of_work.engine, dispatcher(celery)).write() as session:
            ids = [post_one(session, key=f"k{number}").id for number in range(20)]
        for notice_id in ids:
            celery.send_task(DELIVER, args=[notice_id])
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
