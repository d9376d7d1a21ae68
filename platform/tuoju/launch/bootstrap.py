"""Makes the parts of a process from the settings, once a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from tuoju.database.engine import make_engine
from tuoju.database.jobs import Job
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.destinations import find_destinations
from tuoju.launch.settings import Settings
from tuoju.residents.encryption import KeyRing, use_keys
from tuoju.residents.sealed_files import use_files
from tuoju_notifications.celery_app import LONG_WORK, make_celery
from tuoju_notifications.routing import use_router
from tuoju_notifications.sealing import use_seal
from tuoju_notifications.tasks import Dispatch, dispatcher


@dataclass(frozen=True)
class Parts:
    """What every process of the product uses."""

    settings: Settings
    unit_of_work: UnitOfWork
    celery: Celery
    dispatch: Dispatch


def bootstrap(settings: Settings | None = None) -> Parts:
    """Set the key ring and make the engine, the unit of work and the queue."""
    settings = settings or Settings()
    ring = KeyRing(
        keys={name: bytes.fromhex(key.get_secret_value()) for name, key in settings.encryption_keys.items()},
        current=settings.encryption_key_in_use,
        index=bytes.fromhex(settings.index_key.get_secret_value()),
    )
    use_keys(ring)
    use_seal(ring.seal, ring.open)
    use_router(find_destinations)
    use_files(settings.data_folder / "files")
    celery = make_celery(settings.broker_url, settings.data_folder / "queue")
    dispatch = dispatcher(celery)
    unit_of_work = UnitOfWork(make_engine(settings.database_url), dispatch, starter(celery))
    return Parts(settings, unit_of_work, celery, dispatch)


def starter(celery: Celery) -> Callable[[Sequence[Job]], None]:
    """A function that gives the jobs of a commit to the queue.

    If the broker is unreachable nothing fails: the sweep finds their rows.
    """

    def start(jobs: Sequence[Job]) -> None:
        try:
            for job in jobs:
                celery.send_task(job.task, args=[job.row_id], queue=LONG_WORK, retry=False)
        except (OperationalError, OSError) as error:
            structlog.get_logger().warning("broker_unreachable", error=type(error).__name__, jobs=len(jobs))

    return start
