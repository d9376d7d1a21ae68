"""Makes the parts of a process from the settings, once a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from celery import Celery
from sqlmodel import Session

from tuoju.accounts.audit import use_audit_key
from tuoju.database.jobs import Job
from tuoju.database.keys import SUITES, KeyRing
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.jobs.service import RUN
from tuoju.launch.data_folders import keep_files_private
from tuoju.launch.engines import engine_of
from tuoju.launch.file_store import open_file_store
from tuoju.launch.keys import use_key_ring
from tuoju.launch.settings import Settings
from tuoju_matching.lazy import lazy_module
from tuoju_notifications.celery_app import JOBS, LONG_WORK, make_celery
from tuoju_notifications.handover import BackgroundHandover
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.routing import Destination, Recipient, use_router
from tuoju_notifications.tasks import Dispatch, dispatcher

if TYPE_CHECKING:
    from tuoju.accounts import audit_anchors
    from tuoju.launch import destinations
else:
    audit_anchors, destinations = lazy_module("tuoju.accounts.audit_anchors"), lazy_module("tuoju.launch.destinations")


@dataclass(frozen=True)
class Parts:
    """What every process of the product uses."""

    settings: Settings
    unit_of_work: UnitOfWork
    """Hands over to the queue in the background."""
    celery: Celery
    dispatch: Dispatch
    """Hands over at once, and may wait for the broker."""


def bootstrap(settings: Settings | None = None) -> Parts:
    """Set the key ring and make the engine, the unit of work and the queue. Raises WrongDatabase."""
    settings = settings or Settings()
    keep_files_private(settings.data_folder)
    use_key_ring(
        KeyRing(
            masters={name: bytes.fromhex(key.get_secret_value()) for name, key in settings.encryption_keys.items()},
            current=settings.encryption_key_in_use,
            signing=settings.secret_key.get_secret_value().encode(),
            suite=SUITES[settings.crypto],
        )
    )
    use_audit_key(
        bytes.fromhex(settings.audit_key.get_secret_value()),
        retired=[bytes.fromhex(key.get_secret_value()) for key in settings.retired_audit_keys],
    )
    use_router(_find_destinations)
    use_files(open_file_store(settings))
    celery = make_celery(settings.broker_url, settings.data_folder / "queue")
    dispatch, handover = dispatcher(celery), BackgroundHandover()
    unit_of_work = UnitOfWork(engine_of(settings), handover.later(dispatch), handover.later(starter(celery)))
    return Parts(settings, unit_of_work, celery, dispatch)


def _find_destinations(session: Session, recipient: Recipient, kind: NotificationKind) -> Sequence[Destination]:
    return destinations.find_destinations(session, recipient, kind)


def anchor_target(settings: Settings) -> "audit_anchors.AnchorTarget":
    """Where the anchors of the audit go."""
    return audit_anchors.AnchorTarget(
        settings.anchor_file,
        settings.audit_anchor_webhook.get_secret_value(),
        settings.hooks_may_be_private,
    )


def starter(celery: Celery) -> Callable[[Sequence[Job]], None]:
    """A function that gives the jobs of a commit to the queue.

    If the broker is unreachable nothing fails: the sweep finds their rows.
    """

    def start(jobs: Sequence[Job]) -> None:
        try:
            for job in jobs:
                queue = JOBS if job.task == RUN else LONG_WORK
                celery.send_task(job.task, args=[job.row_id], queue=queue, retry=False)
        except Exception as error:  # The commit is done: the request must not fail any more.
            structlog.get_logger().warning("broker_unreachable", error=type(error).__name__, jobs=len(jobs))

    return start
