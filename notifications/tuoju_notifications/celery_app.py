"""The queues: Celery over a folder, Redis or RabbitMQ."""

from pathlib import Path
from typing import Any

from celery import Celery
from kombu import Queue
from kombu.exceptions import OperationalError

from tuoju_notifications.kinds import Urgency

CLOCKWORK = "clockwork"
"""The queue of periodic tasks, so that they never wait behind notifications."""

LONG_WORK = "long_work"
"""The queue of tasks that take minutes, so that nothing else waits behind them."""


def queue_of(urgency: Urgency) -> str:
    """The queue that carries notifications of an urgency."""
    return f"notifications.{urgency.value}"


QUEUES = (*(queue_of(urgency) for urgency in Urgency), CLOCKWORK, LONG_WORK)


def make_celery(broker_url: str, folder: Path) -> Celery:
    """A Celery application. `filesystem://` keeps its messages under `folder`. Results are not kept, since the database
    has them."""
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
        timezone="Asia/Shanghai",
    )
    if broker_url.startswith("filesystem"):
        for name in ("messages", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        celery.conf.broker_transport_options = {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
        }
    elif broker_url.startswith("redis"):
        celery.conf.broker_transport_options = {
            "socket_connect_timeout": 2,
            "visibility_timeout": 120,
            "queue_order_strategy": "priority",
        }
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
