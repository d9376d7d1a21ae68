"""The queues: Celery over the embedded queue, Redis or RabbitMQ."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from kombu import Queue
from kombu.exceptions import OperationalError

from tuoju_notifications.embedded_transport import ADDRESS, FOLDER, SCHEME, use_embedded_queue
from tuoju_notifications.kinds import Urgency

CLOCKWORK = "clockwork"
"""The queue of periodic tasks, so that they never wait behind notifications."""

LONG_WORK = "long_work"
"""The queue of tasks that take minutes, so that nothing else waits behind them."""


JOBS = "jobs"
"""The queue of imports and exports, for which a person waits: they never wait behind a plan of 15 minutes."""


def queue_of(urgency: Urgency) -> str:
    """The queue that carries notifications of an urgency."""
    return f"notifications.{urgency.value}"


BROKER_TIMEOUT = 5
"""Seconds to wait for an answer of a broker that does not close its connection and does not answer either."""

QUEUES = (*(queue_of(urgency) for urgency in Urgency), CLOCKWORK, JOBS, LONG_WORK)


def is_embedded(broker_url: str) -> bool:
    """Whether the queue is a file of this machine, without a broker. `filesystem://` is its old name."""
    return broker_url.startswith((SCHEME, "filesystem"))


def make_celery(broker_url: str, folder: Path) -> Celery:
    """A Celery application. `embedded://` keeps its messages under `folder`; in 0.1.0 it was called `filesystem://`.
    Results are not kept, since the database has them."""
    embedded = is_embedded(broker_url)
    broker_url = ADDRESS if embedded else broker_url
    celery = Celery("tuoju", broker=broker_url)
    celery.conf.update(
        task_ignore_result=True,
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue=CLOCKWORK,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=50,
        worker_prefetch_multiplier=4,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_connection_max_retries=None,
        timezone="Asia/Shanghai",
    )
    if embedded:
        use_embedded_queue()
        celery.conf.update(broker_transport_options={FOLDER: str(folder)}, worker_enable_remote_control=False)
    elif broker_url.startswith("redis"):
        celery.conf.broker_transport_options = {
            "socket_connect_timeout": 2,
            "socket_timeout": BROKER_TIMEOUT,
            "visibility_timeout": 120,
            "queue_order_strategy": "priority",
        }
    elif broker_url.startswith(("amqp", "pyamqp")) and os.name != "nt":  # Windows measures these in other units.
        celery.conf.broker_transport_options = {"read_timeout": BROKER_TIMEOUT, "write_timeout": BROKER_TIMEOUT}
    return celery


def long_queues(celery: Celery, than: int) -> set[Urgency]:
    """The urgencies in whose queues more than so many notifications wait; none if the broker is unreachable."""
    try:
        with celery.connection_for_read() as connection, connection.channel() as channel:
            return {urgency for urgency in Urgency if _length(channel, queue_of(urgency)) > than}
    except (OperationalError, OSError):
        return set()


def _length(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
