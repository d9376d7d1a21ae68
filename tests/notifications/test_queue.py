"""A real worker on a real broker: the folder by default, Redis or RabbitMQ where TUOJU_TEST_BROKER_URL says so."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.processes import environment, wait_until, worker
from benchmarks.receivers import Receivers
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.notifications import mail_to, post_one
from tuoju_notifications.celery_app import QUEUES, long_queues, make_celery, queue_of
from tuoju_notifications.kinds import Urgency
from tuoju_notifications.models import Notification
from tuoju_notifications.outbox import QueuedNotification
from tuoju_notifications.status import NotificationState
from tuoju_notifications.tasks import DELIVER, dispatcher

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "embedded://")


class TestDispatch:
    def test_happens_only_after_the_commit(self, unit_of_work: UnitOfWork) -> None:
        sent: list[QueuedNotification] = []
        watched = UnitOfWork(unit_of_work.engine, sent.extend)
        with pytest.raises(RuntimeError), watched.write() as session, mail_to("one@example.test"):  # noqa: PT012
            post_one(session)
            raise RuntimeError
        assert sent == []
        with watched.write() as session, mail_to("one@example.test"):
            [notification] = post_one(session)
        assert sent == [QueuedNotification(notification.pk, Urgency.urgent)]

    def test_a_broker_that_is_away_fails_nothing(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        celery = make_celery("amqp://guest:guest@127.0.0.1:1//", tmp_path)
        watched = UnitOfWork(unit_of_work.engine, dispatcher(celery))
        with watched.write() as session, mail_to("one@example.test"):
            [notification] = post_one(session)
        with unit_of_work.read() as session:
            assert session.get_one(Notification, notification.id).state is NotificationState.created


class TestLongQueues:
    def test_are_those_with_more_than_so_many(self, tmp_path: Path) -> None:
        celery = make_celery(BROKER, tmp_path / "queue")
        with celery.connection_for_write() as connection, connection.channel() as channel:
            for queue in QUEUES:
                channel.queue_declare(queue=queue, durable=True, auto_delete=False)
                channel.queue_purge(queue=queue)
        for number in range(3):
            celery.send_task(DELIVER, args=[number], queue=queue_of(Urgency.digest))
        wait_until(lambda: long_queues(celery, 2) == {Urgency.digest}, 10, "the queue has three")
        assert long_queues(celery, 3) == set()
        celery.control.purge()

    def test_are_none_where_the_broker_is_away(self, tmp_path: Path) -> None:
        assert long_queues(make_celery("amqp://guest:guest@127.0.0.1:1//", tmp_path), 0) == set()


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    started = Receivers().start()
    yield started
    started.stop()


class TestWorker:
    def test_delivers_once_however_often_it_is_asked(
        self, database_url: str, unit_of_work: UnitOfWork, receivers: Receivers, tmp_path: Path
    ) -> None:
        celery = make_celery(BROKER, tmp_path / "queue")
        celery.control.purge()
        watched = UnitOfWork(unit_of_work.engine, dispatcher(celery))
        env = environment(
            tmp_path, database=database_url, broker=BROKER, mail_port=receivers.mail_port, web=receivers.web
        )
        running = worker(env)
        try:
            with watched.write() as session, mail_to("one@example.test"):
                ids = [notification.pk for number in range(20) for notification in post_one(session, key=f"k{number}")]
            for notification_id in ids:
                celery.send_task(DELIVER, args=[notification_id], queue=queue_of(Urgency.urgent))

            def all_sent() -> bool:
                with unit_of_work.read() as session:
                    return {notification.state for notification in session.exec(select(Notification))} == {
                        NotificationState.sent
                    }

            wait_until(all_sent, 60, "every notification sent")
        finally:
            running.stop()
        assert len(receivers.boxes["mail"].arrived) == 20
        assert set(receivers.boxes["mail"].handed_over.values()) == {1}
